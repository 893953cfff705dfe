//! A column that goes in the same change that brings the one in its place.

use super::Scene;
use super::Sink;
use super::listed;
use super::table_name;
use crate::effect::Effect;
use crate::effect::Remark;

pub(super) fn check(scene: &Scene, sink: &mut Sink) {
    if scene.is_contract() {
        return;
    }
    for (at, remark) in scene.remarks() {
        let Remark::TakenTooEarly(taken) = remark else { continue };
        // What one file mixes is the business of another rule.
        let here = |column: &&String| {
            scene.parts_around(at.index).any(|other| match &other.part.effect {
                Effect::AddColumn(add) => {
                    add.table.name == taken.table.name && add.column == **column
                }
                _ => false,
            })
        };
        let with: Vec<&str> =
            taken.with.iter().filter(|column| !here(column)).map(String::as_str).collect();
        if with.is_empty() {
            continue;
        }
        let table = table_name(&taken.table.name);
        let goes = if taken.renamed { "gets another name" } else { "goes" };
        let message = format!(
            "`{table}.{}` {goes} in the change that brings {}: no release can have moved from one \
            to the other before both happen",
            taken.column,
            listed(with)
        );
        sink.report(at, message)
            .on(&taken.table)
            .help("deploy the new column first, and take the old one away in a later release");
    }
}
