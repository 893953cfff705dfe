//! A foreign key whose referencing columns have no index.

use super::At;
use super::Scene;
use super::Sink;
use super::columns_sql;
use super::table_name;
use super::table_sql;
use crate::effect::AddConstraint;
use crate::effect::ConstraintClass;
use crate::effect::Effect;
use crate::sql::quote_identifier;

pub(super) fn check(scene: &Scene, sink: &mut Sink) {
    for at in scene.parts() {
        let Effect::AddConstraint(add) = &at.part.effect else { continue };
        let key = add.class == ConstraintClass::ForeignKey;
        if !key || !add.lacks_index || is_built_later(scene, at, add) {
            continue;
        }
        let table = table_name(&add.table.name);
        let columns = add.columns.join(", ");
        let message = format!(
            "no index of `{table}` starts with ({columns}): each DELETE or key UPDATE of the \
            referenced table reads all of it"
        );
        let hit = sink.report(at, message);
        hit.on(&add.table);
        if add.table.in_use() && add.table.partitioned {
            hit.help(
                "build the index first: ON ONLY the parent, concurrently on each partition, then \
                attach",
            );
            continue;
        }
        let (help, concurrently) = if !add.table.in_use() {
            ("build the index with the table", "")
        } else if add.on_new_columns {
            ("build the index as soon as the column is there", "CONCURRENTLY ")
        } else {
            ("build the index first", "CONCURRENTLY ")
        };
        let name = format!("{}_{}_idx", add.table.name.name, add.columns.join("_"));
        hit.help(help).safe(format!(
            "CREATE INDEX {concurrently}{} ON {} ({});",
            quote_identifier(&name),
            table_sql(&add.table.name),
            columns_sql(&add.columns)
        ));
    }
}

/// Whether the file goes on to build the index, by itself or for a key.
fn is_built_later(scene: &Scene, key: At, add: &AddConstraint) -> bool {
    let later = scene.parts_from(key.index);
    later.map(|at| &at.part.effect).any(|effect| match effect {
        Effect::BuildIndex(build) => {
            build.table.name == add.table.name && build.finds(&add.columns)
        }
        Effect::AddConstraint(other) => {
            other.table.name == add.table.name && other.finds(&add.columns)
        }
        _ => false,
    })
}
