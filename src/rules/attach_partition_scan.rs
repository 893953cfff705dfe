//! A table with rows that becomes a partition, and is read under a lock.

use super::Scene;
use super::Sink;
use super::table_name;
use crate::effect::Effect;

pub(super) fn check(scene: &Scene, sink: &mut Sink) {
    for at in scene.parts() {
        let Effect::AttachPartition(attach) = &at.part.effect else { continue };
        let table = attach.partition.in_use() && attach.scans_partition;
        let default = attach.scans_default.as_ref().filter(|_| attach.parent.in_use());
        let (what, target) = match (table, default) {
            (true, _) => (table_name(&attach.partition.name), &attach.partition),
            (false, Some(default)) => (table_name(default), &attach.parent),
            (false, None) => continue,
        };
        let message = format!(
            "attaching reads all of `{what}` under an ACCESS EXCLUSIVE lock, to see that its rows \
            are in the right place"
        );
        let help = if table {
            "give the table a validated CHECK that says what the bound says, and NOT NULL on the \
            key; attach; drop the CHECK"
        } else {
            "give the default partition a validated CHECK that leaves the new bound out; attach; \
            drop the CHECK"
        };
        sink.report(at, message).on(target).help(help);
    }
}
