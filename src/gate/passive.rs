//! Rollbacks that nobody reported: a release that was there before is at work again, where another
//! one was alone.

use super::evidence::Evidence;
use super::policy::Policy;
use super::scene::Scene;
use super::sighting::FRESH;
use super::sighting::Sighting;
use crate::ledger::Deed;
use crate::ledger::Detected;
use crate::ledger::Lane;
use crate::ledger::LaneKey;
use crate::ledger::Moment;
use crate::ledger::State;
use crate::ledger::is_name;
use std::time::Duration;

/// The rollbacks that the sightings show and the ledger does not have: a release that had been at
/// work in a lane, and was gone, is seen there again, after one that can do without what the change
/// takes away was full and its rollout had finished. One that was never there before is new, and
/// none. Once they are recorded they are not found again.
pub fn passive_rollbacks(state: &State, evidence: &Evidence, change: &str) -> Vec<Deed> {
    let (policy, now) = (&Policy::default(), Moment::default());
    let scene = Scene { state, change, policy, evidence, now };
    let mut found = Vec::new();
    for (key, lane) in scene.lanes() {
        let full = lane.since(|version| scene.compatible(&key.service, version));
        let settled = lane.settled.filter(|settled| full.is_some_and(|full| full <= *settled));
        let (Some(current), Some(settled)) = (lane.current(), settled) else { continue };
        let back = scene.here(key).filter(|seen| scene.is_back(key, lane, seen, settled));
        let Some(seen) = back.max_by_key(|seen| (seen.until, seen.since)) else { continue };
        let deed = Deed::RolledBack {
            service: key.service.clone(),
            from: current.to_owned(),
            to: seen.version.clone(),
            region: Some(key.region.clone()),
            cause: format!("it is seen at work again since {}", seen.since),
            detected: Detected::Passive,
        };
        found.push(deed);
    }
    found
}

impl<'a> Scene<'a> {
    /// What was seen in a lane, or may have been.
    fn here(&self, key: &LaneKey) -> impl Iterator<Item = &'a Sighting> {
        self.evidence.sightings.iter().filter(move |seen| {
            seen.service == key.service
                && (seen.region == key.region || seen.region.is_empty() || key.region.is_empty())
        })
    }

    /// Whether what was seen is a release that is back since its lane settled on another one.
    fn is_back(&self, key: &LaneKey, lane: &Lane, seen: &Sighting, settled: Moment) -> bool {
        let (service, version) = (&key.service, seen.version.as_str());
        let current = lane.current().unwrap_or_default();
        // A name that is none is seen all the same, and holds up K3.
        if seen.since <= settled || version == current || lane.carries(version) || !is_name(version)
        {
            return false;
        }
        // A newer one that can do without goes forward, though nobody has said so yet.
        if self.compatible(service, version)
            && self.state.releases.is_newer(service, version, current)
        {
            return false;
        }
        let mut own = self.here(key).filter(|other| other.version == version);
        let before = lane.had(version) || own.any(|other| other.since <= settled);
        before && self.was_gone(key, seen)
    }

    /// Whether nothing else that was seen of a release goes on into this.
    fn was_gone(&self, key: &LaneKey, seen: &Sighting) -> bool {
        let interval = self.state.consumer(&key.service).map_or(0, |consumer| consumer.interval);
        let gap = Duration::from_secs(interval) * FRESH;
        let mut own = self.here(key).filter(|other| other.version == seen.version);
        !own.any(|other| other.since < seen.since && seen.since.since(other.until) <= gap)
    }
}
