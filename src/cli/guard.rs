//! `migrate guard`: the ledger's verdict before another tool runs its migrations, and a record of
//! what it ran.

use super::contract;
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
use super::ui::Ui;
use crate::adopt::Standing;
use crate::effect::Phase;
use crate::gate::Class;
use crate::gate::Verdict;
use crate::gather::Gathered;
use crate::ledger::Deed;
use crate::ledger::StepRef;
use crate::report;
use crate::runner;
use crate::runner::Contract;
use crate::runner::Pace;
use crate::runner::RunError;
use crate::runner::Runner;
use crate::store;
use crate::store::Book;
use crate::workspace;
use std::collections::BTreeMap;
use std::collections::HashSet;
use std::path::PathBuf;
use std::process::Command;

/// Run another tool's command if the ledger allows what it would run, and record what it ran
#[derive(clap::Args)]
pub(super) struct Arguments {
    /// Files and folders of migrations [default: all below the current folder]
    #[arg(long, value_name = "PATH")]
    path: Vec<PathBuf>,
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
    form: Form,
    ui: &mut Ui,
) -> Result<Exit, Error> {
    let book = record::open(place)?;
    let mut found = Vec::new();
    for project in foreign::projects(place, files)? {
        let judged: HashSet<String> = project
            .project
            .entries
            .iter()
            .filter(|entry| project.scope.judges(&entry.path))
            .map(|entry| workspace::shown(&place.here, &project.root.join(&entry.path)))
            .collect();
        found.extend(foreign::files(place, &project, |shown| judged.contains(shown))?);
    }
    let mut shown = Shown::new(form);
    let runner = Runner::new(&place.session, &place.who, Pace::default(), &mut shown);
    let contracts = found.iter().filter(|file| file.phase == Phase::Contract);
    let verdicts = contracts.map(|file| judge(&runner, place, &book, file));
    let mut exit = Exit::Done;
    let mut count = 0;
    for verdict in verdicts {
        let verdict = verdict?;
        count += 1;
        report::verdict(&verdict, false, form == Form::Json, ui.out())?;
        if exit == Exit::Done {
            exit = contract::exit_of(verdict.class());
        }
    }
    if count == 0 {
        report::nothing_to_contract(form == Form::Json, ui.out())?;
    }
    Ok(exit)
}

/// The verdict on a file. One that the ledger does not know yet is judged as it is now.
fn judge(runner: &Runner, place: &Place, book: &Book, file: &Foreign) -> Result<Verdict, RunError> {
    let mut book = book.clone();
    if let Some(deed) = unregistered(&book, file) {
        let at = book.state.at;
        book.state.suppose(at, deed);
    }
    runner.foresee(&book, &contract_of(place, file))
}

fn contract_of<'a>(place: &Place, file: &'a Foreign) -> Contract<'a> {
    let policy = contract::policy(&place.loaded.config.soak);
    Contract { change: &file.change, facts: &file.facts, policy }
}

/// What puts a file on record that is not there.
fn unregistered(book: &Book, file: &Foreign) -> Option<Deed> {
    let known = book.state.changes.get(&file.change.name);
    let word = file.phase.word();
    if known.is_some_and(|known| known.prints.contains_key(word)) {
        return None;
    }
    Some(Deed::Registered {
        change: file.change.name.clone(),
        prints: file.change.prints(),
        steps: BTreeMap::from([(word.to_owned(), 1)]),
        owner: None,
        reason: Some("a migration of another tool".to_owned()),
    })
}

pub(super) fn run(arguments: &Arguments, ui: &mut Ui) -> Result<Exit, Error> {
    let place = arguments.target.open()?;
    let projects: Vec<Gathered> = foreign::projects(&place, &arguments.path)?
        .into_iter()
        .filter(|project| project.project.layout.id() != "native")
        .collect();
    record::open_or_install(&place)?;
    let mut shown = Shown::new(Form::Human);
    let mut runner = Runner::new(&place.session, &place.who, Pace::default(), &mut shown);
    runner::take_turn(&mut runner, Pace::default().turn)?;
    let before = pending(&place, &projects)?;
    if let Some(exit) = refuse(&mut runner, &place, &before, ui)? {
        return Ok(exit);
    }
    let Some((program, words)) = arguments.command.split_first() else {
        return Err(Error::Usage("name the command, after `--`".to_owned()));
    };
    let status = Command::new(program).args(words).status();
    let status = status.map_err(Error::file(program))?;
    let after = pending(&place, &projects)?;
    let left: HashSet<&str> = after.iter().map(|file| file.change.name.as_str()).collect();
    let ran = before.iter().filter(|file| !left.contains(file.change.name.as_str()));
    let ran: Vec<&Foreign> = ran.collect();
    for file in &ran {
        note(&place, file)?;
    }
    writeln!(
        ui.out(),
        "guard: {} ran, and {} on record",
        report::plural(ran.len(), "migration"),
        if ran.len() == 1 { "is" } else { "are" }
    )?;
    if status.success() {
        return Ok(Exit::Done);
    }
    Ui::note(&format!("error: `{program}` ended with {status}"));
    Ok(Exit::Unexpected)
}

/// The files that their tools have not run.
fn pending(place: &Place, projects: &[Gathered]) -> Result<Vec<Foreign>, Error> {
    let compared = status::compared(&place.here, &place.loaded, projects, place.session.address())?;
    let mut found = Vec::new();
    for (project, status) in projects.iter().zip(&compared.projects) {
        let open = status
            .migrations
            .iter()
            .filter(|one| matches!(one.standing, Standing::Pending | Standing::OutOfOrder));
        let open: HashSet<&str> = open.filter_map(|one| one.path.as_deref()).collect();
        found.extend(foreign::files(place, project, |shown| open.contains(shown))?);
    }
    Ok(found)
}

/// Whether what would run is refused: then it is said why.
fn refuse(
    runner: &mut Runner,
    place: &Place,
    files: &[Foreign],
    ui: &mut Ui,
) -> Result<Option<Exit>, Error> {
    let mut book = store::read(&place.session)?;
    if let Some(why) = &book.state.frozen {
        return Err(RunError::Frozen(format!("everything is frozen: {why}")).into());
    }
    for file in files.iter().filter(|file| file.phase == Phase::Contract) {
        if let Some(deed) = unregistered(&book, file) {
            record::record(place, &deed, None)?;
        }
        runner.observe(&book, &contract_of(place, file))?;
        book = store::read(&place.session)?;
        let verdict = runner.judge(&book, &contract_of(place, file))?;
        if verdict.class() != Class::Ready {
            report::verdict(&verdict, false, false, ui.out())?;
            writeln!(ui.out(), "guard: nothing was run")?;
            return Ok(Some(contract::exit_of(verdict.class())));
        }
    }
    Ok(None)
}

/// Records that another tool ran a file.
fn note(place: &Place, file: &Foreign) -> Result<(), Error> {
    let book = store::read(&place.session)?;
    let Some(part) = file.change.phases.get(&file.phase) else { return Ok(()) };
    let step = StepRef {
        change: file.change.name.clone(),
        phase: file.phase.word().to_owned(),
        step: 1,
        of: 1,
        digest: part.digest.clone(),
    };
    let mut deeds: Vec<Deed> = unregistered(&book, file).into_iter().collect();
    deeds.push(Deed::StepDone { step, tries: 1 });
    if file.phase == Phase::Contract {
        deeds.extend(runner::ran_elsewhere(&book.state, &contract_of(place, file)));
    }
    for deed in &deeds {
        store::append(&place.session, deed, &place.who, None, None)?;
    }
    Ok(())
}
