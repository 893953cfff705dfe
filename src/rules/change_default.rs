//! A default that changes under the code that relies on it.

use super::Scene;
use super::Sink;
use super::table_name;
use crate::effect::Effect;

pub(super) fn check(scene: &Scene, sink: &mut Sink) {
    for at in scene.parts() {
        let Effect::SetDefault(change) = &at.part.effect else { continue };
        if change.new || !change.table.in_use() {
            continue;
        }
        let table = table_name(&change.table.name);
        let message = format!(
            "code that runs now and leaves `{table}.{}` out gets another value from here on",
            change.column
        );
        sink.report(at, message)
            .on(&change.table)
            .help("make sure that the running release can read the new value");
    }
}
