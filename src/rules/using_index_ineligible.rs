//! `USING INDEX` with an index that cannot be a constraint.

use super::Scene;
use super::Sink;
use crate::effect::ConstraintClass;
use crate::effect::Effect;

pub(super) fn check(scene: &Scene, sink: &mut Sink) {
    for at in scene.parts() {
        let Effect::AddConstraint(add) = &at.part.effect else { continue };
        let key = matches!(add.class, ConstraintClass::Unique | ConstraintClass::PrimaryKey);
        let refusal =
            at.fact.analysis.refusal.as_ref().filter(|refusal| refusal.sqlstate == "42809");
        let (Some(index), Some(refusal)) = (&add.using_index, refusal) else { continue };
        if !key {
            continue;
        }
        let message = format!(
            "index `{index}` cannot become a constraint: {} (the server refuses it, 42809)",
            refusal.message
        );
        sink.report(at, message).on(&add.table).help(
            "it takes a unique index over plain columns in their default order, without WHERE",
        );
    }
}
