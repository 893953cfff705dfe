//! A view that is defined anew, which may only add columns.

use super::Scene;
use super::Sink;
use crate::effect::Confidence;
use crate::effect::Effect;
use crate::sql::ObjectKind;

pub(super) fn check(scene: &Scene, sink: &mut Sink) {
    for at in scene.parts() {
        let Effect::Replace(replace) = &at.part.effect else { continue };
        if replace.kind != ObjectKind::View || replace.new {
            continue;
        }
        let refused =
            at.fact.analysis.refusal.as_ref().filter(|refusal| refusal.sqlstate == "42P16");
        let assumed = at.fact.analysis.confidence != Confidence::Known;
        let name = &replace.name;
        if let Some(refusal) = refused {
            let message =
                format!("`{name}` cannot be replaced this way: {} (42P16)", refusal.message);
            sink.report(at, message).help(
                "keep the old columns first and in order; drop one only by dropping the \
                    view, when no release reads it",
            );
        } else if assumed {
            let message = format!(
                "if the view `{name}` is there, this takes an ACCESS EXCLUSIVE lock on it, and \
                fails unless the old columns come first and in order"
            );
            sink.report(at, message).help("keep the old columns first and in order").relation =
                Some(name.to_string());
        }
    }
}
