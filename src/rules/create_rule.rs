//! A rule that rewrites the statements of running code.

use super::Scene;
use super::Sink;
use super::table_name;
use crate::effect::Remark;

pub(super) fn check(scene: &Scene, sink: &mut Sink) {
    for (at, remark) in scene.remarks() {
        let Remark::Rule(table, rule) = remark else { continue };
        let message = format!(
            "the rule `{rule}` makes other statements of those that running code sends to `{}`: \
            what it writes in place of theirs, how often, and what they return is seldom what is \
            meant, and COPY passes it by",
            table_name(&table.name)
        );
        sink.report(at, message)
            .on(table)
            .help("write a trigger, which sees each row once; or a view with INSTEAD OF triggers");
    }
}
