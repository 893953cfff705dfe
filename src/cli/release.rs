//! `migrate release declare`: what a version of a service no longer needs.

use super::changes;
use super::elsewhere;
use super::error::Error;
use super::exit::Exit;
use super::foreign;
use super::record;
use super::record::Recorded;
use super::service::Named;
use super::status;
use super::target::Place;
use super::target::Target;
use super::ui::Ui;
use crate::db::Session;
use crate::db::Settings;
use crate::gather::GatherError;
use crate::ledger::Deed;
use crate::ledger::State;
use crate::plan::Change;
use crate::store;
use clap::Subcommand;
use std::io;
use std::io::Write;

/// Say what a version of a service is, and which changes' old schema it no longer needs
#[derive(clap::Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Declare a version of a service
    Declare(Declare),
}

#[derive(clap::Args)]
struct Declare {
    #[command(flatten)]
    named: Named,
    #[command(flatten)]
    says: Says,
    /// A second report with the same key is the same report
    #[arg(long, value_name = "KEY")]
    key: Option<String>,
    #[command(flatten)]
    target: Target,
}

/// What is said of a release.
#[derive(clap::Args)]
pub(super) struct Says {
    /// A change whose old schema it no longer needs; `all` for every change here with a contract
    #[arg(long, value_name = "CHANGE")]
    satisfies: Vec<String>,
    /// A change whose old schema it needs again, though the release it was made from did not
    #[arg(long, value_name = "CHANGE")]
    takes_back: Vec<String>,
    /// A change whose expand it needs; `all` for every change here
    #[arg(long, value_name = "CHANGE")]
    uses: Vec<String>,
    /// The version it was made from; `none` for none [default: the one that was declared before it]
    #[arg(long, value_name = "VERSION")]
    parent: Option<String>,
    /// The digest of its artifact
    #[arg(long, value_name = "DIGEST")]
    digest: Option<String>,
    /// The commit it was made of
    #[arg(long, value_name = "COMMIT")]
    commit: Option<String>,
}

impl Says {
    /// Whether it says anything.
    pub(super) fn anything(&self) -> bool {
        let lists = [&self.satisfies, &self.takes_back, &self.uses];
        let words = [&self.parent, &self.digest, &self.commit];
        lists.iter().any(|list| !list.is_empty()) || words.iter().any(|word| word.is_some())
    }
}

pub(super) fn run(arguments: &Arguments, ui: &mut Ui) -> Result<Exit, Error> {
    let Command::Declare(declare) = &arguments.command;
    let place = declare.target.open()?;
    record::open_or_install(&place)?;
    let (service, version) = declare.named.pair()?;
    let done = self::declare(&place, &service, &version, &declare.says, declare.key.as_deref())?;
    said(&format!("{service}@{version} is declared"), done, ui.out())?;
    Ok(Exit::Done)
}

/// Declares a version.
pub(super) fn declare(
    place: &Place,
    service: &str,
    version: &str,
    says: &Says,
    key: Option<&str>,
) -> Result<Recorded, Error> {
    let named = |names: &[String], contracts: bool| names_of(place, names, contracts);
    let satisfies = named(&says.satisfies, true)?;
    let takes_back = named(&says.takes_back, true)?;
    let uses = named(&says.uses, false)?;
    let state = record::open(place)?.state;
    satisfies.iter().chain(&uses).for_each(|said| said.is_told(&state));
    record::decide(place, key, |state, _| {
        let parent = match says.parent.as_deref() {
            Some("none") => {
                let made = state.releases.get(service, version);
                if let Some(parent) = made.and_then(|made| made.parent.as_ref()) {
                    return Err(Error::Usage(format!(
                        "{service}@{version} was made from {parent}, as was declared, and that is \
                         not taken back; release it under a name of its own"
                    )));
                }
                None
            }
            Some(parent) => Some(parent.to_owned()),
            None if state.releases.get(service, version).is_some() => None,
            None => {
                let of = state.releases.of(service);
                of.last().map(|(version, _)| (*version).to_owned())
            }
        };
        Ok(Deed::ReleaseDeclared {
            service: service.to_owned(),
            version: version.to_owned(),
            digest: says.digest.clone(),
            commit: says.commit.clone(),
            parent,
            satisfies: satisfies.iter().map(|said| said.name(state)).collect(),
            takes_back: back(state, &takes_back)?,
            uses: uses.iter().map(|said| said.name(state)).collect(),
        })
    })
}

