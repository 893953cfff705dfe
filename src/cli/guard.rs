//! `migrate guard`: the ledger's verdict before another tool runs its migrations, and a record of
//! what it ran.

mod unjudged;

use super::contract;
use super::elsewhere;
use super::elsewhere::Seen;
use super::elsewhere::contract_of;
use super::error::Error;
use super::exit::Exit;
use super::foreign;
use super::foreign::Foreign;
use super::progress::Form;
use super::progress::Shown;
use super::record;
use super::status;
use super::target::Place;
use super::target::Target;
use super::tool;
use super::ui::Ui;
use crate::db::Session;
use crate::db::Settings;
use crate::effect::Phase;
use crate::gate::Class;
use crate::gate::Verdict;
use crate::gather::Gathered;
use crate::ledger::Deed;
use crate::ledger::State;
use crate::report;
use crate::runner;
use crate::runner::Pace;
use crate::runner::RunError;
use crate::runner::Runner;
use crate::store;
use crate::store::Book;
use crate::workspace;
use std::collections::BTreeMap;
use std::collections::HashSet;
use std::path::PathBuf;
use unjudged::Unjudged;

/// Run another tool's command if the ledger allows what it would run, and record what it ran
#[derive(clap::Args)]
pub(super) struct Arguments {
    /// Files and folders of migrations [default: all below the current folder]
    #[arg(long, value_name = "PATH")]
    path: Vec<PathBuf>,
    /// Let statements run of which nothing is known before they do, such as EXECUTE of a made-up
    /// text
    #[arg(long)]
    allow_opaque: bool,
    #[command(flatten)]
    target: Target,
    /// The command, after `--`
    #[arg(last = true, required = true, value_name = "COMMAND")]
    command: Vec<String>,
}

/// Says whether files may run, and does nothing.
pub(super) fn check(
    place: &Place,
    files: &[PathBuf],
    allow_opaque: bool,
    form: Form,
    ui: &mut Ui,
) -> Result<Exit, Error> {
    let mut book = record::open(place)?;
    let projects = foreign::projects(&place.here, &place.loaded, files)?;
    owed(place, &projects, &mut book)?;
    let mut found = Vec::new();
    for project in projects {
        let judged: HashSet<String> = project
            .project
            .entries
            .iter()
            .filter(|entry| project.scope.judges(&entry.path))
            .map(|entry| workspace::shown(&place.here, &project.root.join(&entry.path)))
            .collect();
        let judged = |shown: &str| judged.contains(shown);
        found.extend(foreign::files(&place.here, &place.loaded, &project, judged)?);
    }
    if !allow_opaque {
        must_be_understood(&found)?;
    }
    let mut shown = Shown::new(form);
    let mut runner = Runner::new(&place.session, &place.who, Pace::default(), &mut shown);
    // It was refused already, unless it is allowed.
    runner.allows_opaque = true;
    let ran = |file: &Foreign| {
        let known = book.state.changes.get(&file.change.name);
        let print = known.and_then(|known| known.prints.get(Phase::Contract.word()));
        known.is_some_and(|known| known.executed.is_some())
            && print.is_some_and(|print| print == file.digest())
    };
    let contracts = found.iter().filter(|file| file.phase == Phase::Contract && !ran(file));
    let verdicts = contracts.map(|file| judge(&runner, place, &book, file));
    let mut worst = None;
    for verdict in verdicts {
        let verdict = verdict?;
        report::verdict(&verdict, false, form == Form::Json, ui.out())?;
        worst = worst.max(Some(verdict.class()));
    }
    if worst.is_none() {
        report::nothing_to_contract(form == Form::Json, ui.out())?;
    }
    Ok(worst.map_or(Exit::Done, contract::exit_of))
}

/// Judges by what ran as well that is not on record yet, and says so.
fn owed(place: &Place, projects: &[Gathered], book: &mut Book) -> Result<(), Error> {
    let eyes = Session::open(place.session.address(), &Settings::default())?;
    let seen = see(place, projects, &eyes, &book.state)?;
    tell_owed(&seen.ran);
    let deeds = elsewhere::record(&book.state, &seen.ran, &place.loaded);
    elsewhere::apply(&mut book.state, &deeds, &place.who.actor);
    Ok(())
}

/// Says which migrations ran and are not on record, to who only reads.
pub(super) fn tell_owed(ran: &[Foreign]) {
    if ran.is_empty() {
        return;
    }
    let names: Vec<&str> = ran.iter().map(|file| file.change.name.as_str()).collect();
    let names = names.join(", ");
    let next = "`migrate guard -- true` records it";
    Ui::note(&format!("note: the ledger does not have on record that {names} ran: {next}"));
}

/// The verdict on a file. One that the ledger does not know yet is judged as it is now.
fn judge(runner: &Runner, place: &Place, book: &Book, file: &Foreign) -> Result<Verdict, RunError> {
    let mut book = book.clone();
    let deeds = elsewhere::registration(&book.state, file);
    elsewhere::apply(&mut book.state, &deeds, &place.who.actor);
    let verdict = runner.foresee(&book, &contract_of(&place.loaded, file))?;
    Ok(verdict.of_another_tool(file.shown()))
}

