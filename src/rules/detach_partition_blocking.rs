//! A partition that is detached without `CONCURRENTLY`, or dropped while it is attached.

use super::At;
use super::Cure;
use super::Scene;
use super::Sink;
use super::relations;
use super::table_name;
use super::table_sql;
use crate::effect::Effect;
use crate::effect::Target;
use crate::sql::Name;

pub(super) fn check(scene: &Scene, sink: &mut Sink) {
    let mut said = None;
    for at in scene.parts() {
        let Some(leaving) = leaving(&at, scene) else { continue };
        // Alone and with a limit is how it is done where CONCURRENTLY is refused.
        let brief = !leaving.concurrently && at.fact.locks_briefly();
        if !leaving.parent.in_use() || brief {
            continue;
        }
        // Several partitions that go in one statement mostly have one parent.
        let here = (at.index, &leaving.parent.name);
        if said.replace(here) != Some(here) {
            report(sink, at, &leaving);
        }
    }
}

/// A partition that goes, and its parent is locked for it.
struct Leaving<'a> {
    parent: &'a Target,
    partition: &'a Name,
    default: Option<&'a Name>,
    /// It is dropped, else detached.
    dropped: bool,
    /// It can be detached concurrently.
    concurrently: bool,
}

fn leaving<'a>(at: &At<'a>, scene: &Scene) -> Option<Leaving<'a>> {
    match &at.part.effect {
        Effect::DetachPartition(detach) if !detach.concurrently => Some(Leaving {
            parent: &detach.parent,
            partition: &detach.partition,
            default: detach.default.as_ref(),
            dropped: false,
            concurrently: scene.postgres.at_least(14) && detach.default.is_none(),
        }),
        Effect::DropTable(drop) if !drop.missing => {
            let parent = drop.partition_of.as_ref()?;
            let goes_too = at.fact.analysis.parts.iter().any(|part| match &part.effect {
                Effect::DropTable(other) => other.table.name == parent.name,
                _ => false,
            });
            (!goes_too).then(|| Leaving {
                parent,
                partition: &drop.table.name,
                default: drop.default.as_ref(),
                dropped: true,
                concurrently: scene.postgres.at_least(14) && drop.detachable,
            })
        }
        _ => None,
    }
}

fn report(sink: &mut Sink, at: At, leaving: &Leaving) {
    let locked = match leaving.default {
        Some(default) => format!(
            "{} and on the default partition {}",
            relations([&leaving.parent.name]),
            relations([default])
        ),
        None => relations([&leaving.parent.name]),
    };
    let (what, how) = if leaving.dropped {
        ("dropping a partition", "drop it")
    } else {
        ("detaching", "detach it")
    };
    let message = format!(
        "{what} takes an ACCESS EXCLUSIVE lock on {locked}: every query on any of its partitions \
         through the parent waits"
    );
    let (parent, partition) = (table_sql(&leaving.parent.name), table_sql(leaving.partition));
    let detach = format!("ALTER TABLE {parent} DETACH PARTITION {partition}");
    let drop = format!("DROP TABLE {partition};");
    let hit = sink.report(at, message);
    hit.on(leaving.parent);
    if leaving.concurrently {
        let then = if leaving.dropped { ", then drop it" } else { "" };
        hit.help(format!("detach it with CONCURRENTLY, outside of a transaction{then}"))
            .safe(format!("{detach} CONCURRENTLY;"))
            .safe_all(leaving.dropped.then_some(drop))
            .cure(Cure::withheld(if leaving.dropped {
                "it takes two migrations: detach the partition, then drop it"
            } else {
                "detached with CONCURRENTLY, the partition keeps its bound as a CHECK"
            }));
    } else {
        let why = match leaving.default {
            Some(default) => format!(
                "CONCURRENTLY is refused while there is a default partition (`{}`): ",
                table_name(default)
            ),
            None => String::new(),
        };
        hit.help(format!("{why}{how} in a transaction of its own, with a short lock_timeout"))
            .safe("SET lock_timeout = '2s';")
            .safe(if leaving.dropped { drop } else { format!("{detach};") });
    }
}
