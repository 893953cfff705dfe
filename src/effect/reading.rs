//! Which of the columns that a change writes an expression reads, and where it reads rows of the
//! table that is written.

use crate::schema::Column;
use crate::schema::Filled;
use crate::schema::Relation;
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
    pub(super) fn written(&self, expr: &Expr) -> Vec<&'a str> {
        let mut found = Vec::new();
        expr.walk(&mut |part| match part {
            Expr::Column(parts) => found.extend(self.own(parts, None)),
            Expr::Subquery(query) => {
                found.extend(query.columns.iter().flat_map(|parts| self.own(parts, Some(query))));
            }
            _ => {}
        });
        found.sort_unstable();
        found.dedup();
        found
    }

    /// Whether an expression reads any of these columns of the row at hand.
    pub(super) fn reads(&self, expr: &Expr, columns: &[String]) -> bool {
        let sets = columns.iter().map(String::as_str).collect();
        let of = Reading { sets, table: self.table.clone(), ..*self };
        !of.written(expr).is_empty()
    }

    /// The columns of the row at hand that a name reads, of those that are set.
    fn own(&self, parts: &[String], inside: Option<&Query>) -> Vec<&'a str> {
        let Some((column, of)) = parts.split_last() else { return Vec::new() };
        let own = match of.last() {
            Some(of) => of == self.alias && inside.is_none_or(|query| !names(query, of)),
            None => inside.is_none_or(|query| {
                let row = self.is_row(column) && names(query, column);
                !row && !self.has(query, column)
            }),
        };
        let whole = match of.last() {
            Some(_) => column == "*" || self.is_computed(column),
            None => self.is_row(column),
        };
        match own {
            true if whole => self.sets.clone(),
            true => self.behind(column),
            false => Vec::new(),
        }
    }

    /// Whether a name that stands alone is the whole row: the table's, and no column's.
    fn is_row(&self, name: &str) -> bool {
        name == self.alias && self.column(name).is_none()
    }

    /// Whether what stands behind the table's name is no column, so that a function of the whole
    /// row gives it.
    fn is_computed(&self, name: &str) -> bool {
        let table = self.schema.table(&self.table).filter(|table| table.known);
        table.is_some_and(|table| table.column(name).is_none()) && name != "tableoid"
    }

    /// The columns that are set and that a column shows: itself, or what it is generated from.
    fn behind(&self, column: &str) -> Vec<&'a str> {
        let filled = self.column(column).and_then(|column| column.filled.as_ref());
        let from = match filled {
            Some(Filled::Stored(expr) | Filled::Virtual(expr)) => expr.columns(),
            Some(Filled::Identity) | None => Vec::new(),
        };
        let sets = self.sets.iter().copied();
        sets.filter(|set| *set == column || from.contains(set)).collect()
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
        let mut mentioned = query.columns.iter();
        self.reads_any(query)
            && (self.sets.is_empty()
                || self.looks(query)
                || mentioned.any(|parts| self.is_set(query, parts)))
    }

    /// Whether a name in a query that reads the table may show what is set.
    fn is_set(&self, query: &Query, parts: &[String]) -> bool {
        let Some((column, of)) = parts.split_last() else { return false };
        let row = match of.last() {
            Some(of) => self.is_computed(column) && self.is_called(query, of),
            None => self.column(column).is_none() && self.is_called(query, column),
        };
        row || column == "*" || !self.behind(column).is_empty()
    }

    /// Whether a query calls the table so.
    fn is_called(&self, query: &Query, alias: &str) -> bool {
        query.relations.iter().any(|used| {
            used.alias.as_deref().unwrap_or(&used.name.name) == alias
                && self.is_same(&self.schema.resolve(&used.name))
        })
    }

    /// Whether words, such as those of a function's body, name the table that is written, another
    /// that has rows in common with it, or a view that shows its rows.
    pub(super) fn is_named(&self, word: &str) -> bool {
        let mut all = self.schema.relations().map(Relation::name);
        word == self.table.name || all.any(|name| name.name == word && self.is_seen_by(name))
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
