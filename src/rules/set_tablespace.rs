//! `SET TABLESPACE`, which copies the whole table under a lock.

use super::Scene;
use super::Sink;
use super::rewrite;
use crate::effect::RewriteCause;

pub(super) fn check(scene: &Scene, sink: &mut Sink) {
    let causes = [RewriteCause::Tablespace];
    for at in scene.parts() {
        let Some((rewrite, tables)) = rewrite(&at, &causes) else { continue };
        let message = format!(
            "{tables} is copied file by file under an ACCESS EXCLUSIVE lock: reads and writes wait \
             until the last block"
        );
        sink.report(at, message)
            .on_any(rewrite.table.as_ref())
            .help("move it with pg_repack, or REINDEX (TABLESPACE …) CONCURRENTLY for an index");
    }
}
