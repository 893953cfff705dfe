//! A type change that old values may not fit.

use super::Scene;
use super::Sink;
use super::table_name;
use crate::effect::Effect;

pub(super) fn check(scene: &Scene, sink: &mut Sink) {
    for at in scene.parts() {
        let Effect::ChangeType(change) = &at.part.effect else { continue };
        if !change.narrows || change.new || !change.table.in_use() {
            continue;
        }
        let table = table_name(&change.table.name);
        let from = change.from.as_ref().map(ToString::to_string).unwrap_or_default();
        let message = format!(
            "{} holds less than {from}: the command fails, or cuts values, where `{table}.{}` does \
            not fit, and old code that writes longer values fails",
            change.to, change.column
        );
        sink.report(at, message)
            .on(&change.table)
            .help("keep the type, and refuse what is too long by a CHECK that is added NOT VALID");
    }
}
