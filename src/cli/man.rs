//! `migrate man`: the manual page of the program, or a folder with those of all its commands.

use super::NAME;
use super::error::Error;
use super::exit::Exit;
use super::load;
use super::ui::Ui;
use crate::workspace;
use clap_mangen::Man;
use std::fs;
use std::path::Path;
use std::path::PathBuf;

/// Print the manual page, or write those of all commands into a folder
#[derive(clap::Args)]
pub(super) struct Arguments {
    /// The folder for a page of each command, such as migrate-lint.1
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,
}

pub(super) fn run(arguments: &Arguments, ui: &mut Ui) -> Result<Exit, Error> {
    match &arguments.out {
        None => page(super::command()).render(ui.out())?,
        Some(folder) => {
            let here = load::here()?;
            write_all(&here, &workspace::absolute(&here, folder), ui)?;
        }
    }
    Ok(Exit::Done)
}

/// The page of a command, with the version of the whole.
fn page(command: clap::Command) -> Man {
    let version = command.get_version().unwrap_or(env!("CARGO_PKG_VERSION"));
    let source = format!("{NAME} {version}");
    Man::new(command).source(source)
}

fn write_all(here: &Path, folder: &Path, ui: &mut Ui) -> Result<(), Error> {
    fs::create_dir_all(folder).map_err(Error::file(folder))?;
    let mut command = super::command().disable_help_subcommand(true);
    command.build();
    let mut open = vec![command];
    while let Some(command) = open.pop() {
        open.extend(command.get_subcommands().cloned());
        let page = page(command);
        let path = folder.join(page.get_filename());
        let mut text = Vec::new();
        page.render(&mut text)?;
        fs::write(&path, text).map_err(Error::file(&path))?;
        writeln!(ui.out(), "{}", workspace::shown(here, &path))?;
    }
    Ok(())
}
