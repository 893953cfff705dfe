//! A long statement in a transaction that keeps others out meanwhile.

use super::At;
use super::Scene;
use super::Sink;
use super::relations;
use super::table_name;
use crate::effect::Blocks;
use crate::effect::Effect;
use crate::effect::Held;
use crate::effect::Remark;

pub(super) fn check(scene: &Scene, sink: &mut Sink) {
    let mut told = None;
    for at in scene.parts() {
        let Some(work) = long_work(at) else { continue };
        let held = if at.part.held.is_empty() { &*at.fact.held } else { &*at.part.held };
        let Some(locked) = strongest(scene, held) else { continue };
        let everybody = locked.mode.blocks() == Blocks::Everything;
        // An index that is built blocks writes by itself.
        let adds = everybody || !matches!(at.part.effect, Effect::BuildIndex(_));
        if !adds || told == Some(at.fact.transaction) {
            continue;
        }
        told = Some(at.fact.transaction);
        let taken = if at.part.held.is_empty() {
            format!("statement {} of this file", locked.since + 1)
        } else {
            "an earlier statement of this block".to_owned()
        };
        let message = format!(
            "{taken} took a lock on `{}` ({}): it is held while {work}, and {}",
            table_name(&locked.relation),
            locked.mode,
            if everybody { "everybody waits" } else { "writes wait" }
        );
        sink.report(at, message).help("give it a transaction of its own, before or after");
    }
}

/// The strongest lock on a table or view: of an index or a sequence nobody outside knows the name.
fn strongest<'a>(scene: &Scene, held: &'a [Held]) -> Option<&'a Held> {
    let taken = |lock: &&Held| {
        let by = scene.facts.get(lock.since);
        by.is_some_and(|by| by.takes.iter().any(|took| took.relation == lock.relation))
    };
    held.iter().filter(taken).max_by_key(|held| held.mode)
}

/// What takes long, for a message. Rows that are written and constraints that are validated other
/// rules look at.
fn long_work(at: At) -> Option<String> {
    match &at.part.effect {
        Effect::BuildIndex(build)
            if build.table.in_use()
                && !(build.concurrently || build.exists || build.only || build.attaches) =>
        {
            Some(format!("an index of `{}` is built", table_name(&build.table.name)))
        }
        Effect::Refresh(refresh) if refresh.view.in_use() && !refresh.empties => {
            Some(format!("`{}` is filled", table_name(&refresh.view.name)))
        }
        Effect::Remark(Remark::LongRead(made, read)) => {
            Some(format!("`{}` is filled from {}", table_name(made), relations(read)))
        }
        _ => None,
    }
}
