//! A new file that comes before one which is deployed.

use super::Scene;
use super::Sink;
use crate::migration::Arrival;

pub(super) fn check(scene: &Scene, sink: &mut Sink) {
    let (Arrival::Before(later), Some(fact)) = (scene.arrival, scene.facts.first()) else {
        return;
    };
    let message = format!(
        "this new file comes before `{later}`, which was there already: databases that have run \
        that one pass over this, refuse it, or run it in another order than new databases do"
    );
    sink.report_statement(0, fact, message).help("number it behind all files that are there");
}
