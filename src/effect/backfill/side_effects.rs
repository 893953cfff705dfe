//! Functions that do more than give a value: what they do is not taken back, or done once more,
//! with the batch.

use crate::schema::Function;
use crate::schema::Schema;
use crate::sql;
use crate::sql::Name;
use crate::sql::Span;
use crate::sql::Volatility;

/// PostgreSQL's own and those of its extensions, by how their names begin.
const EFFECTS: &[&str] = &[
    "dblink",
    "http",
    "lo_",
    "pg_advisory",
    "pg_cancel_backend",
    "pg_logical_emit_message",
    "pg_notify",
    "pg_reload_conf",
    "pg_sleep",
    "pg_terminate_backend",
    "pg_try_advisory",
    "set_config",
    "setval",
];

/// Words in the body of a function that write, or reach outside.
const WRITES: &[&str] =
    &["call", "copy", "delete", "execute", "insert", "merge", "notify", "truncate", "update"];

/// The first function among these that does more than give a value.
pub(super) fn with_effects<'a>(schema: &Schema, calls: &'a [Name]) -> Option<&'a Name> {
    calls.iter().find(|name| match schema.functions(name) {
        [] => has_effect(&name.name),
        known => known.iter().any(writes),
    })
}

/// Whether one of PostgreSQL's own functions, or of its extensions', does more than give a value.
fn has_effect(name: &str) -> bool {
    EFFECTS.iter().any(|start| name.starts_with(start))
}

fn writes(function: &Function) -> bool {
    let Some(body) = &function.body else { return false };
    let words = sql::words(body, Span::new(0, body.len()));
    let mut words = words.into_iter().map(|word| word.of(body).to_ascii_lowercase());
    function.volatility == Volatility::Volatile
        && words.any(|word| WRITES.contains(&word.as_str()) || has_effect(&word))
}