/// A change that a release says something of.
struct Said {
    name: String,
    /// It is in this checkout.
    here: bool,
}

impl Said {
    /// Its whole name: what is not here may be on record.
    fn name(&self, state: &State) -> String {
        self.on_record(state).unwrap_or(&self.name).to_owned()
    }

    fn on_record<'a>(&self, state: &'a State) -> Option<&'a str> {
        let mut names = state.changes.keys().map(String::as_str);
        let short = |name: &str| name.split_once('_').is_some_and(|(_, rest)| rest == self.name);
        if state.changes.contains_key(&self.name) {
            return names.find(|name| *name == self.name);
        }
        names.find(|name| !self.here && short(name))
    }

    /// Tells of a name that nobody knows: it may be a slip, or of a change that is still to come.
    fn is_told(&self, state: &State) {
        if !self.here && self.on_record(state).is_none() {
            Ui::note(&format!(
                "warning: no change `{}` is here or on record: what is said of it counts once one \
                 of that very name is",
                self.name
            ));
        }
    }
}

/// What is taken back was given: a slip in its name would leave it given.
fn back(state: &State, takes_back: &[Said]) -> Result<Vec<String>, Error> {
    let unknown = takes_back.iter().find(|said| !said.here && said.on_record(state).is_none());
    match unknown {
        Some(said) => Err(Error::Usage(format!(
            "no change `{}` is here or on record, so that nothing of it can be taken back; \
             `migrate status` lists those that are",
            said.name
        ))),
        None => Ok(takes_back.iter().map(|said| said.name(state)).collect()),
    }
}

/// The whole names of changes; what is not here is taken as it stands.
fn names_of(place: &Place, names: &[String], contracts: bool) -> Result<Vec<Said>, Error> {
    if names.is_empty() {
        return Ok(Vec::new());
    }
    if names.iter().any(|name| name == "all") {
        let here = |name| Said { name, here: true };
        return Ok(all(place, contracts)?.into_iter().map(here).collect());
    }
    let Ok(changes) = changes::find(&place.here, &place.loaded, None) else {
        // The files of another tool have no other names than their versions.
        let projects = match foreign::projects(&place.here, &place.loaded, &[]) {
            Err(Error::Gather(GatherError::Nothing { .. })) => Vec::new(),
            found => found?,
        };
        let files = || projects.iter().flat_map(|project| &project.project.entries);
        let is_here = |name: &String| files().any(|entry| entry.version == *name);
        let said = names.iter().map(|name| Said { name: name.clone(), here: is_here(name) });
        return Ok(said.collect());
    };
    let here = |change: &Change| Said { name: change.name.clone(), here: true };
    let whole = |name: &String| {
        let unknown = || Said { name: name.clone(), here: false };
        changes.named(name).map_or_else(unknown, here)
    };
    Ok(names.iter().map(whole).collect())
}

/// The names of all changes here that have a contract, or of all that may be needed; the files of
/// another tool are changes as well.
fn all(place: &Place, contracts: bool) -> Result<Vec<String>, Error> {
    let (here, loaded) = (&place.here, &place.loaded);
    let projects = foreign::projects(here, loaded, &[])?;
    let mut names = Vec::new();
    if !projects.iter().all(foreign::is_foreign) {
        let changes = changes::find(here, loaded, None)?;
        let of_all = changes.all.iter().filter(|change| {
            !contracts || changes.with_contract().any(|known| known.name == change.name)
        });
        names.extend(of_all.map(|change| change.name.clone()));
    }
    if !projects.iter().any(foreign::is_foreign) {
        return Ok(names);
    }
    names.extend(if contracts {
        elsewhere::contracts(here, loaded, &projects)?
    } else {
        let eyes = Session::open(place.session.address(), &Settings::default())?;
        let compared = status::compared(here, loaded, &projects, &eyes)?;
        let state = store::read(&place.session)?.state;
        elsewhere::needed(here, loaded, &projects, &compared, &state)?
    });
    Ok(names)
}

/// Says what was recorded.
pub(super) fn said(what: &str, done: Recorded, out: &mut dyn Write) -> io::Result<()> {
    let before = if done.replayed { ", as it was before" } else { "" };
    writeln!(out, "{what}{before} (event {})", done.seq)
}
