//! What sessions that work on jobs go by, whatever is set for the role or the database.

use crate::db::DbError;
use crate::db::Session;

/// Settings, and why they are as they are.
pub(super) const GOES_BY: [(&str, &str); 5] = [
    // Rows that a policy hides would be taken for done: it is an error instead.
    ("row_security", "off"),
    // Who waits for a row has to see what it has become.
    ("default_transaction_isolation", "read committed"),
    // Keys are kept as texts, which must mean the same to all.
    ("datestyle", "ISO, YMD"),
    ("intervalstyle", "postgres"),
    // To the last digit.
    ("extra_float_digits", "1"),
];

/// Has a session go by them.
pub fn prepare(session: &Session) -> Result<(), DbError> {
    let sets = GOES_BY.map(|(name, value)| format!("SET {name} = '{value}'"));
    session.rows(&sets.join("; ")).map(drop)
}
