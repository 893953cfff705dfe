//! Row-level security that hides all rows, for there is no policy yet.

use super::Scene;
use super::Sink;
use super::table_name;
use crate::effect::Effect;
use crate::effect::Remark;
use crate::sql::ObjectKind;

pub(super) fn check(scene: &Scene, sink: &mut Sink) {
    for (at, remark) in scene.remarks() {
        let Remark::HidesRows(table) = remark else { continue };
        // In the same transaction nobody sees the time between.
        let policy = scene.parts_from(at.index).any(|other| match &other.part.effect {
            Effect::Create(create) => {
                create.kind == ObjectKind::Policy
                    && create.on.as_ref().is_some_and(|on| on.name == table.name)
                    && other.follows_in_transaction(&at)
            }
            _ => false,
        });
        if policy {
            continue;
        }
        let name = table_name(&table.name);
        let message = format!(
            "no policy of `{name}` lets anybody in: once row-level security is on, code that is \
            not its owner reads no row, and writes fail"
        );
        sink.report(at, message)
            .on(table)
            .help("create its policies first, or in the same transaction");
    }
}
