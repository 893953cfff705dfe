//! Rows are written while the transaction holds a lock that keeps others out.

use super::Scene;
use super::Sink;
use super::table_name;
use crate::effect::Effect;
use crate::effect::Reach;

pub(super) fn check(scene: &Scene, sink: &mut Sink) {
    for at in scene.parts() {
        let Effect::Write(write) = &at.part.effect else { continue };
        let small = matches!(write.reach, Reach::Listed(_) | Reach::Bounded);
        let Some(held) = at.fact.held.first().filter(|_| !small && write.table.in_use()) else {
            continue;
        };
        let locked =
            at.fact.held.iter().find(|held| held.relation == write.table.name).unwrap_or(held);
        let message = format!(
            "statement {} of this transaction took a lock on `{}` ({}): it is held while all these \
            rows of `{}` are written, and everybody waits",
            locked.since + 1,
            table_name(&locked.relation),
            locked.mode,
            table_name(&write.table.name)
        );
        sink.report(at, message).on(&write.table).help(
            "commit the change of the schema first; write the rows in a migration of their \
                own, in batches",
        );
    }
}
