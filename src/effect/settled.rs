//! Whether a value that is made from what a change writes comes out the same when it is made once
//! more.

use super::reading::Reading;
use super::types;
use crate::sql::Assignment;
use crate::sql::Expr;
use crate::sql::Name;
use crate::sql::TypeName;

/// Whether a row that is written twice gets the same value from what the change writes: it reads
/// nothing of that, or its own column in such a way that the value stays as it is when it is made
/// once more (`lower(c)`, `coalesce(c, 0)`), in any encoding, collation and time zone.
pub(super) fn comes_out_the_same(reading: &Reading, set: &Assignment) -> bool {
    let (value, column) = (&set.value.tree, set.column.as_str());
    let read = reading.written(value);
    read.is_empty() || (read == [column] && Made { reading, column }.is_settled(value))
}

/// A column that a value is made from.
struct Made<'a> {
    reading: &'a Reading<'a>,
    column: &'a str,
}

impl Made<'_> {
    fn reads(&self, expr: &Expr) -> bool {
        self.reading.written(expr).contains(&self.column)
    }

    fn is_column(&self, expr: &Expr) -> bool {
        matches!(expr, Expr::Column(parts) if parts.last().is_some_and(|it| it == self.column))
            && self.reads(expr)
    }

    fn is_settled(&self, expr: &Expr) -> bool {
        let Some((name, arguments)) = self.call(expr) else { return false };
        match (name, arguments) {
            ("coalesce" | "greatest" | "least", _) => {
                let own = arguments.iter().filter(|argument| self.is_column(argument)).count();
                own == 1 && arguments.iter().filter(|argument| self.reads(argument)).count() == 1
            }
            // The other way round what was there goes, and is back the next time.
            ("nullif", [one, other]) => self.is_column(one) && !self.reads(other),
            // Characters of one's own are trimmed of the column alone: what else is made of it may
            // bring more of them to its ends.
            ("abs" | "ceil" | "ceiling" | "floor" | "round" | "trunc", [one])
            | ("round" | "trunc", [one, Expr::Number(_)])
            | ("btrim" | "ltrim" | "rtrim" | "trim", [one, Expr::String(_)]) => self.is_column(one),
            // Less than none counts from the end: what is left is shorter each time.
            ("left", [one, Expr::Number(count)]) => self.is_column(one) && !count.starts_with('-'),
            ("date_trunc", [Expr::String(_), one]) => self.is_column(one) && self.has_no_zone(),
            ("date_trunc", [Expr::String(_), one, Expr::String(zone)]) => {
                self.is_column(one) && self.is("timestamp with time zone") && types::is_utc(zone)
            }
            ("replace", [one, Expr::String(from), Expr::String(to)]) => {
                let gone = from.chars().count() == 1 && !to.contains(from.as_str());
                self.is_column(one) && gone && self.is_plain_text()
            }
            _ => self.is_shaped(expr),
        }
    }

    /// Whether it is the column in one case, without the blanks at its ends.
    ///
    /// `initcap` is not among these: where a letter becomes several, as `ŉ` does under
    /// `pg_unicode_fast`, words begin elsewhere the next time.
    fn is_shaped(&self, expr: &Expr) -> bool {
        const SHAPES: &[&str] = &["lower", "upper", "btrim", "ltrim", "rtrim", "trim"];
        match self.call(expr) {
            Some((name, [one])) if SHAPES.contains(&name) => {
                self.is_column(one) || self.is_shaped(one)
            }
            _ => false,
        }
    }

    /// The name and the arguments of a call of one of PostgreSQL's functions. `trim(…)` stands in a
    /// shape of its own, as much else does: a call with a sign before it.
    fn call<'e>(&self, expr: &'e Expr) -> Option<(&'e str, &'e [Expr])> {
        let call = match expr {
            Expr::Other(parts) => match parts.as_slice() {
                [call @ Expr::Call { name, .. }] if name.name == "trim" => call,
                _ => return None,
            },
            call => call,
        };
        match call {
            Expr::Call { name, arguments } if self.is_builtin(name) => {
                Some((&name.name, arguments.as_slice()))
            }
            _ => None,
        }
    }

    /// Whether a name means a function of PostgreSQL's: one of the user's may be called the same.
    fn is_builtin(&self, name: &Name) -> bool {
        match name.schema.as_deref() {
            Some(schema) => schema == "pg_catalog",
            None => self.reading.schema.functions(name).is_empty(),
        }
    }

    fn ty(&self) -> Option<&TypeName> {
        self.reading.column(self.column)?.ty.as_ref()
    }

    fn is(&self, ty: &str) -> bool {
        self.ty().is_some_and(|known| known.is(ty))
    }

    /// Whether an hour or a day of the column begins at the same time in all time zones. Where the
    /// clock is set by half an hour, even one zone has hours that begin at two times.
    fn has_no_zone(&self) -> bool {
        ["timestamp without time zone", "date", "interval"].iter().any(|ty| self.is(ty))
    }

    /// Whether two values of the column are equal just where they are written the same, as they are
    /// in the collation of a database.
    fn is_plain_text(&self) -> bool {
        let collated = self.reading.column(self.column).is_some_and(|it| it.collation.is_some());
        !collated && (self.is("text") || self.is("character varying"))
    }
}
