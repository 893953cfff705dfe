//! `SET ACCESS METHOD`, which writes every row anew.

use super::Scene;
use super::Sink;
use super::rewrite;
use crate::effect::RewriteCause;

pub(super) fn check(scene: &Scene, sink: &mut Sink) {
    let causes = [RewriteCause::AccessMethod];
    for at in scene.parts() {
        let Some((rewrite, tables)) = rewrite(&at, &causes) else { continue };
        let message = format!(
            "{tables} is written anew by the other access method under an ACCESS EXCLUSIVE lock: \
             reads and writes wait"
        );
        sink.report(at, message)
            .on_any(rewrite.table.as_ref())
            .help("make a new table with the access method, fill it in batches and swap the two");
    }
}
