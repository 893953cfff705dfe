//! `migrate backfill plan`: how the statements of a `migrate.sql` are cut into batches, and why
//! each may be run twice; or what is in the way.

use crate::backfill;
use crate::backfill::Preview;
use crate::cli::changes;
use crate::cli::error::Error;
use crate::cli::exit::Exit;
use crate::cli::load;
use crate::cli::target;
use crate::cli::ui::Ui;
use crate::db;
use crate::db::Address;
use crate::db::Session;
use crate::db::Settings;
use crate::effect::Phase;
use crate::gather::GatherError;
use crate::job::Options;
use crate::job::Work;
use crate::report;
use crate::version::Major;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Say how its migrate.sql is cut into batches, or what is in the way
#[derive(clap::Args)]
pub(super) struct Arguments {
    /// The change
    #[arg(long, value_name = "CHANGE")]
    change: String,
    /// The folder of the changes [default: the one below this folder]
    #[arg(long, value_name = "FOLDER")]
    dir: Option<PathBuf>,
    /// The database whose tables are meant, asked for its catalog and nothing else: a URL, or
    /// env:NAME for a variable that holds it [default: what the files make]
    #[arg(long, value_name = "URL")]
    database_url: Option<String>,
    /// The configuration [default: the nearest migrate.toml]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

pub(super) fn run(arguments: &Arguments, ui: &mut Ui) -> Result<Exit, Error> {
    let here = load::here()?;
    let loaded = load::load(&here, arguments.config.as_deref())?;
    let changes = changes::find(&here, &loaded, arguments.dir.as_deref())?;
    let change = super::named(&changes, &arguments.change)?;
    let address = arguments.database_url.as_deref();
    let address = address.map(|url| target::resolve(target::OPTION, Some(url)));
    let address = address.transpose()?;
    let catalog = address.as_ref().map(db::read_catalog).transpose();
    let catalog = catalog.map_err(GatherError::Catalog)?;
    let postgres = loaded.config.postgres.unwrap_or(Major::DEFAULT);
    let style = ui.style();
    // What is wrong in them stops a run.
    let options = changes.options(change)?;
    let Some(file) = change.file(Phase::Migrate) else { return Ok(Exit::Done) };
    match changes.work(change, postgres, catalog.as_ref()) {
        Ok(work) => {
            let walks = address.map(|address| walks(&address, &work, &options)).transpose()?;
            report::backfill_work(file, &work, &walks.unwrap_or_default(), ui.out())?;
            Ok(Exit::Done)
        }
        Err(refused) => {
            report::backfill_refused(&file.shown, &file.text, &refused, style, ui.out())?;
            Ok(Exit::Findings)
        }
    }
}

/// How the tables of each statement would be walked in a database.
fn walks(
    address: &Address,
    work: &[Work],
    options: &Options,
) -> Result<BTreeMap<u32, Vec<Preview>>, Error> {
    let session = Session::open(address, &Settings::default())?;
    let mut walks = BTreeMap::new();
    for work in work {
        if let Work::Batches(job) = work {
            walks.insert(job.place, backfill::preview(&session, job, options)?);
        }
    }
    Ok(walks)
}
