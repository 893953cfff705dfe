//! A `DELETE` without a condition.

use super::Scene;
use super::Sink;
use super::batched;
use super::table_name;
use crate::effect::Effect;
use crate::effect::Reach;
use crate::sql::DataVerb;

pub(super) fn check(scene: &Scene, sink: &mut Sink) {
    for at in scene.parts() {
        let Effect::Write(write) = &at.part.effect else { continue };
        let all = write.verb == DataVerb::Delete && write.reach == Reach::Everything;
        if !all || !write.table.in_use() {
            continue;
        }
        let table = table_name(&write.table.name);
        let message = format!(
            "this DELETE has no condition: every row of `{table}` is gone after it, in one \
            transaction that locks them all"
        );
        sink.report(at, message)
            .on(&write.table)
            .help("say which rows, and delete a few thousand at a time")
            .safe_all(batched(write));
    }
}
