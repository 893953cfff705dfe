//! What can happen: the kinds of events, each with what is on record of it.

use super::moment::Moment;
use serde::Deserialize;
use serde::Serialize;
use serde_json::Value;
use serde_json::json;
use std::collections::BTreeMap;

/// Which database a ledger belongs to: a copy elsewhere has another identity.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// The environment that the configuration names.
    pub environment: String,
    /// The database's name.
    pub database: String,
    /// The cluster's `system_identifier` (`pg_control_system()`): a restored dump has another one.
    pub system: String,
}

/// A step of a change: a transaction of its SQL, or one statement that runs outside of any.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct StepRef {
    /// The change it is of.
    pub change: String,
    /// `expand`, `migrate` or `contract`.
    pub phase: String,
    /// Its place in the phase's file, from 1.
    pub step: u32,
    /// How many steps the file had.
    pub of: u32,
    /// The digest of its SQL, comments and blanks left out.
    pub digest: String,
}

/// A deployable that uses the database.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Consumer {
    /// Its name.
    pub service: String,
    /// Where it runs; one without a name where nobody said.
    pub regions: Vec<String>,
    /// How often it says that it is alive, in seconds.
    pub interval: u64,
    /// It does not run all the time, but at least this often, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cadence: Option<u64>,
}

/// How a rollback came to be known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Detected {
    /// Somebody said so.
    Reported,
    /// An older release was seen at work again.
    Passive,
}

