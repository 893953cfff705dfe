//! A `CHECK` that gives another answer tomorrow.

use super::Scene;
use super::Sink;
use super::table_name;
use crate::effect::Remark;

pub(super) fn check(scene: &Scene, sink: &mut Sink) {
    for (at, remark) in scene.remarks() {
        let Remark::MovingCheck(table, call) = remark else { continue };
        let message = format!(
            "{call} in a CHECK of `{}` is asked only when a row is written: rows that passed may \
            fail it later, and then a dump cannot be restored",
            table_name(&table.name)
        );
        sink.report(at, message)
            .on(table)
            .help("test it in a trigger or in the application, which ask once");
    }
}
