//! Why a catalog cannot be read.

use crate::db::DbError;
use crate::version::Major;

/// Why a catalog cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum CatalogError {
    /// Something is wrong with the connection.
    #[error(transparent)]
    Db(#[from] DbError),
    /// The server does not say what is asked.
    #[error("the catalog of {place} cannot be read: {why}; {next}")]
    Unread {
        /// The database, without a password.
        place: String,
        /// What stands in the way.
        why: String,
        /// What to do.
        next: &'static str,
    },
    /// Of this version nothing is known.
    #[error(
        "{place} runs PostgreSQL {found}, and facts are known of {} to {}; give a dump of it with \
         --schema, and the version with --postgres",
        Major::OLDEST,
        Major::NEWEST
    )]
    Version {
        /// The database, without a password.
        place: String,
        /// The version, as the server says it.
        found: String,
    },
}

impl CatalogError {
    pub(super) fn no_answer(error: DbError) -> CatalogError {
        match error {
            DbError::Server { place, said } => {
                let next = next_after(&said.sqlstate);
                CatalogError::Unread { place, why: said.to_string(), next }
            }
            DbError::Lost { place, why, .. } => {
                CatalogError::Unread { place, why, next: "try again" }
            }
            error => CatalogError::Db(error),
        }
    }

    pub(super) fn version(place: &str, found: &str) -> CatalogError {
        let number = found.parse::<u32>().map(|number| (number / 10_000).to_string());
        let found = number.unwrap_or_else(|_| format!("\"{found}\""));
        CatalogError::Version { place: place.to_owned(), found }
    }
}

fn next_after(sqlstate: &str) -> &'static str {
    match sqlstate.get(..2) {
        Some("42") => "the role must be allowed to read pg_catalog, as every role is at first",
        Some("55") => {
            "a statement holds a lock on a table or view for more than two seconds: try again when \
             it is done"
        }
        Some("57") => "the server stopped the question: try again, or give a dump with --schema",
        _ => "give a dump of it with --schema if this stays",
    }
}
