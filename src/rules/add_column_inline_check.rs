//! A `CHECK` written with a new column, which is checked under a lock.

use super::Scene;
use super::Sink;
use super::table_name;
use super::validated_later;
use crate::effect::ConstraintClass;
use crate::effect::Effect;

pub(super) fn check(scene: &Scene, sink: &mut Sink) {
    for at in scene.parts() {
        let Effect::AddConstraint(add) = &at.part.effect else { continue };
        if add.class != ConstraintClass::Check || !add.inline || !add.scans || !add.table.in_use() {
            continue;
        }
        let table = table_name(&add.table.name);
        let message = format!(
            "a CHECK that is written with a new column is checked for every row of `{table}`, even \
            where the column is empty: reads and writes wait under an ACCESS EXCLUSIVE lock \
            meanwhile"
        );
        sink.report(at, message)
            .on(&add.table)
            .help("add the column without it; then the CHECK, NOT VALID; then validate it")
            .safe_all(validated_later(&add.table.name, &add.full_name, &add.definition));
    }
}
