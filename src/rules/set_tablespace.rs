//! `SET TABLESPACE`, which copies the whole table under a lock.

use super::Scene;
use super::Sink;
use super::table_name;
use crate::effect::Effect;
use crate::effect::RewriteCause;

pub(super) fn check(scene: &Scene, sink: &mut Sink) {
    for at in scene.parts() {
        let Effect::Rewrite(rewrite) = &at.part.effect else { continue };
        if !matches!(rewrite.cause, RewriteCause::Tablespace) {
            continue;
        }
        if rewrite.table.as_ref().is_some_and(|table| !table.in_use()) {
            continue;
        }
        let table = match &rewrite.table {
            Some(table) => format!("`{}`", table_name(&table.name)),
            None => "every table".to_owned(),
        };
        let hit = sink.report(
            at,
            format!(
                "{table} is copied file by file under an ACCESS \
            EXCLUSIVE lock: reads and writes wait until the last block"
            ),
        );
        if let Some(table) = &rewrite.table {
            hit.on(table);
        }
        hit.help("move it with pg_repack, or REINDEX (TABLESPACE …) CONCURRENTLY for an index");
    }
}
