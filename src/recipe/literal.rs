//! Literals: whether one can be a value of a type, where that is plain.

use super::casts::is_integer;
use crate::effect::assigns;
use crate::schema::Schema;
use crate::sql::Expr;
use crate::sql::TypeName;

/// Whether a value can be stored in a column of a type; what is no literal may be.
pub(super) fn may_be(schema: &Schema, value: &Expr, ty: &TypeName) -> bool {
    let as_if = |name: &str| assigns(schema, &TypeName::builtin(name), ty) != Some(false);
    match value {
        Expr::String(text) => reads(text.trim(), &schema.base_type(ty)),
        Expr::Number(text) if text.bytes().all(|byte| byte.is_ascii_digit()) => as_if("integer"),
        Expr::Number(_) => as_if("numeric"),
        Expr::Bool(_) => as_if("boolean"),
        _ => true,
    }
}

/// Whether the server reads a text as a value of a type. It takes numbers of other bases (16), too,
/// and so only what has no digit is surely none.
fn reads(text: &str, ty: &TypeName) -> bool {
    let number = ["numeric", "real", "double precision"].iter().any(|name| ty.is(name));
    let special = ["nan", "infinity", "inf"];
    let told = text.trim_start_matches(['+', '-']).to_ascii_lowercase();
    if is_integer(ty) {
        told.starts_with(|c: char| c.is_ascii_digit())
    } else if number {
        told.starts_with(|c: char| c.is_ascii_digit() || c == '.')
            || special.contains(&told.as_str())
    } else if ty.is("boolean") {
        let words = ["true", "false", "yes", "no", "on", "off", "1", "0"];
        !told.is_empty() && words.iter().any(|word| word.starts_with(told.as_str()))
    } else {
        true
    }
}
