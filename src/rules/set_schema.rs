//! An object that moves to another schema while code looks for it in the old one.

use super::Scene;
use super::Sink;
use super::is_named_by_code;
use crate::effect::Effect;

pub(super) fn check(scene: &Scene, sink: &mut Sink) {
    for at in scene.parts() {
        let Effect::MoveObject(moved) = &at.part.effect else { continue };
        if moved.new || !is_named_by_code(moved.kind) {
            continue;
        }
        let message = format!(
            "code that runs now looks for the {} `{}` where it is: it fails once it has moved to \
            `{}`",
            moved.kind.words(),
            moved.name,
            moved.to.as_deref().unwrap_or_default()
        );
        sink.report(at, message).help(
            "put the new schema on the search_path of every role first, or leave a view \
                where it was",
        );
    }
}
