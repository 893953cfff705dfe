//! An `INSERT … SELECT` without an end.

use super::Scene;
use super::Sink;
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
        let unbounded = matches!(write.reach, Reach::Everything | Reach::Matching);
        let inserts = write.does.iter().all(|verb| *verb == DataVerb::Insert);
        if !inserts || !unbounded || !write.table.in_use() {
            continue;
        }
        let (verb, table) = (verb_word(write.verb), table_name(&write.table.name));
        let message = format!(
            "this {verb} copies as many rows into `{table}` as its query gives, in one \
            transaction: replicas fall behind, and VACUUM cannot clean up anywhere meanwhile"
        );
        sink.report(at, message).on(&write.table).help(
            "copy a range of the key at a time, with ON CONFLICT DO NOTHING, each in a \
                transaction of its own",
        );
    }
}
