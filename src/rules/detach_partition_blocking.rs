//! A partition that is detached without `CONCURRENTLY`.

use super::Scene;
use super::Sink;
use super::table_name;
use super::table_sql;
use crate::effect::Effect;

pub(super) fn check(scene: &Scene, sink: &mut Sink) {
    for at in scene.parts() {
        let Effect::DetachPartition(detach) = &at.part.effect else { continue };
        if detach.concurrently || !detach.parent.in_use() {
            continue;
        }
        let parent = table_name(&detach.parent.name);
        let message = format!(
            "detaching takes an ACCESS EXCLUSIVE lock on `{parent}`: every query on any of its \
            partitions through the parent waits"
        );
        let hit = sink.report(at, message);
        hit.on(&detach.parent);
        if scene.postgres.at_least(14) {
            hit.help("detach it with CONCURRENTLY, outside of a transaction").safe(format!(
                "ALTER TABLE {} DETACH PARTITION {} CONCURRENTLY;",
                table_sql(&detach.parent.name),
                table_sql(&detach.partition)
            ));
        } else {
            hit.help("detach it in a transaction of its own, with a short lock_timeout");
        }
    }
}
