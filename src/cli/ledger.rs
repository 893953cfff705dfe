//! `migrate ledger`: made, verified, exported, anchored, bound to another database.

use super::changes;
use super::elsewhere;
use super::error::Error;
use super::exit::Exit;
use super::foreign;
use super::record;
use super::record::Recorded;
use super::release::said;
use super::target::Place;
use super::target::Target;
use super::ui::Ui;
use crate::ledger::Anchor;
use crate::ledger::Deed;
use crate::ledger::admit;
use crate::ledger::forgiven;
use crate::plan::Drift;
use crate::report;
use crate::runner::RunError;
use crate::store;
use crate::store::StoreError;
use clap::Subcommand;
use std::path::PathBuf;

/// The record of what was done, in the database that it protects
#[derive(clap::Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Make it, and on request the roles that may read it, write to it, or say that they are alive
    Install(Install),
    /// See that it is whole
    Verify(Verify),
    /// Write all events as JSON, one a line
    Export(Export),
    /// Say its head, to be kept somewhere else
    Checkpoint(Plain),
    /// Bind it to this database; all waiting begins anew
    Rebind(Rebind),
    /// Record what a change's files say now, after they were edited before they ran
    Register(Register),
}

#[derive(clap::Args)]
struct Install {
    /// Make the roles `migrate_reader`, `migrate_writer` and `migrate_beat`
    #[arg(long)]
    roles: bool,
    #[command(flatten)]
    target: Target,
}

#[derive(clap::Args)]
struct Verify {
    /// A head that was told before, as `ledger checkpoint` says it
    #[arg(long, value_name = "SEQ:HASH")]
    anchor: Vec<Anchor>,
    #[command(flatten)]
    target: Target,
}

#[derive(clap::Args)]
struct Export {
    #[command(flatten)]
    target: Target,
}

#[derive(clap::Args)]
struct Plain {
    #[command(flatten)]
    target: Target,
}

#[derive(clap::Args)]
struct Rebind {
    /// Why
    #[arg(long, value_name = "TEXT")]
    reason: String,
    #[command(flatten)]
    target: Target,
}

#[derive(clap::Args)]
struct Register {
    /// The change
    #[arg(value_name = "CHANGE")]
    change: String,
    /// Why it was edited
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// The folder of the changes [default: the one below this folder]
    #[arg(long, value_name = "FOLDER")]
    dir: Option<PathBuf>,
    #[command(flatten)]
    target: Target,
}

pub(super) fn run(arguments: &Arguments, ui: &mut Ui) -> Result<Exit, Error> {
    match &arguments.command {
        Command::Install(install) => self::install(install, ui),
        Command::Verify(verify) => self::verify(verify, ui),
        Command::Export(export) => {
            let place = export.target.open()?;
            must_be_there(&place)?;
            report::events(&store::read_unverified(&place.session)?.records, ui.out())?;
            Ok(Exit::Done)
        }
        Command::Checkpoint(plain) => checkpoint(plain, ui),
        Command::Rebind(rebind) => self::rebind(rebind, ui),
        Command::Register(register) => self::register(register, ui),
    }
}

fn must_be_there(place: &Place) -> Result<(), Error> {
    let look = store::look(&place.session, false)?;
    if look.has_ledger { Ok(()) } else { Err(StoreError::Absent.into()) }
}

fn install(install: &Install, ui: &mut Ui) -> Result<Exit, Error> {
    let place = install.target.open()?;
    let book = record::open_or_install(&place)?;
    if install.roles {
        store::install_roles(&place.session)?;
        writeln!(ui.out(), "roles: migrate_reader, migrate_writer, migrate_beat")?;
    }
    writeln!(ui.out(), "the ledger is there, with {} events", book.records.len())?;
    Ok(Exit::Done)
}

