//! A primary key whose index is built under a lock.

use super::KEY_OF_PARTITIONS;
use super::Scene;
use super::Sink;
use super::cure;
use super::key_by_index;
use super::key_steps;
use super::listed;
use super::table_name;
use crate::effect::ConstraintClass;
use crate::effect::Effect;

pub(super) fn check(scene: &Scene, sink: &mut Sink) {
    for at in scene.parts() {
        let Effect::AddConstraint(add) = &at.part.effect else { continue };
        let builds = add.class == ConstraintClass::PrimaryKey && add.builds_index && !add.not_valid;
        if !builds || !add.table.in_use() {
            continue;
        }
        let table = table_name(&add.table.name);
        let nullable = listed(add.nullable.iter().map(String::as_str));
        let looks = if nullable.is_empty() {
            String::new()
        } else {
            format!(", and looks at every row for a NULL in {nullable}")
        };
        let message = format!(
            "this PRIMARY KEY builds its index under an ACCESS EXCLUSIVE lock on `{table}`{looks}: \
            reads and writes wait until it is done"
        );
        let hit = sink.report(at, message);
        hit.on(&add.table);
        if add.table.partitioned {
            hit.help(KEY_OF_PARTITIONS);
            continue;
        }
        hit.help(
            "build a unique index concurrently, then make it the constraint: each step in a \
            migration of its own",
        )
        .safe_all(key_steps(at, add, scene.postgres))
        .cure(cure(key_by_index(scene, &at, add)));
    }
}
