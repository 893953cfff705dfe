//! Statements of which nobody can tell what they do before they do it.

use super::error::RunError;
use crate::effect::Fact;
use crate::plan::PhaseFile;
use std::ops::Range;

/// So much of a statement is shown.
const SHOWN_MAX: usize = 80;

/// Refuses the first of these statements of a file of which nothing is known before it runs.
pub fn must_be_understood(
    file: &PhaseFile,
    facts: &[Fact],
    statements: Range<usize>,
) -> Result<(), RunError> {
    match opaque(file, statements, facts) {
        Some(what) => Err(RunError::Opaque { path: file.shown.clone(), what }),
        None => Ok(()),
    }
}

/// The first of these statements of a file of which nobody can tell what it does, as it is shown.
pub(super) fn opaque(
    file: &PhaseFile,
    mut statements: Range<usize>,
    facts: &[Fact],
) -> Option<String> {
    let known = |at: usize| facts.get(at).is_some_and(|fact| fact.analysis.is_understood());
    let at = statements.find(|at| !known(*at))?;
    let span = file.script.statements.get(at).map(|statement| statement.span);
    let shown = on_one_line(span.map_or("", |span| span.of(&file.text)));
    if shown.chars().count() <= SHOWN_MAX {
        return Some(shown);
    }
    Some(shown.chars().take(SHOWN_MAX).chain(['…']).collect())
}

/// A statement without its line ends.
pub(super) fn on_one_line(sql: &str) -> String {
    sql.split_whitespace().collect::<Vec<_>>().join(" ")
}
