//! Rows that bring numbers which their sequence will give out again.

use super::Scene;
use super::Sink;
use super::table_name;
use super::table_sql;
use crate::effect::Remark;
use crate::sql::quote_identifier;

pub(super) fn check(scene: &Scene, sink: &mut Sink) {
    let mut told = Vec::new();
    let counted = scene
        .remarks()
        .filter(|(_, remark)| matches!(remark, Remark::SetsSequence | Remark::Counts(..)));
    let moved = counted.map(|(at, _)| at.index).max();
    for (at, remark) in scene.remarks() {
        let Remark::OwnNumbers(own) = remark else { continue };
        if moved.is_some_and(|moved| at.index < moved) || told.contains(&&own.table.name) {
            continue;
        }
        told.push(&own.table.name);
        let table = table_name(&own.table.name);
        let message = format!(
            "these rows bring their own `{table}.{}`, of which the sequence knows nothing: once it \
            gets there, an INSERT without a number fails (23505)",
            own.column
        );
        let hit = sink.report(at, message);
        hit.on(&own.table).help("leave the column out, or set the sequence behind them");
        if let Some(sequence) = &own.sequence {
            hit.safe(format!(
                "SELECT setval('{}', (SELECT max({}) FROM {}));",
                table_sql(sequence).replace('\'', "''"),
                quote_identifier(&own.column),
                table_sql(&own.table.name)
            ));
        }
    }
}
