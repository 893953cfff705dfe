//! `NOT VALID` where PostgreSQL does not take it.

use super::Scene;
use super::Sink;
use super::key_steps;
use crate::effect::ConstraintClass;
use crate::effect::Effect;

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
        hit.help("build a unique index concurrently, then make it the constraint")
            .safe_all(key_steps(&add.table.name, &add.full_name, kind, &add.columns));
    }
}
