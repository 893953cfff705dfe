//! A constraint that checks nothing.

use super::Scene;
use super::Sink;
use super::table_name;
use crate::effect::Remark;

pub(super) fn check(scene: &Scene, sink: &mut Sink) {
    for (at, remark) in scene.remarks() {
        let Remark::NotEnforced(table, constraint) = remark else { continue };
        let which = if constraint.is_empty() {
            "this constraint".to_owned()
        } else {
            format!("`{constraint}`")
        };
        let message = format!(
            "{which} of `{}` is NOT ENFORCED: rows that break it get in, and to enforce it later \
            all rows are read again",
            table_name(&table.name)
        );
        sink.report(at, message).on(table).help(
            "add it NOT VALID, which checks new rows at once, and validate it in a later migration",
        );
    }
}
