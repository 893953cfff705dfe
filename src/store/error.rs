//! What goes wrong with a ledger.

use crate::db::DbError;
use crate::ledger::ChainError;
use crate::ledger::UnknownDeed;

/// What goes wrong with a ledger.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database does not answer, or says no.
    #[error(transparent)]
    Db(#[from] DbError),
    /// There is none.
    #[error(
        "there is no ledger in this database; `migrate expand` or `migrate ledger install` makes it"
    )]
    Absent,
    /// It is of a newer program.
    #[error(
        "the ledger's tables are of version {found}, and this migrate knows {known}; use a newer \
         migrate"
    )]
    Newer {
        /// The version of the tables.
        found: u32,
        /// The newest one that is known.
        known: u32,
    },
    /// Events of a newer program are in it.
    #[error(transparent)]
    Unknown(#[from] UnknownDeed),
    /// The chain is broken.
    #[error(
        "{0}; `migrate ledger verify` says more, `migrate ledger rebind --reason …` begins anew"
    )]
    Chain(#[from] ChainError),
    /// It belongs to another database.
    #[error(
        "this ledger belongs to {theirs}, and this is {ours}; if that is meant, `migrate ledger \
         rebind --reason …` takes it over, and all waiting begins anew"
    )]
    Elsewhere {
        /// Where it belongs.
        theirs: String,
        /// Where it is.
        ours: String,
    },
    /// Somebody else wrote meanwhile.
    #[error("the ledger went on while this was decided; try again")]
    Moved,
    /// The same key says something else.
    #[error("{0}; give another --key, or say the same")]
    Key(String),
    /// What the database says makes no sense.
    #[error("the ledger cannot be read: {0}")]
    Malformed(String),
}

impl StoreError {
    /// Whether the role, or its transactions, may only read.
    pub fn is_forbidden(&self) -> bool {
        let StoreError::Db(error) = self else { return false };
        error.sqlstate().is_some_and(|state| ["42501", "25006"].contains(&state))
    }

    /// What the server says of an append, in the ledger's words.
    pub(super) fn of_append(error: DbError) -> StoreError {
        let said = error.said().map(|said| (said.sqlstate.clone(), said.message.clone()));
        match said {
            Some((state, _)) if state == "MG001" => StoreError::Moved,
            Some((state, message)) if state == "MG002" => StoreError::Key(message),
            _ => StoreError::Db(error),
        }
    }
}
