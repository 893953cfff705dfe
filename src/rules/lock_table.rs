//! `LOCK TABLE`, which makes others wait for as long as the transaction lasts.

use super::Scene;
use super::Sink;
use super::table_name;
use crate::effect::Blocks;
use crate::effect::Effect;

pub(super) fn check(scene: &Scene, sink: &mut Sink) {
    for at in scene.parts() {
        let Effect::Lock(lock) = &at.part.effect else { continue };
        // Outside of a transaction the server refuses it.
        let refused = at.fact.analysis.refusal.is_some();
        if !lock.mode.is_strong() || !lock.table.in_use() || refused {
            continue;
        }
        let who = match lock.mode.blocks() {
            Blocks::Everything => "reads and writes wait",
            Blocks::Writes => "writes wait",
            Blocks::Nothing => continue,
        };
        let message = format!(
            "`{}` is locked in {} MODE to the end of the transaction: {who}",
            table_name(&lock.table.name),
            lock.mode
        );
        sink.report(at, message).on(&lock.table).help(
            "leave the lock to the statement that needs one; if it must be, set a short \
                lock_timeout and commit at once",
        );
    }
}
