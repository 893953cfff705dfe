//! A statement in the file of another phase.

use super::Scene;
use super::Sink;
use crate::effect::Effect;
use crate::effect::Phase;

pub(super) fn check(scene: &Scene, sink: &mut Sink) {
    let Some(named) = scene.phase else { return };
    for at in scene.parts() {
        let Some(phase) = at.part.phase() else { continue };
        let harms = !at.part.breaks.is_empty() || !at.part.loses.is_empty();
        let wrong = match (named, phase) {
            (Phase::Expand | Phase::Migrate, Phase::Contract) => harms,
            (Phase::Expand, Phase::Migrate) => {
                !matches!(at.part.effect, Effect::ValidateConstraint(_) | Effect::Refresh(_))
            }
            _ => false,
        };
        if wrong {
            let message = format!("this is {phase}, and stands in `{named}.sql`");
            sink.report(at, message).help(format!("move it to `{phase}.sql`"));
        }
    }
}
