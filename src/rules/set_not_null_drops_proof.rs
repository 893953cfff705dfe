//! `SET NOT NULL` in one command with the drop of the `CHECK` that proves it.

use super::Scene;
use super::Sink;
use super::lock_timeout;
use super::table_name;
use super::table_sql;
use crate::effect::Effect;
use crate::effect::Proof;
use crate::sql::quote_identifier;

pub(super) fn check(scene: &Scene, sink: &mut Sink) {
    for at in scene.parts() {
        let Effect::SetNotNull(set) = &at.part.effect else { continue };
        let (check, proves) = match &set.proof {
            Proof::Dropped(check) => (check, "proves"),
            Proof::DroppedUnseen(check) => (check, "may prove"),
            Proof::NotNull
            | Proof::Check(_)
            | Proof::NotValidated(_)
            | Proof::Nothing
            | Proof::Unknown => continue,
        };
        if !set.table.in_use() {
            continue;
        }
        let table = table_name(&set.table.name);
        let message = format!(
            "`{check}` {proves} that `{}` is never NULL, but is dropped by the same command before \
            the server looks: all of `{table}` is read under an ACCESS EXCLUSIVE lock",
            set.column
        );
        let sql = table_sql(&set.table.name);
        sink.report(at, message)
            .on(&set.table)
            .help("drop the CHECK in a command of its own, afterwards")
            .safe_all(lock_timeout(at))
            .safe(format!(
                "ALTER TABLE {sql} ALTER COLUMN {} SET NOT NULL;",
                quote_identifier(&set.column)
            ))
            .safe(format!("ALTER TABLE {sql} DROP CONSTRAINT {};", quote_identifier(check)));
    }
}
