//! A type change that leaves the rows alone but reads them to check a constraint again.

use super::Scene;
use super::Sink;
use super::listed;
use super::retype;
use super::table_name;
use super::table_sql;
use crate::effect::Answer;
use crate::effect::ChangeType;
use crate::effect::Effect;
use crate::sql::quote_identifier;

pub(super) fn check(scene: &Scene, sink: &mut Sink) {
    for at in scene.parts() {
        let Effect::ChangeType(change) = &at.part.effect else { continue };
        let rechecks = change.rewrites == Answer::No && !change.rechecks.is_empty();
        if !rechecks || !change.rebuilds.is_empty() || !change.table.in_use() {
            continue;
        }
        let table = table_name(&change.table.name);
        let checks = listed(change.rechecks.iter().map(|check| check.name.as_str()));
        let are = if change.rechecks.len() == 1 { "is" } else { "are" };
        let message = format!(
            "the rows of `{table}` stay as they are, but {checks} on `{}` {are} checked again for \
            each of them under an ACCESS EXCLUSIVE lock",
            change.column
        );
        sink.report(at, message)
            .on(&change.table)
            .help(
                "add the same CHECK once more, NOT VALID, drop the old one, change the type, then \
                validate: each step in a migration of its own",
            )
            .safe_all(steps(change));
    }
}

/// A twin that is not validated guards the rows while the type changes.
fn steps(change: &ChangeType) -> Vec<String> {
    let sql = table_sql(&change.table.name);
    let twins = change.rechecks.iter().map(|check| {
        let condition = check.condition.as_deref().unwrap_or("<the condition>");
        (&check.name, quote_identifier(&format!("{}_new", check.name)), condition)
    });
    let mut steps = Vec::new();
    for (old, twin, condition) in twins.clone() {
        let old = quote_identifier(old);
        let check = format!("ADD CONSTRAINT {twin} CHECK ({condition}) NOT VALID");
        steps.push(format!("ALTER TABLE {sql} {check};"));
        steps.push(format!("ALTER TABLE {sql} DROP CONSTRAINT {old};"));
    }
    steps.push(retype(change));
    steps
        .extend(twins.map(|(_, twin, _)| format!("ALTER TABLE {sql} VALIDATE CONSTRAINT {twin};")));
    steps
}
