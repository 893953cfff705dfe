//! A `CHECK` that proved a `NOT NULL`, and stays.

use super::Scene;
use super::Sink;
use super::lock_timeout;
use super::table_name;
use super::table_sql;
use crate::effect::Remark;
use crate::sql::quote_identifier;

pub(super) fn check(scene: &Scene, sink: &mut Sink) {
    for (at, remark) in scene.remarks() {
        let Remark::LeftBehind(table, constraint) = remark else { continue };
        let message = format!(
            "`{constraint}` of `{}` says no more than the NOT NULL that it proved, and no later \
            migration drops it: each write tests both",
            table_name(&table.name)
        );
        sink.report(at, message)
            .on(table)
            .help("drop it in a command of its own, after the SET NOT NULL")
            .safe_all(lock_timeout(at))
            .safe(format!(
                "ALTER TABLE {} DROP CONSTRAINT {};",
                table_sql(&table.name),
                quote_identifier(constraint)
            ));
    }
}
