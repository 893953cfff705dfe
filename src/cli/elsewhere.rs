//! What another tool runs, in the ledger: announced before it runs, and on record once the tool's
//! own table says that it ran, however the run that announced it ended.

use super::contract;
use super::error::Error;
use super::foreign;
use super::foreign::Foreign;
use super::load::Loaded;
use super::status::Compared;
use crate::adopt::Standing;
use crate::adopt::Status;
use crate::effect::Phase;
use crate::gather::Gathered;
use crate::ledger::ChangeState;
use crate::ledger::Deed;
use crate::ledger::Event;
use crate::ledger::Stage;
use crate::ledger::State;
use crate::ledger::StepRef;
use crate::runner;
use crate::runner::Contract;
use crate::workspace;
use std::collections::BTreeMap;
use std::collections::HashMap;
use std::collections::HashSet;
use std::path::Path;

/// Files of other tools beside their tools' tables and the ledger.
pub(super) struct Seen {
    /// Those that their tools have not run.
    pub(super) open: Vec<Foreign>,
    /// Those that ran, of which the ledger knows and does not have it on record.
    pub(super) ran: Vec<Foreign>,
}

/// Sees them.
pub(super) fn see(
    here: &Path,
    loaded: &Loaded,
    projects: &[Gathered],
    compared: &Compared,
    state: &State,
) -> Result<Seen, Error> {
    let mut seen = Seen { open: Vec::new(), ran: Vec::new() };
    for (project, status) in projects.iter().zip(&compared.projects) {
        if !foreign::is_foreign(project) {
            continue;
        }
        let (open, ran) = (paths(status, is_open), paths(status, has_run));
        let versions: HashMap<String, &str> = project
            .project
            .entries
            .iter()
            .map(|entry| {
                let path = workspace::shown(here, &project.root.join(&entry.path));
                (path, entry.version.as_str())
            })
            .collect();
        let known = |shown: &str| {
            versions.get(shown).is_some_and(|version| state.changes.contains_key(*version))
        };
        let wanted = |shown: &str| open.contains(shown) || (ran.contains(shown) && known(shown));
        for file in foreign::files(here, loaded, project, wanted)? {
            if open.contains(file.shown()) {
                seen.open.push(file);
            } else if is_owed(state, &file) {
                seen.ran.push(file);
            }
        }
    }
    Ok(seen)
}

/// The files of a project that stand so, as the user would name them.
fn paths(status: &Status, stands: impl Fn(&Standing) -> bool) -> HashSet<&str> {
    let found = status.migrations.iter().filter(|one| stands(&one.standing));
    found.filter_map(|one| one.path.as_deref()).collect()
}

fn is_open(standing: &Standing) -> bool {
    matches!(standing, Standing::Pending | Standing::OutOfOrder)
}

fn has_run(standing: &Standing) -> bool {
    matches!(standing, Standing::Applied | Standing::Edited(_))
}

/// The names of all files that take something away.
pub(super) fn contracts(
    here: &Path,
    loaded: &Loaded,
    projects: &[Gathered],
) -> Result<Vec<String>, Error> {
    let mut names = Vec::new();
    for project in projects.iter().filter(|project| foreign::is_foreign(project)) {
        let files = foreign::files(here, loaded, project, |_| true)?.into_iter();
        let taking = files.filter(|file| file.phase == Phase::Contract);
        names.extend(taking.map(|file| file.change.name));
    }
    Ok(names)
}

/// The names of all other files that a release may need: those that are on record, or still to
/// run. What ran before there was a ledger is there, and nothing says so.
pub(super) fn needed(
    here: &Path,
    loaded: &Loaded,
    projects: &[Gathered],
    compared: &Compared,
    state: &State,
) -> Result<Vec<String>, Error> {
    let mut names = Vec::new();
    for (project, status) in projects.iter().zip(&compared.projects) {
        if !foreign::is_foreign(project) {
            continue;
        }
        let open = paths(status, is_open);
        let files = foreign::files(here, loaded, project, |_| true)?.into_iter();
        let adding = files.filter(|file| {
            let told = open.contains(file.shown()) || known(state, file).is_some();
            told && file.phase != Phase::Contract
        });
        names.extend(adding.map(|file| file.change.name));
    }
    Ok(names)
}

/// What is on record of a file.
fn known<'a>(state: &'a State, file: &Foreign) -> Option<&'a ChangeState> {
    state.changes.get(&file.change.name)
}

