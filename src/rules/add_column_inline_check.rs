//! A `CHECK` written with a new column, which is checked under a lock.

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
        if add.class != ConstraintClass::Check || !add.inline || !add.scans || !add.table.in_use() {
            continue;
        }
        let table = table_name(&add.table.name);
        let empty = column_of(at).is_some_and(|column| column.fill == Fill::Null);
        let all = if empty { ", though the column is empty in all of them" } else { "" };
        let message = format!(
            "a CHECK that is written with a new column is checked for every row of `{table}`{all}: \
            reads and writes wait under an ACCESS EXCLUSIVE lock meanwhile"
        );
        sink.report(at, message)
            .on(&add.table)
            .help("add the column without it; then the CHECK, NOT VALID; then validate it")
            .safe_all(lock_timeout(at))
            .safe_all(column_first(at))
            .safe_all(validated_later(&add.table.name, &add.full_name, &add.definition));
    }
}
