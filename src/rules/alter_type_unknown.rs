//! A type change of a column whose type was never seen.

use super::Scene;
use super::Sink;
use super::retype_steps;
use super::table_name;
use crate::effect::Answer;
use crate::effect::Effect;

pub(super) fn check(scene: &Scene, sink: &mut Sink) {
    for at in scene.parts() {
        let Effect::ChangeType(change) = &at.part.effect else { continue };
        if change.rewrites != Answer::Unknown || !change.table.in_use() {
            continue;
        }
        let table = table_name(&change.table.name);
        let message = match &change.from {
            Some(from) => format!(
                "changing `{table}.{}` from {from} to {} may write every row anew under an ACCESS \
                EXCLUSIVE lock: it depends on what is not known here, such as the session's time \
                zone",
                change.column, change.to
            ),
            None => format!(
                "the type of `{table}.{}` before this is not known here: if its rows have to be \
                written anew, reads and writes wait under an ACCESS EXCLUSIVE lock until all are",
                change.column
            ),
        };
        sink.report(at, message)
            .on(&change.table)
            .help(
                "let migrate see the migrations that made the table (--history), or change the \
                type by a new column",
            )
            .safe_all(retype_steps(change));
    }
}
