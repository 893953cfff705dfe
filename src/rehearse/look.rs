//! What a statement does on a server before it commits: the relations that were there, the locks
//! that are held on them, and which of them have their rows in another file.

use super::error::RehearseError;
use crate::db::Session;
use crate::effect::LockMode;
use std::collections::BTreeMap;
use std::collections::BTreeSet;

/// A relation at a moment.
#[derive(Clone, Debug)]
struct Relation {
    name: String,
    kind: String,
    /// The file that holds its rows; it changes when they are written anew.
    file: String,
}

/// All relations of a database at a moment, by their number.
#[derive(Clone, Debug, Default)]
pub(super) struct Relations(BTreeMap<String, Relation>);

/// What has rows of its own: tables and materialized views.
const STORED: [&str; 2] = ["r", "m"];

/// Nobody else waits for catalogs or for temporary tables. Locks are compared of tables,
/// partitioned and foreign ones, and views.
const RELATIONS: &str = "\
SELECT c.oid, n.nspname || '.' || c.relname, c.relkind,
    coalesce(pg_catalog.pg_relation_filenode(c.oid)::text, '')
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
    AND c.relpersistence <> 't' AND c.relkind IN ('r', 'p', 'v', 'm', 'f')";

impl Relations {
    /// Those that a session sees, in its transaction or outside of one.
    pub(super) fn now(session: &Session) -> Result<Relations, RehearseError> {
        let mut found = BTreeMap::new();
        for row in session.rows(RELATIONS)? {
            let text = |at: usize| row.get(at).unwrap_or_default().to_owned();
            found.insert(text(0), Relation { name: text(1), kind: text(2), file: text(3) });
        }
        Ok(Relations(found))
    }

    /// Whether there is one of this name.
    pub(super) fn has(&self, name: &str) -> bool {
        self.0.values().any(|relation| relation.name == name)
    }

    /// Whether what has this name has rows of its own.
    pub(super) fn stores(&self, name: &str) -> bool {
        let mut own = self.0.values().filter(|relation| relation.name == name);
        own.any(|relation| STORED.contains(&relation.kind.as_str()))
    }

    /// The strongest lock that another session holds on each of them.
    pub(super) fn locks(
        &self,
        observer: &Session,
        pid: i32,
    ) -> Result<BTreeMap<String, LockMode>, RehearseError> {
        let rows = observer.rows(&format!(
            "SELECT relation, mode FROM pg_catalog.pg_locks
             WHERE pid = {pid} AND granted AND relation IS NOT NULL
                AND database = (SELECT oid FROM pg_catalog.pg_database
                    WHERE datname = current_database())"
        ))?;
        let mut locks = BTreeMap::new();
        for row in &rows {
            let relation = row.get(0).and_then(|oid| self.0.get(oid));
            let mode = LockMode::ALL.into_iter().find(|mode| Some(mode.name()) == row.get(1));
            let (Some(relation), Some(mode)) = (relation, mode) else { continue };
            let strongest = locks.entry(relation.name.clone()).or_insert(mode);
            *strongest = mode.max(*strongest);
        }
        Ok(locks)
    }

    /// What has rows, is there before and after, and has them in another file.
    pub(super) fn rewritten(&self, after: &Relations) -> BTreeSet<String> {
        let stored = self.0.iter().filter(|(_, old)| STORED.contains(&old.kind.as_str()));
        let other =
            stored.filter(|(oid, old)| after.0.get(*oid).is_some_and(|new| new.file != old.file));
        other.map(|(_, old)| old.name.clone()).collect()
    }
}
