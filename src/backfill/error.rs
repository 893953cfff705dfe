//! Why a backfill does not go on.

use crate::db::DbError;
use crate::job::Job;
use crate::store::StoreError;

/// Why a backfill does not go on.
#[derive(Debug, thiserror::Error)]
pub enum BackfillError {
    /// The database.
    #[error(transparent)]
    Db(#[from] DbError),
    /// The ledger.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The table cannot be walked.
    #[error("statement {place}: {table} is not walked: {why}")]
    Unfit {
        /// The statement.
        place: u32,
        /// The table.
        table: String,
        /// Why.
        why: String,
    },
    /// The file says something else than what was begun.
    #[error(
        "statement {place} of {change} was edited after its backfill began; put it back, or give \
         it up with `migrate backfill cancel --change {change}` and begin anew"
    )]
    Edited {
        /// The change.
        change: String,
        /// The statement.
        place: u32,
    },
    /// The job was stopped by a failure that is not a row's.
    #[error(
        "statement {place} of {change} stopped: {why}; once that is mended, `migrate backfill \
         retry --change {change}` goes on where it stopped"
    )]
    Failed {
        /// The change.
        change: String,
        /// The statement.
        place: u32,
        /// Why.
        why: String,
    },
    /// Everything is frozen.
    #[error("{0}; `migrate unfreeze --reason …` lets it go on")]
    Frozen(String),
    /// The server that answers is another than the one it began on.
    #[error("the server is another than the one that the backfill began on: cluster {0}")]
    Elsewhere(String),
    /// What was kept of a job makes no sense.
    #[error("what is kept of the backfill makes no sense: {0}")]
    Malformed(String),
    /// The database is gone.
    #[error("the database did not come back: {0}; run the command again once it does")]
    Gone(String),
    /// A worker died.
    #[error("a worker ended without a word; run the command again: it goes on where it stopped")]
    Died,
}

impl BackfillError {
    /// What a database says that lets nothing move.
    pub(super) fn frozen(said: &DbError) -> BackfillError {
        let why = said.said().map_or_else(|| said.to_string(), |said| said.message.clone());
        BackfillError::Frozen(why)
    }

    pub(super) fn unfit(job: &Job, why: &str) -> BackfillError {
        let table = job.walked.to_string();
        BackfillError::Unfit { place: job.place, table, why: why.to_owned() }
    }
}
