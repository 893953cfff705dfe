//! A primary key over columns that may hold `NULL`, which reads the table.

use super::Scene;
use super::Sink;
use super::listed;
use super::not_null_steps;
use super::table_name;
use crate::effect::ConstraintClass;
use crate::effect::Effect;

pub(super) fn check(scene: &Scene, sink: &mut Sink) {
    for at in scene.parts() {
        let Effect::AddConstraint(add) = &at.part.effect else { continue };
        let key = add.class == ConstraintClass::PrimaryKey && add.using_index.is_some();
        if !key || add.nullable.is_empty() || !add.table.in_use() {
            continue;
        }
        let table = table_name(&add.table.name);
        let columns = add.nullable.iter().filter(|column| !column.is_empty());
        let columns = listed(columns.map(String::as_str));
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
        let steps = add.nullable.iter().filter(|column| !column.is_empty());
        let steps =
            steps.flat_map(|column| not_null_steps(&add.table.name, column, scene.postgres));
        sink.report(at, message)
            .on(&add.table)
            .help("make the columns NOT NULL first")
            .safe_all(steps);
    }
}
