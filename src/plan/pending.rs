//! Which steps are due, by the set of those that are done, and which files are not what they were.

use super::change::Change;
use super::change::PhaseFile;
use super::step::Step;
use super::step::Unrunnable;
use super::step::steps;
use crate::effect::Phase;
use crate::ledger::ChangeState;
use crate::ledger::State;
use std::collections::BTreeSet;

/// What is due of a change.
#[derive(Clone, Debug)]
pub struct Pending<'a> {
    /// The change.
    pub change: &'a Change,
    /// The steps that are not done, in order.
    pub steps: Vec<Step>,
    /// Its files say something that is not on record yet.
    pub unregistered: bool,
}

/// What is tolerated of a history that is not as it should be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tolerance {
    /// A change that comes before one that is done already.
    pub out_of_order: bool,
}

/// How files differ from what was done.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Drift {
    /// What was done says something else now.
    #[error(
        "{path} was edited after its step {step} was done; put back what it said, and make a new \
         change for what it should say"
    )]
    Edited {
        /// The file.
        path: String,
        /// The first step that differs.
        step: u32,
    },
    /// What was done is gone.
    #[error(
        "change {change} was applied and its folder is gone, though later ones are here: put it \
         back"
    )]
    Missing {
        /// The change.
        change: String,
    },
    /// What is due comes before what is done.
    #[error(
        "change {change} comes before {last}, which is applied already; give it a newer name, or \
         run it all the same with --out-of-order"
    )]
    OutOfOrder {
        /// The change.
        change: String,
        /// The newest that is applied.
        last: String,
    },
    /// A file cannot be run.
    #[error(transparent)]
    Unrunnable(#[from] Unrunnable),
}

/// What is due of a phase, change by change, in order.
pub fn pending<'a>(
    changes: &'a [Change],
    state: &State,
    phase: Phase,
    tolerance: Tolerance,
) -> Result<Vec<Pending<'a>>, Drift> {
    let word = phase.word();
    if let Some(gone) = missing(changes, state, phase).next() {
        return Err(Drift::Missing { change: gone.to_owned() });
    }
    let last = newest(changes, state, phase);
    let mut due = Vec::new();
    for change in changes {
        let left = left_of(change, state, phase)?;
        if !left.is_empty() && !tolerance.out_of_order {
            let late = last.filter(|last| comes_late(change, last, state, phase));
            if let Some(last) = late {
                let (change, last) = (change.name.clone(), last.to_owned());
                return Err(Drift::OutOfOrder { change, last });
            }
        }
        let known = state.changes.get(&change.name).map(|known| &known.prints);
        let prints = change.prints();
        let unregistered = prints.iter().any(|(phase, digest)| {
            known.and_then(|known| known.get(phase)).is_none_or(|known| {
                // What is not run yet may still be edited; a contract is registered anew by hand.
                known != digest && phase == word
            })
        });
        if !left.is_empty() || unregistered {
            due.push(Pending { change, steps: left, unregistered });
        }
    }
    Ok(due)
}

/// The changes of which a phase was begun and whose folders are gone. An older checkout lacks the
/// newest changes; what is missing in the midst was taken away.
pub fn missing<'a>(
    changes: &[Change],
    state: &'a State,
    phase: Phase,
) -> impl Iterator<Item = &'a str> {
    let here: BTreeSet<String> = changes.iter().map(|change| change.name.clone()).collect();
    let begun = state.changes.keys().filter(move |name| is_begun(name, state, phase));
    begun.map(String::as_str).filter(move |name| {
        here.last().is_some_and(|newest| *name < newest.as_str()) && !here.contains(*name)
    })
}

/// The newest of these changes of which a phase was begun.
pub fn newest<'a>(changes: &'a [Change], state: &State, phase: Phase) -> Option<&'a str> {
    let names = changes.iter().map(|change| change.name.as_str());
    names.filter(|name| is_begun(name, state, phase)).max()
}

/// Whether a change comes before the newest of which a phase was begun, and was not begun itself.
pub fn comes_late(change: &Change, newest: &str, state: &State, phase: Phase) -> bool {
    change.name.as_str() < newest && !is_begun(&change.name, state, phase)
}

fn is_begun(name: &str, state: &State, phase: Phase) -> bool {
    state.changes.get(name).is_some_and(|known| known.done(phase.word()).next().is_some())
}

/// The steps of a phase of one change that are not done, whatever else was done; what is done must
/// be what the file says.
pub fn left_of(change: &Change, state: &State, phase: Phase) -> Result<Vec<Step>, Drift> {
    let known = state.changes.get(&change.name);
    let done = done_of(known, phase.word());
    let Some(file) = change.file(phase) else {
        let shown = change.phases.get(&phase).map(|file| file.shown.clone());
        let path = shown.unwrap_or_else(|| format!("{}/{}.sql", change.name, phase.word()));
        return match done.first() {
            Some((step, _)) => Err(Drift::Edited { path, step: *step }),
            None => Ok(Vec::new()),
        };
    };
    let print = known.and_then(|known| known.prints.get(phase.word()));
    let left = left_in(file, steps(&change.name, phase.word(), file)?, &done)?;
    let edited = print.is_some_and(|print| *print != file.digest);
    let complete =
        !done.is_empty() && known.is_some_and(|known| known.complete(phase.word()).is_ok());
    if complete && edited {
        let step = left.first().map_or(1, |step| step.at.step);
        return Err(Drift::Edited { path: file.shown.clone(), step });
    }
    Ok(left)
}

/// The steps of the script that takes a phase back, less those that are done; these must be what
/// the script says.
pub fn left_of_undo(
    change: &str,
    state: &State,
    phase: Phase,
    file: &PhaseFile,
) -> Result<Vec<Step>, Drift> {
    let back = format!("{}.undo", phase.word());
    let done = done_of(state.changes.get(change), &back);
    left_in(file, steps(change, &back, file)?, &done)
}

/// The steps of a phase that are done: place and digest.
fn done_of<'a>(known: Option<&'a ChangeState>, phase: &'a str) -> Vec<(u32, &'a str)> {
    let done = known.into_iter().flat_map(|known| known.done(phase));
    done.map(|(place, step)| (place, step.digest.as_str())).collect()
}

/// The steps of a file that are not done. What is done must be among them, as it was.
fn left_in(file: &PhaseFile, steps: Vec<Step>, done: &[(u32, &str)]) -> Result<Vec<Step>, Drift> {
    let gone = done.iter().map(|(place, _)| *place).find(|place| {
        let place = usize::try_from(*place).unwrap_or(usize::MAX);
        place > steps.len()
    });
    if let Some(step) = gone {
        return Err(Drift::Edited { path: file.shown.clone(), step });
    }
    let mut left = Vec::new();
    for step in steps {
        match done.iter().find(|(place, _)| *place == step.at.step) {
            Some((_, digest)) if *digest == step.at.digest => {}
            Some((place, _)) => {
                return Err(Drift::Edited { path: file.shown.clone(), step: *place });
            }
            None => left.push(step),
        }
    }
    Ok(left)
}
