//! A primary key that is dropped.

use super::Scene;
use super::Sink;
use super::table_name;
use super::table_sql;
use crate::effect::ConstraintClass;
use crate::effect::Effect;
use crate::sql::quote_identifier;

pub(super) fn check(scene: &Scene, sink: &mut Sink) {
    for at in scene.parts() {
        let Effect::DropConstraint(drop) = &at.part.effect else { continue };
        if drop.class != Some(ConstraintClass::PrimaryKey)
            || drop.new
            || at.part.made_good
            || !drop.table.in_use()
        {
            continue;
        }
        // A primary key in its place by the same command is how one is swapped.
        let swapped = at.fact.analysis.parts.iter().any(|part| {
            matches!(&part.effect, Effect::AddConstraint(add)
                if add.class == ConstraintClass::PrimaryKey && add.table.name == drop.table.name)
        });
        if swapped {
            continue;
        }
        let table = table_name(&drop.table.name);
        let message = format!(
            "`{table}` has no primary key after this: its rows lose their replica identity, so \
            UPDATE and DELETE fail where it is published, and duplicates get in"
        );
        sink.report(at, message)
            .on(&drop.table)
            .help("swap the key in one command, for one whose index was built concurrently")
            .safe(format!(
                "ALTER TABLE {} DROP CONSTRAINT {}, ADD PRIMARY KEY USING INDEX <new_index>;",
                table_sql(&drop.table.name),
                quote_identifier(&drop.constraint)
            ));
    }
}
