//! Whether an expression gives the same the next time, as long as the rows stay as they are.

use super::analyst::Analyst;
use super::volatility;
use crate::sql::Expr;
use crate::sql::Expression;
use crate::sql::Name;
use crate::sql::Query;
use crate::sql::Volatility;

/// Functions, stable to PostgreSQL, that give another value in each transaction or session.
const MOMENTS: &[&str] = &[
    "age",
    "current_date",
    "current_time",
    "current_timestamp",
    "localtime",
    "localtimestamp",
    "now",
    "pg_backend_pid",
    "pg_current_snapshot",
    "pg_current_xact_id",
    "pg_current_xact_id_if_assigned",
    "statement_timestamp",
    "transaction_timestamp",
    "txid_current",
    "txid_current_if_assigned",
    "txid_current_snapshot",
];

/// Words that stand for a moment once they are cast to a type of date or time.
const MOMENT_WORDS: &[&str] = &["now", "today", "tomorrow", "yesterday"];

/// Aggregates whose result is in the order of the rows that they are given.
const ORDERED: &[&str] = &[
    "array_agg",
    "json_agg",
    "json_object_agg",
    "jsonb_agg",
    "jsonb_object_agg",
    "string_agg",
    "xmlagg",
];

/// Why a value may be another one the next time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Unsteady {
    /// It is made by this, which tells the moment.
    Moment(String),
    /// It is made by this, which is volatile or unknown.
    Volatile(String),
    /// A query in it gives any of several rows.
    AnyRow,
    /// A query in it puts rows together in no order.
    NoOrder(String),
    /// It was not understood.
    Opaque,
}

impl Analyst<'_> {
    /// Whether a value is the same the next time.
    pub(super) fn is_steady(&self, value: &Expression) -> bool {
        self.unsteady(value).is_none()
    }

    /// Why a value may be another one the next time.
    pub(super) fn unsteady(&self, value: &Expression) -> Option<Unsteady> {
        let lower = value.sql.to_ascii_lowercase();
        let ordered = lower.contains("order by");
        let found = self.restless(&value.tree);
        found.filter(|why| !(ordered && matches!(why, Unsteady::NoOrder(_))))
    }

    /// The same of an expression whose text is not at hand.
    pub(super) fn restless(&self, expr: &Expr) -> Option<Unsteady> {
        let mut why = None;
        expr.walk(&mut |part| {
            if why.is_none() {
                why = self.restless_part(part);
            }
        });
        why
    }

    fn restless_part(&self, part: &Expr) -> Option<Unsteady> {
        match part {
            Expr::Call { name, .. } => self.restless_call(name),
            Expr::SqlValue(name) if MOMENTS.contains(&name.as_str()) => {
                Some(Unsteady::Moment(name.clone()))
            }
            Expr::Cast { expr, to } => match &**expr {
                Expr::String(word) if tells_moment(word, &to.name.name) => {
                    Some(Unsteady::Moment(format!("'{word}'")))
                }
                _ => None,
            },
            Expr::Subquery(query) => self.restless_query(query),
            Expr::Opaque(_) => Some(Unsteady::Opaque),
            _ => None,
        }
    }

    fn restless_call(&self, name: &Name) -> Option<Unsteady> {
        if MOMENTS.contains(&name.name.as_str()) {
            return Some(Unsteady::Moment(format!("{name}()")));
        }
        let volatile = volatility::of_function(self.schema, name) == Volatility::Volatile;
        volatile.then(|| Unsteady::Volatile(format!("{name}()")))
    }

    fn restless_query(&self, query: &Query) -> Option<Unsteady> {
        if !query.understood {
            return Some(Unsteady::Opaque);
        }
        let inner = query.selected.iter().chain(query.condition.as_deref());
        let called = query.calls.iter().find_map(|name| self.restless_call(name));
        let ordered = query.calls.iter().find(|name| ORDERED.contains(&name.name.as_str()));
        called
            .or_else(|| inner.into_iter().find_map(|expr| self.restless(expr)))
            .or_else(|| query.limited.then_some(Unsteady::AnyRow))
            .or_else(|| ordered.map(|name| Unsteady::NoOrder(format!("{name}()"))))
    }

    /// Whether an expression calls nothing volatile, and all of it was understood.
    pub(super) fn is_quiet(&self, expr: &Expr) -> bool {
        let volatile =
            |name: &Name| volatility::of_function(self.schema, name) == Volatility::Volatile;
        !expr.any(&mut |part| match part {
            Expr::Call { name, .. } => volatile(name),
            Expr::Subquery(query) => !query.understood || query.calls.iter().any(volatile),
            Expr::Opaque(_) => true,
            _ => false,
        })
    }
}

fn tells_moment(word: &str, ty: &str) -> bool {
    let word = word.trim().to_ascii_lowercase();
    MOMENT_WORDS.contains(&word.as_str()) && (ty.starts_with("time") || ty == "date")
}
