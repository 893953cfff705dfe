//! Why no files are written.

use crate::sql::Name;

/// Why no files are written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// It is not said what is meant.
    #[error("`{text}` is not TABLE.COLUMN; quote names as in SQL: '\"Order\".\"itemId\"'")]
    Place {
        /// What was said.
        text: String,
    },
    /// It is no name.
    #[error("`{text}` is no name as SQL writes it: put it into double quotes")]
    Identifier {
        /// What was said.
        text: String,
    },
    /// Nothing is known of the table.
    #[error("nothing is known of a table `{table}`: {help}")]
    Table {
        /// The table.
        table: Name,
        /// What was meant, or where it can be looked for.
        help: String,
    },
    /// The table has no such column.
    #[error("`{table}` has no column `{column}`: {help}")]
    Column {
        /// The table.
        table: Name,
        /// The column.
        column: String,
        /// What was meant, or which it has.
        help: String,
    },
    /// Too little is known of it.
    #[error(
        "{what} is not known from the migrations: name the database, whose catalog tells it, with \
         --database-url"
    )]
    Unknown {
        /// What is not known.
        what: String,
    },
    /// It cannot be done in this way.
    #[error("{what}: {why}")]
    Unable {
        /// What is in the way.
        what: String,
        /// Why, and what goes on.
        why: String,
    },
}

impl Unfit {
    pub(super) fn unable(what: impl Into<String>, why: impl Into<String>) -> Unfit {
        Unfit::Unable { what: what.into(), why: why.into() }
    }

    pub(super) fn unknown(what: impl Into<String>) -> Unfit {
        Unfit::Unknown { what: what.into() }
    }
}
