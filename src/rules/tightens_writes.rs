//! A change that refuses rows which running code may still write.

use super::Scene;
use super::Sink;
use super::table_name;
use crate::effect::ConstraintClass;
use crate::effect::Effect;
use crate::effect::Target;

pub(super) fn check(scene: &Scene, sink: &mut Sink) {
    for at in scene.parts() {
        if at.part.made_good || scene.is_contract() {
            continue;
        }
        let Some((table, what)) = refuses(&at.part.effect) else { continue };
        let message = format!(
            "{what} of `{}` are refused from here on, by code too that was released before it was \
            known",
            table_name(&table.name)
        );
        sink.report(at, message)
            .on(table)
            .help("first release code that writes no such row; do this in a later contract phase");
    }
}

/// What is refused, and where.
fn refuses(effect: &Effect) -> Option<(&Target, &'static str)> {
    let (table, what) = match effect {
        Effect::AddConstraint(add) if !add.on_new_columns && !add.not_enforced => {
            let what = match add.class {
                ConstraintClass::Check => "rows that break the new CHECK",
                ConstraintClass::ForeignKey => "rows that reference nothing",
                ConstraintClass::Unique | ConstraintClass::PrimaryKey => "duplicates",
                ConstraintClass::Patterns => "rows that overlap",
                ConstraintClass::NotNull => "rows with NULL in a column",
            };
            (&add.table, what)
        }
        Effect::BuildIndex(build) if build.unique && !build.harmless && !build.exists => {
            (&build.table, "duplicates")
        }
        Effect::SetNotNull(set) if !set.new => (&set.table, "rows with NULL in a column"),
        _ => return None,
    };
    table.in_use().then_some((table, what))
}
