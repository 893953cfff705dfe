//! Why a rehearsal does not come to its end.

use crate::db::CatalogError;
use crate::db::DbError;
use crate::plan::Unrunnable;

/// Why a rehearsal does not come to its end.
#[derive(Debug, thiserror::Error)]
pub enum RehearseError {
    /// The database is not empty.
    #[error(
        "the database at --shadow-url is not empty, it holds {0}; a rehearsal makes all anew: give \
         it an empty one, or none, and it starts a server of its own"
    )]
    NotEmpty(String),
    /// A file cannot be run.
    #[error(transparent)]
    Unrunnable(#[from] Unrunnable),
    /// A change before it does not run.
    #[error("{path} does not run on what the changes before it make: {why}")]
    Before {
        /// The file.
        path: String,
        /// What the server says.
        why: String,
    },
    /// The server does not answer.
    #[error(transparent)]
    Db(#[from] DbError),
    /// The catalog cannot be read.
    #[error(transparent)]
    Catalog(#[from] CatalogError),
}
