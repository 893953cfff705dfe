//! Whether an expression gives the same the next time, as long as the rows stay as they are.

use super::analyst::Analyst;
use super::reading::Reading;
use super::volatility;
use crate::sql::Assignment;
use crate::sql::Expr;
use crate::sql::Name;
use crate::sql::Query;
use crate::sql::TypeName;
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
    pub(super) fn is_steady(&self, value: &Expr) -> bool {
        self.unsteady(value).is_none()
    }

    /// Why a value may be another one the next time.
    pub(super) fn unsteady(&self, value: &Expr) -> Option<Unsteady> {
        let mut why = None;
        value.walk(&mut |part| {
            if why.is_none() {
                why = self.unsteady_part(part);
            }
        });
        why
    }

    /// The same for a value that is set.
    pub(super) fn unsteady_in(&self, set: &Assignment, reading: &Reading) -> Option<Unsteady> {
        let column = reading.column(&set.column);
        self.unsteady_as(&set.value.tree, column.and_then(|column| column.ty.as_ref()))
    }

    /// The same for a value that a column of this type gets, or one of a type that is not known:
    /// a word alone is read as that type reads it.
    pub(super) fn unsteady_as(&self, value: &Expr, ty: Option<&TypeName>) -> Option<Unsteady> {
        let ty = ty.map(|ty| self.schema.base_type(ty));
        let tells = |word: &str| {
            let told = |ty: &TypeName| tells_moment(word, &ty.name.name);
            ty.as_ref().map_or_else(|| tells_moment(word, "date"), told)
        };
        self.unsteady(value).or_else(|| {
            let word = bare_words(value).into_iter().find(|word| tells(word));
            word.map(|word| Unsteady::Moment(format!("'{word}'")))
        })
    }

    fn unsteady_part(&self, part: &Expr) -> Option<Unsteady> {
        match part {
            Expr::Call { name, .. } => self.unsteady_call(name),
            Expr::SqlValue(name) if MOMENTS.contains(&name.as_str()) => {
                Some(Unsteady::Moment(name.clone()))
            }
            Expr::Cast { expr, to } => match &**expr {
                Expr::String(word) if tells_moment(word, &to.name.name) => {
                    Some(Unsteady::Moment(format!("'{word}'")))
                }
                _ => None,
            },
            Expr::Subquery(query) => self.unsteady_query(query),
            Expr::Opaque(_) => Some(Unsteady::Opaque),
            _ => None,
        }
    }

    fn unsteady_call(&self, name: &Name) -> Option<Unsteady> {
        if MOMENTS.contains(&name.name.as_str()) {
            return Some(Unsteady::Moment(format!("{name}()")));
        }
        let volatile = volatility::of_function(self.schema, name) == Volatility::Volatile;
        volatile.then(|| Unsteady::Volatile(format!("{name}()")))
    }

    fn unsteady_query(&self, query: &Query) -> Option<Unsteady> {
        if !query.understood {
            return Some(Unsteady::Opaque);
        }
        let inner = query.selected.iter().chain(query.condition.as_deref());
        let called = query.calls.iter().find_map(|name| self.unsteady_call(name));
        called
            .or_else(|| inner.into_iter().find_map(|expr| self.unsteady(expr)))
            .or_else(|| query.limited.then_some(Unsteady::AnyRow))
            .or_else(|| query.unordered.first().map(|name| Unsteady::NoOrder(format!("{name}()"))))
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

/// The words that are values of an expression as they stand, without a type of their own: what is
/// an argument, or is compared, has that of others.
fn bare_words(value: &Expr) -> Vec<&str> {
    match value {
        Expr::String(word) => vec![word],
        Expr::Call { name, arguments } if ["coalesce", "nullif"].contains(&name.name.as_str()) => {
            arguments.iter().flat_map(bare_words).collect()
        }
        Expr::Other(parts) => parts.iter().flat_map(bare_words).collect(),
        _ => Vec::new(),
    }
}

fn tells_moment(text: &str, ty: &str) -> bool {
    let text = text.to_ascii_lowercase();
    let mut words = text.split_whitespace();
    let moment = words.any(|word| MOMENT_WORDS.contains(&word));
    moment && (ty.starts_with("time") || ty == "date")
}
