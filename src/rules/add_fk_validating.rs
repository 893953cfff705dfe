//! A foreign key that is checked while both tables are locked.

use super::Scene;
use super::Sink;
use super::table_name;
use super::validated_later;
use crate::effect::ConstraintClass;
use crate::effect::Effect;

pub(super) fn check(scene: &Scene, sink: &mut Sink) {
    for at in scene.parts() {
        let Effect::AddConstraint(add) = &at.part.effect else { continue };
        let inline = add.inline;
        if add.class != ConstraintClass::ForeignKey || !add.scans || inline || !add.table.in_use() {
            continue;
        }
        let table = table_name(&add.table.name);
        let references =
            add.references.as_ref().map(|target| table_name(&target.name)).unwrap_or_default();
        let message = format!(
            "adding this foreign key takes a SHARE ROW EXCLUSIVE lock on `{table}` and \
            `{references}`: writes to both wait until all of `{table}` has been checked"
        );
        sink.report(at, message)
            .on(&add.table)
            .help(
                "add it NOT VALID, which checks new rows only; validate it in a later transaction",
            )
            .safe_all(validated_later(&add.table.name, &add.full_name, &add.definition));
    }
}
