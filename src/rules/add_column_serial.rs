//! A new `serial` column, which numbers every row at once.

use super::Scene;
use super::Sink;
use super::table_name;
use super::table_sql;
use crate::effect::Effect;
use crate::effect::Fill;
use crate::sql::quote_identifier;

pub(super) fn check(scene: &Scene, sink: &mut Sink) {
    for at in scene.parts() {
        let Effect::AddColumn(add) = &at.part.effect else { continue };
        let Fill::Serial(base) = &add.fill else { continue };
        if add.exists || !add.table.in_use() {
            continue;
        }
        let table = table_name(&add.table.name);
        let message = format!(
            "a `{}` column numbers every row of `{table}`: all are written anew, with all indexes, \
            under an ACCESS EXCLUSIVE lock",
            add.ty
        );
        let (sql, column) = (table_sql(&add.table.name), quote_identifier(&add.column));
        let sequence = quote_identifier(&format!("{}_{}_seq", add.table.name.name, add.column));
        sink.report(at, message)
            .on(&add.table)
            .help("add a plain column, number new rows by a sequence, fill the old ones in batches")
            .safe(format!("ALTER TABLE {sql} ADD COLUMN {column} {base};"))
            .safe(format!("CREATE SEQUENCE {sequence} OWNED BY {sql}.{column};"))
            .safe(format!(
                "ALTER TABLE {sql} ALTER COLUMN {column} SET DEFAULT nextval('{sequence}');"
            ));
    }
}
