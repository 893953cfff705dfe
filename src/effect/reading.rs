//! Which of the columns that a change writes an expression reads, and where it reads rows of the
//! table that is written.

use crate::schema::Schema;
use crate::sql::DataChange;
use crate::sql::Expr;
use crate::sql::Name;
use crate::sql::Query;
use std::collections::HashSet;

/// A change, as far as it is asked who reads what it writes.
pub(super) struct Reading<'a> {
    schema: &'a Schema,
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

/// Whether a value that is made from a column stays as it is when it is made once more:
/// `lower(c)`, `coalesce(c, 0)`.
pub(super) fn is_settled(reading: &Reading, expr: &Expr, column: &str) -> bool {
    let reads = |expr: &Expr| reading.written(expr).contains(&column);
    let is_column = |expr: &Expr| matches!(expr, Expr::Column(_)) && reads(expr);
    match expr {
        Expr::Other(parts) => matches!(parts.as_slice(), [call] if is_shaped(call, &is_column)),
        Expr::Call { name, arguments } => match (name.name.as_str(), arguments.as_slice()) {
            ("coalesce" | "greatest" | "least" | "nullif", _) => {
                let own = arguments.iter().filter(|argument| is_column(argument)).count();
                own == 1 && arguments.iter().filter(|argument| reads(argument)).count() == 1
            }
            ("abs" | "ceil" | "ceiling" | "floor" | "initcap", [one]) => is_column(one),
            ("round" | "trunc" | "left", [one, rest @ ..]) => {
                is_column(one) && rest.iter().all(|rest| matches!(rest, Expr::Number(_)))
            }
            ("date_trunc", [unit, one]) => matches!(unit, Expr::String(_)) && is_column(one),
            ("replace", [one, Expr::String(from), Expr::String(to)]) => {
                is_column(one) && from.chars().count() == 1 && !to.contains(from.as_str())
            }
            _ => is_shaped(expr, &is_column),
        },
        _ => false,
    }
}

/// Whether it is a column in one case, with its ends trimmed.
fn is_shaped(expr: &Expr, is_column: &impl Fn(&Expr) -> bool) -> bool {
    const SHAPES: &[&str] = &["lower", "upper", "btrim", "ltrim", "rtrim", "trim"];
    match expr {
        Expr::Other(parts) => matches!(parts.as_slice(), [call] if is_shaped(call, is_column)),
        Expr::Call { name, arguments } if SHAPES.contains(&name.name.as_str()) => {
            match arguments.as_slice() {
                [one, rest @ ..] => {
                    let fixed = rest.iter().all(|rest| matches!(rest, Expr::String(_)));
                    fixed && (is_column(one) || is_shaped(one, is_column))
                }
                [] => false,
            }
        }
        _ => false,
    }
}
