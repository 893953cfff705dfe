//! Which types the server turns into which by itself (`pg_cast`), and which a foreign key may
//! compare.

use crate::schema::Schema;
use crate::schema::TypeKind;
use crate::sql::TypeName;

const INTEGERS: &[&str] = &["smallint", "integer", "bigint"];
const FLOATS: &[&str] = &["real", "double precision"];
const STRINGS: &[&str] = &["text", "character varying", "character", "bpchar"];
const STAMPS: &[&str] = &["date", "timestamp without time zone", "timestamp with time zone"];

/// Types of which all casts to each other are written down here; strings and numbers besides.
const OTHERS: &[&str] = &[
    "bit",
    "bit varying",
    "boolean",
    "bytea",
    "cidr",
    "inet",
    "interval",
    "json",
    "jsonb",
    "money",
    "time with time zone",
    "time without time zone",
    "tsvector",
    "uuid",
];

/// Casts that an assignment makes by itself, beside those among numbers and to strings.
const ASSIGNED: &[(&str, &str)] = &[
    ("timestamp with time zone", "time with time zone"),
    ("timestamp with time zone", "time without time zone"),
    ("timestamp without time zone", "time without time zone"),
    ("time with time zone", "time without time zone"),
    ("interval", "time without time zone"),
    ("inet", "cidr"),
    ("bit varying", "bit"),
    ("json", "jsonb"),
    ("jsonb", "json"),
    ("integer", "money"),
    ("bigint", "money"),
    ("numeric", "money"),
    ("money", "numeric"),
];

/// Casts that any expression makes by itself, beside those among numbers, strings and dates.
const IMPLIED: &[(&str, &str)] = &[
    ("time without time zone", "interval"),
    ("time without time zone", "time with time zone"),
    ("cidr", "inet"),
    ("bit", "bit varying"),
];

fn is_one(list: &[&str], ty: &TypeName) -> bool {
    list.iter().any(|name| ty.is(name))
}

fn is_number(ty: &TypeName) -> bool {
    is_one(INTEGERS, ty) || is_one(FLOATS, ty) || ty.is("numeric")
}

/// Whether all is known of what the server turns a type into.
fn is_known(ty: &TypeName) -> bool {
    is_number(ty) || is_one(STRINGS, ty) || is_one(STAMPS, ty) || is_one(OTHERS, ty)
}

fn stands(list: &[(&str, &str)], from: &TypeName, to: &TypeName) -> bool {
    list.iter().any(|(one, other)| from.is(one) && to.is(other))
}

fn is_enum(schema: &Schema, ty: &TypeName) -> bool {
    let form = schema.type_(&ty.name).map(|ty| &ty.form);
    ty.dimensions == 0 && matches!(form, Some(TypeKind::Enum(_)))
}

/// Whether a value of one type can be stored in a column of another without `USING`; `None` where
/// not all is known of them.
pub fn assigns(schema: &Schema, from: &TypeName, to: &TypeName) -> Option<bool> {
    let (from, to) = (schema.base_type(from), schema.base_type(to));
    if is_one(STRINGS, &to) && to.dimensions == 0 {
        // What has no cast to a string is written and read as one.
        return Some(true);
    }
    if from.dimensions > 0 || to.dimensions > 0 {
        let item = |ty: &TypeName| TypeName { dimensions: 0, ..ty.clone() };
        let (from_item, to_item) = (item(&from), item(&to));
        if from.dimensions > 0 && to.dimensions > 0 {
            return assigns(schema, &from_item, &to_item);
        }
        return (is_known(&from_item) && is_known(&to_item)).then_some(false);
    }
    if from.name == to.name {
        return Some(true);
    }
    if is_enum(schema, &to) && (is_known(&from) || is_enum(schema, &from)) {
        return Some(false);
    }
    if is_enum(schema, &from) && is_known(&to) {
        return Some(false);
    }
    if !is_known(&from) || !is_known(&to) {
        return None;
    }
    let among = is_number(&from) && is_number(&to) || is_one(STAMPS, &from) && is_one(STAMPS, &to);
    Some(among || stands(ASSIGNED, &from, &to) || stands(IMPLIED, &from, &to))
}

/// Whether a foreign key from a column of one type to a column of another can be made; `None`
/// where not all is known of them (`ATAddForeignKeyConstraint` in tablecmds.c).
pub(super) fn references(schema: &Schema, from: &TypeName, to: &TypeName) -> Option<bool> {
    let (from, to) = (schema.base_type(from), schema.base_type(to));
    if from.name == to.name && (from.dimensions > 0) == (to.dimensions > 0) {
        return Some(true);
    }
    let enums = (is_enum(schema, &from), is_enum(schema, &to));
    if enums != (false, false) {
        let others = (enums.0 || is_known(&from)) && (enums.1 || is_known(&to));
        return others.then_some(false);
    }
    if !is_known(&from) || !is_known(&to) {
        return None;
    }
    if from.dimensions > 0 || to.dimensions > 0 {
        return Some(false);
    }
    let both = |list: &[&str]| is_one(list, &from) && is_one(list, &to);
    // Numbers are widened by themselves, never narrowed.
    let rank = |ty: &TypeName| match ty {
        ty if is_one(INTEGERS, ty) => 0,
        ty if ty.is("numeric") => 1,
        _ => 2,
    };
    let widens = is_number(&from) && is_number(&to) && rank(&from) <= rank(&to);
    Some(widens || both(STRINGS) || both(STAMPS) || stands(IMPLIED, &from, &to))
}
