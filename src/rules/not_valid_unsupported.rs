//! `NOT VALID` where PostgreSQL does not take it.

use super::KEY_OF_PARTITIONS;
use super::Scene;
use super::Sink;
use super::key_steps;
use super::lock_timeout;
use super::table_sql;
use crate::effect::ConstraintClass;
use crate::effect::Effect;
use crate::sql::quote_identifier;

pub(super) fn check(scene: &Scene, sink: &mut Sink) {
    for at in scene.parts() {
        let Effect::AddConstraint(add) = &at.part.effect else { continue };
        let kind = match add.class {
            ConstraintClass::Unique => "a UNIQUE",
            ConstraintClass::PrimaryKey => "a PRIMARY KEY",
            ConstraintClass::Patterns => "an EXCLUDE",
            ConstraintClass::Check | ConstraintClass::NotNull | ConstraintClass::ForeignKey => {
                continue;
            }
        };
        if !add.not_valid {
            continue;
        }
        let message =
            format!("{kind} constraint cannot be NOT VALID: the server refuses it (0A000)");
        let hit = sink.report(at, message);
        hit.on(&add.table);
        let name = quote_identifier(&add.full_name);
        let plain = format!(
            "ALTER TABLE {} ADD CONSTRAINT {name} {};",
            table_sql(&add.table.name),
            add.definition
        );
        if !add.table.in_use() {
            hit.help("leave NOT VALID out: a new table has no rows to check").safe(plain);
        } else if add.using_index.is_some() {
            hit.help("leave NOT VALID out: with USING INDEX nothing is built")
                .safe_all(lock_timeout(at))
                .safe(plain);
        } else if add.class == ConstraintClass::Patterns {
            hit.help("there is no way to add one without its lock");
        } else if add.table.partitioned {
            hit.help(KEY_OF_PARTITIONS);
        } else {
            hit.help(
                "build a unique index concurrently, then make it the constraint: each step in a \
                migration of its own",
            )
            .safe_all(key_steps(at, add, scene.postgres));
        }
    }
}
