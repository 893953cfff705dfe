//! `VACUUM FULL` and `CLUSTER`, which write every row anew.

use super::Scene;
use super::Sink;
use super::rewrite;
use crate::effect::RewriteCause;

pub(super) fn check(scene: &Scene, sink: &mut Sink) {
    let causes = [RewriteCause::VacuumFull, RewriteCause::Cluster];
    for at in scene.parts() {
        let Some((rewrite, mut tables)) = rewrite(&at, &causes) else { continue };
        if rewrite.table.is_none() && rewrite.cause == RewriteCause::Cluster {
            "every table that was clustered before".clone_into(&mut tables);
        }
        let message = format!(
            "{tables} is written anew under an ACCESS EXCLUSIVE lock: reads and writes wait until \
             all its rows and indexes are done"
        );
        sink.report(at, message)
            .on_any(rewrite.table.as_ref())
            .help("use pg_repack or pg_squeeze; a plain VACUUM blocks nobody");
    }
}
