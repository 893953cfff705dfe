//! Who looks on while rows are written: whether a session of the application waits for them.

use crate::db::DbError;
use crate::db::Session;
use std::time::Duration;

/// How often is looked.
pub(super) const LOOK: Duration = Duration::from_millis(100);

/// The longest that somebody else waits for a batch before it is given up.
const PATIENCE: Duration = Duration::from_millis(250);

/// How long an answer is waited for.
const ANSWER: Duration = Duration::from_secs(2);

/// Whether a session of the application waits for this process, and for too long. What it is, is
/// null to who may not see the sessions of other roles.
pub(super) fn is_waited_for(observer: &Session, pid: i32) -> Result<bool, DbError> {
    let asked = observer.rows_by(
        &format!(
            "SELECT FROM pg_locks l JOIN pg_stat_activity a USING (pid)
             WHERE NOT l.granted AND l.waitstart < clock_timestamp() - interval '{} ms'
                AND coalesce(a.backend_type, 'client backend') = 'client backend'
                AND a.application_name NOT LIKE 'migrate/backfill/%'
                AND {pid} = ANY (pg_blocking_pids(l.pid)) LIMIT 1",
            PATIENCE.as_millis()
        ),
        ANSWER,
    );
    asked.map(|rows| !rows.is_empty())
}
