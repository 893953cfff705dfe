//! Where a phase of a change stands beside its file, by the same rules as those by which it runs.

use crate::adopt::Edit;
use crate::adopt::Migration;
use crate::adopt::Standing;
use crate::adopt::Trouble;
use crate::effect::Fact;
use crate::effect::Phase;
use crate::ledger::ChangeState;
use crate::ledger::Stage;
use crate::ledger::State;
use crate::plan;
use crate::plan::Change;
use crate::plan::Drift;
use crate::plan::PhaseFile;
use crate::plan::Proof;
use crate::plan::Step;
use crate::plan::Way;

/// What a phase is looked at with.
pub(super) struct Stands<'a> {
    pub(super) change: &'a Change,
    pub(super) phase: Phase,
    pub(super) state: &'a State,
    /// The newest change that is applied.
    pub(super) newest: Option<&'a str>,
    /// Nobody is at work now.
    pub(super) idle: bool,
}

impl Stands<'_> {
    /// Where the phase stands; `None` where it has no file, and never had one that ran.
    pub(super) fn row(&self, facts: &[Fact]) -> Option<Migration> {
        let left = plan::left_of(self.change, self.state, self.phase);
        let file = self.change.file(self.phase);
        let path = match (file, &left) {
            (Some(file), _) => file.shown.clone(),
            (None, Err(Drift::Edited { path, .. })) => path.clone(),
            (None, _) => return None,
        };
        let word = self.phase.word();
        let known = self.state.changes.get(&self.change.name);
        let ended = known.into_iter().flat_map(|known| known.done(word));
        let at = ended.last().map(|(_, step)| step.at.to_string());
        let standing = match (left, file) {
            (Err(Drift::Edited { .. }), _) | (_, None) => Standing::Edited(Edit::Statements),
            (Err(why), Some(file)) => Standing::Dirty(Trouble {
                why: why.to_string(),
                repair: format!("mend `{}`: nothing of it runs as it is", file.shown),
            }),
            (Ok(left), Some(file)) => self.standing(&left, file, facts, known),
        };
        let open = standing == Standing::Pending;
        let note = if open { known.and_then(|known| self.part(known)) } else { None };
        Some(Migration { version: self.change.name.clone(), path: Some(path), standing, at, note })
    }

    fn standing(
        &self,
        left: &[Step],
        file: &PhaseFile,
        facts: &[Fact],
        known: Option<&ChangeState>,
    ) -> Standing {
        let half = known.filter(|known| self.phase == Phase::Expand && known.half_undone());
        if let Some(known) = half {
            return Standing::Dirty(half_undone(known));
        }
        let complete = known.is_some_and(|known| known.complete(self.phase.word()).is_ok());
        if left.is_empty() && complete {
            return Standing::Applied;
        }
        let late = self
            .newest
            .is_some_and(|newest| plan::comes_late(self.change, newest, self.state, self.phase));
        if late && self.phase == Phase::Expand {
            return Standing::OutOfOrder;
        }
        let asked = left.iter().find(|step| self.is_asked_about(step, file, facts, known));
        asked.map_or(Standing::Pending, |step| {
            let at = &step.at;
            Standing::Dirty(Trouble {
                why: format!(
                    "step {} was begun, and nothing shows whether it is done: {}",
                    at.step, file.shown
                ),
                repair: format!(
                    "look, and say so: `migrate {} --settle {}:{}=done`, or `=again`",
                    self.phase, at.change, at.step
                ),
            })
        })
    }

    /// Whether a step was begun, and nothing but a person tells whether it is done.
    fn is_asked_about(
        &self,
        step: &Step,
        file: &PhaseFile,
        facts: &[Fact],
        known: Option<&ChangeState>,
    ) -> bool {
        let key = (step.at.phase.clone(), step.at.step);
        let stage = known.and_then(|known| known.steps.get(&key)).map(|step| &step.stage);
        self.idle
            && stage == Some(&Stage::Started)
            && step.way(file, facts) == Way::Alone(Proof::None)
    }

    /// How far a phase is that was begun, and why it is no further.
    fn part(&self, known: &ChangeState) -> Option<String> {
        let word = self.phase.word();
        let own = known.steps.keys().filter(|(of, _)| of == word).count();
        let why = known.complete(word).err().filter(|_| own > 0)?;
        let count = known.sizes.get(word).copied().unwrap_or(0);
        Some(format!("{} of {count} steps: {why}", known.done(word).count()))
    }
}

/// What is wrong with an expand whose undo stopped in its midst.
fn half_undone(known: &ChangeState) -> Trouble {
    let done = known.done("expand.undo").count();
    let steps = known.steps.iter().filter(|((of, _), _)| of == "expand.undo");
    let of = steps.map(|(_, step)| step.of).max().unwrap_or(0);
    let failed = known.steps.iter().find_map(|((of, place), step)| match &step.stage {
        Stage::Failed(why) if of == "expand.undo" => Some(format!("; step {place} failed: {why}")),
        _ => None,
    });
    let failed = failed.unwrap_or_default();
    Trouble {
        why: format!("half undone: {done} of {of} steps of its undo are done{failed}"),
        repair: "`migrate undo` goes on with the step that is left, once its expand.undo.sql is \
                 mended"
            .to_owned(),
    }
}

/// The changes that ran and have no folder here any more.
pub(super) fn missing(changes: &[Change], state: &State) -> Vec<Migration> {
    let gone = plan::missing(changes, state, Phase::Expand);
    let row = |name: &str| {
        let known = state.changes.get(name);
        let done = known.into_iter().flat_map(|known| known.done(Phase::Expand.word()));
        Migration {
            version: name.to_owned(),
            path: None,
            standing: Standing::Missing,
            at: done.last().map(|(_, step)| step.at.to_string()),
            note: None,
        }
    };
    gone.map(row).collect()
}
