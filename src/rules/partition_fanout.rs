//! A command on a partitioned table that locks many partitions, without a limit on its waits.

use super::Scene;
use super::Sink;
use super::lock_timeout;
use super::table_name;
use crate::effect::Remark;

/// So many partitions are many.
const MANY: usize = 8;

pub(super) fn check(scene: &Scene, sink: &mut Sink) {
    for (at, remark) in scene.remarks() {
        let Remark::Fanout(parent, partitions) = remark else { continue };
        if *partitions < MANY || at.fact.session.limits_locks() {
            continue;
        }
        let message = format!(
            "this locks `{}` and {partitions} partitions against reads and writes, one after the \
            other: while it waits for the last, everybody waits for all of them",
            table_name(&parent.name)
        );
        sink.report_statement(at.index, at.fact, message)
            .on(parent)
            .help("let it give up where it waits, and try again when no long query runs")
            .safe_all(lock_timeout(at));
    }
}
