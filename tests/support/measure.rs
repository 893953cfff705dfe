//! Statements run one after the other while it is watched what each does, and held against what the
//! analyser says.

use crate::observe::Moment;
use crate::server::Session;
use crate::server::reason;
use migrate::effect::Confidence;
use migrate::effect::Effect;
use migrate::effect::Fact;
use migrate::effect::LockMode;
use migrate::sql::Name;
use migrate::sql::TransactionVerb;
use std::collections::BTreeMap;
use std::collections::BTreeSet;

/// What came of a statement.
pub(crate) struct Outcome {
    /// Whether the server took it; else the SQLSTATE and what it says.
    pub(crate) answer: Result<(), String>,
    /// Where it did something else than the analyser says.
    pub(crate) differences: Vec<String>,
}

impl Outcome {
    fn refused(why: String) -> Outcome {
        Outcome { answer: Err(why), differences: Vec::new() }
    }
}

/// A session whose statements are watched.
pub(crate) struct Watch<'a> {
    session: &'a Session,
    open: Option<Open>,
}

/// A transaction of several statements.
struct Open {
    /// As in [`Fact::transaction`].
    number: u32,
    /// Before its first statement.
    before: Moment,
    /// After its last statement so far.
    last: Moment,
    /// The locks that it should hold by now.
    locks: BTreeMap<String, LockMode>,
}

/// What a server says that cannot run something in a transaction block: a statement, or the
/// `COMMIT` in a block or procedure.
const NOT_IN_A_TRANSACTION: [&str; 2] = ["25001", "2D000"];

impl Watch<'_> {
    pub(crate) fn new(session: &Session) -> Watch<'_> {
        Watch { session, open: None }
    }

    /// Runs a statement of a file. Fails where the measurement itself does.
    pub(crate) fn run(&mut self, fact: &Fact, sql: &str) -> Result<Outcome, String> {
        let parts = &fact.analysis.parts;
        let controls = parts.iter().find_map(|part| match &part.effect {
            Effect::Transaction(verb) => Some(verb),
            _ => None,
        });
        match (controls, fact.wrapping) {
            (Some(verb), _) => self.control(verb, sql),
            (None, Some(_)) => self.within(fact, sql),
            // What is refused for having no transaction, say, must have none.
            (None, None) if fact.analysis.refusal.is_some() => {
                Ok(Outcome { answer: self.send(sql), differences: Vec::new() })
            }
            (None, None) => self.alone(fact, sql),
        }
    }

    fn send(&self, sql: &str) -> Result<(), String> {
        self.session.run(sql).map_err(|error| reason(&error))
    }

    fn control(&mut self, verb: &TransactionVerb, sql: &str) -> Result<Outcome, String> {
        let answer = self.send(sql);
        if let (TransactionVerb::RollbackTo(_), Some(open), Ok(())) =
            (verb, &mut self.open, &answer)
        {
            // What was done since the savepoint is undone, and its locks are given back.
            open.locks = open.before.locks(self.session)?;
            open.last = Moment::now(self.session)?;
        }
        Ok(Outcome { answer, differences: Vec::new() })
    }

    /// A statement of a transaction that holds others too: locks add up.
    fn within(&mut self, fact: &Fact, sql: &str) -> Result<Outcome, String> {
        if self.open.as_ref().is_none_or(|open| open.number != fact.transaction) {
            let before = Moment::now(self.session)?;
            let (last, locks) = (before.clone(), BTreeMap::new());
            self.open = Some(Open { number: fact.transaction, before, last, locks });
        }
        let answer = self.send(sql);
        let open = self.open.as_mut().ok_or("a transaction is open")?;
        if let Err(why) = answer {
            return Ok(Outcome::refused(why));
        }
        let after = Moment::now(self.session)?;
        for (relation, mode) in locks_of(fact) {
            let held = open.locks.entry(relation).or_insert(mode);
            *held = mode.max(*held);
        }
        let mut comparison = Comparison::new(fact, [&open.before, &open.last, &after]);
        comparison.locks(&open.locks, &open.before.locks(self.session)?);
        comparison.rewrites();
        comparison.scans();
        let differences = comparison.found;
        open.last = after;
        Ok(Outcome { answer: Ok(()), differences })
    }

    /// A statement in a transaction of its own, where it can run in one.
    fn alone(&mut self, fact: &Fact, sql: &str) -> Result<Outcome, String> {
        self.open = None;
        self.send("BEGIN")?;
        let before = Moment::now(self.session)?;
        let answer = self.send(sql);
        if let Err(why) = answer {
            self.send("ROLLBACK")?;
            if is_any(&why, &NOT_IN_A_TRANSACTION) {
                return self.without(fact, sql, &before);
            }
            return Ok(Outcome::refused(why));
        }
        let after = Moment::now(self.session)?;
        let mut comparison = Comparison::new(fact, [&before, &before, &after]);
        comparison.transactional(true);
        comparison.locks(&locks_of(fact).collect(), &before.locks(self.session)?);
        comparison.rewrites();
        comparison.scans();
        let differences = comparison.found;
        Ok(Outcome { answer: self.send("COMMIT"), differences })
    }

    /// A statement that cannot run in a transaction: when it is done, its locks are gone, and its
    /// scans are not to be told from others.
    fn without(&self, fact: &Fact, sql: &str, before: &Moment) -> Result<Outcome, String> {
        let answer = self.send(sql);
        let after = Moment::now(self.session)?;
        let mut comparison = Comparison::new(fact, [before, before, &after]);
        comparison.transactional(false);
        if answer.is_ok() {
            comparison.rewrites();
        }
        let differences = comparison.found;
        Ok(Outcome { answer, differences })
    }
}

