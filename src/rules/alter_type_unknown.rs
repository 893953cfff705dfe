//! A type change that may write every row anew: the type before, or what it depends on besides,
//! was not seen.

use super::Scene;
use super::Sink;
use super::retype;
use super::retype_steps;
use super::table_name;
use crate::effect::Answer;
use crate::effect::ChangeType;
use crate::effect::Effect;

pub(super) fn check(scene: &Scene, sink: &mut Sink) {
    for at in scene.parts() {
        let Effect::ChangeType(change) = &at.part.effect else { continue };
        if change.rewrites != Answer::Unknown || !change.table.in_use() {
            continue;
        }
        let hit = sink.report(at, message(change));
        hit.on(&change.table);
        if change.zoned {
            hit.help(
                "if its values are in UTC, say so in the session before: then the rows stay as \
                they are, and only indexes on the column are built again",
            )
            .safe("SET TIME ZONE 'UTC';")
            .safe(retype(change));
            continue;
        }
        let help = if change.from.is_some() {
            "change the type by way of a new column"
        } else {
            "let migrate see the migrations that made the table (--history), or change the type by \
            way of a new column"
        };
        hit.help(help).safe_all(retype_steps(change, scene.postgres));
    }
}

fn message(change: &ChangeType) -> String {
    let (table, column) = (table_name(&change.table.name), &change.column);
    let Some(from) = &change.from else {
        return format!(
            "the type of `{table}.{column}` before this is not known here: if its rows have to be \
            written anew, reads and writes wait under an ACCESS EXCLUSIVE lock until all are"
        );
    };
    let what = format!("changing `{table}.{column}` from {from} to {}", change.to);
    let lock = format!("every row of `{table}` anew under an ACCESS EXCLUSIVE lock");
    if change.zoned {
        format!(
            "{what} writes {lock}, unless the time zone of the session is UTC, which is not known \
            here"
        )
    } else {
        format!("{what} may write {lock}: how the two are stored is not known here")
    }
}
