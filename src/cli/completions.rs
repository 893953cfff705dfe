//! `migrate completions`: what a shell needs to complete the words of the command line.

use super::NAME;
use super::error::Error;
use super::exit::Exit;
use super::ui::Ui;
use clap_complete::Generator;

/// Print what a shell needs to complete commands and options
#[derive(clap::Args)]
pub(super) struct Arguments {
    /// The shell
    shell: Shell,
}

/// The shells that completions are written for.
#[derive(Clone, Copy, clap::ValueEnum)]
enum Shell {
    /// For ~/.local/share/bash-completion/completions/migrate
    Bash,
    /// For a file that rc.elv reads by `eval`
    Elvish,
    /// For ~/.config/fish/completions/migrate.fish
    Fish,
    /// For a file that config.nu reads by `source`
    Nushell,
    /// For a file that $PROFILE reads
    Powershell,
    /// For a file `_migrate` in a folder of $fpath
    Zsh,
}

pub(super) fn run(arguments: &Arguments, ui: &mut Ui) -> Result<Exit, Error> {
    let script = match arguments.shell {
        Shell::Bash => script(clap_complete::Shell::Bash),
        Shell::Elvish => script(clap_complete::Shell::Elvish),
        Shell::Fish => script(clap_complete::Shell::Fish),
        Shell::Nushell => script(clap_complete_nushell::Nushell),
        Shell::Powershell => script(clap_complete::Shell::PowerShell),
        Shell::Zsh => script(clap_complete::Shell::Zsh),
    };
    ui.out().write_all(&script)?;
    Ok(Exit::Done)
}

/// The script as a whole: a reader that goes away midway is met where it is written.
fn script(shell: impl Generator) -> Vec<u8> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut super::command(), NAME, &mut script);
    script
}
