//! A constraint that no later file validates.

use super::Scene;
use super::Sink;
use super::table_name;
use super::table_sql;
use crate::effect::Remark;
use crate::sql::quote_identifier;

pub(super) fn check(scene: &Scene, sink: &mut Sink) {
    for (at, remark) in scene.remarks() {
        let Remark::LeftUnvalidated(table, constraint) = remark else { continue };
        let message = format!(
            "no later migration validates `{constraint}` of `{}`: rows that were there before it \
            may still break it, and the planner does not rely on it",
            table_name(&table.name)
        );
        sink.report(at, message)
            .on(table)
            .help("validate it in a migration of its own, which blocks neither reads nor writes")
            .safe(format!(
                "ALTER TABLE {} VALIDATE CONSTRAINT {};",
                table_sql(&table.name),
                quote_identifier(constraint)
            ));
    }
}
