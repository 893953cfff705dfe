//! A `DELETE` of whatever matches, in one transaction.

use super::Scene;
use super::Sink;
use super::batched;
use super::table_name;
use super::verb_word;
use crate::effect::Effect;
use crate::effect::Reach;
use crate::sql::DataVerb;

pub(super) fn check(scene: &Scene, sink: &mut Sink) {
    for at in scene.parts() {
        let Effect::Write(write) = &at.part.effect else { continue };
        if at.fact.backfill.is_some() {
            continue;
        }
        // A `MERGE` that updates too is found by its updates.
        let deletes =
            write.does.contains(&DataVerb::Delete) && !write.does.contains(&DataVerb::Update);
        if !deletes || write.reach != Reach::Matching || !write.table.in_use() {
            continue;
        }
        let (verb, table) = (verb_word(write.verb), table_name(&write.table.name));
        let message = format!(
            "this {verb} removes every row of `{table}` that matches in one transaction: each \
            stays locked until the last is done, and replicas fall behind"
        );
        sink.report(at, message)
            .on(&write.table)
            .help("delete a few thousand rows at a time, each batch in a transaction of its own")
            .safe_all(batched(write));
    }
}
