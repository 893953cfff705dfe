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
        if !required || !drop.table.in_use() || at.part.made_good {
            continue;
        }
        let table = table_name(&drop.table.name);
        let message = format!(
            "`{table}.{0}` is NOT NULL, and the default that it was added with is dropped at once: \
            every INSERT of code that does not know the column fails",
            drop.column
        );
        sink.report(at, message)
            .on(&drop.table)
            .help(
                "keep the default until no running release leaves the column out, then drop it \
                in a contract phase",
            )
            .safe(format!(
                "ALTER TABLE {} ALTER COLUMN {} DROP DEFAULT; -- later, in a contract phase",
                table_sql(&drop.table.name),
                quote_identifier(&drop.column)
            ));
    }
}
