//! A `CHECK` that is checked while the table is locked.

use super::Scene;
use super::Sink;
use super::table_name;
use super::table_sql;
use crate::effect::ConstraintClass;
use crate::effect::Effect;
use crate::sql::quote_identifier;

pub(super) fn check(scene: &Scene, sink: &mut Sink) {
    for at in scene.parts() {
        let Effect::AddConstraint(add) = &at.part.effect else { continue };
        if add.class != ConstraintClass::Check || !add.scans || add.inline || !add.table.in_use() {
            continue;
        }
        let table = table_name(&add.table.name);
        let message = format!(
            "adding this CHECK takes an ACCESS EXCLUSIVE lock on `{table}`: reads and writes wait \
            until every row has been checked"
        );
        let name = quote_identifier(&add.full_name);
        let sql = table_sql(&add.table.name);
        sink.report(at, message)
            .on(&add.table)
            .help(
                "add it NOT VALID, which checks new rows only; validate it in a later transaction",
            )
            .safe(format!("ALTER TABLE {sql} ADD CONSTRAINT {name} {} NOT VALID;", add.definition))
            .safe(format!("ALTER TABLE {sql} VALIDATE CONSTRAINT {name};"));
    }
}
