//! Something is taken away in the change that also changes application code.

use super::ChangeScene;
use super::ChangeSink;
use super::Rehearsed;
use super::phrases::some_of;

/// What to do.
const HELP: &str = "\
split the change: first ship the code that no longer needs it; once no running release does, ship \
this statement in a change of its own. A comment does not allow this; a rehearsed rollback of the \
same SQL does: `migrate rehearse --record`";

pub(super) fn check(scene: &ChangeScene, sink: &mut ChangeSink) {
    for taken in scene.taken {
        let rehearsed = &scene.migrations[taken.migration].rehearsed;
        if matches!(rehearsed, Rehearsed::Back(digests) if digests.contains(&taken.digest)) {
            continue;
        }
        let code = scene.code_beside(taken.migration).map(|file| file.shown.as_str());
        let declared = taken.declared.iter().map(String::as_str);
        let files: Vec<&str> = code.chain(declared).collect();
        if files.is_empty() {
            continue;
        }
        let message = format!(
            "this {} in the change that also changes {}: while that rolls out, and whenever it is \
             rolled back, code runs that still counts on it",
            taken.words,
            some_of(&files)
        );
        let void = match rehearsed {
            Rehearsed::Never => String::new(),
            Rehearsed::Void(why) => format!(". Its rehearsal.toml does not count: {why}"),
            Rehearsed::Back(_) => {
                ". Its rehearsal.toml does not count: it does not name this statement".to_owned()
            }
        };
        sink.report_taken(scene, taken, message).help(format!("{HELP}{void}"));
    }
}
