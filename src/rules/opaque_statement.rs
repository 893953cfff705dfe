//! SQL that is put together while it runs, so that nobody can say what it does.

use super::Scene;
use super::Sink;
use crate::effect::Effect;
use crate::sql::Dynamic;

pub(super) fn check(scene: &Scene, sink: &mut Sink) {
    for at in scene.parts() {
        let Effect::Dynamic(dynamic) = &at.part.effect else { continue };
        let how = match dynamic {
            Dynamic::Built(by) => format!("is put together by `{by}`"),
            Dynamic::Placeholder => "is put in the place of a placeholder".to_owned(),
            Dynamic::Included => "is brought in from another file".to_owned(),
            Dynamic::TooMuch => "comes after more than is looked at".to_owned(),
        };
        let help = match dynamic {
            Dynamic::Included => "look at that file by hand, and allow it here with a reason",
            Dynamic::TooMuch => {
                "split the file, or look at the rest by hand and allow it with a reason"
            }
            Dynamic::Built(_) | Dynamic::Placeholder => {
                "write the statement out where it can be; else look at it by hand and allow it \
                with a reason"
            }
        };
        let message = format!("what runs here {how}, so nothing is known of what it does");
        sink.report(at, message).help(help);
    }
}
