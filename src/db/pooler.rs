//! Poolers: one that gives a session another connection for each transaction is of no use to who
//! locks and sets.

use super::DbError;
use super::Session;
use std::time::Duration;

/// How often two sessions are compared.
const LOOKS: usize = 5;

/// How long a second session may wait for a connection of its own.
const WAIT: Duration = Duration::from_secs(3);

const WHO: &str = "SELECT pg_backend_pid(), current_setting('port')";

/// Sees whether the pooler before a session keeps it on one connection: it does not if, while the
/// session has nothing to do, another gets its connection, or it comes back to another itself.
pub(super) fn must_keep_sessions(session: &Session) -> Result<(), DbError> {
    let (own, port) = who(session.rows_within(WHO, WAIT), session)?;
    let second = session.beside(session.settings())?;
    for _ in 0..LOOKS {
        let (other, _) = who(second.rows_within(WHO, WAIT), session)?;
        let (now, _) = who(session.rows_within(WHO, WAIT), session)?;
        if other == own || now != own {
            return Err(DbError::Pooler {
                place: session.place().to_owned(),
                why: "in transaction mode: each transaction gets another connection, and with it \
                      other locks and settings"
                    .to_owned(),
                next: format!(
                    "connect to the server itself, which listens on port {port}, or to a pool in \
                     session mode"
                ),
            });
        }
    }
    Ok(())
}

/// A pooler that cannot be used for another reason.
pub(super) fn fault(session: &Session, why: &str) -> DbError {
    DbError::Pooler {
        place: session.place().to_owned(),
        why: why.to_owned(),
        next: "connect to the server itself".to_owned(),
    }
}

type Asked = Option<Result<Vec<super::Row>, DbError>>;

/// The number of the server's process, and its port.
fn who(asked: Asked, session: &Session) -> Result<(String, String), DbError> {
    let no_answer = || {
        fault(session, "whether it keeps sessions cannot be told: it gives no second connection")
    };
    let rows = asked.ok_or_else(no_answer)??;
    let value = |at: usize| rows.first().and_then(|row| row.get(at)).unwrap_or("?").to_owned();
    Ok((value(0), value(1)))
}
