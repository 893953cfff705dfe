//! A step that is run while it is watched, and what was seen held against what the analysis says.

use super::error::RehearseError;
use super::look::Relations;
use super::outcome::Ran;
use crate::db::DbError;
use crate::db::Session;
use crate::effect::Confidence;
use crate::effect::Effect;
use crate::effect::Fact;
use crate::effect::LockMode;
use crate::plan::PhaseFile;
use crate::plan::Step;
use crate::plan::Way;
use crate::sql::Name;
use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::time::Instant;

/// Who runs, and who looks on.
pub(super) struct Watched<'a> {
    pub(super) session: &'a Session,
    pub(super) observer: &'a Session,
    pub(super) pid: i32,
}

/// What takes back all that a file may have set.
pub(super) const RESET: &str = "RESET SESSION AUTHORIZATION; RESET ROLE; RESET ALL";

/// What a server says that cannot run something in a transaction block: a statement, or the
/// `COMMIT` in a block or procedure.
const NOT_IN_A_TRANSACTION: [&str; 2] = ["25001", "2D000"];

impl Watched<'_> {
    /// Runs a step; gives its statements, up to the one that fails.
    pub(super) fn step(
        &self,
        step: &Step,
        file: &PhaseFile,
        facts: &[Fact],
    ) -> Result<Vec<Ran>, RehearseError> {
        let sets: String = step.session.iter().fold(String::new(), |sets, set| sets + set + ";\n");
        if let Way::Alone(_) = step.way(file, facts) {
            return self.alone(&sets, step, file, facts);
        }
        if let Some(ran) = self.transaction(&sets, step, file, facts)? {
            return Ok(ran);
        }
        let mut ran = self.alone(&sets, step, file, facts)?;
        for one in &mut ran {
            one.surprises.push("it cannot run in a transaction, and nobody said so".to_owned());
        }
        Ok(ran)
    }

    /// Runs it in a transaction; `None` where it cannot.
    fn transaction(
        &self,
        sets: &str,
        step: &Step,
        file: &PhaseFile,
        facts: &[Fact],
    ) -> Result<Option<Vec<Ran>>, RehearseError> {
        let mut ran: Vec<Ran> = Vec::new();
        self.session.rows(&format!("BEGIN; {sets}"))?;
        let before = Relations::now(self.session)?;
        let mut last = before.clone();
        let mut said = BTreeMap::new();
        for at in step.statements.clone() {
            let mut one = blank(file, at);
            let began = Instant::now();
            let answer = server(self.session.rows(&one.sql))?;
            one.took = began.elapsed();
            if let Err(refused) = answer {
                self.session.rows(&format!("ROLLBACK; {RESET}"))?;
                let state = refused.sqlstate.as_str();
                if step.statements.len() == 1 && NOT_IN_A_TRANSACTION.contains(&state) {
                    return Ok(None);
                }
                one.failed = Some(refused.words);
                ran.push(one);
                return Ok(Some(ran));
            }
            let held = before.locks(self.observer, self.pid)?;
            let now = Relations::now(self.session)?;
            one.rewrites = last.rewritten(&now);
            if let Some(fact) = facts.get(at) {
                for (name, mode) in &fact.analysis.locks {
                    let strongest = said.entry(full(name)).or_insert(*mode);
                    *strongest = (*mode).max(*strongest);
                }
                let mut comparison = Comparison { fact, before: &before, found: Vec::new() };
                comparison.locks(&said, &held);
                comparison.rewrites(&one.rewrites);
                one.surprises = comparison.found;
            }
            one.locks = Some(held);
            last = now;
            ran.push(one);
        }
        // What is deferred is checked now.
        if let Err(refused) = server(self.session.rows("COMMIT"))? {
            if let Some(one) = ran.last_mut() {
                one.failed = Some(format!("at its COMMIT: {}", refused.words));
            }
            self.session.rows("ROLLBACK")?;
        }
        self.session.rows(RESET)?;
        Ok(Some(ran))
    }

    /// Runs a statement outside of any transaction: its locks are gone when it is done.
    fn alone(
        &self,
        sets: &str,
        step: &Step,
        file: &PhaseFile,
        facts: &[Fact],
    ) -> Result<Vec<Ran>, RehearseError> {
        let at = step.statements.start;
        let mut one = blank(file, at);
        self.session.rows(sets)?;
        let before = Relations::now(self.session)?;
        let began = Instant::now();
        let answer = server(self.session.rows(&one.sql))?;
        one.took = began.elapsed();
        if let Err(refused) = answer {
            one.failed = Some(refused.words);
        } else {
            one.rewrites = before.rewritten(&Relations::now(self.session)?);
            if let Some(fact) = facts.get(at) {
                let mut comparison = Comparison { fact, before: &before, found: Vec::new() };
                comparison.rewrites(&one.rewrites);
                one.surprises = comparison.found;
            }
        }
        // A statement that failed may have left a transaction of its own open.
        self.session.rows(&format!("ROLLBACK; {RESET}"))?;
        Ok(vec![one])
    }
}

