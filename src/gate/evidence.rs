//! The evidence: what was seen outside of the ledger, as it is at the moment of the verdict.

use super::sighting::Sighting;
use std::collections::BTreeMap;

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
