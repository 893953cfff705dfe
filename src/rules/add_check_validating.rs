//! A `CHECK` that is checked while the table is locked.

use super::At;
use super::Cure;
use super::Scene;
use super::Sink;
use super::UNSEEN;
use super::cure;
use super::lock_timeout;
use super::table_name;
use super::validated_after;
use super::validated_later;
use crate::effect::AddConstraint;
use crate::effect::ConstraintClass;
use crate::effect::Effect;

pub(super) fn check(scene: &Scene, sink: &mut Sink) {
    for at in scene.parts() {
        let Effect::AddConstraint(add) = &at.part.effect else { continue };
        if add.class != ConstraintClass::Check || !add.scans || add.inline || !add.table.in_use() {
            continue;
        }
        let table = table_name(&add.table.name);
        let message = format!(
            "adding this CHECK takes an ACCESS EXCLUSIVE lock on `{table}`: reads and writes wait \
            until every row has been checked"
        );
        sink.report(at, message)
            .on(&add.table)
            .help(
                "add it NOT VALID, which checks new rows only; validate it in a later transaction",
            )
            .safe_all(lock_timeout(at))
            .safe_all(validated_later(&add.table.name, &add.full_name, &add.definition))
            .cure(cure(in_two_steps(scene, &at, add)));
    }
}

/// `NOT VALID` and a validation; which name is free is known of a table that was seen.
fn in_two_steps(scene: &Scene, at: &At, add: &AddConstraint) -> Result<Cure, Cure> {
    if !add.table.is_known() {
        return Err(Cure::withheld(UNSEEN));
    }
    validated_after(scene, at, add)
}
