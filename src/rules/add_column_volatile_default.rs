//! A new column whose default differs from row to row.

use super::Scene;
use super::Sink;
use super::table_name;
use super::table_sql;
use super::update_in_batches;
use crate::effect::Effect;
use crate::effect::Fill;
use crate::sql::quote_identifier;

pub(super) fn check(scene: &Scene, sink: &mut Sink) {
    for at in scene.parts() {
        let Effect::AddColumn(add) = &at.part.effect else { continue };
        let Fill::Volatile(function) = &add.fill else { continue };
        if add.exists || !add.table.in_use() {
            continue;
        }
        let table = table_name(&add.table.name);
        let message = format!(
            "the default calls {function}, which is volatile: every row of `{table}` is written \
            anew, with all its indexes, under an ACCESS EXCLUSIVE lock"
        );
        let (sql, column) = (table_sql(&add.table.name), quote_identifier(&add.column));
        let default = add.default.clone().unwrap_or_default();
        let empty = format!("{column} IS NULL");
        sink.report(at, message)
            .on(&add.table)
            .help(
                "add the column empty, set the default for new rows, fill the old ones in \
                batches",
            )
            .safe(format!("ALTER TABLE {sql} ADD COLUMN {column} {};", add.ty))
            .safe(format!("ALTER TABLE {sql} ALTER COLUMN {column} SET DEFAULT {default};"))
            .safe(update_in_batches(&add.table, &format!("{column} = {default}"), Some(&empty)));
    }
}
