//! `migrate config`: the configuration's JSON Schema, and a check of the file.

use super::error::Error;
use super::exit::Exit;
use super::load;
use super::ui::Ui;
use crate::config;
use crate::workspace;
use std::path::PathBuf;

/// Look at the configuration
#[derive(clap::Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand)]
enum Command {
    /// Print the JSON Schema of migrate.toml, for editors
    Schema,
    /// Read migrate.toml, and report every mistake in it
    Check {
        /// The file [default: the nearest migrate.toml]
        file: Option<PathBuf>,
    },
}

pub(super) fn run(arguments: &Arguments, ui: &mut Ui) -> Result<Exit, Error> {
    match &arguments.command {
        Command::Schema => {
            serde_json::to_writer_pretty(ui.out(), &config::json_schema())
                .map_err(std::io::Error::from)?;
            writeln!(ui.out())?;
        }
        Command::Check { file } => check(file.clone(), ui)?,
    }
    Ok(Exit::Done)
}

fn check(file: Option<PathBuf>, ui: &mut Ui) -> Result<(), Error> {
    let here = load::here()?;
    let Some(path) = file.or_else(|| load::find(&here)) else {
        let message = format!("there is no {} here or above", config::FILE_NAME);
        return Err(Error::Usage(message));
    };
    load::load(&here, Some(&path))?.exclude()?;
    let shown = workspace::shown(&here, &workspace::absolute(&here, &path));
    writeln!(ui.out(), "{shown}: no mistakes")?;
    Ok(())
}
