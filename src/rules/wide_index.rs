//! An index over more columns than queries are likely to look for.

use super::Scene;
use super::Sink;
use super::table_name;
use crate::effect::Effect;

/// More key columns than this are seldom of use.
const KEYS_MAX: usize = 3;

pub(super) fn check(scene: &Scene, sink: &mut Sink) {
    for at in scene.parts() {
        let Effect::BuildIndex(build) = &at.part.effect else { continue };
        let keys = build.keys.len();
        if build.unique || build.exists || keys <= KEYS_MAX {
            continue;
        }
        let message = format!(
            "this index of `{}` has {keys} key columns: a query gains from the last of them only \
            if it tests all before it for equality, and each write pays for all",
            table_name(&build.table.name)
        );
        sink.report(at, message)
            .on(&build.table)
            .help("keep the columns that narrow a search; put those that are only read in INCLUDE");
    }
}
