//! A primary key whose index is built under a lock.

use super::Scene;
use super::Sink;
use super::table_name;
use super::table_sql;
use crate::effect::ConstraintClass;
use crate::effect::Effect;
use crate::sql::quote_identifier;

pub(super) fn check(scene: &Scene, sink: &mut Sink) {
    for at in scene.parts() {
        let Effect::AddConstraint(add) = &at.part.effect else { continue };
        let builds = add.class == ConstraintClass::PrimaryKey && add.builds_index;
        if !builds || !add.table.in_use() {
            continue;
        }
        let table = table_name(&add.table.name);
        let message = format!(
            "this PRIMARY KEY builds its index under an ACCESS EXCLUSIVE lock on `{table}`: reads \
            and writes wait until it is done"
        );
        let name = quote_identifier(&add.full_name);
        let sql = table_sql(&add.table.name);
        let columns = add
            .columns
            .iter()
            .map(|column| quote_identifier(column))
            .collect::<Vec<_>>()
            .join(", ");
        sink.report(at, message)
            .on(&add.table)
            .help("build a unique index concurrently, then make it the constraint")
            .safe(format!("CREATE UNIQUE INDEX CONCURRENTLY {name} ON {sql} ({columns});"))
            .safe(format!(
                "ALTER TABLE {sql} ADD CONSTRAINT {name} PRIMARY KEY USING INDEX {name};"
            ));
    }
}
