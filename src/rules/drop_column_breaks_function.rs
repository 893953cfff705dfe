//! A function whose body names a column that goes: the server looks only when it is called.

use super::Scene;
use super::Sink;
use super::relations;
use super::table_name;
use crate::effect::Bodies;
use crate::effect::Effect;
use crate::effect::Remark;
use crate::sql::Name;

pub(super) fn check(scene: &Scene, sink: &mut Sink) {
    for (at, remark) in scene.remarks() {
        let Remark::Bodies(bodies) = remark else { continue };
        let left: Vec<&Name> =
            bodies.functions.iter().filter(|name| !is_seen_to(scene, at.index, name)).collect();
        let [first, ..] = left.as_slice() else { continue };
        sink.report(at, message(bodies, &left)).on(&bodies.table).help(format!(
            "first replace `{}` by one that does without the column",
            table_name(first)
        ));
    }
}

fn message(bodies: &Bodies, left: &[&Name]) -> String {
    let table = table_name(&bodies.table.name);
    let (verb, is) = if left.len() == 1 { ("names", "it is") } else { ("name", "they are") };
    let gone = if bodies.renamed { "has another name" } else { "is gone" };
    format!(
        "the body of {} {verb} `{table}.{}`, which {gone} after this: the server does not object, \
        and the call fails when {is} made",
        relations(left.iter().copied()),
        bodies.column
    )
}

/// Whether the file goes on to replace or to drop a function.
fn is_seen_to(scene: &Scene, index: usize, function: &Name) -> bool {
    scene.parts_from(index + 1).any(|other| match &other.part.effect {
        Effect::Replace(change) | Effect::DropObject(change) => change.name == *function,
        Effect::Create(create) => create.name == *function,
        _ => false,
    })
}
