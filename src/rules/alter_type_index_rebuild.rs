//! A type change that leaves the rows alone but builds an index again under a lock.

use super::Scene;
use super::Sink;
use super::listed;
use super::retype;
use super::retype_steps;
use super::table_name;
use super::table_sql;
use crate::effect::Answer;
use crate::effect::ChangeType;
use crate::effect::Effect;
use crate::sql::Name;
use crate::sql::quote_identifier;

pub(super) fn check(scene: &Scene, sink: &mut Sink) {
    for at in scene.parts() {
        let Effect::ChangeType(change) = &at.part.effect else { continue };
        if change.rewrites != Answer::No || change.rebuilds.is_empty() || !change.table.in_use() {
            continue;
        }
        let table = table_name(&change.table.name);
        let indexes = listed(change.rebuilds.iter().map(|index| index.name.name.as_str()));
        let is = if change.rebuilds.len() == 1 { "is" } else { "are" };
        let message = format!(
            "the rows of `{table}` stay as they are, but {indexes} {is} built again under an \
            ACCESS EXCLUSIVE lock: reads and writes wait until that is done"
        );
        let hit = sink.report(at, message);
        hit.on(&change.table);
        if change.rebuilds.iter().any(|index| index.constraint) {
            hit.help(
                "the index of a constraint cannot be dropped alone: change the type by way of a \
                new column, with an index of its own",
            )
            .safe_all(retype_steps(change, scene.postgres));
        } else {
            hit.help(
                "drop the index concurrently, change the type, build the index concurrently \
                again: each step in a migration of its own",
            )
            .safe_all(steps(change));
        }
    }
}

/// Queries do without the indexes while the type changes.
fn steps(change: &ChangeType) -> Vec<String> {
    let table = &change.table.name;
    let drops = change.rebuilds.iter().map(|index| {
        let name = Name { schema: table.schema.clone(), name: index.name.name.clone() };
        format!("DROP INDEX CONCURRENTLY {};", table_sql(&name))
    });
    let mut steps: Vec<String> = drops.collect();
    steps.push(retype(change));
    steps.extend(change.rebuilds.iter().map(|index| {
        let unique = if index.unique { "UNIQUE " } else { "" };
        let name = quote_identifier(&index.name.name);
        let unseen = || format!("{} (<as it was>)", table_sql(table));
        let definition = index.definition.clone().unwrap_or_else(unseen);
        format!("CREATE {unique}INDEX CONCURRENTLY {name} ON {definition};")
    }));
    steps
}
