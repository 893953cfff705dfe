//! A column that gets another name while code uses the old one.

use super::Scene;
use super::Sink;
use super::rename_steps;
use super::table_name;
use crate::effect::Effect;

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
        let ty = rename.ty.as_ref().map_or_else(|| "<type>".to_owned(), ToString::to_string);
        sink.report(at, message)
            .on(&rename.table)
            .help(
                "add the new column, keep both in step by a trigger, fill it in batches, move \
                the code over, drop the old one",
            )
            .safe_all(rename_steps(&rename.table, &rename.column, &rename.to, &ty));
    }
}
