//! Which conditions on a partition key prove which others, as PostgreSQL sees it: its prover
//! (`predicate_implied_by` in predtest.c) goes by the form of conditions, not by all their values.

use crate::sql::Bound;
use crate::sql::Expr;
use crate::sql::Expression;
use crate::sql::TypeName;
use std::cmp::Ordering;

/// The one column of a partition key.
pub(super) struct Key<'a> {
    pub(super) column: &'a str,
    /// Its type, where known.
    pub(super) ty: Option<&'a TypeName>,
}

/// What a condition says of the key.
pub(super) enum Says {
    /// All of these.
    All(Vec<Says>),
    /// One of these at least.
    One(Vec<Says>),
    /// It stands so to a constant.
    Compare(Comparison, Expr),
    /// It is `NULL`.
    Null,
    /// It is not.
    NotNull,
    /// Nothing that anything could be drawn from.
    Nothing,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Comparison {
    Equal,
    Unequal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

use Comparison::Equal;
use Comparison::Greater;
use Comparison::GreaterOrEqual;
use Comparison::Less;
use Comparison::LessOrEqual;
use Comparison::Unequal;

impl Comparison {
    fn read(operator: &str) -> Option<Comparison> {
        Some(match operator {
            "=" => Equal,
            "<>" | "!=" => Unequal,
            "<" => Less,
            "<=" => LessOrEqual,
            ">" => Greater,
            ">=" => GreaterOrEqual,
            _ => return None,
        })
    }

    fn negated(self) -> Comparison {
        match self {
            Equal => Unequal,
            Unequal => Equal,
            Less => GreaterOrEqual,
            LessOrEqual => Greater,
            Greater => LessOrEqual,
            GreaterOrEqual => Less,
        }
    }

    /// With its sides swapped.
    fn swapped(self) -> Comparison {
        match self {
            Less => Greater,
            LessOrEqual => GreaterOrEqual,
            Greater => Less,
            GreaterOrEqual => LessOrEqual,
            same => same,
        }
    }
}

impl Says {
    fn negated(self) -> Says {
        let all = |terms: Vec<Says>| terms.into_iter().map(Says::negated).collect();
        match self {
            Says::All(terms) => Says::One(all(terms)),
            Says::One(terms) => Says::All(all(terms)),
            Says::Compare(comparison, value) => Says::Compare(comparison.negated(), value),
            Says::Null => Says::NotNull,
            Says::NotNull => Says::Null,
            Says::Nothing => Says::Nothing,
        }
    }

    /// The same of rows that have a key.
    pub(super) fn without_null(self) -> Says {
        let all = |terms: Vec<Says>| terms.into_iter().map(Says::without_null).collect();
        match self {
            Says::All(terms) => Says::All(all(terms)),
            Says::One(mut terms) => {
                terms.retain(|term| !matches!(term, Says::Null));
                Says::One(all(terms))
            }
            other => other,
        }
    }
}

impl Key<'_> {
    fn is(&self, expr: &Expr) -> bool {
        match expr {
            Expr::Column(parts) => parts.last().is_some_and(|part| part == self.column),
            // The only cast of a key that changes nothing: dumps write it.
            Expr::Cast { expr, to } => {
                to.is("text")
                    && self.ty.is_some_and(|ty| ty.is("character varying"))
                    && self.is(expr)
            }
            _ => false,
        }
    }

    /// What an expression says of the key.
    pub(super) fn read(&self, expr: &Expr) -> Says {
        let all = |terms: &[Expr]| terms.iter().map(|term| self.read(term)).collect();
        match expr {
            Expr::And(terms) => Says::All(all(terms)),
            Expr::Or(terms) => Says::One(all(terms)),
            Expr::Not(inner) => self.read(inner).negated(),
            Expr::IsNull { expr, negated } if self.is(expr) => {
                if *negated {
                    Says::NotNull
                } else {
                    Says::Null
                }
            }
            Expr::Binary { operator, left, right } => match Comparison::read(operator) {
                Some(comparison) if self.is(left) => self.compare(comparison, right),
                Some(comparison) if self.is(right) => self.compare(comparison.swapped(), left),
                _ => Says::Nothing,
            },
            Expr::In { expr, list, negated } if self.is(expr) => {
                let listed = list.iter().map(|value| self.compare(Equal, value)).collect();
                if *negated { Says::One(listed).negated() } else { Says::One(listed) }
            }
            Expr::Between { expr, bounds, negated } if self.is(expr) => {
                let within = Says::All(vec![
                    self.compare(GreaterOrEqual, &bounds.0),
                    self.compare(LessOrEqual, &bounds.1),
                ]);
                if *negated { within.negated() } else { within }
            }
            column if self.is(column) => Says::Compare(Equal, Expr::Bool(true)),
            _ => Says::Nothing,
        }
    }

    fn compare(&self, comparison: Comparison, value: &Expr) -> Says {
        match self.constant(value) {
            Some(value) => Says::Compare(comparison, value.clone()),
            None => Says::Nothing,
        }
    }

    /// A constant that is compared as the key is, its cast aside.
    fn constant<'e>(&self, value: &'e Expr) -> Option<&'e Expr> {
        let is_integer = |ty: &TypeName| INTEGERS.iter().any(|integer| ty.is(integer));
        match value {
            Expr::String(_) | Expr::Bool(_) => Some(value),
            // `bigint >= 1.0` compares the key as `numeric`.
            Expr::Number(number) => {
                let fits = !number.contains(['.', 'e', 'E']) || !self.ty.is_some_and(is_integer);
                fits.then_some(value)
            }
            Expr::Cast { expr, to } => {
                let fits = self.ty.is_none_or(|ty| compare_alike(ty, to));
                fits.then(|| self.constant(expr)).flatten()
            }
            _ => None,
        }
    }

    /// What a bound says of the rows that belong into its partition; not of `DEFAULT` and hashes.
    pub(super) fn inside(&self, bound: &Bound) -> Says {
        match bound {
            Bound::Range(from, to) => {
                let mut terms = vec![Says::NotNull];
                terms.extend(edge(from).map(|value| self.compare(GreaterOrEqual, &value.tree)));
                terms.extend(edge(to).map(|value| self.compare(Less, &value.tree)));
                Says::All(terms)
            }
            Bound::In(values) => {
                let given = values.iter().filter(|value| !is_null(value));
                let listed = given.map(|value| self.compare(Equal, &value.tree)).collect();
                if values.iter().any(is_null) {
                    Says::One(vec![Says::Null, Says::One(listed)])
                } else {
                    Says::All(vec![Says::NotNull, Says::One(listed)])
                }
            }
            Bound::Default | Bound::Hash(..) => Says::Nothing,
        }
    }

    /// What it says of all other rows.
    pub(super) fn outside(&self, bound: &Bound) -> Says {
        self.inside(bound).negated()
    }

    /// Whether what holds proves another thing.
    pub(super) fn proves(&self, known: &Says, wanted: &Says) -> bool {
        match (known, wanted) {
            (Says::All(terms), Says::One(choices)) => {
                choices.iter().any(|choice| self.proves(known, choice))
                    || terms.iter().any(|term| self.proves(term, wanted))
            }
            (_, Says::All(parts)) => parts.iter().all(|part| self.proves(known, part)),
            (Says::All(terms), _) => terms.iter().any(|term| self.proves(term, wanted)),
            (Says::One(cases), Says::One(choices)) => {
                cases.iter().all(|case| choices.iter().any(|choice| self.proves(case, choice)))
            }
            (Says::One(cases), _) => cases.iter().all(|case| self.proves(case, wanted)),
            (_, Says::One(choices)) => choices.iter().any(|choice| self.proves(known, choice)),
            (Says::Compare(one, value), Says::Compare(other, limit)) => {
                self.follows((*one, value), (*other, limit))
            }
            (Says::Null, Says::Null) | (Says::NotNull, Says::NotNull) => true,
            _ => false,
        }
    }

    /// Whether one comparison proves another (`BT_implies_table` in predtest.c).
    fn follows(&self, known: (Comparison, &Expr), wanted: (Comparison, &Expr)) -> bool {
        let order = self.order(known.1, wanted.1);
        let (below, equal, above) = (
            order == Some(Ordering::Less),
            order == Some(Ordering::Equal),
            order == Some(Ordering::Greater),
        );
        match (known.0, wanted.0) {
            (Equal, Equal) | (Unequal, Unequal) => equal,
            (Equal, Unequal) => below || above || self.differ(known.1, wanted.1),
            (Equal | LessOrEqual, Less) | (LessOrEqual, Unequal) => below,
            (Equal | LessOrEqual, LessOrEqual) | (Less, Less | LessOrEqual | Unequal) => {
                below || equal
            }
            (Equal | GreaterOrEqual, Greater) | (GreaterOrEqual, Unequal) => above,
            (Equal | GreaterOrEqual, GreaterOrEqual)
            | (Greater, Greater | GreaterOrEqual | Unequal) => above || equal,
            _ => false,
        }
    }

    /// How two constants stand to each other, where that is seen from their text.
    fn order(&self, one: &Expr, other: &Expr) -> Option<Ordering> {
        let (Some(first), Some(second)) = (text(one), text(other)) else {
            return (one == other).then_some(Ordering::Equal);
        };
        if first == second {
            return Some(Ordering::Equal);
        }
        let both = |ty: &TypeName| NUMBERS.iter().any(|number| ty.is(number));
        let bare = matches!((one, other), (Expr::Number(_), Expr::Number(_)));
        if bare || self.ty.is_some_and(both) {
            return order_of_numbers(first, second);
        }
        if self.is_text() {
            return None;
        }
        Some(moment(first)?.cmp(&moment(second)?))
    }

    /// Whether two constants differ, whichever is the greater.
    fn differ(&self, one: &Expr, other: &Expr) -> bool {
        match (text(one), text(other)) {
            (Some(first), Some(second)) => {
                // An enum's labels differ as their texts do.
                let own = |ty: &TypeName| {
                    !ty.is_builtin() && ty.dimensions == 0 && ty.name.name != "citext"
                };
                first != second && (self.ty.is_some_and(own) || self.is_text())
            }
            _ => matches!((one, other), (Expr::Bool(one), Expr::Bool(other)) if one != other),
        }
    }

    fn is_text(&self) -> bool {
        self.ty.is_some_and(|ty| TEXTS.iter().any(|text| ty.is(text)))
    }
}

