//! A statement in the file of another phase.

use super::At;
use super::Scene;
use super::Sink;
use super::table_name;
use crate::effect::Effect;
use crate::effect::Phase;

pub(super) fn check(scene: &Scene, sink: &mut Sink) {
    let Some(named) = scene.phase else { return };
    for at in scene.parts() {
        let Some(phase) = at.part.phase() else { continue };
        let when = match (named, phase) {
            (Phase::Expand, Phase::Contract) => "runs while only the old release is there",
            (Phase::Migrate, Phase::Contract) => "runs while the old release may still be there",
            (Phase::Expand, Phase::Migrate) => "holds up the release for as long as that takes",
            _ => continue,
        };
        let Some(what) = harm(at, phase) else { continue };
        let message = format!("this is {phase} ({what}), and `{named}.sql` {when}");
        sink.report(at, message).help(format!("move it to `{phase}.sql`"));
    }
}

/// What becomes of old code or of data by a part that comes too early.
fn harm(at: At, phase: Phase) -> Option<String> {
    let shown = |object: &str| object.strip_prefix("public.").unwrap_or(object).to_owned();
    match &at.part.effect {
        Effect::Write(write) if phase == Phase::Migrate => {
            Some(format!("rows of `{}` are written", table_name(&write.table.name)))
        }
        Effect::SwitchTrigger(switch) => {
            Some(format!("triggers of `{}` no longer act", table_name(&switch.table.name)))
        }
        _ if phase == Phase::Migrate => None,
        Effect::DropIndex(drop) if at.part.breaks.is_empty() => {
            let index = shown(&drop.index.to_string());
            Some(format!("queries of code that runs may need `{index}`"))
        }
        _ => match (at.part.breaks.first(), at.part.loses.first()) {
            (Some(broken), _) => Some(format!("`{}`: {}", shown(&broken.object), broken.why)),
            (None, Some(lost)) => Some(format!("the data of `{}` is gone", shown(lost))),
            (None, None) => None,
        },
    }
}
