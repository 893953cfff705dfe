//! A view that is defined anew, which may only add columns.

use super::Scene;
use super::Sink;
use super::table_name;
use crate::effect::Confidence;
use crate::effect::Effect;
use crate::sql::ObjectKind;

pub(super) fn check(scene: &Scene, sink: &mut Sink) {
    for at in scene.parts() {
        let Effect::Replace(replace) = &at.part.effect else { continue };
        if replace.kind != ObjectKind::View {
            continue;
        }
        let refused =
            at.fact.analysis.refusal.as_ref().filter(|refusal| refusal.sqlstate == "42P16");
        let assumed = at.fact.analysis.confidence != Confidence::Known && !replace.new;
        let name = table_name(&replace.name);
        let (message, help) = if let Some(refusal) = refused {
            let message =
                format!("`{name}` cannot be replaced this way: {} (42P16)", refusal.message);
            let help = if replace.new {
                "keep the old columns first, in order and of their types; or drop the view first, \
                 which nobody reads yet"
            } else {
                "keep the old columns first, in order and of their types; drop one only by \
                 dropping the view, when no release reads it"
            };
            (message, help)
        } else if assumed {
            let message = format!(
                "if the view `{name}` is there, this takes an ACCESS EXCLUSIVE lock on it, and \
                fails unless the old columns come first, in order and of their types"
            );
            (message, "keep the old columns first, in order and of their types")
        } else {
            continue;
        };
        sink.report(at, message).help(help).relation = Some(replace.name.to_string());
    }
}
