//! A column, or an attribute of a type, whose type changes under the code that uses it.

use super::Scene;
use super::Sink;
use super::object_name;
use super::retype_steps;
use super::table_name;
use crate::effect::Answer;
use crate::effect::Effect;

pub(super) fn check(scene: &Scene, sink: &mut Sink) {
    for at in scene.parts() {
        if let Effect::RetypeAttribute(change) = &at.part.effect
            && !change.new
        {
            let message = format!(
                "code that runs now reads and writes {} as it was: drivers and models that expect \
                the old type may fail once it is {}",
                object_name(change),
                change.to.as_deref().unwrap_or_default()
            );
            sink.report(at, message)
                .help("add an attribute of the new type, and move the code over before it goes");
        }
        let Effect::ChangeType(change) = &at.part.effect else { continue };
        let visible = change.visible && change.from.is_some();
        if !visible || change.new || !change.table.in_use() {
            continue;
        }
        let table = table_name(&change.table.name);
        let from = change.from.as_ref().map(ToString::to_string).unwrap_or_default();
        let message = format!(
            "code that runs now reads and writes `{table}.{}` as {from}: once it is {}, prepared \
            statements that return it fail, and drivers and models that expect the old type may \
            too",
            change.column, change.to
        );
        let hit = sink.report(at, message);
        hit.on(&change.table)
            .help("add a column of the new type and move the code over, release by release");
        // A rewrite has the same way out, and is told with it.
        if change.rewrites == Answer::No {
            hit.safe_all(retype_steps(change, scene.postgres));
        }
    }
}
