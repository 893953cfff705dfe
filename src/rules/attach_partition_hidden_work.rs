//! Indexes and keys that a table gets while it is attached.

use super::Scene;
use super::Sink;
use super::relations;
use super::table_name;
use super::table_sql;
use crate::effect::Remark;
use crate::sql::quote_identifier;

pub(super) fn check(scene: &Scene, sink: &mut Sink) {
    for (at, remark) in scene.remarks() {
        let Remark::BuiltOnAttach(built) = remark else { continue };
        let table = table_name(&built.partition.name);
        let indexes = relations(built.indexes.iter().map(|(index, _)| index));
        let mut work = Vec::new();
        if !built.indexes.is_empty() {
            work.push(format!("its part of {indexes} is built"));
        }
        for (key, target) in &built.keys {
            work.push(format!(
                "its rows are checked for the foreign key `{key}`, which also makes writes of \
                `{}` wait",
                table_name(target)
            ));
        }
        let message = format!(
            "`{table}` lacks what its parent has: {}, while reads and writes of `{table}` wait \
            (ACCESS EXCLUSIVE)",
            work.join(", and ")
        );
        let hit = sink.report(at, message);
        hit.on(&built.partition)
            .help("build the same on the table before it is attached, where nobody waits");
        for (index, keys) in &built.indexes {
            let Some(keys) = keys else { continue };
            let name = quote_identifier(&format!("{}_{}", built.partition.name.name, index.name));
            let sql = table_sql(&built.partition.name);
            hit.safe(format!("CREATE INDEX CONCURRENTLY {name} ON {sql} {keys};"));
        }
    }
}
