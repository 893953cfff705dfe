//! Which tables are known to hold rows: what some commands are refused for.

use crate::schema::Schema;
use crate::schema::Table;
use crate::sql::Body;
use crate::sql::DataChange;
use crate::sql::DataVerb;
use crate::sql::Name;
use crate::sql::Query;
use crate::sql::Rows;
use crate::sql::Statement;
use std::collections::BTreeSet;

impl Schema {
    /// Notes of a statement that is sure to run whether it leaves rows in a table or takes all of
    /// them.
    pub fn note_rows(&mut self, statement: &Statement) {
        self.note_written(&statement.body);
        match &statement.body {
            Body::Data(change) if change.verb == DataVerb::Insert && self.gives_rows(change) => {
                self.set_filled(&change.table, true);
            }
            Body::Data(change) if change.verb == DataVerb::Delete => {
                self.set_filled(&change.table, false);
            }
            Body::Truncate(truncate) => {
                for (table, _) in &truncate.tables {
                    self.take_rows(table, truncate.cascade);
                }
            }
            _ => {}
        }
    }

    /// From here on nothing but the statements that are seen is taken to write rows: what they
    /// leave empty is empty.
    pub fn trust_rows(&mut self) {
        self.alone = true;
    }

    /// Whether a table is sure to have no rows.
    pub fn is_empty_table(&self, name: &Name) -> bool {
        let unwritten = |table: &Table| table.known && !table.written;
        self.alone && !self.blind && self.table(name).is_some_and(unwritten)
    }

    /// Notes the tables that a statement may put rows into.
    fn note_written(&mut self, body: &Body) {
        match body {
            Body::Data(change) => {
                let puts = |verb: &DataVerb| matches!(verb, DataVerb::Insert | DataVerb::Merge);
                if puts(&change.verb) {
                    self.set_written(&change.table);
                }
                self.note_inside(&change.source);
            }
            Body::Query(query) => self.note_inside(query),
            Body::Copy(copy) if copy.into_table => {
                if let Some(table) = &copy.table {
                    self.set_written(table);
                }
            }
            Body::CreateTableAs(create) if create.with_data => self.set_written(&create.name),
            Body::Do(block) => {
                for inner in &block.inner {
                    self.note_written(&inner.statement.body);
                }
            }
            Body::Truncate(truncate) => {
                for (table, _) in &truncate.tables {
                    self.unset_written(table);
                }
            }
            _ => {}
        }
    }

    fn note_inside(&mut self, query: &Query) {
        for change in query.writes() {
            self.set_written(&change.table);
        }
    }

    /// Rows that are put into a table may go to its partitions, those that are put into a view to
    /// the tables behind it.
    fn set_written(&mut self, name: &Name) {
        let full = self.resolve(name);
        let behind = self.view(&full).map(|view| view.reads.keys().cloned().collect::<Vec<_>>());
        let names = behind.unwrap_or_else(|| vec![full]);
        for name in names {
            for name in std::iter::once(name.clone()).chain(self.descendants(&name)) {
                if let Some(table) = self.change_table(&name) {
                    table.written = true;
                }
            }
        }
    }

    fn unset_written(&mut self, name: &Name) {
        let full = self.resolve(name);
        if let Some(table) = self.change_table(&full) {
            table.written = false;
        }
    }

    fn set_filled(&mut self, table: &Name, filled: bool) {
        let Some(found) = self.table(table).filter(|found| found.filled != filled) else { return };
        let name = found.name.clone();
        if let Some(table) = self.change_table(&name) {
            table.filled = filled;
        }
    }

    /// Takes the rows of a table, with `cascade` those of the tables that reference it too.
    fn take_rows(&mut self, table: &Name, cascade: bool) {
        let mut left = vec![table.clone()];
        let mut seen = BTreeSet::new();
        while let Some(table) = left.pop() {
            self.set_filled(&table, false);
            let Some(table) = self.table(&table).filter(|_| cascade) else { continue };
            self.follow(table.referenced_by.len());
            let others = table.referenced_by.iter().map(|(other, _)| other);
            left.extend(others.filter(|other| seen.insert((*other).clone())).cloned());
        }
    }

    /// Whether an `INSERT` is sure to find the table with rows after it: what `ON CONFLICT` passes
    /// over is there already.
    fn gives_rows(&self, insert: &DataChange) -> bool {
        let source = &insert.source;
        match source.constant_rows {
            Some(rows) => rows > 0 && !source.filtered,
            None => self.is_never_empty(source),
        }
    }

    /// Whether a query gives at least one row.
    fn is_never_empty(&self, query: &Query) -> bool {
        let some = |rows: &Rows| match rows {
            Rows::Relation(name) => {
                query.with.is_empty() && self.table(name).is_some_and(|table| table.filled)
            }
            Rows::Function(rows) => rows.is_some_and(|rows| rows > 0),
            Rows::Query(query) => self.is_never_empty(query),
        };
        let joined = query.from.iter().any(|source| source.on.is_some());
        let whole = !query.filtered
            && !query.limited
            && query.arms.is_empty()
            && !joined
            && query.grouped_by.is_none();
        whole && !query.from.is_empty() && query.from.iter().all(|source| some(&source.rows))
    }
}
