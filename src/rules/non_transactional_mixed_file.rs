//! A statement that needs to run outside of a transaction, in one file with others.

use super::Scene;
use super::Sink;
use crate::effect::Effect;
use crate::effect::Fact;

pub(super) fn check(scene: &Scene, sink: &mut Sink) {
    let changes: Vec<(usize, &Fact)> =
        scene.facts.iter().enumerate().filter(|(_, fact)| does_something(fact)).collect();
    let Some((index, fact)) = changes.iter().find(|(_, fact)| !fact.analysis.transactional) else {
        return;
    };
    let refused = changes.iter().any(|(_, fact)| fact.analysis.refusal.is_some());
    let again = changes.iter().all(|(_, fact)| fact.analysis.repeatable);
    let others = changes.iter().filter(|(_, fact)| fact.analysis.transactional).count();
    if refused || again || others == 0 {
        return;
    }
    let message = format!(
        "this statement cannot run in a transaction, and {others} other{} in the file could: if \
        the file fails half-way, part of it stays done and a second run does not pass over it",
        if others == 1 { "" } else { "s" }
    );
    sink.report_statement(*index, fact, message).help("give each such statement a file of its own");
}

/// Whether a statement changes something that would have to be undone, or cannot be undone.
fn does_something(fact: &Fact) -> bool {
    fact.analysis.parts.iter().any(|part| match &part.effect {
        Effect::Set(_) | Effect::Transaction(_) | Effect::Remark(_) => false,
        Effect::Other => !fact.analysis.transactional,
        _ => true,
    })
}
