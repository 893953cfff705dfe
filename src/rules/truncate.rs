//! `TRUNCATE`, which removes every row at once.

use super::Scene;
use super::Sink;
use super::relations;
use super::table_name;
use crate::effect::Effect;

pub(super) fn check(scene: &Scene, sink: &mut Sink) {
    for at in scene.parts() {
        let Effect::Truncate(truncate) = &at.part.effect else { continue };
        let Some(table) = truncate.tables.iter().find(|table| table.in_use()) else { continue };
        let also = match truncate.also.as_slice() {
            [] => String::new(),
            also => format!("; CASCADE empties {} too", relations(also)),
        };
        let message = format!(
            "every row of `{}` is gone after this, under an ACCESS EXCLUSIVE lock{also}",
            table_name(&table.name)
        );
        sink.report(at, message)
            .on(table)
            .help("delete the rows that nobody needs in small batches");
    }
}
