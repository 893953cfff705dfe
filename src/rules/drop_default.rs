//! A column that loses its default, or its identity, while old code leaves it out.

use super::Scene;
use super::Sink;
use super::table_name;
use crate::effect::Effect;

pub(super) fn check(scene: &Scene, sink: &mut Sink) {
    for at in scene.parts() {
        let Effect::DropDefault(drop) = &at.part.effect else { continue };
        let required = drop.not_null == Some(true) && !drop.new;
        if !required || !drop.table.in_use() || at.part.made_good || scene.is_contract() {
            continue;
        }
        let table = table_name(&drop.table.name);
        let what = if drop.identity { "identity" } else { "default" };
        let message = format!(
            "`{table}.{}` is NOT NULL and loses its {what}: every INSERT of code that leaves it \
            out fails",
            drop.column
        );
        sink.report(at, message).on(&drop.table).help(format!(
            "first release code that always writes the column; drop the {what} in a later contract \
            phase"
        ));
    }
}
