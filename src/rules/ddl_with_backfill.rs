//! Rows are written while the transaction holds a lock that keeps others out.

use super::Scene;
use super::Sink;
use super::table_name;
use crate::effect::Blocks;
use crate::effect::Effect;
use crate::effect::Reach;
use crate::sql::DataVerb;

pub(super) fn check(scene: &Scene, sink: &mut Sink) {
    for at in scene.parts() {
        let Effect::Write(write) = &at.part.effect else { continue };
        let small = matches!(write.reach, Reach::Listed(_) | Reach::Bounded);
        // A copy into a table that nobody uses yet takes its time all the same.
        if small || !(write.table.in_use() || write.verb == DataVerb::Insert) {
            continue;
        }
        let (held, inside) = match &*at.part.held {
            [] => (&*at.fact.held, false),
            held => (held, true),
        };
        let on_table = held.iter().find(|held| held.relation == write.table.name);
        let strongest = held.iter().max_by_key(|held| held.mode);
        let Some(locked) = on_table.or(strongest) else { continue };
        let who = match locked.mode.blocks() {
            Blocks::Everything => "everybody waits",
            Blocks::Writes | Blocks::Nothing => "writes wait",
        };
        let taken = if inside {
            "an earlier statement of this block".to_owned()
        } else {
            format!("statement {} of this file", locked.since + 1)
        };
        let message = format!(
            "{taken} took a lock on `{}` ({}): it is held while all these rows of `{}` are \
            written, and {who}",
            table_name(&locked.relation),
            locked.mode,
            table_name(&write.table.name)
        );
        sink.report(at, message).on(&write.table).help(
            "commit the change of the schema first; write the rows in a migration of their \
                own, in batches",
        );
    }
}
