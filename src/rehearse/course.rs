//! The course of a rehearsal: all changes before, then the one, there and back and there again.

use super::error::RehearseError;
use super::outcome::Difference;
use super::outcome::Move;
use super::outcome::Outcome;
use super::schema::Schema;
use super::watched::Watched;
use crate::db::Address;
use crate::db::Session;
use crate::db::Settings;
use crate::db::read_catalog;
use crate::effect::Delivery;
use crate::effect::Fact;
use crate::effect::Phase;
use crate::effect::Replay;
use crate::plan;
use crate::plan::Change;
use crate::plan::PhaseFile;
use crate::schema;
use crate::sql;
use crate::version::Major;
use std::collections::BTreeMap;

/// What is rehearsed, and where.
pub struct Request<'a> {
    /// An empty database.
    pub address: &'a Address,
    /// All changes, in their order.
    pub changes: &'a [Change],
    /// The place of the one that is rehearsed.
    pub at: usize,
    /// What the analysis says of the statements of its phases, by the file's path.
    pub facts: &'a BTreeMap<String, Vec<Fact>>,
}

/// Steps run one by one.
const ONE_BY_ONE: Delivery = Delivery { wrapped: false, one_message: false };

/// Rehearses a change.
pub fn rehearse(request: &Request) -> Result<Outcome, RehearseError> {
    let session = Session::open(request.address, &Settings::default())?;
    let version = session.greet("SHOW server_version")?;
    let observer = session.second(&Settings::default())?;
    let (pid, facts) = (session.pid()?, request.facts);
    let watched = Watched { session: &session, observer: &observer, pid };
    let (before, change) = (&request.changes[..request.at], &request.changes[request.at]);
    for earlier in before {
        replay(&watched, earlier)?;
    }
    let mut course = Course { watched, address: request.address, change, facts, moves: Vec::new() };
    course.run()?;
    Ok(Outcome {
        change: change.name.clone(),
        server: version.first().and_then(|row| row.get(0)).unwrap_or_default().to_owned(),
        before: before.len(),
        moves: course.moves,
    })
}

/// Runs a change that comes before.
fn replay(watched: &Watched, change: &Change) -> Result<(), RehearseError> {
    for phase in Phase::ALL {
        let Some(file) = change.file(phase) else { continue };
        // What is known of the schema shows which statements run alone; that is by their form.
        let mut replay = Replay::new(schema::Schema::default(), Major::DEFAULT);
        let facts = replay.judge(&file.script, ONE_BY_ONE);
        for step in plan::steps(&change.name, phase.word(), file)? {
            let ran = watched.step(&step, file, &facts)?;
            if let Some(why) = ran.into_iter().find_map(|ran| ran.failed) {
                return Err(RehearseError::Before { path: file.shown.clone(), why });
            }
        }
    }
    Ok(())
}

struct Course<'a> {
    watched: Watched<'a>,
    address: &'a Address,
    change: &'a Change,
    facts: &'a BTreeMap<String, Vec<Fact>>,
    moves: Vec<Move>,
}

impl Course<'_> {
    fn run(&mut self) -> Result<(), RehearseError> {
        for phase in Phase::ALL {
            let Some(file) = self.change.file(phase) else { continue };
            let back = self.change.undos.get(&phase).filter(|undo| !undo.is_empty());
            // What is filled in stays: only what adds and what takes away is taken back.
            let Some(undo) = back.filter(|_| phase != Phase::Migrate) else {
                if !self.forward(phase, file, false)? {
                    break;
                }
                continue;
            };
            let before = Schema::read(self.address)?;
            if !self.forward(phase, file, false)?
                || !self.back(phase, undo, &before)?
                || !self.forward(phase, file, true)?
            {
                break;
            }
        }
        Ok(())
    }

    /// Runs a phase; gives whether it went through.
    fn forward(
        &mut self,
        phase: Phase,
        file: &PhaseFile,
        again: bool,
    ) -> Result<bool, RehearseError> {
        let facts = self.facts.get(&file.path).map_or(&[][..], Vec::as_slice);
        let done = self.file(phase, file, facts)?;
        let went = done.ran.iter().all(|ran| ran.failed.is_none());
        self.moves.push(Move { again, ..done });
        Ok(went)
    }

    /// Takes a phase back; gives whether that went through.
    fn back(
        &mut self,
        phase: Phase,
        undo: &PhaseFile,
        before: &Schema,
    ) -> Result<bool, RehearseError> {
        let facts = self.facts_of(undo)?;
        let mut done = self.file(phase, undo, &facts)?;
        let went = done.ran.iter().all(|ran| ran.failed.is_none());
        if went {
            let after = Schema::read(self.address)?;
            let differs = after.text != before.text;
            done.difference =
                differs.then(|| Difference { before: before.text.clone(), after: after.text });
        }
        self.moves.push(Move { undo: true, ..done });
        Ok(went)
    }

    /// What the analysis says of an undo script, on the schema as it is now.
    fn facts_of(&self, file: &PhaseFile) -> Result<Vec<Fact>, RehearseError> {
        let now = Schema::read(self.address)?.catalog;
        let text = &now.statements;
        let known = sql::read(text, std::slice::from_ref(&(0..text.len())));
        let mut replay = Replay::new(schema::Schema::empty(), now.postgres);
        replay.learn(&known);
        replay.schema.mark_complete(&now.invalid_indexes);
        replay.next_unit();
        Ok(replay.judge(&file.script, ONE_BY_ONE))
    }

    fn file(&self, phase: Phase, file: &PhaseFile, facts: &[Fact]) -> Result<Move, RehearseError> {
        let mut ran = Vec::new();
        for step in plan::steps(&self.change.name, phase.word(), file)? {
            ran.extend(self.watched.step(&step, file, facts)?);
            if ran.last().is_some_and(|last| last.failed.is_some()) {
                break;
            }
        }
        Ok(Move { phase, undo: false, again: false, ran, difference: None })
    }
}

/// What a database holds that nobody put there but its maker.
const HELD: &str = "\
SELECT n.nspname || '.' || c.relname
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE NOT starts_with(n.nspname, 'pg_') AND n.nspname <> 'information_schema'
    AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d
        WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
UNION ALL
SELECT n.nspname || '.' || p.proname
FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
WHERE NOT starts_with(n.nspname, 'pg_') AND n.nspname <> 'information_schema'
    AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d
        WHERE d.classid = 'pg_catalog.pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')
UNION ALL
SELECT n.nspname || '.' || t.typname
FROM pg_catalog.pg_type t JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
WHERE t.typtype IN ('e', 'd') AND NOT starts_with(n.nspname, 'pg_')
    AND n.nspname <> 'information_schema'
    AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d
        WHERE d.classid = 'pg_catalog.pg_type'::regclass AND d.objid = t.oid AND d.deptype = 'e')
UNION ALL
SELECT 'the schema ' || nspname FROM pg_catalog.pg_namespace
WHERE NOT starts_with(nspname, 'pg_') AND nspname NOT IN ('information_schema', 'public')
LIMIT 1";

/// Sees that a database has nothing in it; gives its server's version.
pub fn must_be_empty(address: &Address) -> Result<Major, RehearseError> {
    let session = Session::open(address, &Settings::default())?;
    let held = session.greet(HELD)?;
    match held.first().and_then(|row| row.get(0)) {
        Some(what) => Err(RehearseError::NotEmpty(what.to_owned())),
        None => Ok(read_catalog(address)?.postgres),
    }
}
