//! The routines that a statement calls, where their bodies were seen.

use crate::schema::Schema;
use crate::sql;
use crate::sql::Body;
use crate::sql::DoBlock;
use crate::sql::Name;

/// The bodies of PL/pgSQL routines that a statement is sure to run: those of `CALL`, and of calls
/// in a `SELECT` that gives one row.
pub(super) fn called(schema: &Schema, body: &Body) -> Vec<DoBlock> {
    let names: Vec<&Name> = match body {
        Body::Call(procedure) => vec![procedure],
        Body::Query(query) if query.constant_rows == Some(1) && !query.filtered => {
            query.calls.iter().collect()
        }
        _ => return Vec::new(),
    };
    names.into_iter().filter_map(|name| body_of(schema, name)).collect()
}

/// The body of the only routine of a name.
fn body_of(schema: &Schema, name: &Name) -> Option<DoBlock> {
    let [routine] = schema.functions(name) else { return None };
    let text = routine.body.as_deref().filter(|_| routine.language == "plpgsql")?;
    Some(sql::read_block(text))
}