pub(super) fn run(arguments: &Arguments, ui: &mut Ui) -> Result<Exit, Error> {
    let Some((program, words)) = arguments.command.split_first() else {
        return Err(Error::Usage("name the command, after `--`".to_owned()));
    };
    let place = arguments.target.open()?;
    let mut projects = foreign::projects(&place.here, &place.loaded, &arguments.path)?;
    projects.retain(foreign::is_foreign);
    record::open_or_install(&place)?;
    // It is there before the tool runs: after a signal none is opened any more.
    let eyes = Session::open(place.session.address(), &Settings::default())?;
    let mut shown = Shown::new(Form::Human);
    let mut runner = Runner::new(&place.session, &place.who, Pace::default(), &mut shown);
    // It was refused already, unless it is allowed.
    runner.allows_opaque = true;
    runner::take_turn(&mut runner, Pace::default().turn)?;
    let Seen { open, ran } = see(&place, &projects, &eyes, &state(&place)?)?;
    if !ran.is_empty() {
        put(&place, &elsewhere::record(&state(&place)?, &ran, &place.loaded))?;
        let ran = report::plural(ran.len(), "migration");
        writeln!(ui.out(), "guard: {ran} that an earlier run did not see end: on record now")?;
    }
    if !arguments.allow_opaque {
        must_be_understood(&open)?;
    }
    let used = match refuse(&mut runner, &place, &open, ui)? {
        Ok(used) => used,
        Err(exit) => return Ok(exit),
    };
    ui.finish()?;
    let unjudged = Unjudged::find(&arguments.path, &place, &eyes, &open)?;
    put(&place, &elsewhere::announcement(&state(&place)?, &open))?;
    let ended = tool::run(program, words, &place.session);
    let well = ended.as_ref().is_ok_and(|ended| ended.status.success());
    if well && !open.is_empty() && is_untold(&place, &projects, &eyes)? {
        writeln!(
            ui.out(),
            "guard: no table speaks of these migrations, so that nobody can tell what ran: say in \
             migrate.toml whose they are, with a [[project]] that has their path and layout, and \
             `migrate guard -- true` puts on record what ran"
        )?;
        return Ok(Exit::Findings);
    }
    let count = settle(&place, &projects, &eyes, &open, &used)?;
    let slipped = unjudged.settle(&place, &eyes, ui)?;
    let are = if count == 1 { "is" } else { "are" };
    let ran = report::plural(count, "migration");
    writeln!(ui.out(), "guard: {ran} ran, and {are} on record")?;
    let ended = ended?;
    if ended.status.success() {
        return Ok(if slipped { Exit::Findings } else { Exit::Done });
    }
    Ui::note(&format!("error: `{program}` ended with {}", ended.status));
    Ok(if ended.signal.is_some() { Exit::Unreachable } else { Exit::Unexpected })
}

/// Refuses files that hold a statement of which nobody can tell what it takes away.
fn must_be_understood(files: &[Foreign]) -> Result<(), RunError> {
    for file in files {
        let Some(part) = file.change.phases.get(&file.phase) else { continue };
        runner::must_be_understood(part, &file.facts, 0..part.script.statements.len())?;
    }
    Ok(())
}

/// The files beside their tools' tables and the ledger.
fn see(place: &Place, projects: &[Gathered], eyes: &Session, state: &State) -> Result<Seen, Error> {
    let compared = status::compared(&place.here, &place.loaded, projects, eyes)?;
    elsewhere::see(&place.here, &place.loaded, projects, &compared, state)
}

/// Whether no table of any tool speaks of these migrations.
fn is_untold(place: &Place, projects: &[Gathered], eyes: &Session) -> Result<bool, Error> {
    let compared = status::compared(&place.here, &place.loaded, projects, eyes)?;
    Ok(compared.projects.iter().all(|status| status.table.is_none()))
}

fn state(place: &Place) -> Result<State, Error> {
    Ok(store::read(&place.session)?.state)
}

fn put(place: &Place, deeds: &[Deed]) -> Result<(), Error> {
    Ok(store::append_all(&place.session, deeds, &place.who)?)
}

/// What is on record of the grants that contracts were let through by, once they have run.
type Used = BTreeMap<String, Vec<Deed>>;

/// Whether what would run is refused: then it is said why.
fn refuse(
    runner: &mut Runner,
    place: &Place,
    files: &[Foreign],
    ui: &mut Ui,
) -> Result<Result<Used, Exit>, Error> {
    let mut book = store::read(&place.session)?;
    if let Some(why) = &book.state.frozen {
        return Err(RunError::Frozen(format!("everything is frozen: {why}")).into());
    }
    let mut used = Used::new();
    for file in files.iter().filter(|file| file.phase == Phase::Contract) {
        put(place, &elsewhere::registration(&book.state, file))?;
        runner.observe(&book, &contract_of(&place.loaded, file))?;
        book = store::read(&place.session)?;
        let verdict = judge(runner, place, &book, file)?;
        if verdict.class() != Class::Ready {
            report::verdict(&verdict, false, false, ui.out())?;
            writeln!(ui.out(), "guard: nothing was run")?;
            return Ok(Err(contract::exit_of(verdict.class())));
        }
        used.insert(verdict.change.clone(), verdict.used(&book.state));
    }
    Ok(Ok(used))
}

/// Puts on record which of the files that were announced ran, and which did not; gives how many
/// ran. Nothing here opens a session, or is watched: a signal does not stop it.
fn settle(
    place: &Place,
    projects: &[Gathered],
    eyes: &Session,
    announced: &[Foreign],
    used: &Used,
) -> Result<usize, Error> {
    let state = state(place)?;
    let Seen { open, ran } = see(place, projects, eyes, &state)?;
    let mut deeds = elsewhere::record(&state, &ran, &place.loaded);
    deeds.extend(ran.iter().filter_map(|file| used.get(&file.change.name)).flatten().cloned());
    let said: HashSet<&str> = announced.iter().map(|file| file.change.name.as_str()).collect();
    let open: Vec<Foreign> =
        open.into_iter().filter(|file| said.contains(file.change.name.as_str())).collect();
    deeds.extend(elsewhere::denial(&open));
    put(place, &deeds)?;
    Ok(ran.len())
}
