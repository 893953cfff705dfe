//! `SET NOT NULL` without a proof, which reads the table under a lock.

use super::Scene;
use super::Sink;
use super::not_null_steps;
use super::table_name;
use crate::effect::Effect;
use crate::effect::Proof;

pub(super) fn check(scene: &Scene, sink: &mut Sink) {
    for at in scene.parts() {
        let Effect::SetNotNull(set) = &at.part.effect else { continue };
        if !set.table.in_use() || set.new && set.proof == Proof::NotNull {
            continue;
        }
        let table = table_name(&set.table.name);
        let column = &set.column;
        let unless = match &set.proof {
            Proof::NotNull | Proof::Check(_) | Proof::Dropped(_) | Proof::DroppedUnseen(_) => {
                continue;
            }
            Proof::NotValidated(check) => {
                format!("; `{check}` would prove it, but is not validated")
            }
            Proof::Nothing => String::new(),
            Proof::Unknown => ", unless a validated CHECK proves it".to_owned(),
        };
        let message = format!(
            "SET NOT NULL on `{table}.{column}` takes an ACCESS EXCLUSIVE lock: reads and writes \
            wait until every row has been looked at{unless}"
        );
        sink.report(at, message)
            .on(&set.table)
            .help("let a CHECK prove it first: each step in a migration of its own")
            .safe_all(not_null_steps(&set.table.name, column, scene.postgres));
    }
}
