//! Which unique index a foreign key stands on: it cannot go while the key is there.

use super::Schema;
use super::model::ConstraintForm;
use super::model::Index;
use super::model::Table;
use super::model::TableConstraint;
use crate::sql::Name;

/// Whether the keys of an index are these columns, in any order.
pub fn are_over(keys: &[Option<String>], columns: &[String]) -> bool {
    keys.len() == columns.len()
        && columns.iter().all(|column| keys.iter().any(|key| key.as_ref() == Some(column)))
}

impl Schema {
    /// The index that a foreign key stands on: the primary key's where no columns were named, else
    /// the oldest that is over just these columns (`transformFkeyCheckAttrs`, which goes through
    /// the indexes by OID).
    pub fn index_of_key(&self, key: &TableConstraint) -> Option<&Index> {
        let ConstraintForm::ForeignKey(target, columns) = &key.kind else { return None };
        let table = self.table(target)?;
        if columns.is_empty() {
            return self.index(table.primary_key()?.index.as_ref()?);
        }
        let indexes = table.indexes.iter().filter_map(|index| self.index(index));
        indexes.filter(|index| is_key_for(index, table, columns)).min_by_key(|index| index.number)
    }

    /// Whether foreign keys can reference these columns, at once or deferred.
    pub fn has_key(&self, table: &Table, columns: &[String]) -> bool {
        let mut indexes = table.indexes.iter().filter_map(|index| self.index(index));
        indexes.any(|index| index.unique && !index.partial && are_over(&index.keys, columns))
    }

    /// Foreign keys that stand on an index: each with its table.
    pub fn keys_on(&self, index: &Name) -> Vec<(Name, String)> {
        let table = self.index(index).and_then(|index| self.table(&index.table));
        let stands = |(other, constraint): &&(Name, String)| {
            let key = self.table(other).and_then(|other| other.constraint(constraint));
            let found = key.and_then(|key| self.index_of_key(key));
            found.is_some_and(|found| found.name == *index)
        };
        table.iter().flat_map(|table| &table.referenced_by).filter(stands).cloned().collect()
    }
}

/// Whether a foreign key can stand on an index: unique at once, whole, and over just the columns.
fn is_key_for(index: &Index, table: &Table, columns: &[String]) -> bool {
    let constraint = index.constraint.as_ref().and_then(|name| table.constraint(name));
    index.unique
        && !index.partial
        && are_over(&index.keys, columns)
        && constraint.is_none_or(|constraint| !constraint.deferrable)
}
