//! A type change that writes every row anew.

use super::Scene;
use super::Sink;
use super::retype_steps;
use super::table_name;
use crate::effect::Answer;
use crate::effect::Effect;

pub(super) fn check(scene: &Scene, sink: &mut Sink) {
    for at in scene.parts() {
        let Effect::ChangeType(change) = &at.part.effect else { continue };
        if change.rewrites != Answer::Yes || !change.table.in_use() {
            continue;
        }
        let table = table_name(&change.table.name);
        let from = change.from.as_ref().map(|from| format!(" from {from}")).unwrap_or_default();
        let message = format!(
            "changing `{table}.{}`{from} to {} writes every row of `{table}` anew, with all its \
            indexes, under an ACCESS EXCLUSIVE lock: reads and writes wait",
            change.column, change.to
        );
        let help = if change.restricted.is_some() {
            "add a column of the type under the domain, keep both in step by a trigger, fill it in \
            batches, check it as the domain does, move the code over, drop the old one"
        } else {
            "add a column of the new type, keep both in step by a trigger, fill it in batches, \
            move the code over, drop the old one"
        };
        sink.report(at, message)
            .on(&change.table)
            .help(help)
            .safe_all(retype_steps(change, scene.postgres));
    }
}
