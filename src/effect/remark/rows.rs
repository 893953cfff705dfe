//! Rows and the numbers they get: sequences, numbers of their own, long reads, statistics.

use super::OwnNumbers;
use super::Remark;
use crate::effect::analyst::Analyst;
use crate::schema::Filled;
use crate::schema::Relation;
use crate::sql::AlterRelation;
use crate::sql::AlterVerb;
use crate::sql::DataChange;
use crate::sql::DataVerb;
use crate::sql::Expr;
use crate::sql::Name;
use crate::sql::Persistence;
use crate::sql::Query;
use crate::sql::Vacuum;

impl Analyst<'_> {
    /// A sequence that counts otherwise: from, by, up to or over another number.
    pub(super) fn remark_on_sequence(&mut self, sequence: &Name, alter: &AlterRelation) {
        let found = self.schema.sequence(sequence);
        let new = found.is_some_and(|found| self.schema.is_new(found.born));
        for action in &alter.actions {
            self.span = action.span;
            if let AlterVerb::Sequence { options, owned_by, .. } = &action.verb
                && owned_by.is_none()
                && !new
            {
                let what = options.trim().to_owned();
                self.remark(Remark::Counts(sequence.clone(), what));
            }
        }
    }

    /// Rows that bring numbers for a column that a sequence numbers.
    pub(super) fn remark_on_rows(&mut self, change: &DataChange) {
        if change.verb != DataVerb::Insert || change.source.constant_rows.is_none() {
            return;
        }
        if change.source.calls.iter().any(|call| call.name == "nextval") {
            return;
        }
        let table = self.target(&change.table);
        let Some(found) = self.table(&table.name) else { return };
        let given = change.columns.as_deref().unwrap_or_default();
        let numbered = found.columns.iter().find(|column| {
            let counted = |default: &Expr| {
                matches!(default, Expr::Call { name, .. } if name.name == "nextval")
            };
            let by_sequence = column.filled == Some(Filled::Identity)
                || column.default.as_ref().is_some_and(counted);
            by_sequence && given.contains(&column.name)
        });
        if let Some(column) = numbered.map(|column| column.name.clone()) {
            let owned = self.schema.sequences_owned_by(&table.name, Some(&column));
            let sequence = owned.into_iter().next();
            self.remark(Remark::OwnNumbers(OwnNumbers { table, column, sequence }));
        }
    }

    /// A query that is run to fill something, over tables that are in use.
    pub(super) fn remark_on_long_read(
        &mut self,
        name: Name,
        query: &Query,
        persistence: Persistence,
    ) {
        if persistence == Persistence::Temporary || self.schema.relation(&name).is_some() {
            return;
        }
        let mut read: Vec<Name> = Vec::new();
        for used in &query.relations {
            let full = self.schema.resolve(&used.name);
            let live = match self.schema.relation(&full) {
                Some(Relation::Sequence(_) | Relation::Index(_)) | None => false,
                Some(relation) => !self.schema.is_new(relation.born()),
            };
            if live && !read.contains(&full) {
                read.push(full);
            }
        }
        if !read.is_empty() && !query.limited {
            self.remark(Remark::LongRead(name, read));
        }
    }

    pub(super) fn remark_on_analyze(&mut self, vacuum: &Vacuum) {
        if vacuum.tables.is_empty() {
            return self.remark(Remark::Analyzes(None));
        }
        for (table, _) in &vacuum.tables {
            let name = self.schema.resolve(table);
            self.remark(Remark::Analyzes(Some(name)));
        }
    }
}
