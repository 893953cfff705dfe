//! A new column with a default and a foreign key, which is checked under a lock.

use super::Scene;
use super::Sink;
use super::column_first;
use super::column_of;
use super::lock_timeout;
use super::table_name;
use super::validated_later;
use crate::effect::ConstraintClass;
use crate::effect::Effect;
use crate::effect::Fill;

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
        let empty = column_of(at).is_some_and(|column| column.fill == Fill::Null);
        let (why, help) = if empty {
            (
                "a DEFAULT is written with this column, be it NULL".to_owned(),
                "leave DEFAULT NULL out: without it no row is checked. Or add the column without \
                REFERENCES; then the key, NOT VALID; then validate it",
            )
        } else {
            (
                format!("this column has a value in every row of `{table}`"),
                "add the column without REFERENCES; then the key, NOT VALID; then validate it",
            )
        };
        let message = format!(
            "{why}, so its foreign key is checked while `{table}` is locked against reads and \
            writes and `{references}` against writes"
        );
        sink.report(at, message)
            .on(&add.table)
            .help(help)
            .safe_all(lock_timeout(at))
            .safe_all(column_first(at))
            .safe_all(validated_later(&add.table.name, &add.full_name, &add.definition));
    }
}
