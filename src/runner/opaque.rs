//! Statements of which nobody can tell what they take away.

use super::error::RunError;
use crate::effect::Fact;
use crate::plan::PhaseFile;
use std::ops::Range;

/// Refuses the first of these statements of a file of which nothing is known before it runs.
pub fn must_be_understood(
    file: &PhaseFile,
    facts: &[Fact],
    mut statements: Range<usize>,
) -> Result<(), RunError> {
    let known = |at: usize| facts.get(at).is_some_and(|fact| fact.analysis.is_understood());
    let Some(at) = statements.find(|at| !known(*at)) else { return Ok(()) };
    let span = file.script.statements.get(at).map(|statement| statement.span);
    let what = on_one_line(span.map_or("", |span| span.of(&file.text)));
    Err(RunError::Opaque { path: file.shown.clone(), what })
}

/// A statement as messages name it.
pub(super) fn on_one_line(sql: &str) -> String {
    sql.split_whitespace().collect::<Vec<_>>().join(" ")
}
