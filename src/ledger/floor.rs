//! The floor: which releases can still run after the contracts that were executed.

use super::change::ChangeState;
use super::moves::Refusal;
use super::moves::Refused;
use super::state::State;
use std::collections::BTreeSet;

/// A change whose contract took away what a version of a consumer needs, if there is one.
pub fn below_floor(state: &State, service: &str, version: &str) -> Option<String> {
    state.consumer(service)?;
    let gone = state.changes.iter().filter(|(_, change)| change.contracted());
    let mut gone = gone.map(|(name, _)| name);
    gone.find(|change| !state.releases.compatible(service, version, change)).cloned()
}

/// The versions of a service that ran or were declared, the newest first, but for the one that is
/// full everywhere: whether it can be gone back to, and why not.
pub fn rollback_targets(state: &State, service: &str) -> Vec<(String, Result<(), String>)> {
    let lanes = state.lanes.iter().filter(|(key, _)| key.service == service);
    let lanes: Vec<_> = lanes.map(|(_, lane)| lane).collect();
    let ran: BTreeSet<&str> = lanes
        .iter()
        .flat_map(|lane| lane.full.iter().map(|(_, version)| version.as_str()))
        .collect();
    let declared = state.releases.of(service);
    let mut versions: Vec<&str> = declared.iter().rev().map(|(version, _)| *version).collect();
    versions.extend(ran.iter().filter(|ran| state.releases.get(service, ran).is_none()));
    versions.retain(|version| {
        lanes.is_empty() || !lanes.iter().all(|lane| lane.current() == Some(version))
    });
    let judged = versions.into_iter().map(|version| {
        let fit = match check_version(state, service, version) {
            _ if !ran.contains(version) => Err("it was never full anywhere".to_owned()),
            Err(refusal) => Err(refusal.why),
            Ok(()) => Ok(()),
        };
        (version.to_owned(), fit)
    });
    judged.collect()
}

/// Whether a version can run now: what it needs is there, and nothing that it needs was taken away.
pub fn check_version(state: &State, service: &str, version: &str) -> Result<(), Refusal> {
    let who = format!("`{service}` {version}");
    let declare = || {
        format!("`migrate release declare --service {service} --version {version}` says what it is")
    };
    if let Some(change) = below_floor(state, service, version) {
        let (why, next) = match state.releases.get(service, version) {
            Some(_) => (
                format!("{who} needs what the contract of `{change}` took away"),
                format!("`migrate rollback-targets --service {service}` lists those that can run"),
            ),
            None => (
                format!(
                    "{who} was never declared, and nobody said that it can do without what the \
                     contract of `{change}` took away"
                ),
                declare(),
            ),
        };
        return Err(Refusal::new(Refused::Policy, why, next));
    }
    let Some(release) = state.releases.get(service, version) else {
        let why = format!("{who} was never declared, and nobody said what it needs");
        return Err(Refusal::new(Refused::Blocked, why, declare()));
    };
    if let Some(digest) = &release.conflict {
        let why = format!("{who} was seen as another artifact, {digest}");
        let next = "release it under a name of its own";
        return Err(Refusal::new(Refused::Conflict, why, next));
    }
    let used = state.releases.uses(service, version);
    let taken = state.changes.iter().filter(|(_, known)| known.back.contains_key("expand"));
    let taken = taken.map(|(change, _)| change);
    let satisfied = taken.filter(|change| state.releases.compatible(service, version, change));
    let needed: BTreeSet<&String> = used.iter().chain(satisfied).collect();
    needed.into_iter().try_for_each(|change| is_expanded(state, &who, change))
}

/// Whether the expand of a change, which somebody needs, is there.
fn is_expanded(state: &State, who: &str, change: &str) -> Result<(), Refusal> {
    let known = state.changes.get(change).filter(|known| known.seq > 0);
    let wants = match known {
        None => "the ledger does not know it".to_owned(),
        Some(known) => match known.complete("expand") {
            Ok(()) => return Ok(()),
            Err(wants) => wants,
        },
    };
    let why = format!("{who} needs the expand of `{change}`: {wants}");
    let next = known.map_or("migrate expand", ChangeState::goes_on);
    let back = known.is_some_and(|known| known.back.contains_key("expand"));
    let without = format!("; one made without it is declared with `--takes-back {change}`");
    let without = if back { without } else { String::new() };
    Err(Refusal::new(Refused::Blocked, why, format!("`{next}` goes on{without}")))
}
