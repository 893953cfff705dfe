//! A foreign key whose referencing columns have no index.

use super::Scene;
use super::Sink;
use super::columns_sql;
use super::table_name;
use super::table_sql;
use crate::effect::AddConstraint;
use crate::effect::Effect;
use crate::sql::quote_identifier;

pub(super) fn check(scene: &Scene, sink: &mut Sink) {
    for at in scene.parts() {
        let Effect::AddConstraint(add) = &at.part.effect else { continue };
        if !add.lacks_index || add.references.is_none() || later_index(scene, at.index, add) {
            continue;
        }
        let table = table_name(&add.table.name);
        let columns = add.columns.join(", ");
        let message = format!(
            "no index of `{table}` starts with ({columns}): each DELETE or key UPDATE of the \
            referenced table reads all of it"
        );
        let list = columns_sql(&add.columns);
        sink.report(at, message).on(&add.table).help("build the index first").safe(format!(
            "CREATE INDEX CONCURRENTLY {} ON {} ({list});",
            quote_identifier(&format!("{}_{}_idx", add.table.name.name, add.columns.join("_"))),
            table_sql(&add.table.name)
        ));
    }
}

/// Whether the file goes on to build the index.
fn later_index(scene: &Scene, from: usize, add: &AddConstraint) -> bool {
    scene.parts().filter(|at| from < at.index).any(|at| match &at.part.effect {
        Effect::BuildIndex(build) => {
            build.table.name == add.table.name
                && add
                    .columns
                    .first()
                    .is_some_and(|column| build.definition.contains(column.as_str()))
        }
        _ => false,
    })
}
