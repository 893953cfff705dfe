//! A new column whose default differs from row to row.

use super::Scene;
use super::Sink;
use super::not_null_steps;
use super::table_name;
use super::table_sql;
use super::update_in_batches;
use crate::effect::AddColumn;
use crate::effect::Confidence;
use crate::effect::Effect;
use crate::effect::Fill;
use crate::effect::Volatile;
use crate::sql::quote_identifier;
use crate::version::Major;

pub(super) fn check(scene: &Scene, sink: &mut Sink) {
    for at in scene.parts() {
        let Effect::AddColumn(add) = &at.part.effect else { continue };
        let Fill::Volatile(volatile) = &add.fill else { continue };
        if add.exists || !add.table.in_use() {
            continue;
        }
        let (why, confidence) = match volatile {
            Volatile::Known(call) => {
                (format!("calls {call}, which is volatile"), Confidence::Known)
            }
            Volatile::Unseen(call) => (
                format!(
                    "calls {call}, which is taken for volatile, because no migration creates it"
                ),
                Confidence::Assumed,
            ),
            Volatile::Opaque => (
                "was not understood, and is taken for one that differs from row to row".to_owned(),
                Confidence::Assumed,
            ),
        };
        let default =
            if add.default_of_domain { "the default of its domain" } else { "the default" };
        let message = format!(
            "{default} {why}: every row of `{}` is written anew, with all its indexes, under an \
            ACCESS EXCLUSIVE lock",
            table_name(&add.table.name)
        );
        let hit = sink.report(at, message);
        hit.on(&add.table)
            .help(
                "add the column empty, set the default for new rows, fill the old ones in \
                batches: each step in a migration of its own",
            )
            .safe_all(steps(add, scene.postgres));
        hit.confidence = hit.confidence.max(confidence);
    }
}

fn steps(add: &AddColumn, postgres: Major) -> Vec<String> {
    let (sql, column) = (table_sql(&add.table.name), quote_identifier(&add.column));
    let default = add.default.clone().unwrap_or_default();
    // A column of a domain has the domain's default, unless it is told otherwise.
    let none = if add.default_of_domain { " DEFAULT NULL" } else { "" };
    let empty = format!("{column} IS NULL");
    let mut steps = vec![
        format!("ALTER TABLE {sql} ADD COLUMN {column} {}{none};", add.ty),
        format!("ALTER TABLE {sql} ALTER COLUMN {column} SET DEFAULT {default};"),
        update_in_batches(&add.table, &format!("{column} = {default}"), Some(&empty)),
    ];
    if add.not_null {
        steps.extend(not_null_steps(&add.table.name, &add.column, postgres));
    }
    steps
}
