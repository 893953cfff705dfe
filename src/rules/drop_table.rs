//! A table that is dropped while code may use it.

use super::Scene;
use super::Sink;
use super::allowed;
use super::relations;
use super::table_name;
use super::table_sql;
use crate::effect::DropTable;
use crate::effect::Effect;

pub(super) fn check(scene: &Scene, sink: &mut Sink) {
    for at in scene.parts() {
        let Effect::DropTable(drop) = &at.part.effect else { continue };
        if drop.missing || !drop.table.in_use() || scene.is_contract() {
            continue;
        }
        let table = table_name(&drop.table.name);
        let message = format!(
            "`{table}` and its rows are gone after this: code that runs now and names it fails, \
            and a rollback of the release brings nothing back{}{}",
            cascade(drop),
            partition(drop)
        );
        let cascade = if drop.cascade { " CASCADE" } else { "" };
        let statement = format!("DROP TABLE {}{cascade};", table_sql(&drop.table.name));
        sink.report(at, message)
            .on(&drop.table)
            .help(
                "first release code that does not name the table; drop it in a later contract \
                phase, when the old release is gone",
            )
            .safe(allowed("drop-table", &statement));
    }
}

/// What `CASCADE` takes along, as far as is known.
fn cascade(drop: &DropTable) -> String {
    let keys = drop
        .keys
        .iter()
        .map(|(table, key)| format!("the foreign key `{key}` of `{}`", table_name(table)));
    let views = (!drop.views.is_empty()).then(|| relations(&drop.views));
    let known: Vec<String> = views.into_iter().chain(keys).collect();
    match known.as_slice() {
        _ if !drop.cascade => String::new(),
        [] => "; CASCADE takes along whatever depends on it".to_owned(),
        known => format!("; CASCADE takes along {}", known.join(", ")),
    }
}

/// What else is locked where a partition goes.
fn partition(drop: &DropTable) -> String {
    let Some(parent) = &drop.partition_of else { return String::new() };
    let others = std::iter::once(&parent.name).chain(&drop.default);
    format!(
        "; it is a partition: reads and writes of {} wait while it goes (ACCESS EXCLUSIVE)",
        relations(others)
    )
}
