//! `DROP INDEX` without `CONCURRENTLY` on a table in use.

use super::At;
use super::Cure;
use super::Scene;
use super::Sink;
use super::UNSEEN;
use super::Words;
use super::concurrently;
use super::cure;
use super::table_name;
use super::table_sql;
use crate::effect::DropIndex;
use crate::effect::Effect;
use crate::effect::Target;

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
            .safe(format!("DROP INDEX CONCURRENTLY IF EXISTS {};", table_sql(&drop.index)))
            .cure(cure(concurrently_alone(scene, &at, drop)));
    }
}

/// The same with `CONCURRENTLY`, which takes one index at a time and no `CASCADE`.
fn concurrently_alone(scene: &Scene, at: &At, drop: &DropIndex) -> Result<Cure, Cure> {
    if !drop.table.as_ref().is_some_and(Target::is_known) {
        return Err(Cure::withheld(UNSEEN));
    }
    let words = Words::of(scene, at, "DROP")?;
    if words.has(",") || words.has("CASCADE") {
        return Err(Cure::withheld("CONCURRENTLY drops one index at a time, without CASCADE"));
    }
    concurrently(scene, at, "DROP", "INDEX")
}
