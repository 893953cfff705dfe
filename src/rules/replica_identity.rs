//! A replica identity that cannot find the rows it must change.

use super::Scene;
use super::Sink;
use super::table_name;
use crate::effect::Effect;

pub(super) fn check(scene: &Scene, sink: &mut Sink) {
    for at in scene.parts() {
        let Effect::ReplicaIdentity(change) = &at.part.effect else { continue };
        let why = match change.identity.as_str() {
            "nothing" => "UPDATE and DELETE on `{}` fail while it is published",
            "full" => {
                "every UPDATE and DELETE on `{}` logs the whole old row, and subscribers look for \
                it row by row"
            }
            _ => continue,
        };
        if !change.table.in_use() {
            continue;
        }
        let message = why.replace("{}", &table_name(&change.table.name));
        sink.report(at, message)
            .on(&change.table)
            .help("use the primary key (DEFAULT), or a unique index over NOT NULL columns");
    }
}
