//! Which changes of a column's type leave the rows as they are.
//!
//! The server asks whether the conversion it planned does anything (`ATColumnChangeRequiresRewrite`
//! in tablecmds.c): a change between types of one storage does not, nor does a longer limit.

use super::model::Answer;
use super::model::Narrowing;
use super::model::Restricted;
use crate::schema::Schema;
use crate::schema::TypeKind;
use crate::sql::Expr;
use crate::sql::Expression;
use crate::sql::TypeName;

/// What the answer depends on besides the types.
pub(super) struct Conversion<'a> {
    pub(super) schema: &'a Schema,
    /// The session's time zone is known to be UTC; `None` if it is not known.
    pub(super) utc: Option<bool>,
}

impl Conversion<'_> {
    /// Whether a column of type `from` must be rewritten to be `to`, filled by `using` if given.
    pub(super) fn rewrites(
        &self,
        column: &str,
        from: &TypeName,
        to: &TypeName,
        using: Option<&Expression>,
    ) -> Answer {
        let mut steps = vec![to.clone()];
        let mut expr = using.map(|using| &using.tree);
        while let Some(inner) = expr {
            match inner {
                Expr::Cast { expr: of, to } => {
                    steps.push(to.clone());
                    expr = Some(of);
                }
                Expr::Column(parts) if parts.last().is_some_and(|part| part == column) => {
                    expr = None;
                }
                _ => return Answer::Yes,
            }
        }
        let mut answer = Answer::No;
        let mut current = from.clone();
        for step in steps.into_iter().rev() {
            match self.step(&current, &step) {
                Answer::Yes => return Answer::Yes,
                Answer::Unknown => answer = Answer::Unknown,
                Answer::No => {}
            }
            current = step;
        }
        answer
    }

    /// One conversion.
    fn step(&self, from: &TypeName, to: &TypeName) -> Answer {
        if from == to {
            return Answer::No;
        }
        if restricted(self.schema, to).is_some() {
            return Answer::Yes;
        }
        let (from, to) = (self.schema.base_type(from), self.schema.base_type(to));
        if from == to {
            return Answer::No;
        }
        if from.dimensions > 0 || to.dimensions > 0 {
            // `integer[]` and `integer[][]` are one type.
            let same = TypeName { dimensions: 1, ..from.clone() }
                == TypeName { dimensions: 1, ..to.clone() };
            let both = from.dimensions > 0 && to.dimensions > 0;
            return if same && both { Answer::No } else { Answer::Yes };
        }
        if from.name == to.name {
            return changes_limit(&from, &to);
        }
        self.between(&from, &to)
    }

    /// Between two types of different names.
    fn between(&self, from: &TypeName, to: &TypeName) -> Answer {
        let (one, other) = (from.name.name.as_str(), to.name.name.as_str());
        let bounded = !to.modifiers.is_empty();
        match (one, other) {
            ("character varying" | "text" | "citext", "text" | "citext" | "bpchar")
            | ("xml", "text" | "citext")
            | ("character", "bpchar")
            | ("cidr", "inet")
            | ("integer" | "regclass" | "regproc" | "regtype", "oid")
            | ("oid", "integer" | "regclass" | "regproc" | "regtype") => Answer::No,
            ("text" | "citext" | "xml" | "bpchar", "character varying")
            | ("bit", "bit varying")
                if !bounded =>
            {
                Answer::No
            }
            ("timestamp without time zone", "timestamp with time zone")
            | ("timestamp with time zone", "timestamp without time zone") => {
                let shorter = narrows_precision(from, to, 6);
                match self.utc {
                    _ if shorter => Answer::Yes,
                    Some(true) => Answer::No,
                    Some(false) => Answer::Yes,
                    None => Answer::Unknown,
                }
            }
            _ if from.is_builtin() && to.is_builtin() => Answer::Yes,
            // An enum, a composite type or a range is never stored like another type.
            _ if self.schema.type_(&from.name).is_some()
                || self.schema.type_(&to.name).is_some() =>
            {
                Answer::Yes
            }
            _ => Answer::Unknown,
        }
    }
}

