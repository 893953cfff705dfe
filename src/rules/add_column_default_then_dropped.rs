//! A required column that is added with a default which the same change drops.

use super::Scene;
use super::Sink;
use super::table_name;
use super::table_sql;
use crate::effect::Effect;
use crate::sql::quote_identifier;

pub(super) fn check(scene: &Scene, sink: &mut Sink) {
    for at in scene.parts() {
        let Effect::DropDefault(drop) = &at.part.effect else { continue };
        let required = drop.not_null == Some(true) && drop.new;
        // What the server refuses does no harm.
        let refused = at.fact.analysis.refusal.is_some();
        if !required || refused || !drop.table.in_use() || at.part.made_good {
            continue;
        }
        let table = table_name(&drop.table.name);
        let what = drop.filler.word();
        let sql = format!("DROP {}", what.to_uppercase());
        let message = format!(
            "`{table}.{}` is NOT NULL, and the {what} that it was added with is dropped at once: \
            every INSERT of code that does not know the column fails",
            drop.column
        );
        sink.report(at, message)
            .on(&drop.table)
            .help(format!(
                "keep the {what} until no running release leaves the column out, then drop it in a \
                contract phase"
            ))
            .safe(format!(
                "ALTER TABLE {} ALTER COLUMN {} {sql}; -- later, in a contract phase",
                table_sql(&drop.table.name),
                quote_identifier(&drop.column)
            ));
    }
}