const INTEGERS: [&str; 3] = ["smallint", "integer", "bigint"];
const NUMBERS: [&str; 6] = ["smallint", "integer", "bigint", "numeric", "real", "double precision"];
const TEXTS: [&str; 2] = ["text", "character varying"];
const MOMENTS: [&str; 2] = ["date", "timestamp without time zone"];

/// Whether a key is compared with a constant of a type as with its own: by an operator of its
/// family that depends on no setting.
fn compare_alike(key: &TypeName, constant: &TypeName) -> bool {
    let among = |family: &[&str]| {
        [key, constant].iter().all(|ty| family.iter().any(|member| ty.is(member)))
    };
    let plain = constant.modifiers.is_empty() || constant.modifiers == key.modifiers;
    let same = key.name.name == constant.name.name && key.dimensions == constant.dimensions;
    let integer = INTEGERS.iter().any(|integer| constant.is(integer));
    plain
        && (same
            || among(&INTEGERS)
            || among(&TEXTS)
            || among(&MOMENTS)
            || (key.is("numeric") && integer))
}

/// A value of a range's bound, if it bounds anything.
pub(super) fn edge(values: &[Expression]) -> Option<&Expression> {
    let open = |value: &&Expression| {
        ["minvalue", "maxvalue"].contains(&value.sql.to_ascii_lowercase().as_str())
    };
    values.first().filter(|value| !open(value))
}

