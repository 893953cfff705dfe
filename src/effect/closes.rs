//! Whether a row fulfils the condition of an `UPDATE` any more once it has its new values.

use super::analyst::Analyst;
use super::reading::Reading;
use super::scope::Scope;
use super::settled::comes_out_the_same;
use super::volatility;
use crate::schema::Column;
use crate::schema::Table;
use crate::schema::TypeKind;
use crate::sql::Assignment;
use crate::sql::DataChange;
use crate::sql::Expr;
use crate::sql::TypeName;
use std::cmp::Ordering;

/// What becomes of a condition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Closes {
    /// It is false of a row that was written.
    Surely,
    /// The same, unless the value of this assignment is `NULL`.
    UnlessNull(usize),
    /// That cannot be seen.
    No,
}

struct After<'a> {
    analyst: &'a Analyst<'a>,
    change: &'a DataChange,
    scope: &'a Scope<'a>,
    table: Option<&'a Table>,
}

impl Analyst<'_> {
    /// Whether the condition of an `UPDATE` is false of the rows that it wrote.
    pub(super) fn closes(&self, change: &DataChange, scope: &Scope) -> Closes {
        let Some(predicate) = &change.predicate else { return Closes::No };
        let table = self.table(&self.schema.resolve(&change.table));
        let after = After { analyst: self, change, scope, table };
        let terms = predicate.tree.conjuncts();
        if terms.iter().any(|term| after.is_never_true(term)) {
            return Closes::Surely;
        }
        let empty = |term: &Expr| match term {
            Expr::IsNull { expr, negated: false } => after.set(expr).map(|(at, _)| at),
            _ => None,
        };
        terms.iter().find_map(empty).map_or(Closes::No, Closes::UnlessNull)
    }
}

impl<'a> After<'a> {
    /// The assignment of a column as a whole.
    fn set(&self, expr: &Expr) -> Option<(usize, &'a Assignment)> {
        let Expr::Column(parts) = expr else { return None };
        if parts.len() > 1 && self.scope.owner(parts) != Some(0) {
            return None;
        }
        let mut sets = self.change.assignments.iter().enumerate();
        sets.find(|(_, set)| parts.last() == Some(&set.column) && is_whole(set))
    }

