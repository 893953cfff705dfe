//! Where the changes of our own layout stand: each phase, what it waits for, and until when.

use super::changes;
use super::contract;
use super::error::Error;
use super::load::Loaded;
use crate::adopt::Edit;
use crate::adopt::Migration;
use crate::adopt::Standing;
use crate::adopt::Trouble;
use crate::db::Address;
use crate::db::Session;
use crate::db::Settings;
use crate::effect::Phase;
use crate::gate::CheckId;
use crate::gate::Class;
use crate::gate::Verdict;
use crate::ledger::ChangeState;
use crate::ledger::Stage;
use crate::plan;
use crate::plan::Change;
use crate::plan::PhaseFile;
use crate::runner::Contract;
use crate::runner::Ignore;
use crate::runner::Pace;
use crate::runner::Runner;
use crate::store;
use crate::store::Book;
use crate::store::Who;
use crate::version::Major;
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
    let runner = Runner::new(&session, &who, Pace::default(), &mut nobody);
    let mut life =
        Life { rows: Vec::new(), next: String::new(), note: note(&book), done: Done::new() };
    for change in &changes.all {
        for phase in Phase::ALL {
            let Some(file) = change.file(phase) else { continue };
            let known = book.state.changes.get(&change.name);
            let mut row = row(change, phase, file, known);
            let ran = known.map(|known| ran(change, phase, file, known)).unwrap_or_default();
            life.done.insert(file.shown.clone(), ran);
            if phase == Phase::Contract && row.standing == Standing::Pending {
                let facts = facts.get(&file.path).map_or(&[][..], Vec::as_slice);
                let policy = contract::policy(&loaded.config.soak);
                let verdict = runner.judge(&book, &Contract { change, facts, policy })?;
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

/// What holds for all of them.
fn note(book: &Book) -> Option<String> {
    let frozen = book.state.frozen.as_ref();
    let lift = "`migrate unfreeze --reason …` lifts it";
    frozen.map(|why| format!("everything is frozen: {why}; {lift}"))
}

fn row(change: &Change, phase: Phase, file: &PhaseFile, known: Option<&ChangeState>) -> Migration {
    let word = phase.word();
    let done: Vec<_> = known.into_iter().flat_map(|known| known.done(word)).collect();
    let complete = !done.is_empty() && known.is_some_and(|known| known.complete(word).is_ok());
    let edited =
        known.and_then(|known| known.prints.get(word)).is_some_and(|print| *print != file.digest);
    let at = done.last().map(|(_, step)| step.at.to_string());
    let count = known.and_then(|known| known.sizes.get(word)).copied().unwrap_or(0);
    let part = (!done.is_empty() && !complete).then(|| format!("{} of {count} steps", done.len()));
    let half = known.filter(|known| phase == Phase::Expand && known.half_undone());
    let standing = match half {
        Some(known) => Standing::Dirty(half_undone(known)),
        None if complete && edited => Standing::Edited(Edit::Statements),
        None if complete => Standing::Applied,
        None => Standing::Pending,
    };
    Migration {
        version: change.name.clone(),
        path: Some(file.shown.clone()),
        standing,
        at,
        note: part,
    }
}

/// What is wrong with an expand whose undo stopped in its midst.
fn half_undone(known: &ChangeState) -> Trouble {
    let done = known.done("expand.undo").count();
    let steps = known.steps.iter().filter(|((of, _), _)| of == "expand.undo");
    let of = steps.map(|(_, step)| step.of).max().unwrap_or(0);
    let failed = known.steps.iter().find_map(|((of, place), step)| match &step.stage {
        Stage::Failed(why) if of == "expand.undo" => Some(format!("; step {place} failed: {why}")),
        _ => None,
    });
    let failed = failed.unwrap_or_default();
    Trouble {
        why: format!("half undone: {done} of {of} steps of its undo are done{failed}"),
        repair: "`migrate undo` goes on with the step that is left, once its expand.undo.sql is \
                 mended"
            .to_owned(),
    }
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
        Class::Blocked | Class::NoData => format!("migrate contract --change {name} --wait 30m"),
        Class::Refused | Class::Integrity => format!("migrate contract --change {name} --check"),
    }
}
