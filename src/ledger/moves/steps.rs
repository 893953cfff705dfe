//! Changes: their files, the order of their steps, their data and their contract.

use super::control::not_frozen;
use super::refusal::Admission;
use super::refusal::Admitted;
use super::refusal::NEW;
use super::refusal::Refusal;
use super::refusal::blocked;
use super::refusal::conflict;
use super::refusal::policy;
use super::refusal::usage;
use crate::ledger::ChangeState;
use crate::ledger::Deed;
use crate::ledger::Stage;
use crate::ledger::State;
use crate::ledger::StepRef;
use crate::ledger::StepState;

/// The phases, in their order.
const PHASES: [&str; 3] = ["expand", "migrate", "contract"];

pub(super) fn registered(state: &State, deed: &Deed) -> Admitted {
    let Deed::Registered { change, prints, steps, owner, reason } = deed else { return NEW };
    if let Some(phase) = prints.keys().chain(steps.keys()).find(|it| !PHASES.contains(&it.as_str()))
    {
        return usage(format!("`{phase}` is no phase"), PHASES.join(", "));
    }
    let Some(known) = state.changes.get(change).filter(|known| known.seq > 0) else { return NEW };
    let edited = prints
        .iter()
        .find(|(phase, print)| known.prints.get(*phase).is_some_and(|before| before != *print));
    let same = prints.iter().all(|it| known.prints.get(it.0) == Some(it.1))
        && steps.iter().all(|it| known.sizes.get(it.0) == Some(it.1))
        && (owner.is_none() || *owner == known.owner);
    if same {
        return Ok(Admission::Replay(known.seq));
    }
    if known.executed.is_some() {
        let why = format!("the contract of `{change}` ran, and its files are history");
        return conflict(why, "make a new change");
    }
    if let Some((phase, _)) = edited
        && reason.as_deref().unwrap_or_default().trim().is_empty()
    {
        return policy(
            format!("the {phase} file of `{change}` is not the one that was registered"),
            "put it back, or register it anew with `--reason`",
        );
    }
    NEW
}

/// A change that is registered.
pub(super) fn known<'a>(state: &'a State, change: &str) -> Result<&'a ChangeState, Refusal> {
    match state.changes.get(change).filter(|known| known.seq > 0) {
        Some(known) => Ok(known),
        None => conflict(
            format!("the ledger does not know the change `{change}`"),
            "`migrate expand` registers it",
        ),
    }
}

/// The step as it is on record, if its place in its change makes sense.
fn placed<'a>(state: &'a State, step: &StepRef) -> Result<Option<&'a StepState>, Refusal> {
    let StepRef { change, phase, step: place, .. } = step;
    let known = known(state, change)?;
    if !PHASES.contains(&phase.as_str()) {
        return usage(format!("`{phase}` is no phase"), PHASES.join(", "));
    }
    let last = known.sizes.get(phase).copied().unwrap_or(u32::MAX);
    if !(1..=last).contains(place) {
        let why = format!("the {phase} of `{change}` has no step {place}");
        return usage(why, "register its files anew with `--reason`");
    }
    Ok(known.steps.get(&(phase.clone(), *place)))
}

/// Whether a step may run now.
fn may_run(state: &State, step: &StepRef) -> Admitted {
    let StepRef { change, phase, step: place, .. } = step;
    not_frozen(state)?;
    let known = known(state, change)?;
    if phase != "expand"
        && let Err(why) = known.complete("expand")
    {
        return blocked(why, format!("`{}` goes on", known.goes_on()));
    }
    let open = (1..*place).find(|place| !known.done(phase).any(|(done, _)| done == *place));
    if let Some(open) = open {
        return blocked(
            format!("step {open} of the {phase} of `{change}` is not done"),
            format!("`migrate {phase}` begins with it"),
        );
    }
    NEW
}

/// A step that is done is done once.
fn again(known: &StepState, step: &StepRef) -> Admitted {
    if known.digest == step.digest {
        return Ok(Admission::Replay(known.seq));
    }
    let StepRef { change, phase, step: place, .. } = step;
    conflict(
        format!("step {place} of the {phase} of `{change}` was done with other SQL"),
        "put the file back: what should be different is a change of its own",
    )
}

pub(super) fn started(state: &State, step: &StepRef) -> Admitted {
    match placed(state, step)? {
        Some(known) if known.stage == Stage::Done => again(known, step),
        _ => may_run(state, step),
    }
}

pub(super) fn done(state: &State, step: &StepRef) -> Admitted {
    match placed(state, step)? {
        Some(known) if known.stage == Stage::Done => again(known, step),
        // It ran: that a freeze came in between does not undo it.
        Some(known) if known.digest == step.digest => NEW,
        _ => may_run(state, step),
    }
}

pub(super) fn failed(state: &State, step: &StepRef) -> Admitted {
    match placed(state, step)? {
        Some(known) if known.stage == Stage::Done => {
            let StepRef { change, phase, step: place, .. } = step;
            let why = format!("step {place} of the {phase} of `{change}` is done");
            conflict(why, "`migrate status` says where the change stands")
        }
        _ => NEW,
    }
}

pub(super) fn undone(state: &State, change: &str, phase: &str) -> Admitted {
    let known = known(state, change)?;
    if !known.steps.keys().any(|(of, _)| of == phase) {
        let why = format!("nothing was done of the {phase} of `{change}`");
        return conflict(why, "`migrate status` says where the change stands");
    }
    if phase == "contract" {
        return NEW;
    }
    if known.executed.is_some() || known.steps.keys().any(|(of, _)| of == "contract") {
        let why = format!("the contract of `{change}` came after its {phase}");
        return conflict(why, "undo the contract first");
    }
    for (key, lane) in &state.lanes {
        let service = &key.service;
        let stands =
            |version: &str| phase == "expand" && state.releases.stands_on(service, version, change);
        if let Some(version) = lane.current().filter(|version| stands(version)) {
            return blocked(
                format!("`{service}` {version} is at work, and needs it"),
                format!(
                    "`migrate rollout rollback --service {service} --to VERSION --reason …` to one \
                     that does not comes first"
                ),
            );
        }
        if let Some(active) = lane.active.as_ref().filter(|active| stands(&active.version)) {
            let version = &active.version;
            return blocked(
                format!("`{service}` {version} is on its way, and needs it"),
                format!("`migrate rollout abort {service}@{version} --reason …` comes first"),
            );
        }
    }
    NEW
}

pub(super) fn fill(state: &State, change: &str) -> Admitted {
    let known = known(state, change)?;
    not_frozen(state)?;
    match known.complete("expand") {
        Ok(()) => NEW,
        Err(why) => blocked(why, format!("`{}` goes on", known.goes_on())),
    }
}

pub(super) fn executed(state: &State, change: &str) -> Admitted {
    let known = known(state, change)?;
    if known.executed.is_some() {
        return Ok(Admission::Replay(known.executed_seq));
    }
    // What began before a freeze, and cannot be taken back, is told to its end.
    if !known.steps.keys().any(|(phase, _)| phase == "contract") {
        not_frozen(state)?;
    }
    NEW
}
