//! A constraint that is dropped, and with it what it kept out.

use super::At;
use super::Scene;
use super::Sink;
use super::table_name;
use crate::effect::ConstraintClass;
use crate::effect::DropConstraint;
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
        let table = table_name(&drop.table.name);
        let guards = format!("`{}` no longer guards `{table}` after this", drop.constraint);
        let message = match drop.class {
            // The other table's lock is what matters of a foreign key, and another rule's business.
            Some(
                ConstraintClass::PrimaryKey
                | ConstraintClass::NotNull
                | ConstraintClass::ForeignKey,
            ) => continue,
            Some(ConstraintClass::Unique) => match replacement(scene, at, drop) {
                Some(other) => format!(
                    "`{other}` keeps duplicates out in the place of `{}`: code that names the \
                    constraint fails, in ON CONFLICT ON CONSTRAINT or where it handles the error",
                    drop.constraint
                ),
                None => format!(
                    "{guards}: old code that relies on it (ON CONFLICT, or the error) fails, and \
                    duplicates get in"
                ),
            },
            Some(ConstraintClass::Patterns) => format!("{guards}: overlapping rows get in"),
            Some(ConstraintClass::Check) | None => {
                format!("{guards}: rows that it kept out get in")
            }
        };
        sink.report(at, message)
            .on(&drop.table)
            .help("drop it once no running release relies on it, in a contract phase");
    }
}

/// What keeps duplicates out after a `UNIQUE` is gone: it is there already, or is added by the same
/// command or later in the same transaction.
fn replacement<'a>(scene: &Scene<'a>, at: At, drop: &'a DropConstraint) -> Option<&'a str> {
    let together = |other: &At| other.index == at.index || other.follows_in_transaction(&at);
    let added = |other: At<'a>| match &other.part.effect {
        Effect::AddConstraint(add) if add.table.name == drop.table.name => {
            add.is_unique_over(&drop.columns).then_some(add.full_name.as_str())
        }
        Effect::BuildIndex(build) if build.table.name == drop.table.name => {
            build.is_unique_over(&drop.columns).then_some(build.full_name.as_str())
        }
        _ => None,
    };
    let there = drop.replaced_by.as_deref();
    there.or_else(|| scene.parts_from(at.index).filter(together).find_map(added))
}
