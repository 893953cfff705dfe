//! The legal moves: which deeds may follow on what is on record, and why others may not.
//!
//! The match names every kind of deed, so that a new one cannot be forgotten. What is a fact, such
//! as a failure or a rollback that was seen, is always let in: a ledger that does not want to hear
//! of it knows less.

mod control;
mod names;
mod refusal;
mod release;
mod rollout;
mod steps;

pub use names::is_name;
pub use refusal::Admission;
pub use refusal::Refusal;
pub use refusal::Refused;

use super::deed::Deed;
use super::deed::Detected;
use super::moment::Moment;
use super::state::State;
use refusal::Admitted;
use refusal::NEW;

/// Whether a deed may be put on record after this state, at this moment.
pub fn admit(state: &State, deed: &Deed, now: Moment) -> Result<Admission, Refusal> {
    match deed {
        Deed::Opened { .. } | Deed::Rebound { .. } => control::opening(state, deed),
        Deed::Registered { .. }
        | Deed::StepStarted { .. }
        | Deed::StepDone { .. }
        | Deed::StepFailed { .. }
        | Deed::PhaseUndone { .. }
        | Deed::BackfillStarted { .. }
        | Deed::BackfillVerified { .. }
        | Deed::BackfillReopened { .. }
        | Deed::ContractExecuted { .. } => of_change(state, deed),
        Deed::ConsumersChanged { consumers, reason } => {
            control::consumers(state, consumers, reason)
        }
        Deed::ApprovalGranted { scope, reason } => control::approve(state, scope, reason),
        Deed::ReleaseDeclared { .. } => release::declare(state, deed),
        Deed::ReleaseConflict { service, version, digest } => {
            release::conflict(state, service, version, digest)
        }
        Deed::RolloutStarted { .. }
        | Deed::RolloutStep { .. }
        | Deed::RolloutPaused { .. }
        | Deed::RolloutResumed { .. }
        | Deed::RolloutAborted { .. }
        | Deed::RolloutFinished { .. } => of_rollout(state, deed),
        Deed::RolledBack { service, to, detected: Detected::Passive, .. } => {
            rollout::seen_back(service, to)
        }
        Deed::RolledBack { service, from, to, region, .. } => {
            rollout::back(state, service, from, to, region.as_deref())
        }
        Deed::OverrideGranted { .. } => control::grant(state, deed, now),
        Deed::OverrideUsed { change, grant } => control::spend(state, change, *grant, now),
        Deed::OverrideRevoked { change, grant, .. } => control::revoke(state, change, *grant),
        Deed::FreezeSet { reason } => control::freeze(state, reason),
        Deed::FreezeLifted { reason } => control::lift(state, reason),
        Deed::ReviewFiled { url } => control::file(state, url),
        Deed::GateRecovered { gate } => control::recover(state, gate),
        Deed::GateFailed { .. }
        | Deed::DrillRecorded { .. }
        | Deed::ContractEvaluated { .. }
        | Deed::ContractFailed { .. }
        | Deed::FloorRaised { .. }
        | Deed::FloorViolation { .. }
        | Deed::ReviewRequired { .. }
        | Deed::Checkpoint { .. }
        | Deed::ClockRegression { .. } => NEW,
    }
}

fn of_change(state: &State, deed: &Deed) -> Admitted {
    match deed {
        Deed::StepStarted { step } => steps::started(state, step),
        Deed::StepDone { step, .. } => steps::done(state, step),
        Deed::StepFailed { step, .. } => steps::failed(state, step),
        Deed::PhaseUndone { change, phase, .. } => steps::undone(state, change, phase),
        Deed::BackfillStarted { change } => steps::fill(state, change),
        Deed::BackfillVerified { change, .. } | Deed::BackfillReopened { change, .. } => {
            steps::known(state, change).and(NEW)
        }
        Deed::ContractExecuted { change, .. } => steps::executed(state, change),
        other => steps::registered(state, other),
    }
}

fn of_rollout(state: &State, deed: &Deed) -> Admitted {
    match deed {
        Deed::RolloutStep { service, version, region, weight } => {
            rollout::step(state, service, version, region, *weight)
        }
        Deed::RolloutPaused { service, version, reason } => {
            rollout::pause(state, service, version, reason)
        }
        Deed::RolloutResumed { service, version, .. } => rollout::resume(state, service, version),
        Deed::RolloutAborted { service, version, reason } => {
            rollout::abort(state, service, version, reason)
        }
        Deed::RolloutFinished { service, version } => rollout::finish(state, service, version),
        other => rollout::start(state, other),
    }
}
