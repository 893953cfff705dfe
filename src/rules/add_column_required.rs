//! A new column that every `INSERT` must fill.

use super::Scene;
use super::Sink;
use super::not_null_steps;
use super::table_name;
use super::table_sql;
use crate::effect::Effect;
use crate::sql::quote_identifier;

pub(super) fn check(scene: &Scene, sink: &mut Sink) {
    for at in scene.parts() {
        let Effect::AddColumn(add) = &at.part.effect else { continue };
        if add.exists || !add.is_required() {
            continue;
        }
        let table = table_name(&add.table.name);
        let message = format!(
            "`{table}.{}` is NOT NULL without a default: the command fails if the table has a row, \
            and afterwards every INSERT of code that does not know the column fails",
            add.column
        );
        let (sql, column) = (table_sql(&add.table.name), quote_identifier(&add.column));
        sink.report(at, message)
            .on(&add.table)
            .help(
                "add it empty, let new code write it, fill old rows in batches, then make it NOT \
                NULL; or give it a constant default",
            )
            .safe(format!("ALTER TABLE {sql} ADD COLUMN {column} {};", add.ty))
            .safe_all(not_null_steps(&add.table.name, &add.column, scene.postgres));
    }
}
