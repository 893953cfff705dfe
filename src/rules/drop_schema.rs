//! A schema that is dropped with all that is in it.

use super::Scene;
use super::Sink;
use crate::effect::Effect;
use crate::sql::ObjectKind;

pub(super) fn check(scene: &Scene, sink: &mut Sink) {
    for at in scene.parts() {
        let Effect::DropObject(drop) = &at.part.effect else { continue };
        if drop.kind != ObjectKind::Schema || drop.new || at.part.made_good || scene.is_contract() {
            continue;
        }
        let what =
            if drop.cascade { "with every table in it and its rows" } else { "with its name" };
        let message = format!(
            "schema `{}` is gone after this, {what}: code that runs now and names anything in it \
            fails",
            drop.name.name
        );
        sink.report(at, message).help(
            "drop what is in it object by object, each when no release uses it; then the \
                empty schema",
        );
    }
}