/// Whether the ledger knows of a file as it is, and not that it ran.
fn is_owed(state: &State, file: &Foreign) -> bool {
    let Some(known) = known(state, file) else { return false };
    let (word, digest) = (file.phase.word(), file.digest());
    if known.prints.get(word).map(String::as_str) != Some(digest) {
        return false;
    }
    let step = known.steps.get(&(word.to_owned(), 1));
    let done = step.is_some_and(|step| step.stage == Stage::Done && step.digest == digest);
    !done || (file.phase == Phase::Contract && known.executed.is_none())
}

/// What puts a file on record that is not there. What a contract was when it was put there, it has
/// to stay.
pub(super) fn registration(state: &State, file: &Foreign) -> Vec<Deed> {
    let (change, word) = (&file.change.name, file.phase.word());
    let known = known(state, file);
    let print = known.and_then(|known| known.prints.get(word));
    let stays = |print: &String| file.phase == Phase::Contract || print == file.digest();
    if print.is_some_and(stays) {
        return Vec::new();
    }
    // Before it was edited it may have been of another phase, in which it never ran.
    let other = known.into_iter().flat_map(|known| {
        let other = known.prints.iter().filter(|(phase, _)| phase.as_str() != word);
        other.filter(|(phase, _)| known.done(phase).next().is_none())
    });
    let mut deeds: Vec<Deed> = other
        .map(|(phase, digest)| {
            let (change, phase, digest) = (change.clone(), phase.clone(), digest.clone());
            Deed::PhaseUndone { change, phase, digest }
        })
        .collect();
    deeds.push(registered(file, Some("a migration of another tool".to_owned())));
    deeds
}

/// What says how a file is.
pub(super) fn registered(file: &Foreign, reason: Option<String>) -> Deed {
    Deed::Registered {
        change: file.change.name.clone(),
        prints: file.change.prints(),
        steps: BTreeMap::from([(file.phase.word().to_owned(), 1)]),
        owner: None,
        reason,
    }
}

/// What says that files are about to run.
pub(super) fn announcement(state: &State, files: &[Foreign]) -> Vec<Deed> {
    let mut deeds = Vec::new();
    for file in files {
        let step = known(state, file)
            .and_then(|known| known.steps.get(&(file.phase.word().to_owned(), 1)));
        let said = |stage: &Stage| *stage == Stage::Started;
        let lead = registration(state, file);
        if lead.is_empty() && step.is_some_and(|it| said(&it.stage) && it.digest == file.digest()) {
            continue;
        }
        deeds.extend(lead);
        deeds.push(Deed::StepStarted { step: step_of(file) });
    }
    deeds
}

/// What says that files ran, in their order.
pub(super) fn record(state: &State, files: &[Foreign], loaded: &Loaded) -> Vec<Deed> {
    let mut state = state.clone();
    let mut deeds = Vec::new();
    for file in files {
        let mut own = vec![Deed::StepDone { step: step_of(file), tries: 1 }];
        if file.phase == Phase::Contract {
            own.extend(runner::ran_elsewhere(&state, &contract_of(loaded, file)));
        }
        apply(&mut state, &own, "");
        deeds.extend(own);
    }
    deeds
}

/// What says of files that were announced that they did not run.
pub(super) fn denial(files: &[Foreign]) -> Vec<Deed> {
    let failed = |file: &Foreign| Deed::StepFailed {
        step: step_of(file),
        sqlstate: String::new(),
        message: "its tool did not run it".to_owned(),
    };
    files.iter().map(failed).collect()
}

/// Adds to a state what may come to be on record.
pub(super) fn apply(state: &mut State, deeds: &[Deed], actor: &str) {
    for deed in deeds {
        let (seq, at, actor, deed) = (state.seq, state.at, actor.to_owned(), deed.clone());
        state.apply(&Event { seq, at, actor, key: None, deed });
    }
}

/// A file as a contract.
pub(super) fn contract_of<'a>(loaded: &Loaded, file: &'a Foreign) -> Contract<'a> {
    let policy = contract::policy(&loaded.config.soak);
    Contract { change: &file.change, facts: &file.facts, policy }
}

/// A file is one step, whatever its tool makes of it.
fn step_of(file: &Foreign) -> StepRef {
    StepRef {
        change: file.change.name.clone(),
        phase: file.phase.word().to_owned(),
        step: 1,
        of: 1,
        digest: file.digest().to_owned(),
    }
}