/// What is checked of values of a type: the constraints of a domain, and of those it is made from.
pub(super) fn restricted(schema: &Schema, ty: &TypeName) -> Option<Restricted> {
    let domains = schema.domains(ty);
    let (name, _) = domains.iter().find(|(_, domain)| domain.is_constrained())?;
    Some(Restricted {
        domain: (*name).clone(),
        base: schema.base_type(ty),
        conditions: domains
            .iter()
            .flat_map(|(_, domain)| domain.conditions.values().cloned())
            .collect(),
        not_null: domains.iter().any(|(_, domain)| domain.not_null),
    })
}

/// Whether `=` tells any two values of a type apart. Some types have none (`json`), some compare
/// sizes (`box`), and of a type that is not known nothing can be said.
pub(super) fn is_comparable(schema: &Schema, ty: &TypeName) -> bool {
    const INCOMPARABLE: &[&str] =
        &["box", "circle", "json", "jsonpath", "line", "lseg", "path", "point", "polygon", "xml"];
    let base = schema.base_type(ty);
    let known = schema.type_(&base.name).map(|ty| &ty.form);
    matches!(known, Some(TypeKind::Enum(_)))
        || base.is_builtin() && !INCOMPARABLE.contains(&base.name.name.as_str())
}

/// One type with another limit.
fn changes_limit(from: &TypeName, to: &TypeName) -> Answer {
    let wider = match to.name.name.as_str() {
        "character varying" | "bit varying" => match (limit(from), limit(to)) {
            (_, None) => true,
            (None, Some(_)) => false,
            (Some(old), Some(new)) => old <= new,
        },
        "numeric" => widens_numeric(from, to),
        "timestamp without time zone"
        | "timestamp with time zone"
        | "time without time zone"
        | "time with time zone" => !narrows_precision(from, to, 6),
        "interval" => widens_interval(from, to),
        _ => from.modifiers == to.modifiers,
    };
    if wider { Answer::No } else { Answer::Yes }
}

fn limit(ty: &TypeName) -> Option<i64> {
    ty.modifiers.first().and_then(|modifier| modifier.parse().ok())
}

fn narrows_precision(from: &TypeName, to: &TypeName, full: i64) -> bool {
    let (old, new) = (limit(from).unwrap_or(full), limit(to).unwrap_or(full));
    new < old
}

/// Digits after the point of a `numeric`.
fn scale(ty: &TypeName) -> i64 {
    ty.modifiers.get(1).and_then(|scale| scale.parse().ok()).unwrap_or(0)
}

fn widens_numeric(from: &TypeName, to: &TypeName) -> bool {
    match (limit(from), limit(to)) {
        (_, None) => true,
        (None, Some(_)) => false,
        (Some(old), Some(new)) => old <= new && scale(from) == scale(to),
    }
}

/// Fields are dropped from the small end: those up to a smaller unit hold more.
fn widens_interval(from: &TypeName, to: &TypeName) -> bool {
    let smallest = |ty: &TypeName| {
        let fields = ty.fields.as_deref().unwrap_or("second");
        let last = fields.rsplit(' ').next().unwrap_or("second").to_owned();
        ["year", "month", "day", "hour", "minute", "second"].iter().position(|unit| **unit == last)
    };
    smallest(from) <= smallest(to) && !narrows_precision(from, to, 6)
}

