//! `NOT VALID` where PostgreSQL does not take it.

use super::Scene;
use super::Sink;
use super::table_sql;
use crate::effect::ConstraintClass;
use crate::effect::Effect;
use crate::sql::quote_identifier;

pub(super) fn check(scene: &Scene, sink: &mut Sink) {
    for at in scene.parts() {
        let Effect::AddConstraint(add) = &at.part.effect else { continue };
        let kind = match add.class {
            ConstraintClass::Unique => "UNIQUE",
            ConstraintClass::PrimaryKey => "PRIMARY KEY",
            ConstraintClass::Exclude => "EXCLUDE",
            ConstraintClass::Check | ConstraintClass::NotNull | ConstraintClass::ForeignKey => {
                continue;
            }
        };
        if !add.not_valid {
            continue;
        }
        let message =
            format!("a {kind} constraint cannot be NOT VALID: the server refuses it (0A000)");
        let hit = sink.report(at, message);
        hit.on(&add.table);
        if add.class == ConstraintClass::Exclude {
            hit.help("there is no way to add one without its lock");
            continue;
        }
        let (name, sql) = (quote_identifier(&add.full_name), table_sql(&add.table.name));
        let columns = add
            .columns
            .iter()
            .map(|column| quote_identifier(column))
            .collect::<Vec<_>>()
            .join(", ");
        hit.help("build a unique index concurrently, then make it the constraint")
            .safe(format!("CREATE UNIQUE INDEX CONCURRENTLY {name} ON {sql} ({columns});"))
            .safe(format!("ALTER TABLE {sql} ADD CONSTRAINT {name} {kind} USING INDEX {name};"));
    }
}
