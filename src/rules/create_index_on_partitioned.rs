//! `CREATE INDEX` on a partitioned table, which reads every partition under a lock.

use super::Scene;
use super::Sink;
use super::lock_timeout;
use super::table_name;
use super::table_sql;
use crate::effect::Effect;
use crate::sql::quote_identifier;

pub(super) fn check(scene: &Scene, sink: &mut Sink) {
    for at in scene.parts() {
        let Effect::BuildIndex(build) = &at.part.effect else { continue };
        let nothing_built = build.exists || build.only || build.attaches;
        if build.concurrently || nothing_built || !build.table.partitioned || !build.table.in_use()
        {
            continue;
        }
        let table = table_name(&build.table.name);
        let message = format!(
            "building this index takes a SHARE lock on `{table}` and on every partition: writes to \
             all of them wait until the last one has been read"
        );
        let unique = if build.unique { "UNIQUE " } else { "" };
        let (name, shape) = (&build.full_name, &build.shape);
        let index = quote_identifier(name);
        sink.report(at, message)
            .on(&build.table)
            .help(
                "make it on the parent alone, build it concurrently on each partition, then \
                attach: each step in a migration of its own",
            )
            .safe_all(lock_timeout(at))
            .safe(format!(
                "CREATE {unique}INDEX {index} ON ONLY {} {shape};",
                table_sql(&build.table.name)
            ))
            .safe(format!(
                "CREATE {unique}INDEX CONCURRENTLY <partition>_{name} ON <partition> {shape};"
            ))
            .safe(format!("ALTER INDEX {index} ATTACH PARTITION <partition>_{name};"));
    }
}
