//! A constraint that is dropped, and with it what it kept out.

use super::Scene;
use super::Sink;
use super::table_name;
use crate::effect::ConstraintClass;
use crate::effect::Effect;

pub(super) fn check(scene: &Scene, sink: &mut Sink) {
    for at in scene.parts() {
        let Effect::DropConstraint(drop) = &at.part.effect else { continue };
        if drop.new
            || drop.redundant
            || at.part.made_good
            || !drop.table.in_use()
            || scene.is_contract()
        {
            continue;
        }
        let what = match drop.class {
            // The other table's lock is what matters of a foreign key, and another rule's business.
            Some(
                ConstraintClass::PrimaryKey
                | ConstraintClass::NotNull
                | ConstraintClass::ForeignKey,
            ) => continue,
            Some(ConstraintClass::Unique) => {
                "old code that relies on it (ON CONFLICT, or the error) fails, and duplicates get \
                in"
            }
            Some(ConstraintClass::Exclude) => "overlapping rows get in",
            Some(ConstraintClass::Check) | None => "rows that it kept out get in",
        };
        let table = table_name(&drop.table.name);
        let message =
            format!("`{}` no longer guards `{table}` after this: {what}", drop.constraint);
        sink.report(at, message)
            .on(&drop.table)
            .help("drop it once no running release relies on it, in a contract phase");
    }
}
