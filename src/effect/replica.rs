//! The index by which replicas know a row: what it must be, and what depends on it.

use super::analyst::Analyst;
use crate::schema::Index;
use crate::schema::Table;
use crate::sql::Name;

impl<'a> Analyst<'a> {
    /// The index that was chosen as a table's replica identity.
    pub(super) fn replica_index(&self, table: &Table) -> Option<&'a Index> {
        let name = table.replica_identity.clone()?;
        self.schema.index(&Name { schema: table.name.schema.clone(), name })
    }
}

impl Analyst<'_> {
    /// Refuses an index that does not tell all rows apart (`ATExecReplicaIdentity` in
    /// tablecmds.c).
    pub(super) fn check_replica_index(&mut self, table: &Name, index: &str) {
        let Some(table) = self.table(table).filter(|table| table.known) else { return };
        let full = Name { schema: table.name.schema.clone(), name: index.to_owned() };
        let Some(found) = self.schema.index(&full).filter(|found| found.table == table.name) else {
            return;
        };
        let constraint = found.constraint.as_ref().and_then(|name| table.constraint(name));
        let nullable = found
            .keys
            .iter()
            .flatten()
            .find(|key| table.column(key).is_some_and(|column| !column.not_null));
        let why = if !found.unique {
            format!("cannot use non-unique index \"{index}\" as replica identity")
        } else if constraint.is_some_and(|constraint| constraint.deferrable) {
            let message = format!("cannot use non-immediate index \"{index}\" as replica identity");
            return self.refuse("0A000", message);
        } else if found.keys.contains(&None) {
            let message = format!("cannot use expression index \"{index}\" as replica identity");
            return self.refuse("0A000", message);
        } else if found.partial {
            let message = format!("cannot use partial index \"{index}\" as replica identity");
            return self.refuse("0A000", message);
        } else if let Some(column) = nullable {
            format!(
                "index \"{index}\" cannot be used as replica identity because column \"{column}\" \
                 is nullable"
            )
        } else {
            return;
        };
        self.refuse("42809", why);
    }
}
