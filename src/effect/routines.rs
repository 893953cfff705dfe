//! The routines that a statement calls, where their bodies were seen.

use crate::schema::Schema;
use crate::sql;
use crate::sql::Body;
use crate::sql::DoBlock;
use crate::sql::Name;
use crate::sql::Statement;
use std::collections::BTreeSet;

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

/// The statements of all routines that a statement may come to call, whatever it hangs on.
pub(super) fn reached(schema: &Schema, body: &Body) -> Vec<Statement> {
    let mut open = named(body);
    let (mut seen, mut found) = (BTreeSet::new(), Vec::new());
    while let Some(name) = open.pop() {
        let routines = schema.functions(&name);
        if routines.is_empty() || !seen.insert(name) {
            continue;
        }
        for routine in routines {
            let Some(text) = routine.body.as_deref() else { continue };
            let own = match routine.language.as_str() {
                "plpgsql" => inner(sql::read_block(text)),
                "sql" => sql::read(text, std::slice::from_ref(&(0..text.len()))).statements,
                _ => continue,
            };
            open.extend(own.iter().flat_map(|statement| named(&statement.body)));
            found.extend(own);
        }
    }
    found
}

/// The routines that a statement names.
fn named(body: &Body) -> Vec<Name> {
    match body {
        Body::Call(procedure) => vec![procedure.clone()],
        Body::Query(query) => query.calls.clone(),
        Body::Data(change) => change.source.calls.clone(),
        Body::Do(block) => {
            block.inner.iter().flat_map(|inner| named(&inner.statement.body)).collect()
        }
        _ => Vec::new(),
    }
}

/// All statements of a block.
fn inner(block: DoBlock) -> Vec<Statement> {
    let each = block.inner.into_iter().flat_map(|inner| match inner.statement.body {
        Body::Do(nested) => self::inner(nested),
        _ => vec![inner.statement],
    });
    each.collect()
}
