//! Rollouts: one release on its way in a lane, which only comes further, and can always go back.

use super::control::not_frozen;
use super::names;
use super::refusal::Admission;
use super::refusal::Admitted;
use super::refusal::NEW;
use super::refusal::Refusal;
use super::refusal::blocked;
use super::refusal::conflict;
use super::refusal::policy;
use super::refusal::usage;
use crate::ledger::Deed;
use crate::ledger::Lane;
use crate::ledger::LaneKey;
use crate::ledger::State;
use crate::ledger::below_floor;
use std::collections::BTreeSet;

/// A lane as a sentence names it.
fn place(service: &str, region: &str) -> String {
    if region.is_empty() { format!("`{service}`") } else { format!("`{service}` in {region}") }
}

fn lane<'a>(state: &'a State, service: &str, region: &str) -> Option<&'a Lane> {
    let key = LaneKey { service: service.to_owned(), region: region.to_owned() };
    state.lanes.get(&key)
}

/// The lanes of a service, in a region or everywhere.
fn lanes<'a>(
    state: &'a State,
    service: &'a str,
    region: Option<&'a str>,
) -> impl Iterator<Item = (&'a LaneKey, &'a Lane)> {
    state.lanes.iter().filter(move |(key, _)| {
        key.service == service && region.is_none_or(|region| key.region == region)
    })
}

/// A release below the floor cannot run: what it needs is gone.
pub(super) fn above_floor(state: &State, service: &str, version: &str) -> Result<(), Refusal> {
    let Some(change) = below_floor(state, service, version) else { return Ok(()) };
    policy(
        format!("`{service}` {version} needs what the contract of `{change}` took away"),
        format!("`migrate rollback-targets --service {service}` lists those that can run"),
    )
}

pub(super) fn start(state: &State, deed: &Deed) -> Admitted {
    let Deed::RolloutStarted { service, version, regions, supersedes } = deed else { return NEW };
    names::release(service, version)?;
    if regions.is_empty() {
        return usage("no region is named to start in", "name one with `--region`");
    }
    for region in regions {
        names::region(state, service, region)?;
    }
    not_frozen(state)?;
    above_floor(state, service, version)?;
    if state.releases.get(service, version).is_some_and(|release| release.conflict.is_some()) {
        let why = format!("`{service}` {version} stands for two artifacts");
        return conflict(why, "release it under a name of its own");
    }
    let mut replaced = BTreeSet::new();
    let mut same = Vec::new();
    for region in regions {
        let Some(lane) = lane(state, service, region) else { continue };
        match &lane.active {
            Some(active) if active.version == *version => same.push(active.seq),
            Some(active) if supersedes.as_ref() == Some(&active.version) => {
                replaced.insert(active.version.as_str());
            }
            Some(active) => {
                let (place, other) = (place(service, region), &active.version);
                return conflict(
                    format!("{other} is on its way to {place}, at {} %", active.weight),
                    format!("finish or abort it, or start with `--supersede {other}`"),
                );
            }
            None if lane.current() == Some(version) => same.push(lane.seq),
            None => {}
        }
    }
    if same.len() == regions.len() {
        return Ok(Admission::Replay(same.into_iter().max().unwrap_or_default()));
    }
    match supersedes {
        Some(other) if replaced.is_empty() => conflict(
            format!("`{service}` {other} is not on its way there, and cannot be superseded"),
            "start without `--supersede`",
        ),
        _ => NEW,
    }
}

pub(super) fn step(
    state: &State,
    service: &str,
    version: &str,
    region: &str,
    weight: u8,
) -> Admitted {
    names::release(service, version)?;
    names::region(state, service, region)?;
    let place = place(service, region);
    if weight > 100 {
        return usage(format!("{weight} % of the traffic of {place} is too much"), "at most 100");
    }
    not_frozen(state)?;
    above_floor(state, service, version)?;
    let lane = lane(state, service, region);
    let active = lane.and_then(|lane| lane.active.as_ref());
    let Some(active) = active.filter(|active| active.version == version) else {
        let there = lane.filter(|lane| weight == 100 && lane.active.is_none());
        if let Some(lane) = there.filter(|lane| lane.current() == Some(version)) {
            return Ok(Admission::Replay(lane.seq));
        }
        return conflict(
            format!("{version} is not on its way to {place}"),
            format!("`migrate rollout start --service {service} --version {version}` begins it"),
        );
    };
    if let Some(why) = &active.paused {
        return blocked(
            format!("{version} is paused, {why}"),
            format!("`migrate rollout resume --service {service} --version {version}` goes on"),
        );
    }
    if weight < active.weight {
        return usage(
            format!("{version} is at {} % in {place}, and less is a rollback", active.weight),
            "say `migrate rollout rollback`",
        );
    }
    if weight == active.weight {
        return Ok(Admission::Replay(active.stepped));
    }
    NEW
}

/// The lanes that a release is on its way in.
fn on_its_way<'a>(
    state: &'a State,
    service: &'a str,
    version: &str,
) -> Result<Vec<&'a Lane>, Refusal> {
    names::release(service, version)?;
    let own: Vec<&Lane> = lanes(state, service, None).map(|(_, lane)| lane).collect();
    let own: Vec<&Lane> = own.into_iter().filter(|lane| lane.carries(version)).collect();
    if own.is_empty() {
        return conflict(
            format!("`{service}` {version} is not on its way anywhere"),
            format!("`migrate rollout status --service {service}` says what is"),
        );
    }
    Ok(own)
}

