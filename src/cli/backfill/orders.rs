//! What a person orders of a backfill: pause, resume, cancel, retry.

use super::Which;
use crate::backfill;
use crate::backfill::Order;
use crate::cli::error::Error;
use crate::cli::exit::Exit;
use crate::cli::target::Target;
use crate::cli::ui::Ui;

/// An order that needs no reason.
#[derive(clap::Args)]
pub(super) struct Plain {
    #[command(flatten)]
    which: Which,
    #[command(flatten)]
    target: Target,
}

/// An order with its reason.
#[derive(clap::Args)]
pub(super) struct Why {
    /// Why, for those who ask where it stands
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    #[command(flatten)]
    plain: Plain,
}

/// An order to go on.
#[derive(clap::Args)]
pub(super) struct Resumed {
    /// A replica that is gone for good, and is not waited for any more
    #[arg(long, value_name = "REPLICA")]
    without_replica: Vec<String>,
    #[command(flatten)]
    plain: Plain,
}

pub(super) fn pause(arguments: &Why, ui: &mut Ui) -> Result<Exit, Error> {
    let done = "pauses: workers stop after the batch that they are at";
    given(&arguments.plain, Order::Pause, arguments.reason.as_deref(), done, ui)
}

pub(super) fn resume(arguments: &Resumed, ui: &mut Ui) -> Result<Exit, Error> {
    if !arguments.without_replica.is_empty() {
        let place = super::open(&arguments.plain.target)?;
        let change = super::full_name(&place, &arguments.plain.which);
        for replica in &arguments.without_replica {
            backfill::forget(&place.session, &change, replica)?;
        }
    }
    given(&arguments.plain, Order::Resume, None, "may go on", ui)
}

pub(super) fn cancel(arguments: &Why, ui: &mut Ui) -> Result<Exit, Error> {
    let done = "is given up; what was written stays, and `migrate backfill run` begins anew";
    given(&arguments.plain, Order::Cancel, arguments.reason.as_deref(), done, ui)
}

pub(super) fn retry(arguments: &Plain, ui: &mut Ui) -> Result<Exit, Error> {
    let change = &arguments.which.change;
    let done = format!("is open again; next: migrate backfill run --change {change}");
    given(arguments, Order::Retry, None, &done, ui)
}

fn given(
    arguments: &Plain,
    order: Order,
    why: Option<&str>,
    done: &str,
    ui: &mut Ui,
) -> Result<Exit, Error> {
    let place = super::open(&arguments.target)?;
    let change = super::full_name(&place, &arguments.which);
    let reached = backfill::order(&place.session, &change, order, why)?;
    if reached == 0 {
        let asked = format!("migrate backfill status --change {change}");
        writeln!(ui.out(), "nothing of {change} is in such a state; see: {asked}")?;
        return Ok(Exit::NoData);
    }
    writeln!(ui.out(), "{change} {done}")?;
    Ok(Exit::Done)
}
