//! `migrate backfill`: fills in the data of a change, batch by batch, and proves that none is left.

mod metrics;
mod orders;
mod plan;
mod run;
mod settings;
mod status;
mod verify;

use super::changes;
use super::changes::Changes;
use super::error::Error;
use super::exit::Exit;
use super::record;
use super::target::Place;
use super::target::Target;
use super::ui::Ui;
use crate::backfill;
use crate::db;
use crate::effect::Phase;
use crate::gather::GatherError;
use crate::job::Work;
use crate::plan::Change;
use crate::store;
use crate::store::StoreError;
use crate::version::Major;
use clap::Subcommand;
use std::path::PathBuf;

pub(super) use settings::Settings;

/// Fill in the data of a change, and prove that no row is left
#[derive(clap::Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Say how its migrate.sql is cut into batches, or what is in the way
    Plan(plan::Arguments),
    /// Run its migrate.sql, batch by batch, beside any number of others
    Run(run::Arguments),
    /// Say where backfills stand, and what holds them
    Status(status::Arguments),
    /// Have workers stop after the batch that they are at
    Pause(orders::Why),
    /// Let workers go on
    Resume(orders::Resumed),
    /// Give it up; what was written stays, and `run` begins anew
    Cancel(orders::Why),
    /// Go on after a failure, and try rows again that were set aside
    Retry(orders::Plain),
    /// Record the proof that no row is left
    Verify(verify::Arguments),
}

/// Which change.
#[derive(clap::Args)]
struct Which {
    /// The change
    #[arg(long, value_name = "CHANGE")]
    change: String,
    /// The folder of the changes [default: the one below this folder]
    #[arg(long, value_name = "FOLDER")]
    dir: Option<PathBuf>,
}

pub(super) fn run(arguments: &Arguments, ui: &mut Ui) -> Result<Exit, Error> {
    match &arguments.command {
        Command::Plan(arguments) => plan::run(arguments, ui),
        Command::Run(arguments) => run::run(arguments, ui),
        Command::Status(arguments) => status::run(arguments, ui),
        Command::Pause(arguments) => orders::pause(arguments, ui),
        Command::Resume(arguments) => orders::resume(arguments, ui),
        Command::Cancel(arguments) => orders::cancel(arguments, ui),
        Command::Retry(arguments) => orders::retry(arguments, ui),
        Command::Verify(arguments) => verify::run(arguments, ui),
    }
}

/// A change that has data to fill in.
fn named<'a>(changes: &'a Changes, name: &str) -> Result<&'a Change, Error> {
    let change = changes
        .named(name)
        .ok_or_else(|| Error::Usage(format!("there is no change `{name}` here")))?;
    has_data(change)?;
    Ok(change)
}

fn has_data(change: &Change) -> Result<(), Error> {
    if change.file(Phase::Migrate).is_none() {
        let why = format!("`{}` has no migrate.sql that says something", change.name);
        return Err(Error::Usage(why));
    }
    Ok(())
}

/// A database with a ledger whose tables are up to date.
fn open(target: &Target) -> Result<Place, Error> {
    let place = target.open()?;
    let book = record::open(&place)?;
    if book.version < store::VERSION {
        store::upgrade(&place.session).map_err(|error| match &error {
            StoreError::Db(cause) if cause.sqlstate() == Some("42501") => Error::Usage(format!(
                "the ledger's tables are of version {}, and this role may not bring them up to \
                 date: run `migrate backfill status` once as their owner ({error})",
                book.version
            )),
            _ => Error::Store(error),
        })?;
    }
    backfill::prepare(&place.session)?;
    Ok(place)
}

/// What is done with each statement of a change's migrate.sql, in this database.
fn work(changes: &Changes, change: &Change, place: &Place) -> Result<Vec<Work>, Error> {
    let mut catalog = db::read_catalog(place.session.address()).map_err(GatherError::Catalog)?;
    // The role that is acted as may look elsewhere.
    catalog.search_path = db::search_path(&place.session)?;
    let postgres = place.loaded.config.postgres.unwrap_or(Major::DEFAULT);
    changes.work(change, postgres, Some(&catalog)).map_err(|refused| {
        let file = change.file(Phase::Migrate);
        let (path, text) = file.map(|it| (it.shown.clone(), it.text.clone())).unwrap_or_default();
        Error::Unbatchable { path, text, refused }
    })
}

/// The full name of a change: as its folder has it, or as it is given where there is no folder.
fn full_name(place: &Place, which: &Which) -> String {
    let changes = changes::find(&place.here, &place.loaded, which.dir.as_deref());
    let found = changes.ok().and_then(|all| Some(all.named(&which.change)?.name.clone()));
    found.unwrap_or_else(|| which.change.clone())
}
