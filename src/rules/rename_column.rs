//! A column that gets another name while code uses the old one.

use super::Scene;
use super::Sink;
use super::rename_steps;
use super::table_name;
use crate::effect::Effect;
use crate::sql::ObjectKind;

pub(super) fn check(scene: &Scene, sink: &mut Sink) {
    for at in scene.parts() {
        let Effect::RenameColumn(rename) = &at.part.effect else { continue };
        if rename.new || !rename.table.in_use() {
            continue;
        }
        let table = table_name(&rename.table.name);
        let message = format!(
            "code that runs now names `{table}.{}`, the next release names `{}`: whichever comes \
            first, one of them fails, and so does a rollback",
            rename.column, rename.to
        );
        let hit = sink.report(at, message);
        hit.on(&rename.table);
        match rename.of_view {
            Some(ObjectKind::MaterializedView) => hit.help(
                "make another materialized view with the new name of the column, move the code \
                over, drop the old one",
            ),
            Some(_) => hit.help(
                "add the new name as one more column at the end, with CREATE OR REPLACE VIEW; \
                make the view anew without the old one when no release names it",
            ),
            None => hit
                .help(
                    "add the new column, keep both in step by a trigger, fill it in batches, move \
                    the code over, drop the old one",
                )
                .safe_all(rename_steps(rename)),
        };
    }
}
