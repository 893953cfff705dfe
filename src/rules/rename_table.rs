//! A table that gets another name while code uses the old one.

use super::Scene;
use super::Sink;
use super::table_name;
use super::table_sql;
use crate::effect::Effect;
use crate::sql::quote_identifier;

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
        let (old, new) = (table_sql(&rename.table.name), quote_identifier(&rename.to));
        sink.report(at, message)
            .on(&rename.table)
            .help(
                "leave a view with the old name in the same transaction; drop it when no release \
                names it",
            )
            .safe("BEGIN;")
            .safe(format!("ALTER TABLE {old} RENAME TO {new};"))
            .safe(format!("CREATE VIEW {old} AS SELECT * FROM {new};"))
            .safe("COMMIT;");
    }
}
