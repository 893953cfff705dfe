//! A new `serial` column, which numbers every row at once.

use super::Scene;
use super::Sink;
use super::numbered_steps;
use super::table_name;
use crate::effect::Effect;
use crate::effect::Fill;

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
        sink.report(at, message)
            .on(&add.table)
            .help(
                "add a plain column, number new rows by a sequence, fill the old ones in batches, \
                then make it NOT NULL: each step in a migration of its own",
            )
            .safe_all(numbered_steps(add, base, "", scene.postgres));
    }
}
