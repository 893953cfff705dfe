//! A concurrent build or a validation under a short `statement_timeout`.

use super::Scene;
use super::Sink;
use super::table_name;
use crate::effect::Effect;

/// A limit that a large table outlasts, in milliseconds.
const SHORT_MS: u64 = 15 * 60 * 1_000;

pub(super) fn check(scene: &Scene, sink: &mut Sink) {
    for at in scene.parts() {
        let (what, target) = match &at.part.effect {
            Effect::BuildIndex(build) if build.concurrently => ("this build", &build.table),
            Effect::ValidateConstraint(validate) if validate.scans => {
                ("this validation", &validate.table)
            }
            _ => continue,
        };
        let Some(limit) = at.fact.session.statement_timeout_ms.filter(|&limit| limit > 0) else {
            continue;
        };
        if SHORT_MS < limit || !target.in_use() {
            continue;
        }
        let table = table_name(&target.name);
        let message = format!(
            "statement_timeout is {limit} ms here: {what} reads all of `{table}`, is killed on a \
            large table, and a concurrent build leaves an invalid index behind"
        );
        sink.report(at, message)
            .on(target)
            .help("it blocks nobody, so let it take its time; keep lock_timeout")
            .safe("SET statement_timeout = 0;");
    }
}
