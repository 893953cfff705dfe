//! A view, type, function or other object that gets another name while code uses the old one.

use super::Scene;
use super::Sink;
use super::is_named_by_code;
use crate::effect::Effect;

pub(super) fn check(scene: &Scene, sink: &mut Sink) {
    for at in scene.parts() {
        let Effect::RenameObject(rename) = &at.part.effect else { continue };
        if rename.new || !is_named_by_code(rename.kind) {
            continue;
        }
        let to = rename.to.as_deref().map(|to| format!(" to `{to}`")).unwrap_or_default();
        let message = format!(
            "code that runs now names the {} `{}`: it fails once the name changes{to}",
            rename.kind.words(),
            rename.name
        );
        sink.report(at, message).help(
            "make the object under its new name beside the old one; drop the old one when no \
                release names it",
        );
    }
}
