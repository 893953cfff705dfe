//! A materialized view that is filled while nobody can read it.

use super::Scene;
use super::Sink;
use super::table_name;
use super::table_sql;
use crate::effect::Effect;

pub(super) fn check(scene: &Scene, sink: &mut Sink) {
    for at in scene.parts() {
        let Effect::Refresh(refresh) = &at.part.effect else { continue };
        if refresh.concurrently || refresh.empties || !refresh.populated || !refresh.view.in_use() {
            continue;
        }
        let view = table_name(&refresh.view.name);
        let message = format!(
            "refreshing `{view}` takes an ACCESS EXCLUSIVE lock on it: its readers wait until the \
            query behind it is done"
        );
        sink.report(at, message)
            .on(&refresh.view)
            .help("refresh it with CONCURRENTLY, which needs a unique index on plain columns")
            .safe(format!(
                "REFRESH MATERIALIZED VIEW CONCURRENTLY {};",
                table_sql(&refresh.view.name)
            ));
    }
}
