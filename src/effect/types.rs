//! Which changes of a column's type leave the rows as they are.
//!
//! The server asks whether the conversion it planned does anything (`ATColumnChangeRequiresRewrite`
//! in tablecmds.c): a change between types of one storage does not, nor does a longer limit.

use super::model::Answer;
use crate::schema::Domain;
use crate::schema::Schema;
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

    /// The domain that a type is, if it is one that is known.
    fn domain(&self, ty: &TypeName) -> Option<&Domain> {
        if ty.dimensions > 0 { None } else { self.schema.domain(&ty.name) }
    }

    /// The type under a domain, and under the domains it is made from.
    fn base(&self, ty: &TypeName) -> TypeName {
        /// Domains over domains deeper than this do not happen.
        const DEPTH_MAX: usize = 32;
        let mut ty = ty.clone();
        for _ in 0..DEPTH_MAX {
            match self.domain(&ty) {
                Some(domain) => ty = domain.base.clone(),
                None => break,
            }
        }
        ty
    }

    /// Whether a value of this type must be checked before it is one.
    fn is_constrained(&self, ty: &TypeName) -> bool {
        let mut ty = ty.clone();
        while let Some(domain) = self.domain(&ty) {
            if domain.is_constrained() {
                return true;
            }
            ty = domain.base.clone();
        }
        false
    }

    /// One conversion.
    fn step(&self, from: &TypeName, to: &TypeName) -> Answer {
        if from == to {
            return Answer::No;
        }
        let constrained = self.is_constrained(to);
        let (from, to) = (self.base(from), self.base(to));
        if constrained {
            return Answer::Yes;
        }
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

fn widens_numeric(from: &TypeName, to: &TypeName) -> bool {
    let scale = |ty: &TypeName| {
        ty.modifiers.get(1).and_then(|scale| scale.parse::<i64>().ok()).unwrap_or(0)
    };
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

/// Whether values that fit before may not fit any more.
pub(super) fn narrows(from: &TypeName, to: &TypeName) -> bool {
    const INTEGERS: &[&str] = &["smallint", "integer", "bigint"];
    const FLOATS: &[&str] = &["real", "double precision"];
    let rank = |list: &[&str], ty: &TypeName| list.iter().position(|name| ty.is(name));
    if let (Some(old), Some(new)) = (rank(INTEGERS, from), rank(INTEGERS, to)) {
        return new < old;
    }
    if let (Some(old), Some(new)) = (rank(FLOATS, from), rank(FLOATS, to)) {
        return new < old;
    }
    let text = |ty: &TypeName| {
        ["text", "character varying", "character", "bpchar"].iter().any(|name| ty.is(name))
    };
    if text(from) && text(to) {
        return match (limit(from), limit(to)) {
            (_, None) => false,
            (None, Some(_)) => true,
            (Some(old), Some(new)) => new < old,
        };
    }
    from.name == to.name && changes_limit(from, to) == Answer::Yes
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

/// Time zones without an offset, whose times of day are those of UTC.
pub(super) fn is_utc(zone: &str) -> bool {
    let zone = zone.to_ascii_lowercase();
    let plain = zone.strip_prefix("etc/").unwrap_or(&zone);
    ["utc", "gmt", "uct", "universal", "zulu", "greenwich", "gmt0", "gmt+0", "gmt-0", "0"]
        .contains(&plain)
}
