//! A foreign key that is checked while both tables are locked.

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
        let inline = add.inline;
        if add.class != ConstraintClass::ForeignKey || !add.scans || inline || !add.table.in_use() {
            continue;
        }
        let table = table_name(&add.table.name);
        let references =
            add.references.as_ref().map(|target| table_name(&target.name)).unwrap_or_default();
        let message = format!(
            "adding this foreign key takes a SHARE ROW EXCLUSIVE lock on `{table}` and \
            `{references}`: writes to both wait until all of `{table}` has been checked"
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
