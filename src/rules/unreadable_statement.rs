//! A statement that was not understood, or is not all text.

use super::Scene;
use super::Sink;
use crate::effect::Effect;
use crate::effect::Fact;
use crate::sql::NO_TEXT_HELP;
use crate::sql::NO_TEXT_WHY;
use crate::sql::Span;
use crate::sql::no_text;

pub(super) fn check(scene: &Scene, sink: &mut Sink) {
    for (index, fact) in scene.facts.iter().enumerate() {
        if let Some(span) = not_text(scene, fact) {
            let hit = sink.report_statement(index, fact, NO_TEXT_WHY);
            hit.span = span;
            hit.help(NO_TEXT_HELP);
        }
    }
    for at in scene.parts() {
        let Effect::Unreadable(misread) = &at.part.effect else { continue };
        if not_text(scene, at.fact).is_some() {
            continue;
        }
        let message = format!(
            "this statement was not understood, so nothing is known of what it does: {}",
            misread.reason
        );
        let hit = sink.report(at, message);
        hit.span = misread.span;
        hit.help("look at it by hand; if PostgreSQL takes it, report it");
    }
}

/// The first byte of a statement that is no text.
fn not_text(scene: &Scene, fact: &Fact) -> Option<Span> {
    let own = fact.analysis.span;
    let found = no_text(own.of(scene.text))?;
    Some(Span { offset: own.offset + found.offset, ..found })
}
