//! A primary key over columns that may hold `NULL`, which reads the table.

use super::Scene;
use super::Sink;
use super::listed;
use super::lock_timeout;
use super::not_null_steps;
use super::table_name;
use super::table_sql;
use crate::effect::ConstraintClass;
use crate::effect::Effect;
use crate::sql::quote_identifier;

pub(super) fn check(scene: &Scene, sink: &mut Sink) {
    for at in scene.parts() {
        let Effect::AddConstraint(add) = &at.part.effect else { continue };
        let key = add.class == ConstraintClass::PrimaryKey && add.using_index.is_some();
        let refused = at.fact.analysis.refusal.is_some();
        if !key || refused || add.nullable.is_empty() || !add.table.in_use() {
            continue;
        }
        let table = table_name(&add.table.name);
        let nullable: Vec<&str> =
            add.nullable.iter().map(String::as_str).filter(|column| !column.is_empty()).collect();
        let columns = listed(nullable.iter().copied());
        let message = if columns.is_empty() {
            format!(
                "a primary key makes its columns NOT NULL: unless they are already, all of \
                `{table}` is read under an ACCESS EXCLUSIVE lock"
            )
        } else {
            format!(
                "a primary key makes {columns} NOT NULL: all of `{table}` is read under an ACCESS \
                 EXCLUSIVE lock, and the command fails if a NULL is found"
            )
        };
        let hit = sink.report(at, message);
        hit.on(&add.table)
            .help("make the columns NOT NULL first: each step in a migration of its own");
        if nullable.is_empty() {
            continue;
        }
        let steps = nullable.iter();
        let steps =
            steps.flat_map(|column| not_null_steps(&add.table.name, column, scene.postgres));
        hit.safe_all(lock_timeout(at)).safe_all(steps).safe(format!(
            "ALTER TABLE {} ADD CONSTRAINT {} {};",
            table_sql(&add.table.name),
            quote_identifier(&add.full_name),
            add.definition
        ));
    }
}
