//! A file that was there before the change, and is edited by it.

use super::Scene;
use super::Sink;
use crate::migration::Arrival;

pub(super) fn check(scene: &Scene, sink: &mut Sink) {
    let (Arrival::Edited, Some(fact)) = (scene.arrival, scene.facts.first()) else { return };
    let message = "this file was there before the change: databases that have run it do not run it \
                   again, and a runner that keeps checksums refuses to go on";
    sink.report_statement(0, fact, message)
        .help("put the file back as it was, and write what is to change in a new one");
}
