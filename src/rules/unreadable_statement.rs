//! A statement that was not understood.

use super::Scene;
use super::Sink;
use crate::effect::Effect;

pub(super) fn check(scene: &Scene, sink: &mut Sink) {
    for at in scene.parts() {
        let Effect::Unreadable(misread) = &at.part.effect else { continue };
        let message = format!(
            "this statement was not understood, so nothing is known of what it does: {}",
            misread.reason
        );
        let hit = sink.report(at, message);
        hit.span = misread.span;
        hit.help("look at it by hand; if PostgreSQL takes it, report it");
    }
}
