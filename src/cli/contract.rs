//! `migrate contract`: takes away what the ledger proves that nobody needs.

use super::changes;
use super::changes::Changes;
use super::error::Error;
use super::exit::Exit;
use super::expand::Patience;
use super::expand::span;
use super::guard;
use super::progress::Form;
use super::progress::Shown;
use super::record;
use super::target::Place;
use super::target::Target;
use super::ui::Ui;
use crate::config::SoakConfig;
use crate::effect::Fact;
use crate::effect::Phase;
use crate::gate::Class;
use crate::gate::Policy;
use crate::gate::Resets;
use crate::gate::Verdict;
use crate::ledger::admit;
use crate::plan::Change;
use crate::report;
use crate::runner;
use crate::runner::Contract;
use crate::runner::RunError;
use crate::runner::Runner;
use crate::store;
use crate::store::Book;
use crate::store::StoreError;
use crate::version::Major;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;
use std::time::Instant;

/// Take away what no running code needs any more, where the ledger proves it
#[derive(clap::Args)]
pub(super) struct Arguments {
    /// Files of another tool's migrations, of which it is said whether they may run: only with
    /// --check
    #[arg(value_name = "FILE", requires = "check", conflicts_with_all = ["change", "dir"])]
    files: Vec<PathBuf>,
    /// The change [default: every change whose contract has not run, in order]
    #[arg(long, value_name = "CHANGE")]
    change: Option<String>,
    /// Say whether it may run, and put nothing on record
    #[arg(long)]
    check: bool,
    /// Wait for so long until it may run, and look meanwhile who is connected
    #[arg(long, value_name = "SPAN", value_parser = span, conflicts_with = "check")]
    wait: Option<Duration>,
    /// Run statements of which nothing is known before they run, such as EXECUTE of a made-up text
    #[arg(long)]
    allow_opaque: bool,
    /// The folder of the changes [default: the one below this folder]
    #[arg(long, value_name = "FOLDER")]
    dir: Option<PathBuf>,
    /// What is said
    #[arg(long, value_name = "FORMAT", default_value = "human")]
    format: Form,
    #[command(flatten)]
    patience: Patience,
    #[command(flatten)]
    target: Target,
}

/// How often is looked while it waits, at most.
const LOOK: Duration = Duration::from_secs(5);

pub(super) fn run(arguments: &Arguments, ui: &mut Ui) -> Result<Exit, Error> {
    let place = arguments.target.open()?;
    if !arguments.files.is_empty() {
        let (files, opaque) = (&arguments.files, arguments.allow_opaque);
        return guard::check(&place, files, opaque, arguments.format, ui);
    }
    let changes = changes::find(&place.here, &place.loaded, arguments.dir.as_deref())?;
    let mut shown = Shown::new(arguments.format);
    let mut runner = Runner::new(&place.session, &place.who, arguments.patience.pace(), &mut shown);
    runner.allows_opaque = arguments.allow_opaque;
    let book = begin(&runner, &place, arguments.check)?;
    let due = due(&changes, &book, arguments.change.as_deref())?;
    if due.is_empty() {
        report::nothing_to_contract(arguments.format == Form::Json, ui.out())?;
        return Ok(Exit::Done);
    }
    let postgres = place.loaded.config.postgres.unwrap_or(Major::DEFAULT);
    let facts = changes.facts(postgres);
    let policy = policy(&place.loaded.config.soak);
    let of = |change| Contract { change, facts: facts_of(change, &facts), policy };
    let mut due: Vec<Contract> = due.into_iter().map(of).collect();
    let began = Instant::now();
    let mut worst = None;
    // One that has to wait holds up no other: each is judged by its own checks.
    while !due.is_empty() {
        let over = arguments.wait.is_none_or(|longest| began.elapsed() >= longest);
        let mut waiting = Vec::new();
        for contract in due {
            let done = if arguments.check {
                let book = supposed(&place, store::read(runner.session)?)?;
                Some((runner.foresee(&book, &contract)?, false))
            } else {
                one(&mut runner, &contract)?
            };
            let Some((verdict, executed)) = done else { continue };
            let class = if executed { Class::Ready } else { verdict.class() };
            if !over && matches!(class, Class::Blocked | Class::NoData) {
                waiting.push(contract);
                continue;
            }
            if class != Class::Ready && !arguments.check {
                store::append(runner.session, &verdict.deed(), runner.who, None, None)?;
            }
            report::verdict(&verdict, executed, arguments.format == Form::Json, ui.out())?;
            worst = worst.max(Some(class));
        }
        due = waiting;
        if !due.is_empty() {
            runner.session.pause(pause(&book)).map_err(RunError::from)?;
        }
    }
    if worst.is_none() {
        report::nothing_to_contract(arguments.format == Form::Json, ui.out())?;
    }
    Ok(worst.map_or(Exit::Done, exit_of))
}

