//! A partition that is made by `PARTITION OF`, which locks its parent.

use super::Scene;
use super::Sink;
use super::table_name;
use super::table_sql;
use crate::effect::Effect;

pub(super) fn check(scene: &Scene, sink: &mut Sink) {
    for at in scene.parts() {
        let Effect::CreatePartition(create) = &at.part.effect else { continue };
        if !create.parent.in_use() {
            continue;
        }
        let parent = table_name(&create.parent.name);
        let default = match &create.default {
            Some(default) => format!(
                ", and reads all of the default partition `{}` meanwhile",
                table_name(default)
            ),
            None => String::new(),
        };
        let message = format!(
            "PARTITION OF takes an ACCESS EXCLUSIVE lock on `{parent}`{default}: every query on \
            any of its partitions through the parent waits"
        );
        let (sql, partition) = (table_sql(&create.parent.name), table_sql(&create.partition));
        sink.report(at, message)
            .on(&create.parent)
            .help("make the table first, then attach it, which blocks neither reads nor writes")
            .safe(format!("CREATE TABLE {partition} (LIKE {sql} INCLUDING ALL);"))
            .safe(format!("ALTER TABLE {sql} ATTACH PARTITION {partition} {};", create.bound));
    }
}
