//! `migrate check-version` and `migrate rollback-targets`: which versions can run on the schema
//! as it is.

use super::error::Error;
use super::exit::Exit;
use super::record;
use super::service::Named;
use super::target::Target;
use super::ui::Ui;
use crate::ledger::check_version;
use crate::ledger::rollback_targets;

/// Say whether a version can run: what it needs is there, and nothing of that was taken away
#[derive(clap::Args)]
pub(super) struct Check {
    #[command(flatten)]
    named: Named,
    #[command(flatten)]
    target: Target,
}

/// List the versions that can be gone back to, and why others cannot
#[derive(clap::Args)]
pub(super) struct Targets {
    /// The service
    #[arg(long, value_name = "SERVICE")]
    service: String,
    #[command(flatten)]
    target: Target,
}

pub(super) fn check(arguments: &Check, ui: &mut Ui) -> Result<Exit, Error> {
    let place = arguments.target.open()?;
    let book = record::open(&place)?;
    let (service, version) = arguments.named.pair()?;
    check_version(&book.state, &service, &version)?;
    writeln!(ui.out(), "{service}@{version} can run on this schema")?;
    Ok(Exit::Done)
}

pub(super) fn targets(arguments: &Targets, ui: &mut Ui) -> Result<Exit, Error> {
    let place = arguments.target.open()?;
    let book = record::open(&place)?;
    let found = rollback_targets(&book.state, &arguments.service);
    if found.is_empty() {
        writeln!(ui.out(), "no other version of {} is known", arguments.service)?;
    }
    for (version, fit) in found {
        match fit {
            Ok(()) => writeln!(ui.out(), "ok  {}@{version}", arguments.service)?,
            Err(why) => writeln!(ui.out(), "no  {}@{version}: {why}", arguments.service)?,
        }
    }
    Ok(Exit::Done)
}
