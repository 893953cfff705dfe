//! What works concurrently or validates, under a short `statement_timeout`.

use super::Scene;
use super::Sink;
use super::duration;
use super::table_name;
use crate::effect::Effect;
use crate::effect::Target;

/// A limit that a large table outlasts, in milliseconds.
const SHORT_MS: u64 = 15 * 60 * 1_000;

pub(super) fn check(scene: &Scene, sink: &mut Sink) {
    for at in scene.parts() {
        let Some((target, what, left)) = lasting(&at.part.effect) else { continue };
        let Some(limit) = at.fact.session.statement_timeout_ms.filter(|&limit| limit > 0) else {
            continue;
        };
        if SHORT_MS < limit || target.is_some_and(|target| !target.in_use()) {
            continue;
        }
        let message = format!("statement_timeout is {} here: {what}{left}", duration(limit));
        let hit = sink.report(at, message);
        hit.on_any(target).safe("SET statement_timeout = 0;");
        if at.fact.analysis.is_concurrent() {
            hit.safe("SET lock_timeout = 0;").help(
                "it blocks nobody, so let it take its time; lock_timeout stops it as well, while \
                it waits for older transactions",
            );
        } else {
            hit.help("it blocks nobody, so let it take its time; keep lock_timeout");
        }
    }
}

/// An effect that takes long: its table, what it does all that time, and what is left if it is
/// stopped.
fn lasting(effect: &Effect) -> Option<(Option<&Target>, String, &'static str)> {
    let of = |target: Option<&Target>, else_: &str| match target {
        Some(target) => format!("`{}`", table_name(&target.name)),
        None => else_.to_owned(),
    };
    match effect {
        Effect::BuildIndex(build) if build.concurrently && !build.exists => {
            let target = Some(&build.table);
            let what = format!("this build reads all of {}", of(target, "its table"));
            Some((target, what, ", is killed on a large table, and leaves an invalid index behind"))
        }
        Effect::Reindex(reindex) if reindex.concurrently => {
            let target = reindex.table.as_ref();
            let what = format!("this rebuild reads all of {}", of(target, "what it is told to"));
            let left =
                ", is killed on a large table, and leaves an invalid index (`…_ccnew`) behind";
            Some((target, what, left))
        }
        Effect::DropIndex(drop) if drop.concurrently => {
            let target = drop.table.as_ref();
            let of = of(target, "its table");
            let what = format!("this drop waits for transactions that may use the index of {of}");
            Some((target, what, ", is killed if one of them lasts, and leaves the index invalid"))
        }
        Effect::ValidateConstraint(validate) if validate.scans => {
            let target = Some(&validate.table);
            let what = format!("this validation reads all of {}", of(target, "its table"));
            Some((target, what, ", and is killed on a large table"))
        }
        _ => None,
    }
}
