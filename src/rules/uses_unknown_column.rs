//! SQL in code that changes names a table or a column that nothing in the database has.

use super::ChangeScene;
use super::ChangeSink;

pub(super) fn check(scene: &ChangeScene, sink: &mut ChangeSink) {
    for unknown in scene.unknown {
        let near = unknown.near.as_ref().map(|near| format!("; did you mean {near}?"));
        let message = format!(
            "this SQL names {}, which no migration creates: it fails once it runs{}",
            unknown.object,
            near.unwrap_or_default()
        );
        sink.report(&unknown.at.path, unknown.at.span, message).help(
            "add it in an expand migration of this change or an earlier one, or mend the name",
        );
    }
}
