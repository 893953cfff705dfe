//! `migrate override`, `migrate review` and `migrate approve`: what people decide, on record.

use super::changes;
use super::error::Error;
use super::exit::Exit;
use super::expand::span;
use super::record;
use super::release::said;
use super::target::Target;
use super::ui::Ui;
use crate::effect::Phase;
use crate::ledger::Deed;
use clap::Subcommand;
use std::path::PathBuf;
use std::time::Duration;

/// Let named checks of one contract pass, once, and for hours at most
#[derive(clap::Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Grant it
    Grant(Grant),
    /// Take it back
    Revoke(Revoke),
}

#[derive(clap::Args)]
struct Grant {
    /// The change
    #[arg(long, value_name = "CHANGE")]
    change: String,
    /// The checks, such as K3,K5
    #[arg(long, value_name = "CHECKS", value_delimiter = ',', required = true)]
    check: Vec<String>,
    /// Why
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// Where that is written down
    #[arg(long, value_name = "URL")]
    ticket: Option<String>,
    /// For how long it holds, four hours at most
    #[arg(long, value_name = "SPAN", value_parser = span, default_value = "1h")]
    expires: Duration,
    /// The folder of the changes [default: the one below this folder]
    #[arg(long, value_name = "FOLDER")]
    dir: Option<PathBuf>,
    #[command(flatten)]
    target: Target,
}

#[derive(clap::Args)]
struct Revoke {
    /// The event that granted it
    #[arg(value_name = "EVENT")]
    grant: i64,
    /// Why
    #[arg(long, value_name = "TEXT")]
    reason: String,
    #[command(flatten)]
    target: Target,
}

/// File the review that something asked for
#[derive(clap::Args)]
pub(super) struct Review {
    /// Where it is written down
    #[arg(long, value_name = "URL")]
    url: String,
    #[command(flatten)]
    target: Target,
}

/// Agree with what would else hold everything up
#[derive(clap::Args)]
pub(super) struct Approve {
    /// What; `consumers`, which became fewer
    #[arg(value_name = "WHAT")]
    scope: String,
    /// Why
    #[arg(long, value_name = "TEXT")]
    reason: String,
    #[command(flatten)]
    target: Target,
}

pub(super) fn run(arguments: &Arguments, ui: &mut Ui) -> Result<Exit, Error> {
    match &arguments.command {
        Command::Grant(grant) => self::grant(grant, ui),
        Command::Revoke(revoke) => self::revoke(revoke, ui),
    }
}

fn grant(grant: &Grant, ui: &mut Ui) -> Result<Exit, Error> {
    let place = grant.target.open()?;
    record::open(&place)?;
    let changes = changes::find(&place.here, &place.loaded, grant.dir.as_deref())?;
    let change = changes
        .named(&grant.change)
        .ok_or_else(|| Error::Usage(format!("there is no change `{}` here", grant.change)))?;
    let file = change.file(Phase::Contract).ok_or_else(|| {
        Error::Usage(format!("`{}` has no contract.sql that says something", change.name))
    })?;
    let done = record::decide(&place, None, |state, now| {
        Ok(Deed::OverrideGranted {
            change: change.name.clone(),
            checks: grant.check.iter().map(|check| check.trim().to_uppercase()).collect(),
            reason: grant.reason.clone(),
            ticket: grant.ticket.clone(),
            expires: now.after(grant.expires),
            digest: file.digest.clone(),
            seen: state.seq,
        })
    })?;
    said(&format!("granted for {}", change.name), done, ui.out())?;
    Ok(Exit::Done)
}

fn revoke(revoke: &Revoke, ui: &mut Ui) -> Result<Exit, Error> {
    let place = revoke.target.open()?;
    let book = record::open(&place)?;
    let known = book.state.overrides.get(&revoke.grant);
    let known = known.ok_or_else(|| {
        Error::Usage(format!("event {} granted nothing that still holds", revoke.grant))
    })?;
    let (change, grant) = (known.change.clone(), revoke.grant);
    let deed = Deed::OverrideRevoked { change, grant, reason: revoke.reason.clone() };
    let done = record::record(&place, &deed, None)?;
    said("it is taken back", done, ui.out())?;
    Ok(Exit::Done)
}

pub(super) fn review(arguments: &Review, ui: &mut Ui) -> Result<Exit, Error> {
    let place = arguments.target.open()?;
    record::open(&place)?;
    let deed = Deed::ReviewFiled { url: arguments.url.clone() };
    let done = record::record(&place, &deed, None)?;
    said("the review is filed", done, ui.out())?;
    Ok(Exit::Done)
}

pub(super) fn approve(arguments: &Approve, ui: &mut Ui) -> Result<Exit, Error> {
    let place = arguments.target.open()?;
    record::open(&place)?;
    let (scope, reason) = (arguments.scope.clone(), arguments.reason.clone());
    let done = record::record(&place, &Deed::ApprovalGranted { scope, reason }, None)?;
    said("it is agreed", done, ui.out())?;
    Ok(Exit::Done)
}
