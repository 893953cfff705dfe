//! Which values of one type become those of another without a word being said of how.

use crate::effect::assigns;
use crate::schema::Schema;
use crate::sql::TypeName;

const INTEGERS: &[&str] = &["smallint", "integer", "bigint"];
const ZONED: &str = "timestamp with time zone";

/// Why it has to be said how one type becomes another, if it has to.
pub(super) fn unsaid(schema: &Schema, from: &TypeName, to: &TypeName) -> Option<&'static str> {
    if assigns(schema, from, to) != Some(true) {
        return Some("no assignment makes one of the other: say how with");
    }
    let (one, other) = (schema.base_type(from), schema.base_type(to));
    let days = |ty: &TypeName| ty.is("date") || ty.is("timestamp without time zone");
    if days(&one) && other.is(ZONED) || one.is(ZONED) && days(&other) {
        return Some("each session would go by its own time zone: say by which with");
    }
    let strings = ["character varying", "character", "bit", "bit varying"];
    let bounded = strings.iter().any(|name| other.is(name)) && !other.modifiers.is_empty();
    if bounded && !fits(&one, &other) {
        return Some("a cast would cut what is too long without a word: say how with");
    }
    None
}

/// Whether each value of one type is known to have its like in another.
pub(super) fn fits(from: &TypeName, to: &TypeName) -> bool {
    let rank = |ty: &TypeName| INTEGERS.iter().position(|name| ty.is(name));
    let length = |ty: &TypeName| ty.modifiers.first().and_then(|text| text.parse::<u32>().ok());
    match (rank(from), rank(to)) {
        (Some(from), Some(to)) => return from <= to,
        (Some(_), None) if to.is("numeric") => return to.modifiers.is_empty(),
        _ => {}
    }
    if to.is("text") {
        return true;
    }
    let string = |ty: &TypeName| ty.is("text") || ty.is("character varying");
    string(from)
        && string(to)
        && match (length(from), length(to)) {
            (_, None) => true,
            (Some(from), Some(to)) => from <= to,
            (None, Some(_)) => false,
        }
}

/// Whether a sequence can be of this type.
pub(super) fn is_integer(ty: &TypeName) -> bool {
    INTEGERS.iter().any(|name| ty.is(name))
}
