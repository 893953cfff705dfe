//! Where a change stands: which of its steps are done, begun or failed, and what its files said.

use super::deed::StepRef;
use super::moment::Moment;
use std::collections::BTreeMap;

/// A change, as far as the ledger knows it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChangeState {
    /// The digests of its files when it was registered: phase to digest.
    pub prints: BTreeMap<String, String>,
    /// How many steps each phase's file has, as registered.
    pub sizes: BTreeMap<String, u32>,
    /// The last event that registered it.
    pub seq: i64,
    /// When its contract was registered as another than it was before.
    pub rewritten: Option<Moment>,
    /// Who answers for it.
    pub owner: Option<String>,
    /// Its steps: phase and place to what became of them.
    pub steps: BTreeMap<(String, u32), StepState>,
    /// When its contract was executed.
    pub executed: Option<Moment>,
    /// The event that says so.
    pub executed_seq: i64,
    /// Its backfill; `None` where it has none.
    pub backfill: Option<Backfill>,
    /// The phases that were taken back and not done anew since, each how far.
    pub back: BTreeMap<String, Back>,
}

/// How far a phase was taken back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Back {
    /// Its undo began, and did not come to its end: what is left of it nobody knows.
    Half,
    /// All of it.
    Whole,
}

/// What became of a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepState {
    /// The digest of its SQL.
    pub digest: String,
    /// How far it is.
    pub stage: Stage,
    /// Since when.
    pub at: Moment,
    /// Its last event.
    pub seq: i64,
    /// How many steps its file had.
    pub of: u32,
}

/// How far a step is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stage {
    /// It was about to run, and nothing is on record since.
    Started,
    /// It failed.
    Failed(String),
    /// It is done.
    Done,
}

/// A change's backfill.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Backfill {
    /// When it was last proven that no row is left; `None` if never, or if rows came up since.
    pub verified: Option<Moment>,
}

impl ChangeState {
    /// The steps of a phase that are done, by place.
    pub fn done(&self, phase: &str) -> impl Iterator<Item = (u32, &StepState)> {
        let of_phase = move |((of, place), state): (&(String, u32), _)| {
            (of == phase).then_some((*place, state))
        };
        let steps = self.steps.iter().filter_map(of_phase);
        steps.filter(|(_, state): &(u32, &StepState)| state.stage == Stage::Done)
    }

    /// Whether all of a phase is done; if not, what is wanting. A phase without a file is, unless
    /// it was taken back: from the first step of that on.
    pub fn complete(&self, phase: &str) -> Result<(), String> {
        match self.back.get(phase) {
            Some(Back::Half) => return Err(format!("its {phase} is half undone")),
            Some(Back::Whole) => return Err(format!("its {phase} was undone")),
            None => {}
        }
        let own = self.steps.iter().filter(|((of, _), _)| of == phase);
        for ((_, place), state) in own {
            match &state.stage {
                Stage::Done => {}
                Stage::Started => {
                    return Err(format!(
                        "step {place} of its {phase} began, and nothing is on record since"
                    ));
                }
                Stage::Failed(why) => {
                    return Err(format!("step {place} of its {phase} failed: {why}"));
                }
            }
        }
        let unsaid = u32::from(self.prints.contains_key(phase));
        let wanted = self.sizes.get(phase).copied().unwrap_or(unsaid);
        let open = (1..=wanted).find(|place| !self.done(phase).any(|(done, _)| done == *place));
        open.map_or(Ok(()), |place| Err(format!("step {place} of its {phase} is not done")))
    }

    /// Whether an undo of its expand began, and did not come to its end.
    pub fn half_undone(&self) -> bool {
        self.back.get("expand") == Some(&Back::Half)
    }

    /// The command that goes on with its expand, or with the way back from it.
    pub fn goes_on(&self) -> &'static str {
        if self.half_undone() { "migrate undo" } else { "migrate expand" }
    }

    /// Whether its contract has taken something away, or may have: from its first step on, though
    /// the last one is still to come.
    pub fn contracted(&self) -> bool {
        let of_contract = |((phase, _), step): (&(String, u32), &StepState)| {
            phase == "contract" && !matches!(step.stage, Stage::Failed(_))
        };
        self.executed.is_some() || self.steps.iter().any(of_contract)
    }

    /// Whether a step of its contract was ever begun, whatever became of it.
    pub fn began_contract(&self) -> bool {
        self.steps.keys().any(|(phase, _)| phase == "contract")
    }

    pub(super) fn note(&mut self, step: &StepRef, stage: Stage, at: Moment, seq: i64) {
        let digest = step.digest.clone();
        let failed = matches!(stage, Stage::Failed(_));
        match step.phase.strip_suffix(".undo") {
            // One in a transaction left nothing if it failed; what runs alone is announced first.
            Some(of) if !failed => self.go_back(of),
            None if !failed && self.back.get(&step.phase) == Some(&Back::Whole) => {
                self.back.remove(&step.phase);
            }
            _ => {}
        }
        let key = (step.phase.clone(), step.step);
        self.steps.insert(key, StepState { digest, stage, at, seq, of: step.of });
    }

    /// The way back from a phase begins: no proof of what stood on it counts any more.
    fn go_back(&mut self, phase: &str) {
        self.back.insert(phase.to_owned(), Back::Half);
        if let Some(backfill) = self.backfill.as_mut().filter(|_| phase == "expand") {
            backfill.verified = None;
        }
    }

    /// A phase was taken back. What was filled in is gone with the expand, and has to be filled in
    /// anew after the next one.
    pub(super) fn undo(&mut self, phase: &str) {
        let data = phase == "expand";
        // Of what never ran nothing is missing now.
        let ran = self.done(phase).next().is_some();
        self.steps.retain(|(of, _), _| {
            let of = of.split('.').next().unwrap_or_default();
            of != phase && !(data && of == "migrate")
        });
        self.prints.remove(phase);
        self.sizes.remove(phase);
        if ran {
            self.back.insert(phase.to_owned(), Back::Whole);
        }
        match phase {
            "expand" => self.backfill = None,
            "contract" => self.executed = None,
            _ => {}
        }
    }
}