fn verify(verify: &Verify, ui: &mut Ui) -> Result<Exit, Error> {
    let place = verify.target.open()?;
    must_be_there(&place)?;
    let book = store::read_unverified(&place.session)?;
    book.verify(&verify.anchor).map_err(StoreError::from)?;
    let (seq, hash) = &book.head;
    writeln!(ui.out(), "whole: {seq} events, the head is {seq}:{}", hex::encode(hash))?;
    if let Some(fault) = forgiven(&book.records) {
        writeln!(ui.out(), "it was bound anew since, and before that: {fault}")?;
    }
    if verify.anchor.is_empty() {
        writeln!(
            ui.out(),
            "without an anchor: that nothing was cut off its end, or all written anew, only a head \
             shows that was kept elsewhere (--anchor)"
        )?;
    }
    Ok(Exit::Done)
}

fn checkpoint(plain: &Plain, ui: &mut Ui) -> Result<Exit, Error> {
    let place = plain.target.open()?;
    let book = record::open(&place)?;
    let (seq, hash) = &book.head;
    let hash = hex::encode(hash);
    record::record(&place, &Deed::Checkpoint { seq: *seq, hash: hash.clone() }, None)?;
    writeln!(ui.out(), "{seq}:{hash}")?;
    Ok(Exit::Done)
}

fn rebind(rebind: &Rebind, ui: &mut Ui) -> Result<Exit, Error> {
    let place = rebind.target.open()?;
    let look = store::look(&place.session, false)?;
    if !look.has_ledger {
        return Err(StoreError::Absent.into());
    }
    let identity = look.identity(&place.environment);
    let deed = Deed::Rebound { identity, reason: rebind.reason.clone() };
    // It may be broken: that is what this is for.
    let pages = store::read_unverified(&place.session)?;
    admit(&pages.state()?, &deed, pages.now)?;
    let done = store::rebind(&place.session, &deed, &place.who, &pages)?;
    let done = Recorded { seq: done.seq, replayed: done.replayed };
    said("the ledger is bound to this database, and all waiting begins anew", done, ui.out())?;
    Ok(Exit::Done)
}

fn register(register: &Register, ui: &mut Ui) -> Result<Exit, Error> {
    let place = register.target.open()?;
    let state = record::open_or_install(&place)?.state;
    let deed = as_it_is(&place, register)?;
    let done = record::record(&place, &deed, None)?;
    let Deed::Registered { change, prints, .. } = &deed else { return Ok(Exit::Done) };
    said(&format!("{change} is on record as it is now"), done, ui.out())?;
    let was = state.changes.get(change).and_then(|known| known.prints.get("contract"));
    if was.is_some_and(|was| prints.get("contract").is_some_and(|now| now != was)) {
        let releases = state.releases.0.iter();
        let who = releases.filter(|(_, release)| release.satisfies.contains(change));
        let who: Vec<String> = who.map(|((of, version), _)| format!("{of}@{version}")).collect();
        if !who.is_empty() {
            Ui::note(&format!(
                "note: what {} said was said of the contract as it was: see that each can do \
                 without what this one takes away, too; the soak begins anew",
                who.join(", ")
            ));
        }
    }
    Ok(Exit::Done)
}

/// A change as its files are now; where it is none of ours, another tool's file of that name.
fn as_it_is(place: &Place, register: &Register) -> Result<Deed, Error> {
    let (name, reason) = (&register.change, Some(register.reason.clone()));
    let paths: Vec<PathBuf> = register.dir.iter().cloned().collect();
    for project in foreign::projects(&place.here, &place.loaded, &paths)? {
        if !foreign::is_foreign(&project) {
            continue;
        }
        let files = foreign::files(&place.here, &place.loaded, &project, |_| true)?;
        if let Some(file) = files.into_iter().find(|file| file.change.name == *name) {
            return Ok(elsewhere::registered(&file, reason));
        }
    }
    let changes = changes::find(&place.here, &place.loaded, register.dir.as_deref())?;
    let change = changes
        .named(name)
        .ok_or_else(|| Error::Usage(format!("there is no change `{name}` here")))?;
    Ok(Deed::Registered {
        change: change.name.clone(),
        prints: change.prints(),
        steps: change.sizes().map_err(|why| RunError::from(Drift::from(why)))?,
        owner: change.owner.clone(),
        reason,
    })
}