/// What becomes of values that one type holds and the other does not.
pub(super) fn narrows(from: &TypeName, to: &TypeName) -> Narrowing {
    let refuses = |refuses| Narrowing { refuses, rounds: false };
    let rounds = |rounds| Narrowing { refuses: false, rounds };
    match (from.dimensions, to.dimensions) {
        (0, 0) => {}
        (0, _) | (_, 0) => return Narrowing::default(),
        _ => {
            let item = |ty: &TypeName| TypeName { dimensions: 0, ..ty.clone() };
            return narrows(&item(from), &item(to));
        }
    }
    let rank = |names: &[&str], ty: &TypeName| names.iter().position(|name| ty.is(name));
    let integers = |ty: &TypeName| rank(&["smallint", "integer", "bigint"], ty);
    let floats = |ty: &TypeName| rank(&["real", "double precision"], ty);
    let has_fraction = |ty: &TypeName| floats(ty).is_some() || ty.is("numeric");
    let strings = ["text", "character varying", "character", "bpchar"];
    let text = |ty: &TypeName| rank(&strings, ty).is_some();
    if let (Some(old), Some(new)) = (integers(from), integers(to)) {
        return refuses(new < old);
    }
    if let (Some(old), Some(new)) = (floats(from), floats(to)) {
        return Narrowing { refuses: new < old, rounds: new < old };
    }
    if has_fraction(from) && integers(to).is_some() {
        return Narrowing { refuses: true, rounds: true };
    }
    if from.is("numeric") && floats(to).is_some() {
        return rounds(true);
    }
    if text(from) && text(to) {
        return refuses(match (limit(from), limit(to)) {
            (_, None) => false,
            (None, Some(_)) => true,
            (Some(old), Some(new)) => new < old,
        });
    }
    if from.name == to.name { narrows_limit(from, to) } else { rounds(cuts_time(from, to)) }
}

/// The same for one type with another limit.
fn narrows_limit(from: &TypeName, to: &TypeName) -> Narrowing {
    let changes = changes_limit(from, to) == Answer::Yes;
    match to.name.name.as_str() {
        "numeric" => narrows_numeric(from, to),
        "bit" | "bit varying" => Narrowing { refuses: changes, rounds: false },
        "timestamp without time zone"
        | "timestamp with time zone"
        | "time without time zone"
        | "time with time zone"
        | "interval" => Narrowing { refuses: false, rounds: changes },
        // What the modifiers of other types mean is not known.
        _ => Narrowing::default(),
    }
}

/// Digits before the point are refused, digits after it are rounded.
fn narrows_numeric(from: &TypeName, to: &TypeName) -> Narrowing {
    let Some(new) = limit(to) else { return Narrowing::default() };
    let Some(old) = limit(from) else { return Narrowing { refuses: true, rounds: true } };
    let (old_scale, new_scale) = (scale(from), scale(to));
    Narrowing { refuses: new - new_scale < old - old_scale, rounds: new_scale < old_scale }
}

/// Whether a part of a time stamp is left behind.
fn cuts_time(from: &TypeName, to: &TypeName) -> bool {
    let stamp =
        |ty: &TypeName| ty.is("timestamp without time zone") || ty.is("timestamp with time zone");
    let part = to.is("date") || to.is("time without time zone") || to.is("time with time zone");
    stamp(from) && (part || stamp(to) && narrows_precision(from, to, 6))
}

/// Whether clients see a type of another kind, which drivers and models may not accept.
pub(super) fn is_visible(from: &TypeName, to: &TypeName) -> bool {
    let family = |ty: &TypeName| {
        let name = ty.name.name.as_str();
        match name {
            "character varying" | "text" | "character" | "bpchar" | "citext" | "name" => {
                format!("text{}", ty.dimensions)
            }
            _ => format!("{}{}", ty.name, ty.dimensions),
        }
    };
    family(from) != family(to)
}

/// Whether what a value becomes depends on the time zone of the session.
pub(super) fn is_zoned(from: &TypeName, to: &TypeName) -> bool {
    let (with, without) = ("timestamp with time zone", "timestamp without time zone");
    from.is(with) && to.is(without) || from.is(without) && to.is(with)
}

/// Whether a `USING` says no more than a cast of the column to the type does.
pub(super) fn only_casts(using: &Expr, column: &str, ty: &TypeName) -> bool {
    let is_column = |expr: &Expr| match expr {
        Expr::Column(parts) => parts.last().is_some_and(|part| part == column),
        _ => false,
    };
    match using {
        Expr::Cast { expr, to } => to == ty && is_column(expr),
        other => is_column(other),
    }
}

/// Time zones without an offset, whose times of day are those of UTC.
pub(super) fn is_utc(zone: &str) -> bool {
    let zone = zone.to_ascii_lowercase();
    let plain = zone.strip_prefix("etc/").unwrap_or(&zone);
    ["utc", "gmt", "uct", "universal", "zulu", "greenwich", "gmt0", "gmt+0", "gmt-0", "0"]
        .contains(&plain)
}
