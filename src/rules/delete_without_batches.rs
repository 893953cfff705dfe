//! A `DELETE` of whatever matches, in one transaction.

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
        let matching = write.verb == DataVerb::Delete && write.reach == Reach::Matching;
        if !matching || !write.table.in_use() {
            continue;
        }
        let table = table_name(&write.table.name);
        let message = format!(
            "this DELETE removes every row of `{table}` that matches in one transaction: each \
            stays locked until the last is done, and replicas fall behind"
        );
        sink.report(at, message)
            .on(&write.table)
            .help("delete a few thousand rows at a time, each batch in a transaction of its own")
            .safe(batched(write));
    }
}
