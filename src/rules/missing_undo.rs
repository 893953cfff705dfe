//! A migration that nothing takes back, where the team wants each to be taken back.

use super::ChangeScene;
use super::ChangeSink;
use crate::effect::Phase;

pub(super) fn check(scene: &ChangeScene, sink: &mut ChangeSink) {
    if !scene.demands.undo {
        return;
    }
    for migration in scene.migrations.iter().filter(|migration| migration.undo == Some(false)) {
        let Some(fact) = migration.facts.first() else { continue };
        let hit = sink.report(
            &migration.path,
            fact.analysis.span,
            "nothing takes this migration back: when it does harm, the way back is made up while \
             people wait",
        );
        hit.help("write the undo part that its tool runs, beside it or in the file");
        hit.phase = fact.analysis.phase().or(Some(Phase::Migrate));
    }
}
