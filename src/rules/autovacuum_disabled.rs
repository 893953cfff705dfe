//! Autovacuum that is switched off for a table.

use super::Scene;
use super::Sink;
use super::table_name;
use super::table_sql;
use crate::effect::Remark;

pub(super) fn check(scene: &Scene, sink: &mut Sink) {
    for (at, remark) in scene.remarks() {
        let Remark::AutovacuumOff(table) = remark else { continue };
        let name = table_name(&table.name);
        let message = format!(
            "autovacuum leaves `{name}` alone from here on: dead rows stay, statistics age, and in \
            the end the server vacuums it all at once so that transaction ids do not run out"
        );
        sink.report(at, message)
            .on(table)
            .help("let it run, more often and in smaller steps")
            .safe(format!(
                "ALTER TABLE {} SET (autovacuum_vacuum_scale_factor = 0.01);",
                table_sql(&table.name)
            ));
    }
}
