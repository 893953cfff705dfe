//! How a column is stored from here on, while the rows that are there stay as they are.

use super::Scene;
use super::Sink;
use super::table_name;
use crate::effect::Effect;

pub(super) fn check(scene: &Scene, sink: &mut Sink) {
    for at in scene.parts() {
        let Effect::TuneColumn(change) = &at.part.effect else { continue };
        let stores = ["SET STORAGE", "SET COMPRESSION"].contains(&change.what.as_str());
        if !stores || change.new || !change.table.in_use() {
            continue;
        }
        let message = format!(
            "{} holds for what is written to `{}.{}` from here on: rows that are there stay as \
            they are, and so does the size of the table",
            change.what,
            table_name(&change.table.name),
            change.column
        );
        sink.report(at, message).on(&change.table).help(
            "write the old rows anew in batches where that matters: an UPDATE that gives the \
            column another value stores it in the new way",
        );
    }
}
