//! A file that was there before the change, and is edited or taken away by it.

use super::ChangeScene;
use super::ChangeSink;
use super::Fate;
use super::Scene;
use super::Sink;
use crate::migration::Arrival;
use crate::sql::Span;

pub(super) fn check(scene: &Scene, sink: &mut Sink) {
    let (Arrival::Edited, Some(fact)) = (scene.arrival, scene.facts.first()) else { return };
    let message = "this file was there before the change: databases that have run it do not run it \
                   again, and a runner that keeps checksums refuses to go on";
    sink.report_statement(0, fact, message)
        .help("put the file back as it was, and write what is to change in a new one");
}

/// Files that are gone, or stand elsewhere: nothing of them is left to be judged.
pub(super) fn check_change(scene: &ChangeScene, sink: &mut ChangeSink) {
    for file in scene.files.iter().filter(|file| file.was_migration) {
        let message = match (file.fate, &file.before) {
            (Fate::Deleted, _) => "this migration was there before the change, and is gone: \
                                   databases that have run it keep what it made, new ones never \
                                   get it"
                .to_owned(),
            (Fate::Renamed, Some(before)) => format!(
                "this migration was there before the change as `{before}`: databases that have run \
                 it under that name run it again, or refuse to go on"
            ),
            _ => continue,
        };
        sink.report(&file.path, Span::default(), message)
            .help("put the file back as it was, and take back what it does in a new one");
    }
}
