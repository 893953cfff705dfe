//! `SET NOT NULL` without a proof, which reads the table under a lock.

use super::Scene;
use super::Sink;
use super::lock_timeout;
use super::not_null_steps;
use super::table_name;
use super::validated_later;
use crate::effect::ConstraintClass;
use crate::effect::Effect;
use crate::effect::Proof;
use crate::effect::SetNotNull;

pub(super) fn check(scene: &Scene, sink: &mut Sink) {
    for at in scene.parts() {
        match &at.part.effect {
            Effect::SetNotNull(set) if set.table.in_use() => {
                let Some(unless) = unless(set) else { continue };
                let (table, column) = (table_name(&set.table.name), &set.column);
                let message = format!(
                    "SET NOT NULL on `{table}.{column}` takes an ACCESS EXCLUSIVE lock: reads and \
                    writes wait until every row has been looked at{unless}"
                );
                sink.report(at, message)
                    .on(&set.table)
                    .help("let a constraint prove it first: each step in a migration of its own")
                    .safe_all(lock_timeout(at))
                    .safe_all(not_null_steps(&set.table.name, column, scene.postgres));
            }
            Effect::AddConstraint(add)
                if add.class == ConstraintClass::NotNull && add.scans && add.table.in_use() =>
            {
                let table = table_name(&add.table.name);
                let message = format!(
                    "adding this NOT NULL takes an ACCESS EXCLUSIVE lock on `{table}`: reads and \
                    writes wait until every row has been looked at"
                );
                sink.report(at, message)
                    .on(&add.table)
                    .help("add it NOT VALID; validate it in a later transaction")
                    .safe_all(lock_timeout(at))
                    .safe_all(validated_later(&add.table.name, &add.full_name, &add.definition));
            }
            _ => {}
        }
    }
}

/// What is to be said of a proof that does not hold; `None` where one does, or where another rule
/// says it.
fn unless(set: &SetNotNull) -> Option<String> {
    match &set.proof {
        Proof::NotNull | Proof::Check(_) | Proof::Dropped(_) | Proof::DroppedUnseen(_) => None,
        Proof::NotValidated(check) => {
            Some(format!("; `{check}` would prove it, but is not validated"))
        }
        Proof::Nothing => Some(String::new()),
        Proof::Unknown => Some(", unless a validated CHECK proves it".to_owned()),
    }
}
