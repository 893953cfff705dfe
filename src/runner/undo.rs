//! The way back from the newest expand: the script that the change declares, while nothing newer
//! stands on it.

use super::Runner;
use super::error::RunError;
use super::forbidden::must_leave_alone;
use super::forbidden::must_share_nothing_temporary;
use super::turn::take_turn;
use crate::effect::Delivery;
use crate::effect::Phase;
use crate::effect::Replay;
use crate::ledger::Deed;
use crate::plan;
use crate::plan::Change;
use crate::plan::Drift;
use crate::schema::Schema;
use crate::store;
use crate::store::StoreError;
use crate::version::Major;

/// Undoes the expand of the newest change that is applied; gives its name, or why it is not safe.
pub fn undo(
    runner: &mut Runner,
    changes: &[Change],
    environment: &str,
) -> Result<Result<String, String>, RunError> {
    runner.goes_back = true;
    let look = take_turn(runner, runner.pace.turn)?.look;
    if !look.has_ledger {
        return Err(StoreError::Absent.into());
    }
    let book = store::read(runner.session)?;
    store::must_match(&book.state, book.version, &look, environment)?;
    let word = Phase::Expand.word();
    let applied = book.state.changes.iter().rev();
    let mut applied = applied.filter(|(_, state)| state.done(word).next().is_some());
    let Some((name, state)) = applied.next() else {
        return Ok(Err("no expand is applied".to_owned()));
    };
    if state.executed.is_some() {
        return Ok(Err(format!("the contract of {name} has run: what it took away is gone")));
    }
    let needing = book.state.releases.0.iter().find(|(_, release)| release.uses.contains(name));
    if let Some(((service, version), _)) = needing {
        return Ok(Err(format!("{service}@{version} says that it uses {name}")));
    }
    let Some(change) = changes.iter().find(|change| change.name == *name) else {
        return Ok(Err(format!("the folder of {name} is not here")));
    };
    let Some(file) = change.undos.get(&Phase::Expand).filter(|file| !file.is_empty()) else {
        return Ok(Err(format!("{name} has no expand.undo.sql that says something")));
    };
    let facts = Replay::new(Schema::default(), Major::DEFAULT).judge(&file.script, ONE_BY_ONE);
    let back = format!("{word}.undo");
    let steps = plan::steps(name, &back, file).map_err(Drift::from)?;
    let done: Vec<u32> = state.done(&back).map(|(place, _)| place).collect();
    let due: Vec<_> = steps.iter().filter(|step| !done.contains(&step.at.step)).cloned().collect();
    must_leave_alone(file, &due)?;
    must_share_nothing_temporary(file, &steps, &due)?;
    for step in &due {
        runner.step(step, step.way(file, &facts), &book.state, &[])?;
    }
    let (change, phase, digest) = (name.clone(), word.to_owned(), file.digest.clone());
    let undone = Deed::PhaseUndone { change, phase, digest };
    store::append(runner.session, &undone, runner.who, None, None)?;
    Ok(Ok(name.clone()))
}

/// Steps run one by one.
const ONE_BY_ONE: Delivery = Delivery { wrapped: false, one_message: false };
