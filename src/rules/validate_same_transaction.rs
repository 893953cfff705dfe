//! `VALIDATE CONSTRAINT` while the lock of the command that added it is still held.

use super::Scene;
use super::Sink;
use super::table_name;
use super::table_sql;
use crate::effect::Effect;
use crate::sql::quote_identifier;

pub(super) fn check(scene: &Scene, sink: &mut Sink) {
    for at in scene.parts() {
        let Effect::ValidateConstraint(validate) = &at.part.effect else { continue };
        if !validate.scans || !validate.table.in_use() {
            continue;
        }
        let held = at.fact.held.iter().find(|held| held.relation == validate.table.name);
        let since = match (validate.in_stronger_command, held) {
            (Some(_), _) => "this command".to_owned(),
            (None, Some(held)) => format!("statement {} of this transaction", held.since + 1),
            (None, None) => continue,
        };
        let table = table_name(&validate.table.name);
        let message = format!(
            "validating reads all of `{table}` while {since} holds a lock that blocks writes: the \
            point of NOT VALID is lost"
        );
        sink.report(at, message)
            .on(&validate.table)
            .help("validate in a later transaction, where it blocks neither reads nor writes")
            .safe(format!(
                "ALTER TABLE {} VALIDATE CONSTRAINT {};",
                table_sql(&validate.table.name),
                quote_identifier(&validate.constraint)
            ));
    }
}
