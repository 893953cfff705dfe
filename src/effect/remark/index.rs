//! Indexes: those that another makes idle, and those that know nothing of their values yet.

use super::Differs;
use super::Redundant;
use super::Remark;
use crate::effect::analyst::Analyst;
use crate::schema::Index;
use crate::sql::CreateIndex;
use crate::sql::Name;

impl Analyst<'_> {
    pub(super) fn remark_on_index(&mut self, create: &CreateIndex) {
        let table = self.target(&create.table);
        let full = create
            .name
            .as_ref()
            .map(|name| Name { schema: table.name.schema.clone(), name: name.clone() });
        let there = full.as_ref().and_then(|full| self.schema.index(full));
        if let Some(there) = there {
            let how = differences(create, there, &table.name);
            if create.if_not_exists && !how.is_empty() {
                let what = format!("the index `{}`", there.name.name);
                self.remark(Remark::Differs(Differs { what, table, how }));
            }
            return;
        }
        if create.keys.iter().any(|key| key.expression.is_some()) {
            self.remark(Remark::NeedsAnalyze(table.clone()));
        }
        let mut indexes = self.schema.indexes_of(&table.name).filter_map(|i| self.schema.index(i));
        if let Some(by) = indexes.find(|index| makes_idle(index, create)) {
            let redundant = Redundant {
                index: create.name.clone().unwrap_or_default(),
                by: by.name.clone(),
                same: by.keys.len() == create.keys.len(),
                table,
            };
            self.remark(Remark::Redundant(redundant));
        }
    }
}

/// How an index differs from one of its name.
fn differences(create: &CreateIndex, there: &Index, table: &Name) -> Vec<String> {
    let mut how = Vec::new();
    if there.table != *table {
        how.push(format!("it is on `{}`", there.table.name));
        return how;
    }
    let wanted: Vec<Option<String>> = create.keys.iter().map(|key| key.column.clone()).collect();
    if there.keys != wanted {
        let names = there.keys.iter().map(|key| key.as_deref().unwrap_or("an expression"));
        how.push(format!("it is over ({})", names.collect::<Vec<_>>().join(", ")));
    }
    if there.unique != create.unique {
        how.push(if there.unique { "it is UNIQUE" } else { "it is not UNIQUE" }.to_owned());
    }
    if there.partial != create.predicate.is_some() {
        let what = if there.partial { "it leaves rows out" } else { "it covers all rows" };
        how.push(what.to_owned());
    }
    how
}

/// Whether an index finds all that a new one would find: it is over the same columns, or over
/// them and more, in the plain order of a B-tree.
fn makes_idle(there: &Index, create: &CreateIndex) -> bool {
    let plain = there.valid
        && there.method == "btree"
        && create.method == "btree"
        && !there.partial
        && create.predicate.is_none()
        && !there.special
        && !there.reordered
        && there.computed_from.is_empty()
        && create.include.is_empty()
        && create.keys.iter().all(|key| !key.special && !key.reordered);
    let wanted: Vec<Option<String>> = create.keys.iter().map(|key| key.column.clone()).collect();
    let starts = wanted.iter().all(Option::is_some) && there.keys.starts_with(&wanted);
    let same = there.keys.len() == wanted.len();
    // Only a unique index keeps duplicates out, and of more columns it keeps out less.
    plain && starts && (!create.unique || there.unique && same)
}
