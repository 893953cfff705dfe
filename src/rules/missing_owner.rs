//! A migration for which nobody answers, where the team wants somebody to.

use super::ChangeScene;
use super::ChangeSink;
use crate::effect::Phase;

pub(super) fn check(scene: &ChangeScene, sink: &mut ChangeSink) {
    if !scene.demands.owner {
        return;
    }
    for migration in scene.migrations.iter().filter(|migration| migration.owner.is_none()) {
        let Some(fact) = migration.facts.first() else { continue };
        let help = if migration.phase.is_some() {
            "name one person in the change.toml beside it: owner = \"ada\"".to_owned()
        } else {
            "name one person at the top of the file: -- migrate: owner ada".to_owned()
        };
        let hit = sink.report(
            &migration.path,
            fact.analysis.span,
            "nobody answers for this migration: who decides when it waits, fails or has to be \
             taken back is found out when that happens",
        );
        hit.help(help);
        hit.phase = fact.analysis.phase().or(Some(Phase::Migrate));
    }
}