/// Whether what a server says begins with one of these.
pub(crate) fn is_any(said: &str, known: &[&str]) -> bool {
    known.iter().any(|known| said.starts_with(known))
}

fn full(name: &Name) -> String {
    format!("{}.{}", name.schema.as_deref().unwrap_or("public"), name.name)
}

fn locks_of(fact: &Fact) -> impl Iterator<Item = (String, LockMode)> {
    fact.analysis.locks.iter().map(|(name, mode)| (full(name), *mode))
}

/// What was said beside what was seen, of relations that were there before.
struct Comparison<'a> {
    fact: &'a Fact,
    /// Before the transaction.
    before: &'a Moment,
    /// Before the statement.
    last: &'a Moment,
    after: &'a Moment,
    found: Vec<String>,
}

impl Comparison<'_> {
    fn new<'a>(fact: &'a Fact, [before, last, after]: [&'a Moment; 3]) -> Comparison<'a> {
        Comparison { fact, before, last, after, found: Vec::new() }
    }

    /// Notes that we say something which the server does not do, or the other way round. What is
    /// assumed may say more than there is, and what is not understood says nothing.
    fn note(&mut self, too_much: bool, difference: String) {
        let counts = match self.fact.analysis.confidence {
            Confidence::Known => true,
            Confidence::Assumed => !too_much,
            Confidence::Opaque => false,
        };
        if counts {
            self.found.push(difference);
        }
    }

    fn transactional(&mut self, may: bool) {
        if may != self.fact.analysis.transactional {
            let difference =
                if may { "it may run in a transaction" } else { "it may not run in one" };
            self.note(may, difference.to_owned());
        }
    }

    /// What only reads keeps out nobody but who takes everything, and is not compared.
    fn locks(&mut self, said: &BTreeMap<String, LockMode>, seen: &BTreeMap<String, LockMode>) {
        let counts = |mode: &&LockMode| **mode != LockMode::AccessShare;
        let names: BTreeSet<&String> = said.keys().chain(seen.keys()).collect();
        for name in names {
            let (ours, theirs) = (said.get(name), seen.get(name));
            let (ours, theirs) = (ours.filter(counts), theirs.filter(counts));
            let foretold = self.before.compares(name) || self.is_nowhere(name);
            if ours != theirs && (theirs.is_some() || foretold) {
                let word = |mode: Option<&LockMode>| mode.map_or("none", |mode| mode.name());
                let (us, them) = (word(ours), word(theirs));
                self.note(theirs < ours, format!("locks {name}: we say {us}, the server {them}"));
            }
        }
    }

    fn rewrites(&mut self) {
        let seen = self.last.rewritten(self.after);
        // Whether a file that is made empty counts as rewritten is left open.
        if !self.empties() {
            self.sets("rewrites", &self.fact.analysis.rewrites, &seen);
        }
    }

    fn scans(&mut self) {
        let mut seen = self.last.scanned(self.after);
        // A view that is filled again is locked, and nobody asks whether it is read too. The table
        // that a foreign key references is read whole, or by its key, as the planner likes.
        for part in &self.fact.analysis.parts {
            let also = match &part.effect {
                Effect::Refresh(refresh) => Some(&refresh.view.name),
                Effect::AddConstraint(add) => add.references.as_ref().map(|target| &target.name),
                _ => None,
            };
            if let Some(also) = also {
                seen.remove(&full(also));
            }
        }
        if !self.empties() {
            self.sets("scans", &self.fact.analysis.scans, &seen);
        }
    }

    fn empties(&self) -> bool {
        self.fact.analysis.parts.iter().any(|part| match &part.effect {
            Effect::Truncate(_) => true,
            Effect::Refresh(refresh) => refresh.empties,
            _ => false,
        })
    }

    fn sets(&mut self, what: &str, said: &BTreeSet<Name>, seen: &BTreeSet<String>) {
        let said: BTreeSet<String> = said.iter().map(full).collect();
        for name in seen.difference(&said).filter(|name| self.before.stores(name)) {
            self.note(false, format!("{what} {name}: we do not say so, the server does it"));
        }
        for name in said.difference(seen) {
            if self.before.stores(name) || self.is_nowhere(name) {
                self.note(true, format!("{what} {name}: we say so, the server does not"));
            }
        }
    }

    /// Whether there never was such a relation; temporary ones, which nobody else waits for, are
    /// not looked at.
    fn is_nowhere(&self, name: &str) -> bool {
        let moments = [self.before, self.last, self.after];
        !name.starts_with("pg_temp.") && moments.iter().all(|moment| moment.kind(name).is_none())
    }
}
