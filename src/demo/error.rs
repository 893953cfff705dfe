//! Why a demonstration ends before its end.

use crate::backfill::BackfillError;
use crate::db::DbError;
use crate::ledger::Refusal;
use crate::plan::Drift;
use crate::runner::RunError;
use crate::shadow::ShadowError;
use crate::store::StoreError;

/// Why a demonstration ends before its end.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// There is no server for it.
    #[error(transparent)]
    Shadow(#[from] ShadowError),
    /// The server says no.
    #[error(transparent)]
    Db(#[from] DbError),
    /// The ledger says no.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A step stopped.
    #[error(transparent)]
    Run(#[from] RunError),
    /// The backfill stopped.
    #[error(transparent)]
    Backfill(#[from] BackfillError),
    /// What is on record does not allow it.
    #[error("{}; {}", .0.why, .0.next)]
    Refused(#[from] Refusal),
    /// Something did not go as it is told.
    #[error("the demonstration did not go as told: {0}; please report this with all of the output")]
    Otherwise(String),
}

impl From<Drift> for DemoError {
    fn from(drift: Drift) -> DemoError {
        DemoError::Run(RunError::from(drift))
    }
}

/// Sees that something is as it is told.
pub(super) fn must(so: bool, otherwise: impl FnOnce() -> String) -> Result<(), DemoError> {
    if so { Ok(()) } else { Err(DemoError::Otherwise(otherwise())) }
}
