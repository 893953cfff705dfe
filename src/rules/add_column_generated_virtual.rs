//! A new virtual generated column that every row has to be looked at for.

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
        let Fill::Virtual(expression) = &add.fill else { continue };
        if !add.not_null || add.exists || !add.table.in_use() {
            continue;
        }
        let message = format!(
            "a virtual column is free, but NOT NULL makes the server compute it for every row of \
            `{}` under an ACCESS EXCLUSIVE lock: reads and writes wait meanwhile",
            table_name(&add.table.name)
        );
        let (sql, column) = (table_sql(&add.table.name), quote_identifier(&add.column));
        let name = quote_identifier(&format!("{}_{}_not_null", add.table.name.name, add.column));
        sink.report(at, message)
            .on(&add.table)
            .help("add the column without it; then the NOT NULL, NOT VALID, to be validated later")
            .safe(format!(
                "ALTER TABLE {sql} ADD COLUMN {column} {} GENERATED ALWAYS AS ({expression}) \
                 VIRTUAL;\nALTER TABLE {sql} ADD CONSTRAINT {name} NOT NULL {column} NOT VALID;",
                add.ty
            ))
            .safe(String::new())
            .safe(format!("ALTER TABLE {sql} VALIDATE CONSTRAINT {name};"));
    }
}
