//! A partition that is made by `PARTITION OF`, which locks its parent.

use super::Scene;
use super::Sink;
use super::proven_steps;
use super::table_name;
use super::table_sql;
use crate::effect::Effect;
use crate::effect::PartitionMove;

pub(super) fn check(scene: &Scene, sink: &mut Sink) {
    for at in scene.parts() {
        let Effect::CreatePartition(create) = &at.part.effect else { continue };
        if !create.parent.in_use() {
            continue;
        }
        let parent = table_name(&create.parent.name);
        let default = create.default.as_ref().map(table_name);
        let read = match &default {
            Some(default) if create.scans_default => {
                format!(", and reads all of the default partition `{default}` meanwhile")
            }
            _ => String::new(),
        };
        let message = format!(
            "PARTITION OF takes an ACCESS EXCLUSIVE lock on `{parent}`{read}: every query on any \
             of its partitions through the parent waits"
        );
        let help = match &default {
            None => "make the table first, then attach it, which blocks neither reads nor writes"
                .to_owned(),
            Some(default) if create.scans_default => format!(
                "make the table first, then attach it, which locks `{default}` alone; a validated \
                 CHECK there that leaves the bound out spares the reading"
            ),
            Some(default) => format!(
                "make the table first, then attach it, which locks `{default}` alone, and shortly"
            ),
        };
        let steps = steps(create).unwrap_or_default();
        sink.report(at, message).on(&create.parent).help(help).safe_all(steps);
    }
}

/// The table on its own, then the partition; a check of the default partition before, where that
/// would be read.
fn steps(create: &PartitionMove) -> Option<Vec<String>> {
    let own = create.own.as_ref()?;
    let (parent, partition) = (table_sql(&create.parent.name), table_sql(&create.partition));
    let kind = if own.unlogged { "UNLOGGED TABLE" } else { "TABLE" };
    // An identity column is refused in a table that is attached, since 17.
    let identity = if create.identity { " EXCLUDING IDENTITY" } else { "" };
    let constraints = match own.constraints.as_str() {
        "" => String::new(),
        constraints => format!(", {constraints}"),
    };
    let rest = if own.rest.is_empty() { String::new() } else { format!(" {}", own.rest) };
    let table = format!(
        "CREATE {kind} {partition} (LIKE {parent} INCLUDING ALL{identity}{constraints}){rest};"
    );
    let attach = format!("ALTER TABLE {parent} ATTACH PARTITION {partition} {};", create.bound);
    let Some(default) = &create.default else { return Some(vec![table, attach]) };
    if !create.scans_default {
        return Some(vec![table, "SET lock_timeout = '2s';".to_owned(), attach]);
    }
    let name = format!("{}_not_{}", default.name, create.partition.name);
    let check = (default, name, create.exclusion.as_deref()?);
    Some(proven_steps(&[check], &[table, attach]))
}
