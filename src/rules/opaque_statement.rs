//! SQL that is put together while it runs, so that nobody can say what it does.

use super::Scene;
use super::Sink;
use crate::effect::Effect;

pub(super) fn check(scene: &Scene, sink: &mut Sink) {
    for at in scene.parts() {
        let Effect::Dynamic(by) = &at.part.effect else { continue };
        let message = format!(
            "what runs here is put together by `{by}`, so nothing is known of what it does"
        );
        sink.report(at, message).help(
            "write the statement out where it can be; else look at it by hand and allow it \
                with a reason",
        );
    }
}
