//! A type change that leaves the rows alone but reads them to check a constraint again.

use super::Scene;
use super::Sink;
use super::table_name;
use crate::effect::Answer;
use crate::effect::Effect;

pub(super) fn check(scene: &Scene, sink: &mut Sink) {
    for at in scene.parts() {
        let Effect::ChangeType(change) = &at.part.effect else { continue };
        let rechecks = change.rewrites == Answer::No && change.scans && change.rebuilds.is_empty();
        if !rechecks || !change.table.in_use() {
            continue;
        }
        let table = table_name(&change.table.name);
        let message = format!(
            "the rows of `{table}` stay as they are, but a CHECK on `{}` is checked again for each \
            of them under an ACCESS EXCLUSIVE lock",
            change.column
        );
        sink.report(at, message).on(&change.table).help(
            "drop the CHECK, change the type, add the CHECK again NOT VALID, then validate it",
        );
    }
}
