//! A table with rows that becomes a partition, and is read under a lock.

use super::Scene;
use super::Sink;
use super::proven_steps;
use super::relations;
use super::table_sql;
use crate::effect::AttachPartition;
use crate::effect::Effect;
use crate::sql::Name;

pub(super) fn check(scene: &Scene, sink: &mut Sink) {
    for at in scene.parts() {
        let Effect::AttachPartition(attach) = &at.part.effect else { continue };
        let table = attach.partition.in_use() && attach.scans_partition;
        let default = attach.scans_default.as_ref().filter(|_| attach.parent.in_use());
        let read: Vec<&Name> =
            table.then_some(&attach.partition.name).into_iter().chain(default).collect();
        if read.is_empty() {
            continue;
        }
        let message = format!(
            "attaching reads all of {} under an ACCESS EXCLUSIVE lock, to see that {} rows are in \
             the right place",
            relations(read.iter().copied()).replace(", ", " and of "),
            if read.len() == 1 { "its" } else { "their" }
        );
        let target = if table { &attach.partition } else { &attach.parent };
        let nulls = attach.condition.as_ref().is_some_and(|fits| fits.contains("IS NOT NULL"));
        let own = format!(
            "give the table a validated CHECK that says what the bound says{}",
            if nulls { ", NOT NULL included" } else { "" }
        );
        let help = match (table, default) {
            (true, None) => format!("{own}; attach; drop the CHECK"),
            (true, Some(_)) => {
                format!(
                    "{own}, and the default partition one that leaves it out; attach; drop both"
                )
            }
            (false, _) => "give the default partition a validated CHECK that leaves the new bound \
                           out; attach; drop the CHECK"
                .to_owned(),
        };
        let steps = steps(attach, table, default).unwrap_or_default();
        sink.report(at, message).on(target).help(help).safe_all(steps);
    }
}

/// Checks first, then the partition, without the checks at the end.
fn steps(attach: &AttachPartition, table: bool, default: Option<&Name>) -> Option<Vec<String>> {
    let partition = &attach.partition.name;
    let mut checks = Vec::new();
    if table {
        let name = format!("{}_bound", partition.name);
        checks.push((partition, name, attach.condition.as_deref()?));
    }
    if let Some(default) = default {
        let name = format!("{}_not_{}", default.name, partition.name);
        checks.push((default, name, attach.exclusion.as_deref()?));
    }
    let deed = format!(
        "ALTER TABLE {} ATTACH PARTITION {} {};",
        table_sql(&attach.parent.name),
        table_sql(partition),
        attach.bound
    );
    Some(proven_steps(&checks, &[deed]))
}
