//! `migrate freeze` and `migrate unfreeze`: nothing moves, or it may again.

use super::error::Error;
use super::exit::Exit;
use super::record;
use super::release::said;
use super::target::Target;
use super::ui::Ui;
use crate::ledger::Deed;

/// Stop everything at once: no step, rollout or contract goes on
#[derive(clap::Args)]
pub(super) struct Freeze {
    /// Why
    #[arg(long, value_name = "TEXT")]
    reason: String,
    #[command(flatten)]
    target: Target,
}

/// Let it go on
#[derive(clap::Args)]
pub(super) struct Unfreeze {
    /// Why
    #[arg(long, value_name = "TEXT")]
    reason: String,
    #[command(flatten)]
    target: Target,
}

pub(super) fn freeze(arguments: &Freeze, ui: &mut Ui) -> Result<Exit, Error> {
    let place = arguments.target.open()?;
    record::open_or_install(&place)?;
    let deed = Deed::FreezeSet { reason: arguments.reason.clone() };
    let done = record::record(&place, &deed, None)?;
    said("everything is frozen", done, ui.out())?;
    Ok(Exit::Done)
}

pub(super) fn unfreeze(arguments: &Unfreeze, ui: &mut Ui) -> Result<Exit, Error> {
    let place = arguments.target.open()?;
    record::open(&place)?;
    let deed = Deed::FreezeLifted { reason: arguments.reason.clone() };
    let done = record::record(&place, &deed, None)?;
    said("it may go on", done, ui.out())?;
    Ok(Exit::Done)
}
