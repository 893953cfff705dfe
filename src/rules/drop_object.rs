//! A view, function, type or other object that is dropped while code may use it.

use super::Scene;
use super::Sink;
use crate::effect::Effect;
use crate::sql::ObjectKind;

pub(super) fn check(scene: &Scene, sink: &mut Sink) {
    for at in scene.parts() {
        let Effect::DropObject(drop) = &at.part.effect else { continue };
        let other = matches!(drop.kind, ObjectKind::Schema | ObjectKind::Statistics);
        if drop.new || other || at.part.made_good || scene.is_contract() {
            continue;
        }
        let on = drop.on.as_ref().map(|on| format!(" of `{}`", on.name)).unwrap_or_default();
        let cascade =
            if drop.cascade { ", and CASCADE takes along whatever depends on it" } else { "" };
        let message = format!(
            "the {} `{}`{on} is gone after this: code that runs now and relies on it \
            fails{cascade}",
            drop.kind.words(),
            drop.name
        );
        sink.report(at, message).on_any(drop.on.as_ref()).help(
            "first release code that does not use it; drop it in a later contract phase. To \
            change it, create it again in the same transaction",
        );
    }
}
