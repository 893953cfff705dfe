//! What a statement did on a server, as its own session sees it before it commits: the locks it
//! holds, the tables that got a new file, the tables that were read from end to end.

use crate::server::Session;
use migrate::effect::LockMode;
use std::collections::BTreeMap;
use std::collections::BTreeSet;

/// A relation at one moment.
#[derive(Clone, Debug)]
struct Relation {
    name: String,
    /// As in `pg_class.relkind`.
    kind: String,
    /// The file that holds its rows; it changes when they are written anew.
    file: String,
    /// How often the open transaction began to read it from end to end.
    scans: u64,
}

/// All relations of a database at one moment, by their number.
#[derive(Clone, Debug, Default)]
pub(crate) struct Moment(BTreeMap<String, Relation>);

/// The relations that locks are compared of: tables, partitioned and foreign ones, views.
const COMPARED: [&str; 5] = ["r", "p", "v", "m", "f"];

/// What has rows of its own.
const STORED: [&str; 2] = ["r", "m"];

/// No look is taken at catalogs, and none at the session's own temporary tables: nobody else waits
/// for those.
const RELATIONS: &str = "SELECT c.oid, n.nspname || '.' || c.relname, c.relkind, c.relfilenode,
        coalesce(pg_catalog.pg_stat_get_xact_numscans(c.oid), 0)
    FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
        AND c.relpersistence <> 't'";

const LOCKS: &str = "SELECT l.relation, l.mode FROM pg_catalog.pg_locks l
    WHERE l.pid = pg_catalog.pg_backend_pid() AND l.granted AND l.relation IS NOT NULL";

impl Moment {
    /// Looks at the database, in the transaction that is open or in none.
    pub(crate) fn now(session: &Session) -> Result<Moment, String> {
        let mut relations = BTreeMap::new();
        for row in session.rows(RELATIONS)? {
            let [oid, name, kind, file, scans] = row.try_into().map_err(|_| "five columns")?;
            let scans = scans.parse().map_err(|_| "a count of scans")?;
            relations.insert(oid, Relation { name, kind, file, scans });
        }
        Ok(Moment(relations))
    }

    /// The kind of the relation of that name.
    pub(crate) fn kind(&self, name: &str) -> Option<&str> {
        self.0.values().find(|relation| relation.name == name).map(|found| found.kind.as_str())
    }

    /// Whether locks are compared of what has this name.
    pub(crate) fn compares(&self, name: &str) -> bool {
        self.kind(name).is_some_and(|kind| COMPARED.contains(&kind))
    }

    /// Whether what has this name has rows of its own.
    pub(crate) fn stores(&self, name: &str) -> bool {
        self.kind(name).is_some_and(|kind| STORED.contains(&kind))
    }

    /// The strongest lock that the open transaction holds on each relation that is known here.
    pub(crate) fn locks(&self, session: &Session) -> Result<BTreeMap<String, LockMode>, String> {
        let mut locks = BTreeMap::new();
        for row in session.rows(LOCKS)? {
            let [oid, mode] = row.try_into().map_err(|_| "two columns")?;
            let mode = LockMode::ALL.into_iter().find(|known| known.name() == mode);
            let (Some(relation), Some(mode)) = (self.0.get(&oid), mode) else { continue };
            if COMPARED.contains(&relation.kind.as_str()) {
                let strongest = locks.entry(relation.name.clone()).or_insert(mode);
                *strongest = mode.max(*strongest);
            }
        }
        Ok(locks)
    }

    /// What has rows, was there before, and has them in another file now.
    pub(crate) fn rewritten(&self, after: &Moment) -> BTreeSet<String> {
        self.changed(after, |before, after| before.file != after.file)
    }

    /// What has rows, was there before, and was read from end to end since.
    pub(crate) fn scanned(&self, after: &Moment) -> BTreeSet<String> {
        self.changed(after, |before, after| before.scans < after.scans)
    }

    fn changed(
        &self,
        after: &Moment,
        is_other: impl Fn(&Relation, &Relation) -> bool,
    ) -> BTreeSet<String> {
        let stored = self.0.iter().filter(|(_, old)| STORED.contains(&old.kind.as_str()));
        let other =
            stored.filter(|(oid, old)| after.0.get(*oid).is_some_and(|new| is_other(old, new)));
        other.map(|(_, old)| old.name.clone()).collect()
    }
}
