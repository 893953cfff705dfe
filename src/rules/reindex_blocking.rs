//! `REINDEX` without `CONCURRENTLY`.

use super::Scene;
use super::Sink;
use super::table_sql;
use crate::effect::Effect;
use crate::sql::ObjectKind;

pub(super) fn check(scene: &Scene, sink: &mut Sink) {
    for at in scene.parts() {
        let Effect::Reindex(reindex) = &at.part.effect else { continue };
        let unused = reindex.table.as_ref().is_some_and(|table| !table.in_use());
        if reindex.concurrently || unused || reindex.kind == ObjectKind::System {
            continue;
        }
        let what = reindex.kind.words();
        let name = reindex.name.as_ref().map(table_sql).unwrap_or_default();
        let message = format!(
            "rebuilding this {what} locks writes out of its tables, and takes an ACCESS EXCLUSIVE \
            lock on each index: even reads wait, since planning a query looks at every index"
        );
        sink.report(at, message)
            .on_any(reindex.table.as_ref())
            .help("rebuild it with CONCURRENTLY, outside of a transaction")
            .safe(format!("REINDEX {} CONCURRENTLY {name};", what.to_uppercase()));
    }
}
