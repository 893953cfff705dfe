//! Which of the columns that a change writes an expression reads, and where it reads rows of the
//! table that is written.

use crate::schema::Column;
use crate::schema::Schema;
use crate::sql::DataChange;
use crate::sql::Expr;
use crate::sql::Name;
use crate::sql::Query;
use std::collections::HashSet;

/// A change, as far as it is asked who reads what it writes.
pub(super) struct Reading<'a> {
    pub(super) schema: &'a Schema,
    table: Name,
    alias: &'a str,
    /// The columns that are set.
    sets: Vec<&'a str>,
}

impl<'a> Reading<'a> {
    pub(super) fn of(schema: &'a Schema, change: &'a DataChange) -> Reading<'a> {
        Reading {
            schema,
            table: schema.resolve(&change.table),
            alias: change.alias.as_deref().unwrap_or(&change.table.name),
            sets: change.assignments.iter().map(|set| set.column.as_str()).collect(),
        }
    }

    /// A column of the table that is written, where it was seen.
    pub(super) fn column(&self, name: &str) -> Option<&'a Column> {
        self.schema.table(&self.table)?.column(name)
    }

    /// The columns of the row at hand that an expression reads, of those that are set.
    pub(super) fn written<'e>(&self, expr: &'e Expr) -> Vec<&'e str> {
        let mut found = Vec::new();
        expr.walk(&mut |part| match part {
            Expr::Column(parts) => found.extend(self.own(parts, None)),
            Expr::Subquery(query) => {
                found.extend(query.columns.iter().filter_map(|parts| self.own(parts, Some(query))));
            }
            _ => {}
        });
        found.sort_unstable();
        found.dedup();
        found
    }

    /// The name of a column, where it is one of the row at hand that is set.
    fn own<'e>(&self, parts: &'e [String], inside: Option<&Query>) -> Option<&'e str> {
        let (column, of) = parts.split_last()?;
        if !self.sets.contains(&column.as_str()) {
            return None;
        }
        let own = match of.last() {
            Some(of) => of == self.alias && inside.is_none_or(|query| !names(query, of)),
            None => inside.is_none_or(|query| !self.has(query, column)),
        };
        own.then_some(column)
    }

    /// Whether a query has a column of this name itself, as far as is known.
    fn has(&self, query: &Query, column: &str) -> bool {
        query.derives
            || query.relations.iter().any(|used| {
                let table = self.schema.table(&self.schema.resolve(&used.name));
                table.is_none_or(|table| !table.known || table.column(column).is_some())
            })
    }

    /// Whether a query reads rows of the table that is written, and of them what is set; of those
    /// that come and go, anything.
    pub(super) fn reads_rows(&self, query: &Query) -> bool {
        let mut mentioned = query.columns.iter().filter_map(|parts| parts.last());
        let set = |column: &String| column == "*" || self.sets.contains(&column.as_str());
        self.reads_any(query) && (self.sets.is_empty() || self.looks(query) || mentioned.any(set))
    }

    /// Whether a query reads rows of the table that is written.
    pub(super) fn reads_any(&self, query: &Query) -> bool {
        let mut resolved = query.relations.iter().map(|used| self.schema.resolve(&used.name));
        resolved.any(|name| self.is_same(&name)) || self.looks(query)
    }

    /// Whether it does so through a view.
    fn looks(&self, query: &Query) -> bool {
        let mut resolved = query.relations.iter().map(|used| self.schema.resolve(&used.name));
        resolved.any(|name| self.schema.view(&name).is_some() && self.is_seen_by(&name))
    }

    /// Whether a relation is the table that is written, or has rows in common with it.
    pub(super) fn is_same(&self, name: &Name) -> bool {
        *name == self.table
            || self.schema.descendants(name).contains(&self.table)
            || self.schema.descendants(&self.table).contains(name)
    }

    /// Whether a view shows rows of the table that is written.
    fn is_seen_by(&self, view: &Name) -> bool {
        let (mut open, mut seen) = (vec![view.clone()], HashSet::new());
        while let Some(name) = open.pop() {
            if !seen.insert(name.clone()) {
                continue;
            }
            match self.schema.view(&name) {
                Some(view) => open.extend(view.reads.keys().cloned()),
                None if self.is_same(&name) => return true,
                None => {}
            }
        }
        false
    }
}

/// Whether a query names one of its relations so.
fn names(query: &Query, alias: &str) -> bool {
    let mut uses = query.relations.iter();
    uses.any(|used| used.alias.as_deref().unwrap_or(&used.name.name) == alias)
}

/// The queries in an expression.
pub(super) fn queries(expr: &Expr) -> Vec<&Query> {
    let mut found = Vec::new();
    expr.walk(&mut |part| {
        if let Expr::Subquery(query) = part {
            found.push(&**query);
        }
    });
    found
}
