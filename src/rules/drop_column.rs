//! A column that is dropped while code may use it.

use super::Scene;
use super::Sink;
use super::allowed;
use super::listed;
use super::table_name;
use super::table_sql;
use crate::effect::Effect;
use crate::sql::quote_identifier;

pub(super) fn check(scene: &Scene, sink: &mut Sink) {
    for at in scene.parts() {
        let Effect::DropColumn(drop) = &at.part.effect else { continue };
        if drop.new || !drop.table.in_use() || scene.is_contract() {
            continue;
        }
        let table = table_name(&drop.table.name);
        let takes = match drop.takes.as_slice() {
            [] => String::new(),
            takes => {
                let go = if takes.len() == 1 { "goes" } else { "go" };
                format!("; {} {go} with it", listed(takes.iter().map(String::as_str)))
            }
        };
        let message = format!(
            "`{table}.{}` and its data are gone after this: code that runs now and names the \
            column fails, and a rollback of the release brings neither back{takes}",
            drop.column
        );
        let statement = format!(
            "ALTER TABLE {} DROP COLUMN {};",
            table_sql(&drop.table.name),
            quote_identifier(&drop.column)
        );
        sink.report(at, message)
            .on(&drop.table)
            .help(
                "first release code that does not name the column; drop it in a later contract \
                phase, when the old release is gone",
            )
            .safe(allowed("drop-column", &statement));
    }
}
