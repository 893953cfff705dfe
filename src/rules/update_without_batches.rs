//! An `UPDATE` that touches the whole table, or whatever part of it matches, at once.

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
        if write.verb != DataVerb::Update || !write.table.in_use() {
            continue;
        }
        let how = match write.reach {
            Reach::Everything => "every row",
            Reach::Matching => "every row that matches",
            Reach::Bounded | Reach::Listed(_) => continue,
        };
        let table = table_name(&write.table.name);
        let message = format!(
            "this UPDATE writes {how} of `{table}` in one transaction: each stays locked until the \
            last is done, replicas fall behind, and the table grows by as much"
        );
        sink.report(at, message)
            .on(&write.table)
            .help("write a few thousand rows at a time, each batch in a transaction of its own")
            .safe(batched(write));
    }
}
