//! A table that gets another name while code uses the old one.

use super::At;
use super::Scene;
use super::Sink;
use super::table_name;
use super::table_sql;
use crate::effect::Effect;
use crate::effect::RenameTable;
use crate::sql::Name;
use crate::sql::quote_identifier;
use crate::version::Major;

pub(super) fn check(scene: &Scene, sink: &mut Sink) {
    for at in scene.parts() {
        let Effect::RenameTable(rename) = &at.part.effect else { continue };
        if !rename.table.in_use() || at.part.made_good {
            continue;
        }
        let table = table_name(&rename.table.name);
        let message = format!(
            "code that runs now names `{table}`, the next release names `{}`: whichever comes \
            first, one of them fails, and so does a rollback",
            rename.to
        );
        sink.report(at, message)
            .on(&rename.table)
            .help(
                "leave a view with the old name in the same transaction; drop it when no release \
                names it",
            )
            .safe_all(bridge(&at, rename, scene.postgres));
    }
}

/// A view with the old name, which other sessions see at the same moment as the new one.
fn bridge(at: &At, rename: &RenameTable, postgres: Major) -> Vec<String> {
    let name = &rename.table.name;
    let old = table_sql(name);
    let new = table_sql(&Name { schema: name.schema.clone(), name: rename.to.clone() });
    // Without it, the view reads the table with the rights of its own owner.
    let with = if postgres.at_least(15) { " WITH (security_invoker = true)" } else { "" };
    let mut steps = vec![
        "SET LOCAL lock_timeout = '2s';".to_owned(),
        format!("ALTER TABLE {old} RENAME TO {};", quote_identifier(&rename.to)),
        format!("CREATE VIEW {old}{with} AS SELECT * FROM {new};"),
        format!(
            "-- the roles that use the table need rights on the view:\n\
            -- GRANT SELECT, INSERT, UPDATE, DELETE ON {old} TO <role>;"
        ),
    ];
    if at.fact.wrapping.is_none() {
        steps.insert(0, "BEGIN;".to_owned());
        steps.push("COMMIT;".to_owned());
    }
    steps
}