fn is_anywhere(state: &State, service: &str, version: &str) -> bool {
    lanes(state, service, None).any(|(_, lane)| lane.carries(version))
}

fn is_paused(lane: &Lane) -> bool {
    lane.active.as_ref().is_some_and(|active| active.paused.is_some())
}

pub(super) fn pause(state: &State, service: &str, version: &str, reason: &str) -> Admitted {
    let own = on_its_way(state, service, version)?;
    names::reason(reason, "a pause")?;
    if own.iter().all(|lane| is_paused(lane)) {
        let why = format!("`{service}` {version} is paused already");
        return conflict(why, "`migrate rollout resume` goes on");
    }
    NEW
}

pub(super) fn resume(state: &State, service: &str, version: &str) -> Admitted {
    let own = on_its_way(state, service, version)?;
    not_frozen(state)?;
    above_floor(state, service, version)?;
    if !own.iter().any(|lane| is_paused(lane)) {
        let why = format!("`{service}` {version} is not paused");
        return conflict(why, "`migrate rollout step` goes on");
    }
    NEW
}

pub(super) fn abort(state: &State, service: &str, version: &str, reason: &str) -> Admitted {
    let own = on_its_way(state, service, version)?;
    names::reason(reason, "an abort")?;
    for lane in own.into_iter().filter(|lane| lane.current() == Some(version)) {
        let before = lane.full.iter().rev().find(|(_, before)| before != version);
        if let Some((_, before)) = before {
            above_floor(state, service, before)?;
        }
    }
    NEW
}

/// A rollback that was seen is a fact, whatever it goes back to.
pub(super) fn seen_back(service: &str, to: &str) -> Admitted {
    names::name("service", service)?;
    names::name("version", to)?;
    NEW
}

pub(super) fn back(
    state: &State,
    service: &str,
    from: &str,
    to: &str,
    region: Option<&str>,
) -> Admitted {
    names::name("version", from)?;
    names::release(service, to)?;
    if let Some(region) = region {
        names::region(state, service, region)?;
    }
    let targets =
        format!("`migrate rollback-targets --service {service}` lists those that can run");
    if from == to {
        return usage(format!("{from} to {to} is no way back"), targets);
    }
    above_floor(state, service, to)?;
    let own = || lanes(state, service, region).map(|(_, lane)| lane);
    let ran = lanes(state, service, None)
        .any(|(_, lane)| lane.full.iter().any(|(_, version)| version == to));
    if !ran && state.releases.get(service, to).is_none() {
        return conflict(format!("`{service}` {to} was never declared and never ran"), targets);
    }
    if own().any(|lane| lane.carries(from) || lane.current() == Some(from)) {
        return NEW;
    }
    let there = |lane: &Lane| lane.current() == Some(to) && lane.active.is_none();
    match own().map(|lane| lane.seq).max() {
        Some(seq) if own().all(there) => Ok(Admission::Replay(seq)),
        _ => conflict(
            format!("`{service}` {from} is neither full nor on its way there"),
            format!("`migrate rollout status --service {service}` says what is"),
        ),
    }
}

pub(super) fn finish(state: &State, service: &str, version: &str) -> Admitted {
    names::release(service, version)?;
    let declared = state.consumer(service).map(|consumer| consumer.regions.clone());
    let known = || lanes(state, service, None).map(|(key, _)| key.region.clone()).collect();
    let regions: Vec<String> = declared.unwrap_or_else(known);
    let own = || regions.iter().map(|region| (region, lane(state, service, region)));
    let whole = |lane: &Lane| lane.current() == Some(version);
    let settled = |lane: &Lane| whole(lane) && lane.active.is_none();
    let seq = own().filter_map(|(_, lane)| lane).map(|lane| lane.seq).max();
    if let Some(seq) = seq.filter(|_| own().all(|(_, lane)| lane.is_some_and(settled))) {
        return Ok(Admission::Replay(seq));
    }
    let mut all = lanes(state, service, None);
    let other = all.find_map(|(key, lane)| lane.active.as_ref().map(|active| (key, active)));
    if let Some((key, other)) = other.filter(|_| !is_anywhere(state, service, version)) {
        let (place, weight, other) = (place(service, &key.region), other.weight, &other.version);
        let start = format!("migrate rollout start --service {service} --version {version}");
        return conflict(
            format!("{other} is on its way to {place}, at {weight} %, and {version} is not"),
            format!("`{start} --supersede {other}` lets it take that one's place"),
        );
    }
    on_its_way(state, service, version)?;
    for (region, lane) in own() {
        let weight = |lane: &Lane| {
            let active = lane.active.as_ref().filter(|active| active.version == version);
            active.map_or(if settled(lane) { 100 } else { 0 }, |active| active.weight)
        };
        let weight = lane.map_or(0, weight);
        if weight < 100 || !lane.is_some_and(whole) {
            let began = lane.and_then(|lane| lane.active.as_ref());
            let began = began.is_some_and(|active| active.version == version);
            let word = if began { "step --weight 100" } else { "start" };
            let region_of =
                if region.is_empty() { String::new() } else { format!(" --region {region}") };
            return blocked(
                format!("{version} is at {weight} % in {}", place(service, region)),
                format!(
                    "`migrate rollout {word} --service {service} --version \
                     {version}{region_of}` goes on"
                ),
            );
        }
    }
    NEW
}
