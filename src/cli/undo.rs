//! `migrate undo`: takes back the newest expand by the script that its change declares.

use super::changes;
use super::error::Error;
use super::exit::Exit;
use super::expand::Patience;
use super::progress::Form;
use super::progress::Shown;
use super::target::Target;
use super::ui::Ui;
use crate::runner;
use crate::runner::Runner;
use crate::runner::Settled;
use std::path::PathBuf;

/// Take back the newest expand by its undo script, while nothing stands on it
#[derive(clap::Args)]
pub(super) struct Arguments {
    /// The folder of the changes [default: the one below this folder]
    #[arg(long, value_name = "FOLDER")]
    dir: Option<PathBuf>,
    /// Say of a step that a run left unsettled whether it is done, or runs again
    #[arg(long, value_name = "CHANGE:STEP=done|again")]
    settle: Vec<Settled>,
    #[command(flatten)]
    patience: Patience,
    #[command(flatten)]
    target: Target,
}

pub(super) fn run(arguments: &Arguments, ui: &mut Ui) -> Result<Exit, Error> {
    let place = arguments.target.open()?;
    let changes = changes::find(&place.here, &place.loaded, arguments.dir.as_deref())?;
    let mut shown = Shown::new(Form::Human);
    let mut runner = Runner::new(&place.session, &place.who, arguments.patience.pace(), &mut shown);
    runner.settled.clone_from(&arguments.settle);
    match runner::undo(&mut runner, &changes.all, &place.environment)? {
        Ok(name) => {
            writeln!(ui.out(), "the expand of {name} is taken back")?;
            Ok(Exit::Done)
        }
        Err(why) => {
            writeln!(ui.out(), "nothing is taken back: {why}")?;
            Ok(Exit::Refused)
        }
    }
}
