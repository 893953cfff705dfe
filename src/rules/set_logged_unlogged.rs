//! `SET LOGGED` and `SET UNLOGGED`, which write every row anew.

use super::Scene;
use super::Sink;
use super::rewrite;
use crate::effect::RewriteCause;

pub(super) fn check(scene: &Scene, sink: &mut Sink) {
    let causes = [RewriteCause::Logged, RewriteCause::Unlogged];
    for at in scene.parts() {
        let Some((rewrite, tables)) = rewrite(&at, &causes) else { continue };
        let extra = match rewrite.cause {
            RewriteCause::Unlogged => {
                "; afterwards it cannot be read on a standby, and is empty after a crash"
            }
            _ => "",
        };
        let message = format!(
            "{tables} is written anew under an ACCESS EXCLUSIVE lock: reads and writes wait{extra}"
        );
        sink.report(at, message)
            .on_any(rewrite.table.as_ref())
            .help("make a new table of the other kind, fill it in batches and swap the two");
    }
}
