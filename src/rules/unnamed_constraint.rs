//! A constraint that is added without a name.

use super::Scene;
use super::Sink;
use super::table_name;
use crate::effect::ConstraintClass;
use crate::effect::Effect;

pub(super) fn check(scene: &Scene, sink: &mut Sink) {
    for at in scene.parts() {
        let Effect::AddConstraint(add) = &at.part.effect else { continue };
        if add.name.is_some() || add.inline || add.class == ConstraintClass::NotNull {
            continue;
        }
        if !add.table.in_use() {
            continue;
        }
        let message = format!(
            "the server makes up the name of this constraint of `{}`: a later migration that \
            validates or drops it has to guess it",
            table_name(&add.table.name)
        );
        sink.report(at, message)
            .on(&add.table)
            .help(format!("name it, such as `{}`", add.full_name));
    }
}
