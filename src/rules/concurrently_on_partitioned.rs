//! `CONCURRENTLY` on a partitioned table, which the server refuses.

use super::Scene;
use super::Sink;
use super::table_name;
use crate::effect::Effect;

pub(super) fn check(scene: &Scene, sink: &mut Sink) {
    for at in scene.parts() {
        let (what, target) = match &at.part.effect {
            Effect::BuildIndex(build) if build.concurrently && build.table.partitioned => {
                ("built", &build.table)
            }
            Effect::DropIndex(drop) if drop.concurrently && drop.partitioned => match &drop.table {
                Some(table) => ("dropped", table),
                None => continue,
            },
            _ => continue,
        };
        let table = table_name(&target.name);
        let message = format!(
            "an index of the partitioned table `{table}` cannot be {what} concurrently: the server \
             refuses it (0A000)"
        );
        let help = if what == "built" {
            "make it ON ONLY the parent, build it concurrently on each partition, then attach"
        } else {
            "drop it without CONCURRENTLY, with a short lock_timeout"
        };
        sink.report(at, message).on(target).help(help);
    }
}
