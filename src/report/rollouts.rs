//! What runs where, and when it was last seen alive.

use super::news::span;
use crate::gate::Sighting;
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
            let Sighting { service, version, source, .. } = seen;
            writeln!(out, "  seen: {service}@{version} {ago} ago ({source})")?;
        }
    }
    for (service, version) in state.floors.iter().filter(|(of, _)| wanted(of)) {
        writeln!(out, "  floor of {service}: {version}")?;
    }
    if state.lanes.is_empty() {
        writeln!(out, "no rollout was reported; next: migrate rollout finish SERVICE@VERSION")?;
    }
    Ok(())
}
