//! An object that moves to another schema while code looks for it in the old one.

use super::Scene;
use super::Sink;
use super::is_named_by_code;
use super::object_name;
use crate::effect::Effect;
use crate::sql::ObjectKind;

pub(super) fn check(scene: &Scene, sink: &mut Sink) {
    for at in scene.parts() {
        let Effect::MoveObject(moved) = &at.part.effect else { continue };
        let harmless = moved.new || at.part.made_good || scene.is_contract();
        if harmless || !is_named_by_code(moved.kind) {
            continue;
        }
        let message = format!(
            "code that runs now looks for {} where it is: it fails once it has moved to `{}`",
            object_name(moved),
            moved.to.as_deref().unwrap_or_default()
        );
        let help = match moved.kind {
            ObjectKind::Table
            | ObjectKind::ForeignTable
            | ObjectKind::View
            | ObjectKind::MaterializedView => {
                "put the new schema on the search_path of every role first, or leave a view where \
                it was, in the same transaction"
            }
            _ => "put the new schema on the search_path of every role first",
        };
        sink.report(at, message).help(help);
    }
}
