//! `CREATE INDEX` on a partitioned table, which reads every partition under a lock.

use super::Scene;
use super::Sink;
use super::table_name;
use super::table_sql;
use crate::effect::Effect;
use crate::sql::quote_identifier;

pub(super) fn check(scene: &Scene, sink: &mut Sink) {
    for at in scene.parts() {
        let Effect::BuildIndex(build) = &at.part.effect else { continue };
        if build.concurrently
            || build.exists
            || build.only
            || !build.table.partitioned
            || !build.table.in_use()
        {
            continue;
        }
        let table = table_name(&build.table.name);
        let message = format!(
            "building this index takes a SHARE lock on `{table}` and on every partition: writes to \
             all of them wait until the last one has been read"
        );
        let unique = if build.unique { "UNIQUE " } else { "" };
        let name = build.name.clone().unwrap_or_else(|| format!("{}_idx", build.table.name.name));
        let columns = build.definition.find('(').map_or("(…)", |at| &build.definition[at..]);
        sink.report(at, message)
            .on(&build.table)
            .help(
                "make it on the parent alone, build it concurrently on each partition, then attach",
            )
            .safe(format!(
                "CREATE {unique}INDEX {} ON ONLY {} {columns};",
                quote_identifier(&name),
                table_sql(&build.table.name)
            ))
            .safe(format!(
                "CREATE {unique}INDEX CONCURRENTLY <partition>_{name} ON <partition> {columns};"
            ))
            .safe(format!(
                "ALTER INDEX {} ATTACH PARTITION <partition>_{name};",
                quote_identifier(&name)
            ));
    }
}