    fn value(&self, expr: &Expr) -> Option<&'a Expr> {
        self.set(expr).map(|(_, set)| &set.value.tree)
    }

    /// The constant that stands somewhere once the row is written.
    fn constant<'e>(&self, expr: &'e Expr) -> Option<&'e Expr>
    where
        'a: 'e,
    {
        self.literal(self.value(expr).unwrap_or(expr))
    }

    /// A constant, perhaps cast to a type that keeps it as it is written.
    fn literal<'e>(&self, expr: &'e Expr) -> Option<&'e Expr> {
        match expr {
            Expr::Cast { expr, to } => self.literal(expr).filter(|inner| self.keeps(to, inner)),
            Expr::String(_) | Expr::Number(_) | Expr::Bool(_) => Some(expr),
            _ => None,
        }
    }

    /// Whether a type keeps a constant as it is written.
    fn keeps(&self, ty: &TypeName, constant: &Expr) -> bool {
        let whole = ["bigint", "integer", "smallint"].iter().any(|name| ty.is(name));
        ty.modifiers.is_empty()
            && match constant {
                Expr::String(_) => is_text(ty) || self.is_enum(ty),
                Expr::Number(number) => ty.is("numeric") || whole && !is_fraction(number),
                Expr::Bool(_) => ty.is("boolean"),
                _ => false,
            }
    }

    fn is_never_true(&self, term: &Expr) -> bool {
        match term {
            Expr::IsNull { expr, negated } => self.value(expr).is_some_and(|value| {
                if *negated { volatility::is_null(value) } else { self.scope.is_never_null(value) }
            }),
            Expr::Binary { operator, left, right } => {
                self.compared(left, right).is_some_and(|known| !known.allows(operator))
            }
            Expr::In { expr, list, negated } => {
                let value = self.value(expr).and_then(|value| self.literal(value));
                let Some(value) = value else { return false };
                let listed: Option<Vec<&Expr>> = list.iter().map(|it| self.literal(it)).collect();
                listed.is_some_and(|listed| {
                    self.is_plain(expr, &listed)
                        && self.is_plain(expr, &[value])
                        && is_among(value, &listed) == Some(*negated)
                })
            }
            Expr::Not(inner) => self.is_always_true(inner),
            Expr::Or(arms) => arms.iter().all(|arm| self.is_never_true(arm)),
            Expr::And(terms) => terms.iter().any(|term| self.is_never_true(term)),
            Expr::Column(_) => self.value(term) == Some(&Expr::Bool(false)),
            _ => false,
        }
    }

    fn is_always_true(&self, term: &Expr) -> bool {
        match term {
            Expr::Binary { operator, left, right } => {
                let known = self.compared(left, right);
                known.is_some_and(|known| known.surely(operator))
            }
            Expr::IsNull { expr, negated: true } => {
                self.value(expr).is_some_and(|value| self.scope.is_never_null(value))
            }
            Expr::Column(_) => self.value(term) == Some(&Expr::Bool(true)),
            _ => false,
        }
    }

    /// How two sides stand to each other once the row is written.
    fn compared(&self, left: &Expr, right: &Expr) -> Option<Compared> {
        if let (Expr::Cast { expr: one, to }, Expr::Cast { expr: other, to: same }) = (left, right)
            && to == same
        {
            // What is the same is the same as anything else, too; what differs may not be.
            return self.compared(one, other).filter(|known| *known == Compared::Same);
        }
        let mut sets = [left, right].into_iter().filter(|side| self.value(side).is_some());
        let set = sets.clone().next()?;
        if let (Some(one), Some(other)) = (self.constant(left), self.constant(right)) {
            // Of any type a text is the same value as itself.
            let same = one == other && matches!(one, Expr::String(_));
            if same && sets.clone().all(|set| self.keeps_all(set)) {
                return Some(Compared::Equal);
            }
            let plain = sets.all(|set| self.is_plain(set, &[one, other]));
            return plain.then(|| compare(one, other)).flatten();
        }
        let (set, other) = if std::ptr::eq(set, left) { (left, right) } else { (right, left) };
        let (_, assignment) = self.set(set)?;
        let value = &assignment.value.tree;
        let same = value == other && value.is_exact() && self.analyst.is_steady(value);
        let reading = Reading::of(self.analyst.schema, self.change);
        let settled = comes_out_the_same(&reading, assignment);
        let kept = self.keeps_all(set) || self.is_of_its_type(set, value);
        (same && settled && kept).then_some(Compared::Same)
    }

    /// Whether a value is a column of the very type that the column has which gets it.
    fn is_of_its_type(&self, column: &Expr, value: &Expr) -> bool {
        let owned = |expr: &Expr| match expr {
            Expr::Column(parts) => parts.len() == 1 || self.scope.owner(parts) == Some(0),
            _ => false,
        };
        let ty = self.type_of(column);
        owned(value) && ty.is_some() && ty == self.type_of(value)
    }

    /// Whether constants are equal in a column just where they are written the same, and kept as
    /// they are given.
    fn is_plain(&self, column: &Expr, constants: &[&Expr]) -> bool {
        const PLAIN: &[&str] =
            &["bigint", "boolean", "double precision", "integer", "numeric", "smallint"];
        const EXACT: &[&str] = &["double precision", "numeric"];
        let fraction = |constant: &&Expr| match constant {
            Expr::Number(number) => is_fraction(number),
            _ => false,
        };
        let ty = self.type_of(column);
        let exact = ty.is_some_and(|ty| EXACT.iter().any(|name| ty.is(name)));
        if !exact && constants.iter().any(fraction) {
            return false;
        }
        if constants.iter().any(|constant| matches!(constant, Expr::String(_))) {
            return self.is_spelled(column);
        }
        ty.is_none_or(|ty| {
            let made = !ty.is_builtin() && ty.name.name != "citext";
            ty.modifiers.is_empty() && (made || PLAIN.iter().any(|name| ty.is(name)))
        })
    }

    /// Whether two texts are two values of a column: of most types a value can be written in
    /// several ways, `'t'` and `'true'`, and a collation may take two texts for equal.
    fn is_spelled(&self, column: &Expr) -> bool {
        let Some(known) = self.known(column) else { return false };
        known.ty.as_ref().is_some_and(|ty| {
            let text = is_text(ty) && known.collation.is_none();
            ty.modifiers.is_empty() && (text || self.is_enum(ty))
        })
    }

    fn is_enum(&self, ty: &TypeName) -> bool {
        let made = self.analyst.schema.type_(&ty.name).map(|made| &made.form);
        ty.dimensions == 0 && matches!(made, Some(TypeKind::Enum(_)))
    }

    /// Whether a column keeps a value as it is given: no digits are cut.
    fn keeps_all(&self, column: &Expr) -> bool {
        const KEEPING: &[&str] = &["text", "character varying", "boolean", "uuid", "jsonb"];
        self.type_of(column)
            .is_none_or(|ty| ty.modifiers.is_empty() && KEEPING.iter().any(|name| ty.is(name)))
    }

    fn type_of(&self, column: &Expr) -> Option<&'a TypeName> {
        self.known(column)?.ty.as_ref()
    }

    fn known(&self, column: &Expr) -> Option<&'a Column> {
        let Expr::Column(parts) = column else { return None };
        self.table?.column(parts.last()?)
    }
}

