//! A foreign key that is checked while both tables are locked.

use super::At;
use super::Cure;
use super::Scene;
use super::Sink;
use super::UNSEEN;
use super::cure;
use super::lock_timeout;
use super::table_name;
use super::table_sql;
use super::validated_after;
use super::validated_later;
use crate::effect::AddConstraint;
use crate::effect::ConstraintClass;
use crate::effect::Effect;
use crate::sql::quote_identifier;

pub(super) fn check(scene: &Scene, sink: &mut Sink) {
    for at in scene.parts() {
        let Effect::AddConstraint(add) = &at.part.effect else { continue };
        let inline = add.inline;
        if add.class != ConstraintClass::ForeignKey || !add.scans || inline || !add.table.in_use() {
            continue;
        }
        let table = table_name(&add.table.name);
        let references =
            add.references.as_ref().map(|target| table_name(&target.name)).unwrap_or_default();
        let message = format!(
            "adding this foreign key takes a SHARE ROW EXCLUSIVE lock on `{table}` and \
            `{references}`: writes to both wait until all of `{table}` has been checked"
        );
        let hit = sink.report(at, message);
        hit.on(&add.table).safe_all(lock_timeout(at));
        if add.table.partitioned && !scene.postgres.at_least(18) {
            hit.help(
                "before PostgreSQL 18 a partitioned table takes no NOT VALID foreign key: add it \
                to each partition that way and validate it there; the parent then adopts those of \
                its partitions",
            )
            .safe_all(by_partition(add));
        } else {
            hit.help(
                "add it NOT VALID, which checks new rows only; validate it in a later transaction",
            )
            .safe_all(validated_later(&add.table.name, &add.full_name, &add.definition))
            .cure(cure(in_two_steps(scene, &at, add)));
        }
    }
}

/// `NOT VALID` and a validation, on a table that is known to take it.
fn in_two_steps(scene: &Scene, at: &At, add: &AddConstraint) -> Result<Cure, Cure> {
    if !add.table.is_known() {
        return Err(Cure::withheld(UNSEEN));
    }
    validated_after(scene, at, add)
}

/// Partition by partition, and the parent at the end.
fn by_partition(add: &AddConstraint) -> [String; 3] {
    let name = quote_identifier(&add.full_name);
    let definition = &add.definition;
    [
        format!("ALTER TABLE <partition> ADD CONSTRAINT {name} {definition} NOT VALID;"),
        format!("ALTER TABLE <partition> VALIDATE CONSTRAINT {name};"),
        format!("ALTER TABLE {} ADD CONSTRAINT {name} {definition};", table_sql(&add.table.name)),
    ]
}
