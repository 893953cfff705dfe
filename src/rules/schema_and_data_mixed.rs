//! A file that changes the schema of tables in use, and writes rows.

use super::Scene;
use super::Sink;
use super::table_name;
use super::verb_word;
use crate::effect::Effect;

pub(super) fn check(scene: &Scene, sink: &mut Sink) {
    let Some(change) = scene.facts.iter().position(|fact| {
        fact.blocks && ["alter-table", "drop-table"].contains(&fact.analysis.kind.as_str())
    }) else {
        return;
    };
    let writes = scene.parts().find_map(|at| match &at.part.effect {
        Effect::Write(write) if write.table.in_use() => Some((at, write)),
        _ => None,
    });
    let Some((at, write)) = writes else { return };
    let message = format!(
        "this file changes the schema (statement {}) and the rows of `{}` ({}): it fails, and is \
        taken back, as one, and rows cannot be written again in batches",
        change + 1,
        table_name(&write.table.name),
        verb_word(write.verb)
    );
    sink.report(at, message)
        .on(&write.table)
        .help("write rows in a migration of their own, after that of the schema");
}
