//! What a table says of one of its indexes: that subscribers find rows by it, and that rows are put
//! in its order.

use super::facts::Facts;
use super::keep::Kept;
use super::names::quoted;

/// Something that a table says of an index over the old column, and is to say of the one over the
/// new column.
pub(super) struct Mark {
    verb: &'static str,
    old: String,
    new: String,
}

/// All that is said of the indexes over a column.
pub(super) fn marks(facts: &Facts, kept: &Kept, twins: &Kept) -> Vec<Mark> {
    let said = [
        ("REPLICA IDENTITY USING INDEX", &facts.table.replica_identity),
        ("CLUSTER ON", &facts.table.clustered_on),
    ];
    let of = |(verb, index): (&'static str, &Option<String>)| {
        let old = index.as_ref()?;
        let at = kept.builds.iter().position(|build| build.name == *old)?;
        let new = &twins.builds.get(at)?.name;
        Some(Mark { verb, old: quoted(old), new: quoted(new) })
    };
    said.into_iter().filter_map(of).collect()
}

impl Mark {
    /// The statement that says it of the index over the new column.
    pub(super) fn forward(&self, table: &str) -> String {
        format!("ALTER TABLE {table} {} {}", self.verb, self.new)
    }

    /// The statement that says it of the index over the old column.
    pub(super) fn back(&self, table: &str) -> String {
        format!("ALTER TABLE {table} {} {}", self.verb, self.old)
    }
}
