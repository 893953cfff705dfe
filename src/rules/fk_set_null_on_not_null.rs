//! A foreign key that sets a column to `NULL` which takes none.

use super::Scene;
use super::Sink;
use super::table_name;
use crate::effect::Effect;
use crate::effect::Remark;
use crate::effect::SetsNull;

pub(super) fn check(scene: &Scene, sink: &mut Sink) {
    for (at, remark) in scene.remarks() {
        let Remark::SetsNull(sets) = remark else { continue };
        if is_mended(scene, at.index, sets) {
            continue;
        }
        let table = table_name(&sets.table.name);
        let message = format!(
            "ON {} SET NULL on `{table}.{}`, which takes no NULL: every {} of a row that is \
            referenced fails (23502)",
            sets.event, sets.column, sets.event
        );
        sink.report(at, message).on(&sets.table).help(
            "say what is meant: ON DELETE CASCADE, or NO ACTION; or let the column take NULL",
        );
    }
}

/// Whether the file goes on to drop the constraint, or the `NOT NULL`.
fn is_mended(scene: &Scene, index: usize, sets: &SetsNull) -> bool {
    scene.parts_from(index).any(|other| match &other.part.effect {
        Effect::DropConstraint(drop) => {
            drop.table.name == sets.table.name && drop.constraint == sets.constraint
        }
        Effect::DropNotNull(change) => {
            change.table.name == sets.table.name && change.column == sets.column
        }
        _ => false,
    })
}
