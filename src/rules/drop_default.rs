//! A column that loses its default, or its identity, while old code leaves it out.

use super::Scene;
use super::Sink;
use super::table_name;
use crate::effect::Effect;
use crate::effect::Filler;

pub(super) fn check(scene: &Scene, sink: &mut Sink) {
    for at in scene.parts() {
        let Effect::DropDefault(drop) = &at.part.effect else { continue };
        let computed = drop.filler == Filler::Expression;
        let missed = (drop.not_null == Some(true) || computed) && !drop.new;
        if !missed || !drop.table.in_use() || at.part.made_good || scene.is_contract() {
            continue;
        }
        let table = table_name(&drop.table.name);
        let (what, column) = (drop.filler.word(), &drop.column);
        let message = if drop.not_null == Some(true) {
            format!(
                "`{table}.{column}` is NOT NULL and loses its {what}: every INSERT of code that \
                leaves it out fails"
            )
        } else {
            format!(
                "`{table}.{column}` is not computed any more, and code that runs now cannot write \
                it: rows from here on hold NULL in it"
            )
        };
        sink.report(at, message).on(&drop.table).help(format!(
            "first release code that always writes the column; drop the {what} in a later contract \
            phase"
        ));
    }
}
