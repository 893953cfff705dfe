//! An exclusion constraint, whose index can only be built under a lock.

use super::Scene;
use super::Sink;
use super::table_name;
use crate::effect::ConstraintClass;
use crate::effect::Effect;

pub(super) fn check(scene: &Scene, sink: &mut Sink) {
    for at in scene.parts() {
        let Effect::AddConstraint(add) = &at.part.effect else { continue };
        let builds = add.class == ConstraintClass::Patterns && add.builds_index && !add.not_valid;
        if !builds || !add.table.in_use() {
            continue;
        }
        let table = table_name(&add.table.name);
        let message = format!(
            "this exclusion constraint builds its index under an ACCESS EXCLUSIVE lock on \
            `{table}`: reads and writes wait until it is done, and PostgreSQL has no other way to \
            add one"
        );
        sink.report(at, message).on(&add.table).help(
            "make a new table with the constraint, fill it in batches and swap the two; or \
                take a maintenance window",
        );
    }
}
