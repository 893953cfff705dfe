//! A table whose rows a crash takes away.

use super::Scene;
use super::Sink;
use super::table_name;
use crate::effect::Remark;

pub(super) fn check(scene: &Scene, sink: &mut Sink) {
    for (at, remark) in scene.remarks() {
        let Remark::Unlogged(table) = remark else { continue };
        let message = format!(
            "`{}` is UNLOGGED: a crash of the server empties it, and standbys never have its rows",
            table_name(table)
        );
        sink.report(at, message)
            .help("leave UNLOGGED out, unless every row can be made again from elsewhere");
    }
}
