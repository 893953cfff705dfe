//! A new column with a default and a foreign key, which is checked under a lock.

use super::Scene;
use super::Sink;
use super::table_name;
use super::validated_later;
use crate::effect::ConstraintClass;
use crate::effect::Effect;

pub(super) fn check(scene: &Scene, sink: &mut Sink) {
    for at in scene.parts() {
        let Effect::AddConstraint(add) = &at.part.effect else { continue };
        let inline_key = add.class == ConstraintClass::ForeignKey && add.inline;
        if !inline_key || !add.scans || !add.table.in_use() {
            continue;
        }
        let table = table_name(&add.table.name);
        let references =
            add.references.as_ref().map(|target| table_name(&target.name)).unwrap_or_default();
        let message = format!(
            "this column has a value in every row of `{table}`, so its foreign key is checked \
            while `{table}` is locked against reads and writes and `{references}` against writes"
        );
        sink.report(at, message)
            .on(&add.table)
            .help("add the column without REFERENCES; then the key, NOT VALID; then validate it")
            .safe_all(validated_later(&add.table.name, &add.full_name, &add.definition));
    }
}
