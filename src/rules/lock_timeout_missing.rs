//! A statement that keeps others out, and waits for its lock for ever.

use super::Scene;
use super::Sink;
use super::lock_timeout;

pub(super) fn check(scene: &Scene, sink: &mut Sink) {
    let first =
        scene.parts().find(|at| at.fact.blocks && at.fact.session.lock_timeout_by.is_none());
    let Some(at) = first else { return };
    let Some(held) = at.fact.takes.first() else { return };
    let message = format!(
        "nothing limits how long this waits for its lock on `{}` ({}): everybody else waits \
        behind it as long",
        super::table_name(&held.relation),
        held.mode
    );
    sink.report(at, message)
        .help("set a lock_timeout of a few seconds first, and try again when it gives up")
        .safe_all(lock_timeout(at));
}
