//! `migrate demo`: a change from its first mistake to its contract, on a throw-away server.

use super::error::Error;
use super::exit::Exit;
use super::target;
use super::ui::Ui;
use crate::demo;
use crate::report;
use std::path::PathBuf;

/// Show a column renamed under live traffic, on a throw-away server
#[derive(clap::Args)]
pub(super) struct Arguments {
    /// The folder of PostgreSQL's programs [default: those that are installed]
    #[arg(long, value_name = "FOLDER")]
    postgres_bin: Option<PathBuf>,
}

pub(super) fn run(arguments: &Arguments, ui: &mut Ui) -> Result<Exit, Error> {
    let style = ui.style();
    demo::play(arguments.postgres_bin.as_deref(), &target::who(), |scene| {
        report::scene(scene, style, ui.out())?;
        // Each step is read while the next one runs.
        ui.finish().map_err(Error::from)
    })?;
    Ok(Exit::Done)
}
