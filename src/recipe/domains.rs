//! Columns of domains: whether another one can be added beside what is written, and what keeps it
//! empty until it is filled.

use super::error::Unfit;
use crate::schema::Schema;
use crate::sql::TypeName;

/// The default that a column has of its domain.
pub(super) fn default(schema: &Schema, ty: &TypeName) -> Option<String> {
    let domains = schema.domains(ty);
    let default = domains.into_iter().find_map(|(_, domain)| domain.default.clone())?;
    (!default.tree.is_null()).then_some(default.sql)
}

/// What stands behind the type of a column that is added and is to hold nothing: the default of a
/// domain would fill it in.
pub(super) fn left_empty(schema: &Schema, ty: &TypeName) -> &'static str {
    if default(schema, ty).is_some() { " DEFAULT NULL" } else { "" }
}

/// What is done with a column so that an `INSERT` which leaves it out puts nothing in.
pub(super) fn no_default(schema: &Schema, ty: &TypeName) -> &'static str {
    if default(schema, ty).is_some() { "SET DEFAULT NULL" } else { "DROP DEFAULT" }
}

/// Whether the values of a type are checked one by one.
pub(super) fn is_constrained(schema: &Schema, ty: &TypeName) -> bool {
    schema.domains(ty).iter().any(|(_, domain)| domain.is_constrained())
}

/// Sees that a column of the type can be added to a table that is in use.
pub(super) fn must_be_loose(schema: &Schema, ty: &TypeName, instead: &str) -> Result<(), Unfit> {
    if !is_constrained(schema, ty) {
        return Ok(());
    }
    let why = format!(
        "it is a domain with constraints, and a new column of one has the server write every row \
         anew under an ACCESS EXCLUSIVE lock; {instead}"
    );
    Err(Unfit::unable(format!("`{ty}`"), why))
}

/// Whether a column of the type can be left out where nothing is put in.
pub(super) fn takes_null(schema: &Schema, ty: &TypeName) -> bool {
    !schema.domains(ty).iter().any(|(_, domain)| domain.not_null)
}
