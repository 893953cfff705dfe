//! Rows that queries on another table find from here on, or no longer.

use super::Scene;
use super::Sink;
use super::table_name;
use crate::effect::Remark;

pub(super) fn check(scene: &Scene, sink: &mut Sink) {
    if scene.is_contract() {
        return;
    }
    for (at, remark) in scene.remarks() {
        let Remark::Inherits(change) = remark else { continue };
        let (child, parent) = (table_name(&change.child.name), table_name(&change.parent.name));
        let finds = if change.ends { "no longer find" } else { "find" };
        let message = format!(
            "queries on `{parent}` {finds} the rows of `{child}` from here on: nothing fails, but \
            running code sees others, and an UPDATE or DELETE reaches others"
        );
        sink.report(at, message)
            .on(&change.parent)
            .help("see that code which reads or writes the parent without ONLY expects that");
    }
}
