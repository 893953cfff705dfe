//! Rollbacks that nobody reported: an older release is at work again where a newer one was alone.

use super::evidence::Evidence;
use super::policy::Policy;
use super::scene::Scene;
use crate::ledger::Deed;
use crate::ledger::Detected;
use crate::ledger::Moment;
use crate::ledger::State;
use crate::ledger::is_name;

/// The rollbacks that the sightings show and the ledger does not have: a release that needs what
/// the change takes away began to be seen, in a lane where one that does not was full and its
/// rollout had finished. Once they are recorded they are not found again.
pub fn passive_rollbacks(state: &State, evidence: &Evidence, change: &str) -> Vec<Deed> {
    let (policy, now) = (&Policy::default(), Moment::default());
    let scene = Scene { state, change, policy, evidence, now };
    let mut found = Vec::new();
    for (key, lane) in scene.lanes() {
        let full = lane.since(|version| scene.compatible(&key.service, version));
        let settled = lane.settled.filter(|settled| full.is_some_and(|full| full <= *settled));
        let (Some(current), Some(settled)) = (lane.current(), settled) else { continue };
        let here = scene.bad().filter(|seen| {
            seen.service == key.service
                && (seen.region == key.region || seen.region.is_empty() || key.region.is_empty())
        });
        let again = here.filter(|seen| {
            // A name that is none is seen all the same, and holds up K3.
            seen.since > settled && !lane.carries(&seen.version) && is_name(&seen.version)
        });
        let Some(seen) = again.max_by_key(|seen| (seen.until, seen.since)) else { continue };
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
