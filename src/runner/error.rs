//! Why steps stop.

use crate::db::DbError;
use crate::ledger::StepRef;
use crate::plan::Drift;
use crate::store::StoreError;
use std::time::Duration;

/// Why steps stop.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The ledger cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The files are not what was applied, or cannot be run.
    #[error(transparent)]
    Drift(#[from] Drift),
    /// Another run is at work, and was not done in time.
    #[error(
        "another run is at work ({holder}) and was not done after {}s; try again",
        .waited.as_secs()
    )]
    Busy {
        /// Who.
        holder: String,
        /// How long its end was waited for.
        waited: Duration,
    },
    /// Everything is frozen.
    #[error("{0}; `migrate unfreeze --reason …` lets it go on")]
    Frozen(String),
    /// A way back stopped in its midst.
    #[error(
        "the expand of {0} is half undone, and nothing is added before that is over: once its \
         expand.undo.sql is mended, `migrate undo` goes on with the step that is left"
    )]
    HalfUndone(String),
    /// A statement takes away what running code may use.
    #[error(
        "{path}: {what} is a contract, and stands in {phase}.sql; move it to contract.sql, which \
         runs when the ledger proves that nobody needs it"
    )]
    Misplaced {
        /// The file.
        path: String,
        /// The statement.
        what: String,
        /// The phase that its file claims.
        phase: String,
    },
    /// A statement changes rows that are in use before anything is deployed.
    #[error(
        "{path}: {what} changes rows that are in use, and stands in expand.sql, for which the \
         release waits; move it to migrate.sql, which `migrate backfill run` runs batch by batch"
    )]
    Moving {
        /// The file.
        path: String,
        /// The statement.
        what: String,
    },
    /// Nobody can tell what a statement takes away.
    #[error(
        "{path}: nothing is known of what {what} does, and it may take away what running code \
         uses; write it out, or look at it by hand and run it with --allow-opaque"
    )]
    Opaque {
        /// The file.
        path: String,
        /// The statement.
        what: String,
    },
    /// The lock was not got in time.
    #[error(
        "step {} of {} did not get its lock in {tries} tries; nothing was changed by it: run the \
         command again, or at a quieter time", .step.step, .step.change
    )]
    Lock {
        /// Which.
        step: StepRef,
        /// How often it was tried.
        tries: u32,
    },
    /// The server refused a step.
    #[error("step {} of {} failed: {error}; {left}", .step.step, .step.change)]
    Step {
        /// Which.
        step: StepRef,
        /// What the server says.
        error: Box<DbError>,
        /// What is left of it, and what to do.
        left: String,
    },
    /// The name of the index that a step makes is something else's.
    #[error(
        "step {} of {} makes the index `{name}`, and that name is taken (42P07): there is {what}; \
         give the new one another name, or drop or rename by hand what is there, and run the \
         command again", .step.step, .step.change
    )]
    Taken {
        /// Which.
        step: Box<StepRef>,
        /// The name.
        name: String,
        /// What has it.
        what: String,
    },
    /// Another session builds the index that a step makes.
    #[error(
        "step {} of {} makes the index `{name}`, which another session builds ({who}), and that \
         was not done after {}s; run the command again when it is, or end that session",
        .step.step, .step.change, .waited.as_secs()
    )]
    Building {
        /// Which.
        step: Box<StepRef>,
        /// The index.
        name: String,
        /// Who builds it.
        who: String,
        /// How long its end was waited for.
        waited: Duration,
    },
    /// Somebody said of a step what became of it, and there is no such step.
    #[error("`--settle {change}:{step}`: no change here of that name has an expand step {step}")]
    NoSuchStep {
        /// The change.
        change: String,
        /// The step.
        step: u32,
    },
    /// It is not known whether a step ran.
    #[error(
        "step {} of {} was begun and did not come to its end, and nothing in the catalog shows \
         how much of it is done; look, and say so with `--settle {}:{}=done` or `=again`",
        .0.step, .0.change, .0.change, .0.step
    )]
    Unsettled(StepRef),
    /// A step ran, and the catalog does not show what it made.
    #[error(
        "step {} of {} ran, and the catalog does not show what it should: look what it did, and \
         run the command again",
        .0.step, .0.change
    )]
    Unproven(StepRef),
    /// The database only follows another one.
    #[error("this server is a standby: name the primary")]
    Standby,
}

impl RunError {
    /// Whether the role, or its transactions, may only read the ledger.
    pub fn is_forbidden(&self) -> bool {
        matches!(self, RunError::Store(error) if error.is_forbidden())
    }
}

impl From<DbError> for RunError {
    fn from(error: DbError) -> RunError {
        match error.said() {
            Some(said) if said.sqlstate == "MG005" => RunError::Frozen(said.message.clone()),
            _ => RunError::Store(StoreError::Db(error)),
        }
    }
}
