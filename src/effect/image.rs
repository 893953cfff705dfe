//! What is to be compared of two values so that no difference between them goes unseen: `=` takes
//! some values for the same that are not, such as `1.0` and `1.00`.

use crate::schema::Schema;
use crate::schema::TypeKind;
use crate::sql::TypeName;

/// Built-in types of which two values are alike only where each bit is.
const EXACT: &[&str] = &[
    "bigint",
    "boolean",
    "bytea",
    "character varying",
    "date",
    "integer",
    "smallint",
    "text",
    "time without time zone",
    "timestamp with time zone",
    "timestamp without time zone",
    "uuid",
];

/// The same, where the type says how long a value is, or how many digits it has.
const EXACT_IN_LENGTH: &[&str] = &["bit", "character", "numeric"];

/// A text, byte by byte.
const BYTES: &str = "::text COLLATE \"C\"";

/// What is to be compared of values of a type. Where they are alike only where each bit is,
/// `IS DISTINCT FROM` sees all; of others it is their texts, and a collation, of the column or of a
/// domain, may take two texts for one.
pub fn image(schema: &Schema, ty: &TypeName, collated: bool) -> &'static str {
    let base = schema.base_type(ty);
    let text = base.is("text") || base.is("character varying");
    if collated || (text && base.name != ty.name) {
        return BYTES;
    }
    // An array is alike where each of its items is.
    let item = TypeName { dimensions: 0, ..base };
    let is = |names: &[&str]| names.iter().any(|name| item.is(name));
    let made = schema.type_(&item.name).map(|known| &known.form);
    let exact = is(EXACT)
        || (!item.modifiers.is_empty() && is(EXACT_IN_LENGTH))
        // A domain over one has no operators.
        || (matches!(made, Some(TypeKind::Enum(_))) && item.name == ty.name);
    if exact { "" } else { "::text" }
}

/// The condition that two values are not the same, by what is to be compared of each.
pub fn differ(one: &str, other: &str, image: &str) -> String {
    // A cast in parentheses: what follows it is of the whole for every reader.
    let of = |value: &str| match image.split_once(' ') {
        Some((cast, collation)) => format!("({value}{cast}) {collation}"),
        None => format!("{value}{image}"),
    };
    format!("{} IS DISTINCT FROM {}", of(one), of(other))
}
