//! A unique index on columns that hold values already.

use super::Scene;
use super::Sink;
use super::listed;
use super::table_name;
use super::table_sql;
use crate::effect::Effect;
use crate::sql::quote_identifier;

pub(super) fn check(scene: &Scene, sink: &mut Sink) {
    for at in scene.parts() {
        let Effect::BuildIndex(build) = &at.part.effect else { continue };
        let fresh = !build.unique || build.exists || build.harmless || build.only;
        if fresh || !build.concurrently || !build.table.in_use() {
            continue;
        }
        let columns: Option<Vec<&str>> = build.keys.iter().map(Option::as_deref).collect();
        let table = table_name(&build.table.name);
        let what = columns.as_ref().map_or_else(
            || "what it is over".to_owned(),
            |columns| listed(columns.iter().copied()),
        );
        let message = format!(
            "two rows of `{table}` with the same {what} make the build fail, and it leaves an \
            invalid index that each write keeps up"
        );
        let hit = sink.report(at, message);
        hit.on(&build.table).help("look for duplicates before the deployment");
        if let Some(columns) = columns.filter(|_| build.predicate.is_none()) {
            let columns: Vec<String> = columns.into_iter().map(quote_identifier).collect();
            let columns = columns.join(", ");
            hit.safe(format!(
                "SELECT {columns}, count(*) FROM {} GROUP BY {columns} HAVING count(*) > 1;",
                table_sql(&build.table.name)
            ));
        }
    }
}
