//! Dropping a foreign key, or the table or column that has one, locks the referenced table.

use super::At;
use super::Scene;
use super::Sink;
use super::table_name;
use super::table_sql;
use crate::effect::ConstraintClass;
use crate::effect::Effect;
use crate::effect::Target;
use crate::sql::quote_identifier;

pub(super) fn check(scene: &Scene, sink: &mut Sink) {
    for at in scene.parts() {
        match &at.part.effect {
            // Alone and with a limit is how it is done.
            Effect::DropConstraint(_) if at.fact.locks_briefly() => {}
            Effect::DropConstraint(drop) if drop.table.in_use() => match &drop.references {
                Some(target) => {
                    let key = (drop.constraint.clone(), target.clone());
                    report(sink, at, &drop.table, &[key], "");
                }
                None if drop.guessed && drop.class == Some(ConstraintClass::ForeignKey) => {
                    let table = table_name(&drop.table.name);
                    let message = format!(
                        "`{}` looks like a foreign key: dropping it takes an ACCESS EXCLUSIVE lock \
                        on `{table}` and on the table it references",
                        drop.constraint
                    );
                    sink.report(at, message)
                        .on(&drop.table)
                        .help(HELP)
                        .safe_all(alone(&drop.table, &drop.constraint));
                }
                None => {}
            },
            Effect::DropColumn(drop) if drop.table.in_use() && !drop.new => {
                let has = format!("the column `{}` has ", drop.column);
                report(sink, at, &drop.table, &drop.references, &has);
            }
            Effect::DropTable(drop) if drop.table.in_use() && !drop.missing => {
                let has = format!("the table `{}` has ", table_name(&drop.table.name));
                if drop.table.is_known() {
                    report(sink, at, &drop.table, &drop.references, &has);
                }
            }
            _ => {}
        }
    }
}

const HELP: &str =
    "drop each foreign key alone, in a transaction of its own, with a short lock_timeout";

/// How a foreign key is dropped.
fn alone(table: &Target, constraint: &str) -> [String; 2] {
    let (table, constraint) = (table_sql(&table.name), quote_identifier(constraint));
    [
        "SET lock_timeout = '2s';".to_owned(),
        format!("ALTER TABLE {table} DROP CONSTRAINT {constraint};"),
    ]
}

fn report(sink: &mut Sink, at: At, table: &Target, keys: &[(String, Target)], has: &str) {
    for (constraint, target) in keys.iter().filter(|(_, target)| target.in_use()) {
        if target.name == table.name {
            continue;
        }
        let other = table_name(&target.name);
        let references =
            if has.is_empty() { format!(" references `{other}`") } else { String::new() };
        let message = format!(
            "{has}the foreign key `{constraint}`{references}: dropping it takes an ACCESS \
            EXCLUSIVE lock on `{other}` too, and every query on either table waits"
        );
        sink.report(at, message).on(table).help(HELP).safe_all(alone(table, constraint));
    }
}
