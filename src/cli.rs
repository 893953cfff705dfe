//! The command line: one file a command.

mod about;
mod backfill;
mod changes;
mod check;
mod clock;
mod completions;
mod config;
mod contract;
mod demo;
mod elsewhere;
mod environment;
mod error;
mod exit;
mod expand;
mod explain;
mod fixing;
mod foreign;
mod foretold;
mod freeze;
mod guard;
mod init;
mod judging;
mod ledger;
mod life;
mod lint;
mod load;
mod man;
mod new;
mod overrides;
mod plan;
mod progress;
mod record;
mod rehearse;
mod release;
mod rollout;
mod service;
mod sources;
mod status;
mod target;
mod tool;
mod ui;
mod undo;
mod versions;

pub use exit::Exit;

use clap::CommandFactory;
use clap::Parser;
use clap::Subcommand;
use error::Error;
use std::ffi::OsString;
use std::process::ExitCode;
use ui::Ui;

/// The name of the program.
const NAME: &str = "migrate";

/// Zero-downtime schema migrations for PostgreSQL.
#[derive(Parser)]
#[command(name = NAME, version, max_term_width = 100)]
#[command(after_help = exit::HELP)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
    /// When to use colours
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    color: ui::When,
}

#[derive(Subcommand)]
enum Command {
    Demo(demo::Arguments),
    Lint(lint::Arguments),
    Check(check::Arguments),
    Plan(plan::Arguments),
    Status(status::Arguments),
    Explain(explain::Arguments),
    Expand(expand::Arguments),
    Backfill(backfill::Arguments),
    Contract(contract::Arguments),
    Undo(undo::Arguments),
    Guard(guard::Arguments),
    Rehearse(rehearse::Arguments),
    Release(release::Arguments),
    Rollout(rollout::Arguments),
    CheckVersion(versions::Check),
    RollbackTargets(versions::Targets),
    Freeze(freeze::Freeze),
    Unfreeze(freeze::Unfreeze),
    Override(overrides::Arguments),
    Review(overrides::Review),
    Approve(overrides::Approve),
    Ledger(ledger::Arguments),
    New(new::Arguments),
    Init(init::Arguments),
    Config(config::Arguments),
    Completions(completions::Arguments),
    Man(man::Arguments),
}

/// Runs the program with these arguments, its name first.
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let arguments = match Arguments::try_parse_from(arguments) {
        Ok(arguments) => arguments,
        Err(error) => {
            // Nothing is left to be told to somebody who does not listen.
            let _ = error.print();
            let exit = if error.use_stderr() { Exit::Usage } else { Exit::Done };
            return exit.into();
        }
    };
    let mut ui = Ui::new(arguments.color);
    let result = match &arguments.command {
        Command::Demo(arguments) => demo::run(arguments, &mut ui),
        Command::Lint(arguments) => lint::run(arguments, &mut ui),
        Command::Check(arguments) => check::run(arguments, &mut ui),
        Command::Plan(arguments) => plan::run(arguments, &mut ui),
        Command::Guard(arguments) => guard::run(arguments, &mut ui),
        Command::Undo(arguments) => undo::run(arguments, &mut ui),
        Command::Rehearse(arguments) => rehearse::run(arguments, &mut ui),
        Command::Release(arguments) => release::run(arguments, &mut ui),
        Command::Rollout(arguments) => rollout::run(arguments, &mut ui),
        Command::CheckVersion(arguments) => versions::check(arguments, &mut ui),
        Command::RollbackTargets(arguments) => versions::targets(arguments, &mut ui),
        Command::Freeze(arguments) => freeze::freeze(arguments, &mut ui),
        Command::Unfreeze(arguments) => freeze::unfreeze(arguments, &mut ui),
        Command::Override(arguments) => overrides::run(arguments, &mut ui),
        Command::Review(arguments) => overrides::review(arguments, &mut ui),
        Command::Approve(arguments) => overrides::approve(arguments, &mut ui),
        Command::Ledger(arguments) => ledger::run(arguments, &mut ui),
        Command::Backfill(arguments) => backfill::run(arguments, &mut ui),
        Command::Contract(arguments) => contract::run(arguments, &mut ui),
        Command::Expand(arguments) => expand::run(arguments, &mut ui),
        Command::Status(arguments) => status::run(arguments, &mut ui),
        Command::Explain(arguments) => explain::run(arguments, &mut ui),
        Command::New(arguments) => new::run(arguments, &mut ui),
        Command::Init(arguments) => init::run(arguments, &mut ui),
        Command::Config(arguments) => config::run(arguments, &mut ui),
        Command::Completions(arguments) => completions::run(arguments, &mut ui),
        Command::Man(arguments) => man::run(arguments, &mut ui),
    };
    let result = result.and_then(|exit| ui.finish().map(|()| exit).map_err(Error::from));
    result.unwrap_or_else(|error| ui.fail(&error)).into()
}

/// The command line as it describes itself.
fn command() -> clap::Command {
    Arguments::command()
}