/// Reads the ledger of a database that can be written to.
fn begin(runner: &Runner, place: &Place, check: bool) -> Result<Book, Error> {
    let look = store::look(runner.session, false)?;
    if look.standby {
        return Err(RunError::Standby.into());
    }
    if !look.has_ledger {
        return Err(Error::Store(StoreError::Absent));
    }
    let book = store::read(runner.session)?;
    store::must_match(&book.state, book.version, &look, &place.environment)?;
    if check { Ok(book) } else { record::sync_consumers(place, book) }
}

/// What would be on record if what the configuration says of the consumers was put there.
fn supposed(place: &Place, mut book: Book) -> Result<Book, Error> {
    if let Some(deed) = book.state.told_consumers(&place.loaded.config.consumers) {
        admit(&book.state, &deed, book.now)?;
        book.state.suppose(book.now, deed);
    }
    Ok(book)
}

/// The changes whose contract has not run, or the one that is named.
fn due<'a>(
    changes: &'a Changes,
    book: &Book,
    named: Option<&str>,
) -> Result<Vec<&'a Change>, Error> {
    let open = |change: &&Change| !book.state.executed.contains(&change.name);
    let Some(name) = named else {
        return Ok(changes.with_contract().filter(open).collect());
    };
    let Some(change) = changes.named(name) else {
        return Err(Error::Usage(format!("there is no change `{name}` here")));
    };
    if changes.with_contract().all(|known| known.name != change.name) {
        return Err(Error::Usage(format!("`{name}` has no contract.sql that says something")));
    }
    Ok(Some(change).filter(open).into_iter().collect())
}

fn facts_of<'a>(change: &Change, facts: &'a BTreeMap<String, Vec<Fact>>) -> &'a [Fact] {
    let file = change.file(Phase::Contract);
    file.and_then(|file| facts.get(&file.path)).map_or(&[], Vec::as_slice)
}

pub(super) fn policy(soak: &SoakConfig) -> Policy {
    Policy {
        soak: soak.window,
        rollback_resets: if soak.any_rollback { Resets::All } else { Resets::Incompatible },
        verify_max_age: soak.verify_max_age,
    }
}

/// Judges one, and runs it if it may run; gives nothing where another run was first. Nobody waits
/// for the turn of a run that only waits.
fn one(runner: &mut Runner, contract: &Contract) -> Result<Option<(Verdict, bool)>, RunError> {
    let mut book = store::read(runner.session)?;
    if book.state.executed.contains(&contract.change.name) {
        return Ok(None);
    }
    if runner.observe(&book, contract)? {
        book = store::read(runner.session)?;
    }
    let verdict = runner.judge(&book, contract)?;
    if !verdict.ready() {
        return Ok(Some((verdict, false)));
    }
    runner::take_turn(runner, runner.pace.turn)?;
    let now = store::read(runner.session)?;
    let first = !now.state.executed.contains(&contract.change.name);
    let done = if first { Some(runner.contract(contract)?) } else { None };
    runner::give_turn(runner.session)?;
    Ok(done.map(|done| (done.verdict, done.executed)))
}

/// So often that no beat of anybody connected is missed.
fn pause(book: &Book) -> Duration {
    let consumers = book.state.consumers.iter().flatten();
    let least = consumers.map(|consumer| consumer.interval).min();
    least.map_or(LOOK, |seconds| Duration::from_secs(seconds).min(LOOK))
}

/// The exit code of a verdict.
pub(super) fn exit_of(class: Class) -> Exit {
    match class {
        Class::Ready => Exit::Done,
        Class::Blocked => Exit::Blocked,
        Class::NoData => Exit::NoData,
        Class::Refused => Exit::Refused,
        Class::Integrity => Exit::Integrity,
    }
}
