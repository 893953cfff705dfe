//! Something gets another name in one step: no moment exists at which both names work.

use super::ChangeScene;
use super::ChangeSink;
use super::Deed;

pub(super) fn check(scene: &ChangeScene, sink: &mut ChangeSink) {
    for taken in scene.taken.iter().filter(|taken| taken.deed == Deed::Renames) {
        let message = format!(
            "this {} in one step: at no moment do both names work, so either the running release \
             fails or the next one does, and a rollback of the code fails too",
            taken.words
        );
        sink.report_taken(scene, taken, message).help(
            "add the new name beside the old one (a column with a trigger, a view), move the code \
             over in a release of its own, and drop the old name in a later change",
        );
    }
}
