//! Something is taken away in the change that brings what takes its place.

use super::ChangeScene;
use super::ChangeSink;
use super::phrases::some_of;

pub(super) fn check(scene: &ChangeScene, sink: &mut ChangeSink) {
    for taken in scene.taken.iter().filter(|taken| !taken.expands.is_empty()) {
        let with: Vec<&str> = taken.expands.iter().map(String::as_str).collect();
        let message = format!(
            "this {} in the change that adds {}: no release can have moved from one to the other \
             before both happen",
            taken.words,
            some_of(&with)
        );
        sink.report_taken(scene, taken, message).help(
            "ship what is added first, and move the code over; take the old away in a later change",
        );
    }
}
