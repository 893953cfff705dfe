//! `migrate expand`: runs every expand step that is due.

use super::changes;
use super::error::Error;
use super::exit::Exit;
use super::progress::Form;
use super::progress::Shown;
use super::target::Target;
use super::ui::Ui;
use crate::ledger::Moment;
use crate::plan::Tolerance;
use crate::report;
use crate::runner;
use crate::runner::Pace;
use crate::runner::Runner;
use crate::runner::Settled;
use crate::version::Major;
use std::path::PathBuf;
use std::time::Duration;

/// Run every expand step that is due, in order
#[derive(clap::Args)]
pub(super) struct Arguments {
    /// The folder of the changes [default: the one below this folder]
    #[arg(long, value_name = "FOLDER")]
    dir: Option<PathBuf>,
    /// Run a change though a newer one is applied already
    #[arg(long)]
    out_of_order: bool,
    /// Run statements of which nothing is known before they run, such as EXECUTE of a made-up text
    #[arg(long)]
    allow_opaque: bool,
    /// Say of a step that a run left unsettled whether it is done, or runs again
    #[arg(long, value_name = "CHANGE:STEP=done|again")]
    settle: Vec<Settled>,
    /// What is said on the way
    #[arg(long, value_name = "FORMAT", default_value = "human")]
    format: Form,
    #[command(flatten)]
    patience: Patience,
    #[command(flatten)]
    target: Target,
}

/// How long is waited.
#[derive(clap::Args)]
pub(super) struct Patience {
    /// The longest that others may stand behind a lock that is waited for
    #[arg(long, value_name = "SPAN", default_value = "150ms", value_parser = span)]
    lock_timeout: Duration,
    /// The longest that a statement may take which others wait for
    #[arg(long, value_name = "SPAN", default_value = "30s", value_parser = span)]
    statement_timeout: Duration,
    /// When a step that does not get its lock is given up
    #[arg(long, value_name = "SPAN", default_value = "10m", value_parser = span)]
    deadline: Duration,
}

impl Patience {
    pub(super) fn pace(&self) -> Pace {
        Pace {
            lock_timeout: self.lock_timeout,
            statement_timeout: self.statement_timeout,
            deadline: self.deadline,
            ..Pace::default()
        }
    }
}

/// A span of time as an argument.
pub(super) fn span(text: &str) -> Result<Duration, String> {
    Moment::span(text).ok_or_else(|| "a span of time is like 250ms, 30s, 24h or 7d".to_owned())
}

pub(super) fn run(arguments: &Arguments, ui: &mut Ui) -> Result<Exit, Error> {
    let place = arguments.target.open()?;
    let changes = changes::find(&place.here, &place.loaded, arguments.dir.as_deref())?;
    let mut shown = Shown::new(arguments.format);
    let mut runner = Runner::new(&place.session, &place.who, arguments.patience.pace(), &mut shown);
    runner.settled.clone_from(&arguments.settle);
    runner.allows_opaque = arguments.allow_opaque;
    runner.consumers = &place.loaded.config.consumers;
    let tolerance = Tolerance { out_of_order: arguments.out_of_order };
    let postgres = place.loaded.config.postgres.unwrap_or(Major::DEFAULT);
    let mut facts = || changes.facts(postgres);
    let environment = &place.environment;
    let done = runner::expand(&mut runner, &changes.all, environment, tolerance, &mut facts)?;
    report::expanded(done, arguments.format == Form::Json, ui.out())?;
    Ok(Exit::Done)
}
