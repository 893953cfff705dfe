//! A column that may hold `NULL` from now on.

use super::Scene;
use super::Sink;
use super::table_name;
use crate::effect::Effect;

pub(super) fn check(scene: &Scene, sink: &mut Sink) {
    for at in scene.parts() {
        let Effect::DropNotNull(change) = &at.part.effect else { continue };
        if change.new || !change.table.in_use() {
            continue;
        }
        let table = table_name(&change.table.name);
        let message = format!(
            "`{table}.{}` may hold NULL from now on: code that reads it and expects a value fails \
            on the first row without one",
            change.column
        );
        sink.report(at, message)
            .on(&change.table)
            .help("release code that reads NULL first; write the first NULL only after that");
    }
}
