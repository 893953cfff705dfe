//! Why a database cannot be read: what, why, and what to do. A password is in none of it.

use super::Address;
use crate::version::Major;
use std::error::Error;
use std::iter::successors;
use tokio_postgres::error::SqlState;

/// Why a database cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum LiveError {
    /// The address makes no sense.
    #[error(
        "the database's address cannot be read: {0}; it looks like \
         postgres://user@host:5432/database?sslmode=require, and in a password `@`, `/`, `?`, `#` \
         and `%` are written %40, %2F, %3F, %23 and %25"
    )]
    Address(String),
    /// There is no connection.
    #[error("no connection to {place}: {why}; {next}")]
    Connection {
        /// The database, without a password.
        place: String,
        /// What stands in the way.
        why: String,
        /// What to do.
        next: &'static str,
    },
    /// The server does not say what is asked.
    #[error("the catalog of {place} cannot be read: {why}; {next}")]
    Catalog {
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

impl LiveError {
    pub(super) fn no_connection(address: &Address, cause: &(dyn Error + 'static)) -> LiveError {
        let next = match state(cause) {
            Some(state) => next_after(state),
            None => {
                "see that host, port and sslmode are right, and that the server can be reached \
                 from here"
            }
        };
        LiveError::Connection { place: address.to_string(), why: address.mask(&chain(cause)), next }
    }

    pub(super) fn no_answer(address: &Address, cause: &(dyn Error + 'static)) -> LiveError {
        let next = state(cause).map_or("try again", next_after);
        LiveError::Catalog { place: address.to_string(), why: address.mask(&chain(cause)), next }
    }

    pub(super) fn version(address: &Address, found: &str) -> LiveError {
        let number = found.parse::<u32>().map(|number| (number / 10_000).to_string());
        let found = number.unwrap_or_else(|_| format!("\"{found}\""));
        LiveError::Version { place: address.to_string(), found }
    }
}

/// What the server says, with its SQLSTATE.
fn state<'a>(cause: &'a (dyn Error + 'static)) -> Option<&'a SqlState> {
    cause.downcast_ref::<tokio_postgres::Error>()?.code()
}

fn next_after(state: &SqlState) -> &'static str {
    match state.code().get(..2) {
        Some("28") => "see that user and password are right, and that pg_hba.conf lets them in",
        Some("3D") => "see that the database's name is right",
        Some("53") => "the server has no room for another connection: try again later",
        Some("42") => "the role must be allowed to read pg_catalog, as every role is at first",
        Some("55") => {
            "a statement holds a lock on a table or view for more than two seconds: try again when \
             it is done"
        }
        Some("57") => "the server stopped the question: try again, or give a dump with --schema",
        _ => "give a dump of it with --schema if this stays",
    }
}

/// An error with its causes.
fn chain(cause: &(dyn Error + 'static)) -> String {
    let mut said: Vec<String> = Vec::new();
    for cause in successors(Some(cause), |cause: &&(dyn Error + 'static)| (*cause).source()) {
        let text = cause.to_string();
        if !said.last().is_some_and(|last| last.ends_with(&text)) {
            said.push(text);
        }
    }
    said.join(": ")
}
