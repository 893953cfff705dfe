//! A new column of a domain whose constraints are checked for every row.

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
        let Fill::Domain(domain) = &add.fill else { continue };
        if add.exists || !add.table.in_use() {
            continue;
        }
        let table = table_name(&add.table.name);
        let message = format!(
            "the domain `{}` has constraints: every row of `{table}` is written anew to check \
            them, even where the column is empty, under an ACCESS EXCLUSIVE lock",
            domain.name
        );
        let (sql, column) = (table_sql(&add.table.name), quote_identifier(&add.column));
        sink.report(at, message)
            .on(&add.table)
            .help(
                "give the column the type under the domain, and the table a CHECK that is added \
                NOT VALID",
            )
            .safe(format!("ALTER TABLE {sql} ADD COLUMN {column} <base type>;"))
            .safe(format!(
                "ALTER TABLE {sql} ADD CONSTRAINT {}_{}_check CHECK (<condition>) NOT \
                VALID;",
                add.table.name.name, add.column
            ));
    }
}
