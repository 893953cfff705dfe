//! All expand steps that are due, in order.

use super::Runner;
use super::error::RunError;
use super::news::News;
use super::opaque::on_one_line;
use super::opaque::opaque;
use super::transaction::Message;
use super::turn::take_turn;
use crate::effect::Fact;
use crate::effect::Phase;
use crate::ledger::Deed;
use crate::ledger::State;
use crate::plan;
use crate::plan::Change;
use crate::plan::Drift;
use crate::plan::Pending;
use crate::plan::PhaseFile;
use crate::plan::Step;
use crate::plan::Tolerance;
use crate::plan::Way;
use crate::store;
use crate::store::Book;
use std::collections::BTreeMap;
use std::time::Instant;

/// What is known of the statements of files, by the file's path: asked for if something is due.
pub type Facts<'a> = &'a mut dyn FnMut() -> BTreeMap<String, Vec<Fact>>;

/// What was done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Done {
    /// How many steps ran.
    pub steps: usize,
    /// Of how many changes.
    pub changes: usize,
}

/// Runs every expand step that is due.
pub fn expand(
    runner: &mut Runner,
    changes: &[Change],
    environment: &str,
    tolerance: Tolerance,
    facts: Facts,
) -> Result<Done, RunError> {
    let turn = take_turn(runner, runner.pace.turn)?;
    let mut look = turn.look;
    let book = if look.has_ledger {
        let book = store::read(runner.session)?;
        store::must_match(&book.state, book.version, &look, environment)?;
        Some(book)
    } else {
        None
    };
    let empty = State::default();
    let state = book.as_ref().map_or(&empty, |book| &book.state);
    let due = plan::pending(changes, state, Phase::Expand, tolerance)?;
    if due.is_empty() {
        if book.is_some() {
            runner.note_consumers(state)?;
        }
        return Ok(Done::default());
    }
    if let Some(reason) = &state.frozen {
        return Err(RunError::Frozen(format!("everything is frozen: {reason}")));
    }
    let facts = facts();
    must_be_expand(&due, &facts, runner.allows_opaque)?;
    let made: Book;
    let state = if book.is_some() {
        state
    } else {
        store::install(runner.session, &look, environment, runner.who)?;
        look.has_ledger = true;
        runner.watch.tell(&News::Opened);
        made = store::read(runner.session)?;
        &made.state
    };
    runner.note_consumers(state)?;
    run_steps(runner, &due, Phase::Expand, state, &facts)
}

/// Runs the steps of a phase that are due.
pub fn run_steps(
    runner: &mut Runner,
    due: &[Pending],
    phase: Phase,
    state: &State,
    facts: &BTreeMap<String, Vec<Fact>>,
) -> Result<Done, RunError> {
    let mut done = Done::default();
    for pending in due {
        let mut lead = registration(pending)?;
        let Some(file) = pending.change.file(phase).filter(|_| !pending.steps.is_empty()) else {
            let record: Vec<String> =
                lead.iter().map(|deed| store::append_sql(deed, runner.who, None, None)).collect();
            runner.session.rows(&record.join("\n"))?;
            continue;
        };
        let known = facts.get(&file.path).map_or(&[][..], Vec::as_slice);
        for step in &pending.steps {
            runner.step(step, step.way(file, known), state, &lead)?;
            lead.clear();
            done.steps += 1;
        }
        done.changes += 1;
    }
    Ok(done)
}

impl Runner<'_> {
    /// Puts on record who uses the database, if the configuration says something else than is
    /// there.
    fn note_consumers(&mut self, state: &State) -> Result<(), RunError> {
        let Some(deed) = state.told_consumers(self.consumers) else { return Ok(()) };
        store::append(self.session, &deed, self.who, None, None)?;
        Ok(())
    }

    /// Runs a step in its way, with events that go on record before it.
    pub(super) fn step(
        &mut self,
        step: &Step,
        way: Way,
        state: &State,
        lead: &[Deed],
    ) -> Result<(), RunError> {
        let begun = Instant::now();
        self.watch.tell(&News::Begun { step: step.at.clone(), sql: step.sql.clone() });
        let tries = match way {
            Way::Transaction { strong } => {
                self.transaction(&Message { step, strong, lead, tail: &[] })?
            }
            Way::Alone(proof) => self.alone(step, &proof, state, lead)?,
        };
        let took = begun.elapsed();
        self.watch.tell(&News::Done { step: step.at.clone(), tries, took });
        Ok(())
    }
}

/// What the files of a change say is on record before its first step is done, or with it.
pub fn registration(pending: &Pending) -> Result<Vec<Deed>, RunError> {
    if !pending.unregistered {
        return Ok(Vec::new());
    }
    let steps = pending.change.sizes().map_err(Drift::from)?;
    Ok(vec![Deed::Registered {
        change: pending.change.name.clone(),
        prints: pending.change.prints(),
        steps,
        owner: pending.change.owner.clone(),
        reason: None,
    }])
}

/// What takes something away does not run with what adds.
fn must_be_expand(
    due: &[Pending],
    facts: &BTreeMap<String, Vec<Fact>>,
    allows_opaque: bool,
) -> Result<(), RunError> {
    for pending in due {
        let Some(file) = pending.change.file(Phase::Expand) else { continue };
        let known = facts.get(&file.path).map_or(&[][..], Vec::as_slice);
        for step in &pending.steps {
            let own = known.get(step.statements.clone()).unwrap_or_default();
            let taking = own.iter().find(|fact| fact.analysis.phase() == Some(Phase::Contract));
            if let Some(fact) = taking {
                return Err(misplaced(file, fact));
            }
            let opaque = opaque(file, step.statements.clone(), known);
            if let Some(what) = opaque.filter(|_| !allows_opaque) {
                return Err(RunError::Opaque { path: file.shown.clone(), what });
            }
        }
    }
    Ok(())
}

fn misplaced(file: &PhaseFile, fact: &Fact) -> RunError {
    RunError::Misplaced {
        path: file.shown.clone(),
        what: on_one_line(fact.analysis.span.of(&file.text)),
        phase: Phase::Expand.to_string(),
    }
}
