//! A trigger on a table in use, whose lock keeps writes out.

use super::Scene;
use super::Sink;
use super::table_name;
use crate::effect::Effect;

pub(super) fn check(scene: &Scene, sink: &mut Sink) {
    for at in scene.parts() {
        let Effect::CreateTrigger(trigger) = &at.part.effect else { continue };
        if !trigger.table.in_use() || trigger.on_view || at.fact.locks_briefly() {
            continue;
        }
        let table = table_name(&trigger.table.name);
        let message = format!(
            "creating a trigger takes a SHARE ROW EXCLUSIVE lock on `{table}`: it waits for every \
            write that runs, and every new one waits behind it, to the end of the transaction"
        );
        sink.report(at, message)
            .on(&trigger.table)
            .help("create it outside of a longer transaction, with a short lock_timeout")
            .safe("SET lock_timeout = '2s';")
            .safe(format!("{};", at.part.span.of(scene.text)));
    }
}
