//! A new stored generated column, which is computed for every row at once.

use super::Scene;
use super::Sink;
use super::table_name;
use super::table_sql;
use crate::effect::Effect;
use crate::effect::Fill;
use crate::sql::quote_identifier;

pub(super) fn check(scene: &Scene, sink: &mut Sink) {
    for at in scene.parts() {
        let Effect::AddColumn(add) = &at.part.effect else { continue };
        if add.fill != Fill::Stored || add.exists || !add.table.in_use() {
            continue;
        }
        let table = table_name(&add.table.name);
        let message = format!(
            "a stored generated column is computed for every row of `{table}`: all are written \
            anew, with all indexes, under an ACCESS EXCLUSIVE lock"
        );
        let (sql, column) = (table_sql(&add.table.name), quote_identifier(&add.column));
        let help = if scene.postgres.at_least(18) {
            "make it VIRTUAL, which is computed when it is read; or a plain column that a trigger \
            fills, and fill old rows in batches"
        } else {
            "add a plain column that a trigger fills for new rows, and fill the old ones in batches"
        };
        sink.report(at, message)
            .on(&add.table)
            .help(help)
            .safe(format!("ALTER TABLE {sql} ADD COLUMN {column} {};", add.ty));
    }
}
