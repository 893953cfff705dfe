//! A stored generated column, which is computed for every row at once when it is new, or when its
//! expression changes.

use super::Scene;
use super::Sink;
use super::computed_steps;
use super::table_name;
use super::table_sql;
use crate::effect::AddColumn;
use crate::effect::Effect;
use crate::effect::Fill;
use crate::sql::quote_identifier;

pub(super) fn check(scene: &Scene, sink: &mut Sink) {
    for at in scene.parts() {
        match &at.part.effect {
            Effect::AddColumn(add) if !add.exists && add.table.in_use() => {
                let Fill::Stored(expression) = &add.fill else { continue };
                let message = format!(
                    "a stored generated column is computed for every row of `{}`: all are written \
                    anew, with all indexes, under an ACCESS EXCLUSIVE lock",
                    table_name(&add.table.name)
                );
                let hit = sink.report(at, message);
                hit.on(&add.table);
                let plain = "add a plain column that a trigger fills for new rows, and fill the \
                             old ones in batches";
                if scene.postgres.at_least(18) {
                    hit.help(format!(
                        "make it VIRTUAL, which is computed when it is read; or {plain}"
                    ))
                    .safe(as_virtual(add, expression))
                    .safe("-- or, kept in each row:");
                } else {
                    hit.help(plain);
                }
                hit.safe_all(computed_steps(add, expression, scene.postgres));
            }
            Effect::Recompute(change)
                if !change.new && change.table.in_use() && at.fact.analysis.refusal.is_none() =>
            {
                let table = table_name(&change.table.name);
                let message = format!(
                    "another expression for `{table}.{}` is computed for every row of `{table}`: \
                    all are written anew, with all indexes, under an ACCESS EXCLUSIVE lock",
                    change.column
                );
                sink.report(at, message).on(&change.table).help(
                    "add a column beside it that a trigger fills, fill old rows in batches, move \
                    the code over",
                );
            }
            _ => {}
        }
    }
}

/// The same, computed when it is read.
fn as_virtual(add: &AddColumn, expression: &str) -> String {
    format!(
        "ALTER TABLE {} ADD COLUMN {} {} GENERATED ALWAYS AS ({expression}) VIRTUAL;",
        table_sql(&add.table.name),
        quote_identifier(&add.column),
        add.ty
    )
}
