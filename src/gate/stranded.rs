//! Releases that are at work though a contract took away what they need.

use super::sighting::FRESH;
use super::sighting::Sighting;
use super::words::release;
use crate::ledger::Moment;
use crate::ledger::State;
use crate::ledger::below_floor;
use std::collections::BTreeMap;
use std::time::Duration;

/// A release that is at work below the floor of its service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stranded {
    /// The service.
    pub service: String,
    /// Who it is, why it cannot run, and what to do.
    pub words: String,
}

/// The releases that are at work now, by what was seen of them, and are below the floor.
pub fn stranded(state: &State, seen: &[Sighting], now: Moment) -> Vec<Stranded> {
    let mut found = BTreeMap::new();
    for Sighting { service, version, region, until, .. } in seen {
        let interval = state.consumer(service).map_or(0, |consumer| consumer.interval);
        if now.since(*until) > Duration::from_secs(interval) * FRESH {
            continue;
        }
        let Some(change) = below_floor(state, service, version) else { continue };
        let who = release(service, version, region);
        let words = if state.releases.get(service, version).is_some() {
            format!(
                "{who} is at work, and needs what the contract of `{change}` took away: stop it; \
                 `migrate rollback-targets --service {service}` lists those that can run"
            )
        } else {
            format!(
                "{who} is at work, and nobody said that it can do without what the contract of \
                 `{change}` took away: stop it, or say so with `migrate release declare`"
            )
        };
        let service = service.clone();
        found.insert((service.clone(), version, region), Stranded { service, words });
    }
    found.into_values().collect()
}
