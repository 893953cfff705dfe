//! An `UPDATE`, or a `MERGE` that updates, of the whole table or whatever part of it matches.

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
        if !write.does.contains(&DataVerb::Update) || !write.table.in_use() {
            continue;
        }
        let which = match write.reach {
            Reach::Everything => "",
            Reach::Matching => " that matches",
            Reach::Bounded | Reach::Listed(_) => continue,
        };
        let (verb, table) = (verb_word(write.verb), table_name(&write.table.name));
        let message = format!(
            "this {verb} writes every row of `{table}`{which} in one transaction: each stays \
            locked until the last is done, replicas fall behind, and the table grows by as much"
        );
        sink.report(at, message)
            .on(&write.table)
            .help("write a few thousand rows at a time, each batch in a transaction of its own")
            .safe_all(batched(write));
    }
}
