//! Who is in the way of a statement that waits.

use crate::db::DbError;
use crate::db::Row;
use crate::db::Session;

/// A session that holds what another one waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blocker {
    /// Its process.
    pub pid: i32,
    /// 1 if it is in the way itself, 2 if it is in the way of that one, and so on.
    pub depth: u32,
    /// Its role.
    pub user: String,
    /// What it calls itself.
    pub application: String,
    /// What it does: `active`, `idle in transaction`.
    pub state: String,
    /// For how many seconds its transaction is open.
    pub seconds: u64,
    /// Its last query, as far as this role may see it.
    pub query: String,
}

impl Blocker {
    /// It in a few words.
    pub(super) fn words(&self) -> String {
        format!("{}, process {} of {}", self.application, self.pid, self.user)
    }
}

/// Who is in the way of a process, nearest first.
pub(super) fn blockers(observer: &Session, pid: i32) -> Result<Vec<Blocker>, DbError> {
    let rows = observer.rows(&format!(
        "WITH RECURSIVE tree(pid, depth, path) AS (
            SELECT one.pid, 1, ARRAY[{pid}] FROM unnest(pg_blocking_pids({pid})) AS one(pid)
            UNION ALL
            SELECT next.pid, depth + 1, path || tree.pid
            FROM tree CROSS JOIN LATERAL unnest(pg_blocking_pids(tree.pid)) AS next(pid)
            WHERE next.pid <> ALL (path) AND depth < 5
         )
         SELECT DISTINCT ON (depth, tree.pid) tree.pid, depth, coalesce(usename, ''),
            coalesce(application_name, ''), coalesce(state, ''),
            greatest(extract(epoch FROM clock_timestamp() - xact_start), 0)::bigint,
            left(regexp_replace(coalesce(query, ''), '\\s+', ' ', 'g'), 120)
         FROM tree LEFT JOIN pg_stat_activity activity ON activity.pid = tree.pid
         ORDER BY depth, tree.pid"
    ))?;
    Ok(rows.iter().filter_map(blocker).collect())
}

/// A session as a row tells of it.
pub(super) fn blocker(row: &Row) -> Option<Blocker> {
    let text = |at: usize| row.get(at).unwrap_or_default().to_owned();
    Some(Blocker {
        pid: row.get(0)?.parse().ok()?,
        depth: row.get(1)?.parse().ok()?,
        user: text(2),
        application: text(3),
        state: text(4),
        seconds: row.get(5).and_then(|text| text.parse().ok()).unwrap_or(0),
        query: text(6),
    })
}