/// What a server says no with.
struct Refused {
    sqlstate: String,
    words: String,
}

/// A server's no is an answer; all else is an error.
fn server(
    answer: Result<Vec<crate::db::Row>, DbError>,
) -> Result<Result<(), Refused>, RehearseError> {
    match answer {
        Ok(_) => Ok(Ok(())),
        Err(DbError::Server { said, .. }) => {
            let sqlstate = said.sqlstate.clone();
            Ok(Err(Refused { sqlstate, words: said.to_string() }))
        }
        Err(error) => Err(error.into()),
    }
}

/// A statement that has not run.
fn blank(file: &PhaseFile, at: usize) -> Ran {
    let span = file.script.statements[at].span;
    Ran {
        line: file.text[..span.offset].matches('\n').count() + 1,
        sql: span.of(&file.text).to_owned(),
        took: std::time::Duration::ZERO,
        locks: None,
        rewrites: BTreeSet::new(),
        surprises: Vec::new(),
        failed: None,
    }
}

fn full(name: &Name) -> String {
    format!("{}.{}", name.schema.as_deref().unwrap_or("public"), name.name)
}

/// Whether a lock keeps out who writes or changes the schema. What reads and writes take, as a
/// trigger may on any table, keeps out nobody but these, and is not compared.
fn counts(mode: Option<LockMode>) -> bool {
    mode > Some(LockMode::RowExclusive)
}

/// What is said of a statement beside what was seen, of relations that were there before.
struct Comparison<'a> {
    fact: &'a Fact,
    before: &'a Relations,
    found: Vec<String>,
}

impl Comparison<'_> {
    /// What is assumed may say more than there is, and what is not understood says nothing.
    fn note(&mut self, too_much: bool, difference: String) {
        let holds = match self.fact.analysis.confidence {
            Confidence::Known => true,
            Confidence::Assumed => !too_much,
            Confidence::Opaque => false,
        };
        if holds {
            self.found.push(difference);
        }
    }

    fn locks(&mut self, said: &BTreeMap<String, LockMode>, seen: &BTreeMap<String, LockMode>) {
        let names: BTreeSet<&String> = said.keys().chain(seen.keys()).collect();
        for name in names.into_iter().filter(|name| self.before.has(name)) {
            let (ours, theirs) = (said.get(name).copied(), seen.get(name).copied());
            if ours != theirs && (counts(ours) || counts(theirs)) {
                let word = |mode: Option<LockMode>| mode.map_or("none", LockMode::name);
                let (us, them) = (word(ours), word(theirs));
                let words = format!("its lock on {name} is {them}, and {us} was foretold");
                self.note(theirs < ours, words);
            }
        }
    }

    fn rewrites(&mut self, seen: &BTreeSet<String>) {
        let empties = self.fact.analysis.parts.iter().any(|part| match &part.effect {
            Effect::Truncate(_) => true,
            Effect::Refresh(refresh) => refresh.empties,
            _ => false,
        });
        // Whether a file that is made empty counts as rewritten is left open.
        if empties {
            return;
        }
        let said: BTreeSet<String> = self.fact.analysis.rewrites.iter().map(full).collect();
        let before = self.before;
        for name in seen.difference(&said).filter(|name| before.stores(name)) {
            self.note(false, format!("it writes {name} anew, and that was not foretold"));
        }
        for name in said.difference(seen).filter(|name| before.stores(name)) {
            self.note(true, format!("it does not write {name} anew, and that was foretold"));
        }
    }
}