/// Something that happened.
#[expect(missing_docs, reason = "a variant's sentence says what its fields are")]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "body")]
pub enum Deed {
    /// The ledger begins.
    #[serde(rename = "ledger.opened")]
    Opened { ledger: String, identity: Identity },
    /// The ledger is of another database from here on: all that was earned by waiting is void.
    #[serde(rename = "ledger.rebound")]
    Rebound { identity: Identity, reason: String },
    /// The head of the chain was told to somebody outside.
    #[serde(rename = "ledger.checkpoint")]
    Checkpoint { seq: i64, hash: String },
    /// What a change's files say, by their digests: phase to digest.
    #[serde(rename = "change.registered")]
    Registered {
        change: String,
        prints: BTreeMap<String, String>,
        /// How many steps each phase's file has.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        steps: BTreeMap<String, u32>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        owner: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
    /// A step outside of a transaction is about to run.
    #[serde(rename = "step.started")]
    StepStarted {
        #[serde(flatten)]
        step: StepRef,
    },
    /// A step is done; one in a transaction says so in that transaction.
    #[serde(rename = "step.done")]
    StepDone {
        #[serde(flatten)]
        step: StepRef,
        /// How often it was tried.
        tries: u32,
    },
    /// A step failed, and what it left was looked at.
    #[serde(rename = "step.failed")]
    StepFailed {
        #[serde(flatten)]
        step: StepRef,
        sqlstate: String,
        message: String,
    },
    /// A phase of a change was taken back by its undo script.
    #[serde(rename = "phase.undone")]
    PhaseUndone { change: String, phase: String, digest: String },
    /// Who uses the database.
    #[serde(rename = "consumers.changed")]
    ConsumersChanged { consumers: Vec<Consumer>, reason: String },
    /// A person agrees with what would else hold everything up; `consumers` is the only such thing.
    #[serde(rename = "approval.granted")]
    ApprovalGranted { scope: String, reason: String },
    /// A release says what it is, and which changes' old schema it no longer needs.
    #[serde(rename = "release.declared")]
    ReleaseDeclared {
        service: String,
        version: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        digest: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        commit: Option<String>,
        /// The release it was made from.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        parent: Option<String>,
        satisfies: Vec<String>,
        /// What an earlier release no longer needed, and this one needs again.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        takes_back: Vec<String>,
        /// The changes whose expand it needs.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        uses: Vec<String>,
    },
    /// A version was seen with another artifact than the one it was declared with.
    #[serde(rename = "release.conflict")]
    ReleaseConflict { service: String, version: String, digest: String },
    /// A release begins its way.
    #[serde(rename = "rollout.started")]
    RolloutStarted {
        service: String,
        version: String,
        regions: Vec<String>,
        /// The active rollout that it takes the place of.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        supersedes: Option<String>,
    },
    /// A release has this share of the traffic of a region, in percent.
    #[serde(rename = "rollout.step")]
    RolloutStep { service: String, version: String, region: String, weight: u8 },
    /// It stands still.
    #[serde(rename = "rollout.paused")]
    RolloutPaused { service: String, version: String, reason: String },
    /// It goes on.
    #[serde(rename = "rollout.resumed")]
    RolloutResumed { service: String, version: String, reason: String },
    /// It ends, and what was there before stays.
    #[serde(rename = "rollout.aborted")]
    RolloutAborted { service: String, version: String, reason: String },
    /// An older release is back.
    #[serde(rename = "rollout.rolled_back")]
    RolledBack {
        service: String,
        from: String,
        to: String,
        /// Where; everywhere if none is named.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        region: Option<String>,
        cause: String,
        detected: Detected,
    },
    /// A release is everywhere, and what was there before is gone.
    #[serde(rename = "rollout.finished")]
    RolloutFinished { service: String, version: String },
    /// A numeric condition no longer holds.
    #[serde(rename = "gate.failed")]
    GateFailed { gate: String, reason: String },
    /// It holds again.
    #[serde(rename = "gate.recovered")]
    GateRecovered { gate: String },
    /// The data of a change has to be filled in.
    #[serde(rename = "backfill.started")]
    BackfillStarted { change: String },
    /// It was proven that no row is left.
    #[serde(rename = "backfill.verified")]
    BackfillVerified { change: String, rows: u64, mismatches: u64 },
    /// Rows were found that are not filled in.
    #[serde(rename = "backfill.reopened")]
    BackfillReopened { change: String, reason: String },
    /// Something was rehearsed on another server.
    #[serde(rename = "drill.recorded")]
    DrillRecorded {
        change: String,
        what: String,
        digest: String,
        environment: String,
        millis: u64,
        passed: bool,
        expires: Moment,
    },
    /// Named checks need not hold for one contract, once.
    #[serde(rename = "override.granted")]
    OverrideGranted {
        change: String,
        checks: Vec<String>,
        reason: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        ticket: Option<String>,
        expires: Moment,
        /// The digest of the contract's SQL.
        digest: String,
        /// The last event that the grant was decided on.
        seen: i64,
    },
    /// It was used.
    #[serde(rename = "override.used")]
    OverrideUsed { change: String, grant: i64 },
    /// It was taken back.
    #[serde(rename = "override.revoked")]
    OverrideRevoked { change: String, grant: i64, reason: String },
    /// Nothing moves from here on.
    #[serde(rename = "freeze.set")]
    FreezeSet { reason: String },
    /// It may move again.
    #[serde(rename = "freeze.lifted")]
    FreezeLifted { reason: String },
    /// Whether a contract may run was asked, by somebody who would have run it.
    #[serde(rename = "contract.evaluated")]
    ContractEvaluated { change: String, ready: bool, checks: BTreeMap<String, String> },
    /// A contract ran, in the same transaction as this event, or was proven to have run.
    #[serde(rename = "contract.executed")]
    ContractExecuted { change: String, digest: String },
    /// A contract did not run to its end.
    #[serde(rename = "contract.failed")]
    ContractFailed { change: String, reason: String },
    /// From here on older releases of a service cannot run.
    #[serde(rename = "floor.raised")]
    FloorRaised { service: String, version: String, change: String },
    /// A release below the floor was seen at work.
    #[serde(rename = "floor.violation")]
    FloorViolation { service: String, version: String },
    /// Somebody has to look at what happened.
    #[serde(rename = "review.required")]
    ReviewRequired { cause: String },
    /// Somebody did.
    #[serde(rename = "review.filed")]
    ReviewFiled { url: String },
    /// The database's clock is behind what is on record.
    #[serde(rename = "schedule.clock_regression")]
    ClockRegression { head: Moment, now: Moment },
}

/// An event that this version of the program does not know, or cannot read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an event of kind `{kind}` cannot be read: {why}; a newer migrate may have written it")]
pub struct UnknownDeed {
    /// Its kind.
    pub kind: String,
    /// What is wrong.
    pub why: String,
}

impl Deed {
    /// Reads a deed by its kind and the JSON text of its body.
    pub fn read(kind: &str, body: &str) -> Result<Deed, UnknownDeed> {
        let unknown = |why: &dyn std::fmt::Display| UnknownDeed {
            kind: kind.to_owned(),
            why: why.to_string(),
        };
        let body: Value = serde_json::from_str(body).map_err(|cause| unknown(&cause))?;
        serde_json::from_value(json!({ "kind": kind, "body": body }))
            .map_err(|cause| unknown(&cause))
    }

    /// Its kind, and its body as JSON.
    pub fn write(&self) -> (String, String) {
        let whole = serde_json::to_value(self).unwrap_or_default();
        let kind = whole["kind"].as_str().unwrap_or_default().to_owned();
        (kind, whole["body"].to_string())
    }
}