/// Whether an assignment is one of a column, neither of a part of it nor of several.
pub(super) fn is_whole(set: &Assignment) -> bool {
    set.target.starts_with('"') || !set.target.contains(['(', '[', '.'])
}

/// How a side stands to the other.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Compared {
    Less,
    Equal,
    Greater,
    /// They are constants that differ.
    Differ,
    /// They are the same, or both `NULL`.
    Same,
}

impl Compared {
    /// Whether an operator may give true.
    fn allows(self, operator: &str) -> bool {
        use Compared::{Differ, Equal, Greater, Less, Same};
        match operator {
            "=" | "IS NOT DISTINCT FROM" => matches!(self, Equal | Same),
            "<>" | "!=" | "IS DISTINCT FROM" => matches!(self, Less | Greater | Differ),
            "<" => matches!(self, Less | Differ),
            ">" => matches!(self, Greater | Differ),
            "<=" => !matches!(self, Greater),
            ">=" => !matches!(self, Less),
            _ => true,
        }
    }

    /// Whether an operator gives true for sure.
    fn surely(self, operator: &str) -> bool {
        use Compared::{Differ, Equal, Greater, Less, Same};
        match operator {
            "=" => self == Equal,
            "IS NOT DISTINCT FROM" => matches!(self, Equal | Same),
            "<>" | "!=" | "IS DISTINCT FROM" => matches!(self, Less | Greater | Differ),
            "<" => self == Less,
            ">" => self == Greater,
            "<=" => matches!(self, Less | Equal),
            ">=" => matches!(self, Greater | Equal),
            _ => false,
        }
    }
}

/// Whether a constant is among others, where that can be seen.
fn is_among(constant: &Expr, list: &[&Expr]) -> Option<bool> {
    let all: Option<Vec<Compared>> = list.iter().map(|one| compare(constant, one)).collect();
    all.map(|all| all.contains(&Compared::Equal))
}

fn compare(one: &Expr, other: &Expr) -> Option<Compared> {
    let texts = |same: bool| if same { Compared::Equal } else { Compared::Differ };
    match (one, other) {
        (Expr::Number(one), Expr::Number(other)) => {
            let order = one.parse::<f64>().ok()?.partial_cmp(&other.parse::<f64>().ok()?)?;
            match order {
                Ordering::Less => Some(Compared::Less),
                Ordering::Greater => Some(Compared::Greater),
                // Numbers may differ where this one cannot tell them apart.
                Ordering::Equal => (one == other).then_some(Compared::Equal),
            }
        }
        (Expr::String(one), Expr::String(other)) => Some(texts(one == other)),
        (Expr::Bool(one), Expr::Bool(other)) => Some(texts(one == other)),
        _ => None,
    }
}

fn is_text(ty: &TypeName) -> bool {
    ty.is("text") || ty.is("character varying")
}

fn is_fraction(number: &str) -> bool {
    number.contains(['.', 'e', 'E'])
}
