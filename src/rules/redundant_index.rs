//! An index that finds nothing which another does not find already.

use super::Scene;
use super::Sink;
use super::table_name;
use crate::effect::Effect;
use crate::effect::Remark;

pub(super) fn check(scene: &Scene, sink: &mut Sink) {
    for (at, remark) in scene.remarks() {
        let Remark::Redundant(redundant) = remark else { continue };
        let table = table_name(&redundant.table.name);
        let by = &redundant.by.name;
        // A new index may take the place of an old one, which goes next.
        let replaced = scene.parts_around(at.index).any(|other| match &other.part.effect {
            Effect::DropIndex(drop) => drop.index == redundant.by,
            Effect::DropConstraint(drop) => drop.constraint == *by,
            _ => false,
        });
        if replaced {
            continue;
        }
        let how = if redundant.same { "is over the same columns" } else { "starts with them" };
        let message = format!(
            "`{by}` of `{table}` {how}: the new index finds nothing that it does not find, and \
            each write keeps both up"
        );
        sink.report(at, message)
            .on(&redundant.table)
            .help("leave the new index out, unless it is to take the place of the other");
    }
}
