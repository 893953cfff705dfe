//! `DROP INDEX` without `CONCURRENTLY` on a table in use.

use super::Scene;
use super::Sink;
use super::table_name;
use super::table_sql;
use crate::effect::Effect;

pub(super) fn check(scene: &Scene, sink: &mut Sink) {
    for at in scene.parts() {
        let Effect::DropIndex(drop) = &at.part.effect else { continue };
        let unused = drop.table.as_ref().is_some_and(|table| !table.in_use());
        if drop.concurrently || drop.new || drop.partitioned || unused {
            continue;
        }
        let on = match &drop.table {
            Some(table) => format!("`{}`", table_name(&table.name)),
            None => "its table".to_owned(),
        };
        let message = format!(
            "dropping this index takes an ACCESS EXCLUSIVE lock on {on}: it waits for every query \
            that runs, and every new one waits behind it"
        );
        sink.report(at, message)
            .on_any(drop.table.as_ref())
            .help("drop it with CONCURRENTLY, outside of a transaction")
            .safe(format!("DROP INDEX CONCURRENTLY IF EXISTS {};", table_sql(&drop.index)));
    }
}
