//! A `CHECK` that says `NOT NULL` where the server has a constraint for it.

use super::Scene;
use super::Sink;
use super::not_null_steps;
use super::table_name;
use crate::effect::ConstraintClass;
use crate::effect::Effect;
use crate::sql::Expr;

pub(super) fn check(scene: &Scene, sink: &mut Sink) {
    if !scene.postgres.at_least(18) {
        return;
    }
    for at in scene.parts() {
        let Effect::AddConstraint(add) = &at.part.effect else { continue };
        let Some(Expr::IsNull { negated: true, .. }) = &add.condition else { continue };
        let [column] = add.columns.as_slice() else { continue };
        if add.class != ConstraintClass::Check || !add.not_valid || !add.table.in_use() {
            continue;
        }
        let message = format!(
            "since 18 a NOT NULL of `{}` can be NOT VALID by itself: this CHECK, and the SET NOT \
            NULL and the DROP CONSTRAINT that follow it, are not needed",
            table_name(&add.table.name)
        );
        sink.report(at, message)
            .on(&add.table)
            .help("add the NOT NULL itself, and validate it in a later migration")
            .safe_all(not_null_steps(&add.table.name, column, scene.postgres));
    }
}
