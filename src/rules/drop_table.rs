//! A table that is dropped while code may use it.

use super::Scene;
use super::Sink;
use super::allowed;
use super::table_name;
use super::table_sql;
use crate::effect::Effect;

pub(super) fn check(scene: &Scene, sink: &mut Sink) {
    for at in scene.parts() {
        let Effect::DropTable(drop) = &at.part.effect else { continue };
        if drop.missing || !drop.table.in_use() || scene.is_contract() {
            continue;
        }
        let table = table_name(&drop.table.name);
        let message = format!(
            "`{table}` and its rows are gone after this: code that runs now and names it fails, \
            and a rollback of the release brings nothing back"
        );
        let statement = format!("DROP TABLE {};", table_sql(&drop.table.name));
        sink.report(at, message)
            .on(&drop.table)
            .help(
                "first release code that does not name the table; drop it in a later contract \
                phase, when the old release is gone",
            )
            .safe(allowed("drop-table", &statement));
    }
}
