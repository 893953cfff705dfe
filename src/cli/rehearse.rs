//! `migrate rehearse`: a change there and back and there again, on a throw-away server.

use super::changes;
use super::changes::Changes;
use super::clock;
use super::error::Error;
use super::exit::Exit;
use super::load;
use super::load::Loaded;
use super::progress::Form;
use super::record;
use super::target;
use super::target::Place;
use super::target::Target;
use super::ui::Ui;
use crate::db::Address;
use crate::db::Nowhere;
use crate::effect::Phase;
use crate::ledger::Deed;
use crate::plan::Change;
use crate::plan::Rehearsal;
use crate::plan::statement_digests;
use crate::rehearse;
use crate::rehearse::Outcome;
use crate::rehearse::Request;
use crate::report;
use crate::shadow;
use crate::shadow::Server;
use crate::store;
use crate::version::Major;
use crate::workspace;
use std::path::Path;
use std::path::PathBuf;

/// Run a change there and back and there again, on a throw-away server, and hold what was seen
/// against what was foretold
#[derive(clap::Args)]
pub(super) struct Arguments {
    /// The change [default: the newest]
    #[arg(long, value_name = "CHANGE")]
    change: Option<String>,
    /// The folder of the changes [default: the one below this folder]
    #[arg(long, value_name = "FOLDER")]
    dir: Option<PathBuf>,
    /// An empty database to rehearse in, which keeps what is made there [default: a server that is
    /// started for it]
    #[arg(long, value_name = "URL")]
    shadow_url: Option<String>,
    /// The folder of PostgreSQL's programs [default: those that are installed]
    #[arg(long, value_name = "FOLDER", conflicts_with = "shadow_url")]
    postgres_bin: Option<PathBuf>,
    /// Keep the result beside the change, as rehearsal.toml
    #[arg(long)]
    record: bool,
    /// What is said
    #[arg(long, value_name = "FORMAT", default_value = "human")]
    format: Form,
    #[command(flatten)]
    target: Target,
}

pub(super) fn run(arguments: &Arguments, ui: &mut Ui) -> Result<Exit, Error> {
    let here = load::here()?;
    let loaded = load::load(&here, arguments.target.config.as_deref())?;
    let changes = changes::find(&here, &loaded, arguments.dir.as_deref())?;
    let at = place_of(&changes, arguments.change.as_deref())?;
    let place = arguments.target.is_named().then(|| arguments.target.open()).transpose()?;
    let wanted = wanted(&loaded, place.as_ref())?;
    let stage = Stage::set(arguments, wanted)?;
    let facts = changes.facts(stage.postgres);
    let request = Request { address: &stage.address, changes: &changes.all, at, facts: &facts };
    let outcome = rehearse::rehearse(&request)?;
    match arguments.format {
        Form::Human => report::rehearsal_human(&outcome, ui.style(), ui.out())?,
        Form::Json => report::rehearsal_json(&outcome, ui.out())?,
    }
    let change = &changes.all[at];
    if arguments.record {
        keep(&here, &changes, change, &outcome)?;
    }
    if let Some(place) = &place {
        tell(place, change, &outcome)?;
    }
    Ok(if outcome.passed() { Exit::Done } else { Exit::Findings })
}

/// The place of the change that is meant.
fn place_of(changes: &Changes, named: Option<&str>) -> Result<usize, Error> {
    let Some(name) = named else {
        let last = changes.all.len().checked_sub(1);
        return last.ok_or_else(|| Error::Usage("there is no change to rehearse".to_owned()));
    };
    let meant = changes.named(name).map(|change| change.name.as_str());
    let at = changes.all.iter().position(|change| Some(change.name.as_str()) == meant);
    at.ok_or_else(|| Error::Usage(format!("there is no change `{name}` here")))
}

/// The major of the database that it is for.
fn wanted(loaded: &Loaded, place: Option<&Place>) -> Result<Option<Major>, Error> {
    match place {
        Some(place) => Ok(Major::new(store::look(&place.session, false)?.version / 10_000)),
        None => Ok(loaded.config.postgres),
    }
}

/// Where it is rehearsed.
struct Stage {
    address: Address,
    postgres: Major,
    /// A server that ends with it.
    _server: Option<Server>,
}

impl Stage {
    fn set(arguments: &Arguments, wanted: Option<Major>) -> Result<Stage, Error> {
        let stage = if let Some(url) = &arguments.shadow_url {
            let address = target::resolve("--shadow-url", Some(url))?;
            let postgres = rehearse::must_be_empty(&address)?;
            Stage { address, postgres, _server: None }
        } else {
            let installs = shadow::installs(arguments.postgres_bin.as_deref())?;
            let choice = shadow::choose(&installs, wanted)?;
            let server = Server::start(&choice.install, &shadow::Settings::default())?;
            let address = Address::resolve(Some(&server.address("postgres")), &Nowhere)?;
            Stage { address, postgres: server.major(), _server: Some(server) }
        };
        if let Some(wanted) = wanted.filter(|wanted| *wanted != stage.postgres) {
            let postgres = stage.postgres;
            Ui::note(&format!(
                "warning: this is rehearsed on PostgreSQL {postgres}, and the target is {wanted}: \
                 what locks and rewrites differs by major"
            ));
        }
        Ok(stage)
    }
}

/// Keeps the result beside the change.
fn keep(here: &Path, changes: &Changes, change: &Change, outcome: &Outcome) -> Result<(), Error> {
    let folder = changes.folder(change).ok_or_else(|| {
        Error::Usage(format!("{} has no file, and so no folder to keep it in", change.name))
    })?;
    let beside = |name: &str| std::fs::read_to_string(folder.join(name)).ok();
    let now = clock::now();
    let contract = change.file(Phase::Contract);
    let kept = Rehearsal {
        passed: outcome.passed(),
        rollback: outcome.rollback() == Some(true),
        server: format!("PostgreSQL {}", outcome.server),
        date: now,
        expires: now.after(Rehearsal::LASTS),
        statements: contract.map(|file| statement_digests(&file.text)).unwrap_or_default(),
        files: Rehearsal::prints(beside),
    };
    let path = folder.join(Rehearsal::FILE);
    let text = kept.write().map_err(Error::Usage)?;
    std::fs::write(&path, text).map_err(Error::file(&path))?;
    Ui::note(&format!("{} is written", workspace::shown(here, &path)));
    Ok(())
}

/// Puts a rollback that was rehearsed on record, where there is a ledger.
fn tell(place: &Place, change: &Change, outcome: &Outcome) -> Result<(), Error> {
    let Some(file) = change.file(Phase::Contract).filter(|_| outcome.rollback().is_some()) else {
        Ui::note("nothing is recorded: no rollback was rehearsed");
        return Ok(());
    };
    let look = store::look(&place.session, false)?;
    if !look.has_ledger {
        Ui::note("nothing is recorded: there is no ledger in this database");
        return Ok(());
    }
    record::open(place)?;
    let millis = u64::try_from(outcome.took().as_millis()).unwrap_or(u64::MAX);
    let done = record::decide(place, None, |_, now| {
        Ok(Deed::DrillRecorded {
            change: change.name.clone(),
            what: "rollback".to_owned(),
            digest: file.digest.clone(),
            environment: format!("PostgreSQL {}", outcome.server),
            millis,
            passed: outcome.passed(),
            expires: now.after(Rehearsal::LASTS),
        })
    })?;
    Ui::note(&format!("recorded as event {}", done.seq));
    Ok(())
}
