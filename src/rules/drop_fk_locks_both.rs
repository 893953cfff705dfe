//! Dropping a foreign key, or the table or column that has one, locks the referenced table.

use super::At;
use super::Scene;
use super::Sink;
use super::table_name;
use super::table_sql;
use crate::effect::ConstraintClass;
use crate::effect::Effect;
use crate::effect::Target;

pub(super) fn check(scene: &Scene, sink: &mut Sink) {
    for at in scene.parts() {
        match &at.part.effect {
            // Alone and with a limit is how it is done.
            Effect::DropConstraint(_) if at.fact.locks_briefly() => {}
            Effect::DropConstraint(drop) if drop.table.in_use() => match &drop.references {
                Some(target) => {
                    report(sink, at, &drop.table, &[(drop.constraint.clone(), target.clone())], "");
                }
                None if drop.guessed && drop.class == Some(ConstraintClass::ForeignKey) => {
                    let table = table_name(&drop.table.name);
                    let message = format!(
                        "`{}` looks like a foreign key: dropping it takes an ACCESS EXCLUSIVE lock \
                        on `{table}` and on the table it references",
                        drop.constraint
                    );
                    sink.report(at, message).on(&drop.table).help(HELP);
                }
                None => {}
            },
            Effect::DropColumn(drop) if drop.table.in_use() && !drop.new => {
                report(
                    sink,
                    at,
                    &drop.table,
                    &drop.references,
                    &format!("column `{}` has ", drop.column),
                );
            }
            Effect::DropTable(drop) if drop.table.in_use() && !drop.missing => {
                let table = table_name(&drop.table.name);
                if drop.table.is_known() {
                    report(sink, at, &drop.table, &drop.references, &format!("`{table}` has "));
                }
            }
            _ => {}
        }
    }
}

const HELP: &str =
    "drop each foreign key alone, in a transaction of its own, with a short lock_timeout";

fn report(sink: &mut Sink, at: At, table: &Target, keys: &[(String, Target)], has: &str) {
    for (constraint, target) in keys.iter().filter(|(_, target)| target.in_use()) {
        if target.name == table.name {
            continue;
        }
        let other = table_name(&target.name);
        let message = format!(
            "{has}{}foreign key `{constraint}`{}: dropping it takes an ACCESS EXCLUSIVE lock on \
             `{other}` too, and every query on either table waits",
            if has.is_empty() { "" } else { "the " },
            if has.is_empty() { format!(" references `{other}`") } else { String::new() },
        );
        let sql = table_sql(&table.name);
        let name = crate::sql::quote_identifier(constraint);
        let hit = sink.report(at, message);
        hit.on(table).help(HELP);
        if !has.is_empty() {
            hit.safe("SET lock_timeout = '2s';")
                .safe(format!("ALTER TABLE {sql} DROP CONSTRAINT {name};"));
        }
    }
}
