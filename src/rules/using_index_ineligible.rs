//! `USING INDEX` with an index that cannot be a constraint.

use super::KEY_OF_PARTITIONS;
use super::Scene;
use super::Sink;
use crate::effect::Effect;

pub(super) fn check(scene: &Scene, sink: &mut Sink) {
    for at in scene.parts() {
        let Effect::AddConstraint(add) = &at.part.effect else { continue };
        let (Some(index), Some(refusal)) = (&add.using_index, &at.fact.analysis.refusal) else {
            continue;
        };
        let sqlstate = refusal.sqlstate;
        let (why, help) = match sqlstate {
            "42809" | "55000" | "42704" => (
                format!("it {}", without_name(&refusal.message, index)),
                "it takes a valid unique index of this table over plain columns in their default \
                order, without WHERE, that is no constraint yet",
            ),
            "0A000" if add.table.partitioned && !add.not_valid => {
                ("its table is partitioned".to_owned(), KEY_OF_PARTITIONS)
            }
            // Another rule says it.
            _ => continue,
        };
        let message = format!(
            "index `{index}` cannot become a constraint: {why} (the server refuses it, {sqlstate})"
        );
        sink.report(at, message).on(&add.table).help(help);
    }
}

/// What the server says of an index, behind its name.
fn without_name<'a>(message: &'a str, index: &str) -> &'a str {
    let name = format!("\"{index}\" ");
    message.split_once(&name).map_or(message, |(_, rest)| rest)
}
