//! The evidence: what was seen outside of the ledger, as it is at the moment of the verdict.

use super::sighting::Sighting;
use crate::ledger::Moment;
use crate::ledger::State;
use crate::ledger::is_name;
use std::collections::BTreeMap;
use std::time::Duration;

/// A version that is connected right now.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Session {
    /// The service.
    pub service: String,
    /// The version; empty where the session does not say.
    pub version: String,
    /// Where it runs, if it says so.
    pub region: Option<String>,
}

/// What was seen outside of the ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidence {
    /// All spans in which a version was seen at work.
    pub sightings: Vec<Sighting>,
    /// What is connected right now.
    pub sessions: Vec<Session>,
    /// The objects that depend on what is taken away, in words.
    pub dependents: Vec<String>,
    /// A statement of which nobody can tell what it takes away, unless somebody looked at it.
    pub opaque: Option<String>,
    /// Whether the chain is whole and the database is the one that the ledger belongs to; if not,
    /// what is wrong.
    pub integrity: Result<(), String>,
    /// The digests of the change's files as they are now: phase to digest.
    pub prints: BTreeMap<String, String>,
    /// The digest of the contract's SQL, which grants are bound to.
    pub contract_digest: String,
}

/// What the connections of this moment say of consumers: each is a beat.
pub fn connected(state: &State, sessions: &[Session], now: Moment) -> Vec<Sighting> {
    let beats = sessions.iter().filter_map(|seen| {
        // A version that is no name cannot be kept in mind: K3 sees it while it is there.
        let of = state.consumer(&seen.service).filter(|_| is_name(&seen.version))?;
        // One that runs in one region is there, whatever it does not say.
        let region = match of.regions.as_slice() {
            [only] => only.as_str(),
            _ => "",
        };
        Some(Sighting::begin(&seen.service, region, &seen.version, "pg_stat_activity", now))
    });
    beats.collect()
}

impl Evidence {
    /// Takes the connections of this moment for what they are when they are put on record.
    pub fn meet(&mut self, state: &State, now: Moment) {
        for beat in connected(state, &self.sessions, now) {
            let interval = state.consumer(&beat.service).map_or(0, |of| of.interval);
            let own = self.sightings.iter_mut().filter(|seen| {
                seen.service == beat.service
                    && seen.version == beat.version
                    && seen.region == beat.region
                    && seen.source == beat.source
            });
            let begun = match own.max_by_key(|seen| seen.until) {
                Some(last) => last.beat(now, Duration::from_secs(interval)),
                None => Some(beat),
            };
            self.sightings.extend(begun);
        }
    }
}