pub(super) fn is_null(value: &Expression) -> bool {
    value.tree == Expr::Null
}

fn text(constant: &Expr) -> Option<&str> {
    match constant {
        Expr::Number(text) | Expr::String(text) => Some(text),
        _ => None,
    }
}

fn order_of_numbers(one: &str, other: &str) -> Option<Ordering> {
    let parts = |text: &str| {
        let (negative, digits) = match text.strip_prefix('-') {
            Some(digits) => (true, digits),
            None => (false, text),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        (negative, whole.to_owned(), fraction.to_owned())
    };
    let (one, other) = (parts(one.trim()), parts(other.trim()));
    let scale = one.2.len().max(other.2.len());
    let scaled = |(negative, whole, fraction): (bool, String, String)| -> Option<i128> {
        let number: i128 = format!("{whole}{fraction:0<scale$}").parse().ok()?;
        Some(if negative { -number } else { number })
    };
    Some(scaled(one)?.cmp(&scaled(other)?))
}

/// A date or timestamp in ISO form without a zone, filled up with zeros: these texts are in the
/// order of what they mean.
fn moment(text: &str) -> Option<String> {
    const FORM: &str = "0000-00-00 00:00:00.000000";
    let text = text.replacen('T', " ", 1);
    let fits = text.bytes().zip(FORM.bytes()).all(|(byte, form)| match form {
        b'0' => byte.is_ascii_digit(),
        mark => byte == mark,
    });
    let whole = [10, 16, 19].contains(&text.len()) || text.len() > 20;
    (fits && whole && text.len() <= FORM.len()).then(|| format!("{text}{}", &FORM[text.len()..]))
}
