//! `TRUNCATE`, which removes every row at once.

use super::Scene;
use super::Sink;
use super::relations;
use crate::effect::Effect;

pub(super) fn check(scene: &Scene, sink: &mut Sink) {
    // What a contract file takes away is held back until nobody needs it.
    if scene.is_contract() {
        return;
    }
    for at in scene.parts() {
        let Effect::Truncate(truncate) = &at.part.effect else { continue };
        let used = || truncate.tables.iter().filter(|table| table.in_use());
        let Some(table) = used().next() else { continue };
        let also = match truncate.also.as_slice() {
            [] => String::new(),
            also => format!("; CASCADE empties {} too", relations(also)),
        };
        let message = format!(
            "every row of {} is gone after this, under an ACCESS EXCLUSIVE lock{also}",
            relations(used().map(|table| &table.name))
        );
        sink.report(at, message)
            .on(table)
            .help("delete the rows that nobody needs in small batches");
    }
}
