//! Where the changes of our own layout stand: each phase, what it waits for, and until when.

mod stands;

use super::changes;
use super::contract;
use super::error::Error;
use super::load::Loaded;
use crate::adopt::Migration;
use crate::adopt::Standing;
use crate::db::Address;
use crate::db::Session;
use crate::db::Settings;
use crate::effect::Phase;
use crate::gate;
use crate::gate::CheckId;
use crate::gate::Class;
use crate::gate::Verdict;
use crate::ledger::ChangeState;
use crate::plan;
use crate::plan::Change;
use crate::plan::PhaseFile;
use crate::runner;
use crate::runner::Contract;
use crate::runner::Ignore;
use crate::runner::Pace;
use crate::runner::Runner;
use crate::store;
use crate::store::Book;
use crate::store::Who;
use crate::version::Major;
use stands::Stands;
use std::collections::HashMap;
use std::collections::HashSet;
use std::ops::Range;
use std::path::Path;

/// Where changes stand, and the command that goes on.
pub(super) struct Life {
    pub(super) rows: Vec<Migration>,
    pub(super) next: String,
    pub(super) note: Option<String>,
    /// Of each file that was begun, the statements that ran.
    pub(super) done: Done,
}

/// File to the statements of it that ran, by their places.
pub(super) type Done = HashMap<String, Vec<Range<usize>>>;

/// Asks the ledger of a database; `None` if it has none.
pub(super) fn of(
    address: &Address,
    here: &Path,
    loaded: &Loaded,
    dir: &Path,
) -> Result<Option<Life>, Error> {
    let session = Session::open(address, &Settings::default())?;
    if !store::look(&session, false)?.has_ledger {
        return Ok(None);
    }
    let book = store::read(&session)?;
    let changes = changes::find(here, loaded, Some(dir))?;
    let facts = changes.facts(loaded.config.postgres.unwrap_or(Major::DEFAULT));
    let who = Who { actor: "status".to_owned(), source: "cli".to_owned() };
    let mut nobody = Ignore;
    let idle = !runner::is_busy(&session)?;
    let runner = Runner::new(&session, &who, Pace::default(), &mut nobody);
    let rows = stands::missing(&changes.all, &book.state);
    let mut life =
        Life { rows, next: String::new(), note: note(&session, &book)?, done: Done::new() };
    let (state, newest) = (&book.state, plan::newest(&changes.all, &book.state, Phase::Expand));
    for change in &changes.all {
        for phase in Phase::ALL {
            let file = change.file(phase);
            let facts = file.and_then(|file| facts.get(&file.path)).map_or(&[][..], Vec::as_slice);
            let Some(mut row) = (Stands { change, phase, state, newest, idle }).row(facts) else {
                continue;
            };
            if let Some(file) = file {
                let known = state.changes.get(&change.name);
                let ran = known.map(|known| ran(change, phase, file, known)).unwrap_or_default();
                life.done.insert(file.shown.clone(), ran);
            }
            if phase == Phase::Contract && row.standing == Standing::Pending {
                let policy = contract::policy(&loaded.config.soak);
                let verdict = runner.foresee(&book, &Contract { change, facts, policy })?;
                row.note = Some(waits(&verdict));
                if life.next.is_empty() {
                    life.next = after(&verdict, change);
                }
            } else if row.standing == Standing::Pending && life.next.is_empty() {
                life.next = match phase {
                    Phase::Expand => "migrate expand".to_owned(),
                    _ => format!("migrate backfill run --change {}", change.name),
                };
            }
            life.rows.push(row);
        }
    }
    Ok(Some(life))
}

/// What holds for all of them: a freeze, and releases that cannot run any more and do.
fn note(session: &Session, book: &Book) -> Result<Option<String>, Error> {
    let frozen = book.state.frozen.as_ref();
    let lift = "`migrate unfreeze --reason …` lifts it";
    let frozen = frozen.map(|why| format!("everything is frozen: {why}; {lift}"));
    let mut seen = store::sightings(session)?;
    let sessions = store::sessions(session, &book.state.releases)?;
    seen.extend(gate::connected(&book.state, &sessions, book.now));
    let stranded = gate::stranded(&book.state, &seen, book.now).into_iter().map(|it| it.words);
    let words: Vec<String> = frozen.into_iter().chain(stranded).collect();
    Ok((!words.is_empty()).then(|| words.join("; ")))
}

/// The statements of a file that ran. A file that cannot be run has none.
fn ran(change: &Change, phase: Phase, file: &PhaseFile, known: &ChangeState) -> Vec<Range<usize>> {
    let done: HashSet<u32> = known.done(phase.word()).map(|(place, _)| place).collect();
    if done.is_empty() {
        return Vec::new();
    }
    let steps = plan::steps(&change.name, phase.word(), file).into_iter().flatten();
    let ran = steps.filter(|step| done.contains(&step.at.step));
    ran.map(|step| step.statements).collect()
}

/// What a contract waits for, in a line.
fn waits(verdict: &Verdict) -> String {
    if verdict.class() == Class::Ready {
        return "may run".to_owned();
    }
    let open: Vec<_> = verdict.open().collect();
    let names: Vec<String> =
        open.iter().map(|check| format!("{} {}", check.id, check.name)).collect();
    let first = open.first().map_or("", |check| check.evidence.as_str());
    let until = match verdict.clears() {
        Some(at) => format!("at the earliest at {at}"),
        None => "time alone does not clear it".to_owned(),
    };
    format!("waits for {}: {first}; {until}", names.join(", "))
}

/// The command that goes on with a contract.
fn after(verdict: &Verdict, change: &Change) -> String {
    let open = |id: CheckId| verdict.open().any(|check| check.id == id);
    let name = &change.name;
    match verdict.class() {
        Class::Ready => format!("migrate contract --change {name}"),
        _ if open(CheckId::K1) => {
            format!("migrate rollout finish SERVICE@VERSION --satisfies {name}")
        }
        _ if open(CheckId::K4) => "migrate rollout heartbeat SERVICE@VERSION".to_owned(),
        Class::Blocked | Class::NoData if verdict.clears().is_some() => {
            format!("migrate contract --change {name} --wait 30m")
        }
        // What time alone does not clear has a command of its own, or is told in full; so is what
        // a person has to look at first.
        _ => Some(verdict.next())
            .filter(|next| next.starts_with("migrate ") && !next.contains("--allow-"))
            .unwrap_or_else(|| format!("migrate contract --change {name} --check")),
    }
}
