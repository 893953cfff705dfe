//! What a failure of a batch means: who is at fault, and what is done about it.

use crate::db::DbError;

/// What a failure means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// Others hold the rows, or waited for us: again, with fewer rows.
    Contention,
    /// Two waited for one another: again.
    Deadlock,
    /// The connection, or the server: connect again, and claim anew.
    Connection,
    /// It ran out of something, as of disk: again, after a while.
    Resources,
    /// Some row cannot be done: which one is looked for.
    Row,
    /// Everything is frozen.
    Frozen,
    /// A signal came.
    Interrupted,
    /// The statement, the table or a right: no row is at fault, and nothing goes on by itself.
    Job,
}

/// What an error means.
pub(super) fn fault(error: &DbError) -> Fault {
    if matches!(error, DbError::Interrupted { .. }) {
        return Fault::Interrupted;
    }
    let Some(state) = error.sqlstate() else { return without_state(error) };
    match state {
        "40P01" => Fault::Deadlock,
        "40001" | "55P03" | "57014" => Fault::Contention,
        "MG005" => Fault::Frozen,
        // Of a server that stops, that starts, that has no room, that only follows another, or
        // that ended this session for being idle.
        "57P01" | "57P02" | "57P03" | "57P05" | "53300" | "25006" | "25P03" | "25P04" => {
            Fault::Connection
        }
        _ => of_class(state),
    }
}

fn without_state(error: &DbError) -> Fault {
    match error {
        DbError::Lost { .. } => Fault::Connection,
        error if error.is_unreachable() => Fault::Connection,
        _ => Fault::Job,
    }
}

/// The classes of errors that PostgreSQL has (appendix A of its manual), but for those of rows.
const OF_THE_SERVER: &[&str] = &[
    "00", "01", "02", "03", "08", "09", "0A", "0B", "0F", "0L", "0P", "0Z", "10", "20", "24", "25",
    "26", "27", "28", "2B", "2D", "2F", "34", "3B", "3D", "3F", "40", "42", "53", "55", "57", "58",
    "72", "F0", "HV", "MG", "XX",
];

fn of_class(state: &str) -> Fault {
    match state.get(..2) {
        Some("08") => Fault::Connection,
        Some("53" | "58") => Fault::Resources,
        // Data, integrity, limits such as the size of an index's entry, and what functions and
        // triggers raise, with codes of their own too.
        Some("21" | "22" | "23" | "38" | "39" | "44" | "54" | "P0") => Fault::Row,
        Some(class) if !OF_THE_SERVER.contains(&class) => Fault::Row,
        _ => Fault::Job,
    }
}
