//! Statements of which nobody can tell what they do before they do it.

use crate::effect::Confidence;
use crate::effect::Fact;
use crate::plan::PhaseFile;
use std::ops::Range;

/// So much of a statement is shown.
const SHOWN_MAX: usize = 80;

/// The first of these statements of a file of which nobody can tell what it does, as it is shown.
pub(super) fn opaque(
    file: &PhaseFile,
    mut statements: Range<usize>,
    facts: &[Fact],
) -> Option<String> {
    let is_opaque = |fact: &Fact| fact.analysis.confidence == Confidence::Opaque;
    let at = statements.find(|at| facts.get(*at).is_none_or(is_opaque))?;
    let shown = on_one_line(file.script.statements[at].span.of(&file.text));
    if shown.chars().count() <= SHOWN_MAX {
        return Some(shown);
    }
    Some(shown.chars().take(SHOWN_MAX).chain(['…']).collect())
}

/// A statement without its line ends.
pub(super) fn on_one_line(sql: &str) -> String {
    sql.split_whitespace().collect::<Vec<_>>().join(" ")
}
