//! What runs where, and when it was last seen alive.

use super::news::span;
use crate::gate::Sighting;
use crate::gate::Stranded;
use crate::gate::stranded;
use crate::ledger::Moment;
use crate::ledger::State;
use std::io;
use std::io::Write;

/// Writes what runs where.
pub fn rollouts(
    state: &State,
    seen: &[Sighting],
    service: Option<&str>,
    now: Moment,
    out: &mut dyn Write,
) -> io::Result<()> {
    let wanted = |of: &str| service.is_none_or(|service| service == of);
    if let Some(why) = &state.frozen {
        writeln!(out, "everything is frozen: {why}")?;
    }
    for (key, lane) in state.lanes.iter().filter(|(key, _)| wanted(&key.service)) {
        let region =
            if key.region.is_empty() { String::new() } else { format!(" in {}", key.region) };
        write!(out, "{}{region}: ", key.service)?;
        match lane.full.last() {
            Some((at, version)) => write!(out, "{version} is full since {at}")?,
            None => write!(out, "nothing is full yet")?,
        }
        if let Some(active) = &lane.active {
            write!(out, "; {} is on its way, at {} %", active.version, active.weight)?;
            if let Some(why) = &active.paused {
                write!(out, ", paused: {why}")?;
            }
        }
        writeln!(out)?;
    }
    let mut last: Vec<&Sighting> = seen.iter().filter(|seen| wanted(&seen.service)).collect();
    last.sort_by_key(|seen| std::cmp::Reverse(seen.until));
    let mut told = std::collections::BTreeSet::new();
    for seen in last {
        if told.insert((&seen.service, &seen.version, &seen.region)) {
            let ago = span(now.since(seen.until));
            let Sighting { service, version, region, source, .. } = seen;
            let region = if region.is_empty() { String::new() } else { format!(" in {region}") };
            writeln!(out, "  seen: {service}@{version}{region} {ago} ago ({source})")?;
        }
    }
    let stranded: Vec<Stranded> =
        stranded(state, seen, now).into_iter().filter(|it| wanted(&it.service)).collect();
    for Stranded { words, .. } in &stranded {
        writeln!(out, "  below the floor: {words}")?;
    }
    for (service, version) in state.floors.iter().filter(|(of, _)| wanted(of)) {
        writeln!(out, "  floor of {service}: {version}")?;
    }
    if state.lanes.is_empty() {
        writeln!(out, "no rollout was reported")?;
    }
    match stranded.first() {
        Some(first) if state.frozen.is_none() => {
            writeln!(out, "next: migrate rollback-targets --service {}", first.service)
        }
        _ => writeln!(out, "next: {}", next(state, service)),
    }
}

/// The command that goes on from here: what is frozen or stands still first, then what is on its
/// way, then the contract that a rollout is for.
fn next(state: &State, service: Option<&str>) -> String {
    if state.frozen.is_some() {
        return "migrate unfreeze --reason …".to_owned();
    }
    let lanes = state.lanes.iter();
    let lanes = lanes.filter(|(key, _)| service.is_none_or(|service| key.service == service));
    let on_its_way: Vec<_> =
        lanes.filter_map(|(key, lane)| Some((key, lane.active.as_ref()?))).collect();
    let paused = on_its_way.iter().find(|(_, active)| active.paused.is_some());
    if let Some((key, active)) = paused {
        return format!("migrate rollout resume {}@{} --reason …", key.service, active.version);
    }
    if let Some((key, active)) = on_its_way.iter().find(|(_, active)| active.weight < 100) {
        let who = format!("{}@{}", key.service, active.version);
        return format!("migrate rollout step {who} --weight PERCENT");
    }
    if let Some((key, active)) = on_its_way.first() {
        return format!("migrate rollout finish {}@{}", key.service, active.version);
    }
    if state.lanes.is_empty() {
        return "migrate rollout finish SERVICE@VERSION, once it is everywhere".to_owned();
    }
    "migrate contract --check".to_owned()
}
