//! A type change that old values may not fit.

use super::Scene;
use super::Sink;
use super::table_name;
use crate::effect::ChangeType;
use crate::effect::Effect;

pub(super) fn check(scene: &Scene, sink: &mut Sink) {
    for at in scene.parts() {
        let Effect::ChangeType(change) = &at.part.effect else { continue };
        if !change.narrowing.narrows() || change.new || !change.table.in_use() {
            continue;
        }
        let help = if change.narrowing.refuses {
            "keep the type, and refuse what is too large by a CHECK that is added NOT VALID"
        } else {
            "keep the type, and round where the value is read; or write what is coarser into a \
            column of its own"
        };
        sink.report(at, message(change)).on(&change.table).help(help);
    }
}

fn message(change: &ChangeType) -> String {
    let column = format!("{}.{}", table_name(&change.table.name), change.column);
    let from = change.from.as_ref().map(ToString::to_string).unwrap_or_default();
    let held = format!("{} holds less than {from}", change.to);
    match (change.narrowing.refuses, change.narrowing.rounds) {
        (true, _) if change.using.is_some() => format!(
            "{held}: what does not fit in `{column}` makes the command fail, or is cut by USING, \
            and afterwards code that writes what does not fit fails"
        ),
        (true, false) => format!(
            "{held}: the command fails where `{column}` does not fit, and afterwards so does code \
            that writes what does not fit"
        ),
        (true, true) => format!(
            "{held}: what `{column}` has after the point is rounded without a word, and what is \
            too large makes the command fail; afterwards code that writes meets the same"
        ),
        (false, _) => format!(
            "{held}: finer values of `{column}` are rounded or cut without a word, and so are \
            those that code writes afterwards"
        ),
    }
}
