//! A new identity column, which numbers every row at once.

use super::Scene;
use super::Sink;
use super::numbered_steps;
use super::sequence_of;
use super::table_name;
use super::table_sql;
use crate::effect::AddColumn;
use crate::effect::Effect;
use crate::effect::Fill;
use crate::sql::Identity;
use crate::sql::quote_identifier;

pub(super) fn check(scene: &Scene, sink: &mut Sink) {
    for at in scene.parts() {
        let Effect::AddColumn(add) = &at.part.effect else { continue };
        let Fill::Identity(identity) = &add.fill else { continue };
        if add.exists || !add.table.in_use() {
            continue;
        }
        let table = table_name(&add.table.name);
        let message = format!(
            "an identity column numbers every row of `{table}`: all are written anew, with all \
            indexes, under an ACCESS EXCLUSIVE lock"
        );
        sink.report(at, message)
            .on(&add.table)
            .help(
                "add a plain column, number new rows by a sequence, fill the old ones in batches, \
                make it NOT NULL, then an identity: each step in a migration of its own",
            )
            .safe_all(numbered_steps(add, &add.ty, &identity.options, scene.postgres))
            .safe(becomes_identity(add, identity))
            .safe(format!("DROP SEQUENCE {};", sequence_of(add)));
    }
}

/// The column takes its numbers from a sequence of its own from here on.
fn becomes_identity(add: &AddColumn, identity: &Identity) -> String {
    let (sql, column) = (table_sql(&add.table.name), quote_identifier(&add.column));
    let always = if identity.always { "ALWAYS" } else { "BY DEFAULT" };
    let options = match identity.options.as_str() {
        "" => String::new(),
        options => format!("{options} "),
    };
    // The options may say where to start: that was right for an empty table.
    let starts = options.split_whitespace().any(|word| word.eq_ignore_ascii_case("START"));
    let start = if starts { "" } else { "START WITH <beyond the highest number>" };
    let hint = if starts { " -- START beyond the highest number" } else { "" };
    format!(
        "ALTER TABLE {sql}\n  ALTER COLUMN {column} DROP DEFAULT,\n  ALTER COLUMN {column} ADD \
         GENERATED {always} AS IDENTITY ({});{hint}",
        format!("{options}{start}").trim()
    )
}
