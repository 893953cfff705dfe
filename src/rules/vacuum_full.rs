//! `VACUUM FULL` and `CLUSTER`, which write every row anew.

use super::Scene;
use super::Sink;
use super::table_name;
use crate::effect::Effect;
use crate::effect::RewriteCause;

pub(super) fn check(scene: &Scene, sink: &mut Sink) {
    for at in scene.parts() {
        let Effect::Rewrite(rewrite) = &at.part.effect else { continue };
        if !matches!(rewrite.cause, RewriteCause::VacuumFull | RewriteCause::Cluster) {
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
                "{table} is written anew under an ACCESS EXCLUSIVE lock: \
            reads and writes wait until all its rows and indexes are done"
            ),
        );
        if let Some(table) = &rewrite.table {
            hit.on(table);
        }
        hit.help("use pg_repack or pg_squeeze; a plain VACUUM blocks nobody");
    }
}
