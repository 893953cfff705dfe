//! A type change that leaves the rows alone but builds an index again under a lock.

use super::Scene;
use super::Sink;
use super::listed;
use super::table_name;
use crate::effect::Answer;
use crate::effect::Effect;

pub(super) fn check(scene: &Scene, sink: &mut Sink) {
    for at in scene.parts() {
        let Effect::ChangeType(change) = &at.part.effect else { continue };
        if change.rewrites != Answer::No || change.rebuilds.is_empty() || !change.table.in_use() {
            continue;
        }
        let table = table_name(&change.table.name);
        let indexes = listed(change.rebuilds.iter().map(|index| index.name.as_str()));
        let message = format!(
            "the rows of `{table}` stay as they are, but {indexes} is built again under an ACCESS \
            EXCLUSIVE lock: reads and writes wait until that is done"
        );
        sink.report(at, message).on(&change.table).help(
            "drop the index concurrently first, change the type, build the index \
                concurrently again",
        );
    }
}
