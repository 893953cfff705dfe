//! A file that takes something away and does something else besides.

use super::At;
use super::Scene;
use super::Sink;
use crate::effect::Part;
use crate::effect::Phase;

pub(super) fn check(scene: &Scene, sink: &mut Sink) {
    let (contract, others): (Vec<At>, Vec<At>) = scene
        .parts()
        .filter(|at| counts(at.part))
        .partition(|at| at.part.phase() == Some(Phase::Contract));
    // A check that is added and then validated is one move.
    let others: Vec<At> = others.into_iter().filter(|at| !is_validation(at.part)).collect();
    let (Some(first), Some(other)) = (contract.first(), others.first()) else { return };
    let line = |all: &[At]| {
        let mut numbers: Vec<usize> = all.iter().map(|at| at.index + 1).collect();
        numbers.dedup();
        numbers.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
    };
    let phase = other.part.phase().unwrap_or(Phase::Expand);
    let message = format!(
        "this file mixes contract (statement {}) with {phase} (statement {}): what old code still \
        needs is taken away in the same step that gives new code what it needs",
        line(&contract),
        line(&others)
    );
    sink.report(*first, message)
        .help("split the file: expand first, contract when the old release is gone");
}

/// Whether a part has a phase of its own, and harms somebody if it is contract.
fn counts(part: &Part) -> bool {
    match part.phase() {
        Some(Phase::Contract) => !part.breaks.is_empty() || !part.loses.is_empty(),
        Some(Phase::Expand | Phase::Migrate) => !part.made_good,
        None => false,
    }
}

fn is_validation(part: &Part) -> bool {
    matches!(part.effect, crate::effect::Effect::ValidateConstraint(_))
}
