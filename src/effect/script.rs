//! A whole file: its statements one after the other, with the transactions they run in, the locks
//! that are held meanwhile, and the session's settings.

use super::analyst;
use super::lock::LockMode;
use super::model::Analysis;
use super::model::Confidence;
use super::model::Part;
use super::model::Refusal;
use super::session::Session;
use crate::schema::Moment;
use crate::schema::Schema;
use crate::sql::Body;
use crate::sql::DoBlock;
use crate::sql::Name;
use crate::sql::ObjectKind;
use crate::sql::Script;
use crate::sql::Statement;
use crate::sql::TransactionVerb;
use crate::version::Major;
use std::collections::BTreeMap;

/// How a runner gives a file to the server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Delivery {
    /// The runner begins a transaction before the file and commits it after.
    pub wrapped: bool,
    /// All statements go in one message, which the server makes one transaction of.
    pub one_message: bool,
}

/// Why a statement runs in a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wrapping {
    /// `BEGIN` stands in the file.
    Explicit,
    /// The runner began it.
    Runner,
    /// Several statements came in one message.
    OneMessage,
}

/// A statement with its surroundings.
#[derive(Clone, Debug)]
pub struct Fact {
    /// What it does.
    pub analysis: Analysis,
    /// The transaction it runs in: statements with the same number run in the same one.
    pub transaction: u32,
    /// Why that transaction outlives the statement; `None` if it does not.
    pub wrapping: Option<Wrapping>,
    /// Strong locks on tables in use that earlier statements of the transaction took.
    pub held: Vec<Held>,
    /// The settings in force.
    pub session: Session,
}

impl Fact {
    /// Whether its locks are given back as soon as it is done, and waited for with a limit.
    pub fn locks_briefly(&self) -> bool {
        self.wrapping.is_none() && self.session.lock_timeout_ms.is_some_and(|limit| limit > 0)
    }
}

/// A lock that is still held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// The relation.
    pub relation: Name,
    /// The mode.
    pub mode: LockMode,
    /// The statement that took it, by its place in the file.
    pub since: usize,
}

/// Runs files one after the other on paper.
#[derive(Clone, Debug)]
pub struct Replay {
    /// What is known of the database so far.
    pub schema: Schema,
    postgres: Major,
    unit: u32,
    transactions: u32,
}

impl Replay {
    /// Starts from a schema.
    pub fn new(schema: Schema, postgres: Major) -> Replay {
        Replay { schema, postgres, unit: 0, transactions: 0 }
    }

    /// What comes next ships apart from what came before.
    pub fn next_unit(&mut self) {
        self.unit += 1;
    }

    /// Learns from a file that was deployed earlier, without asking what it does.
    pub fn learn(&mut self, script: &Script) {
        self.schema.set_now(Moment::default());
        for statement in &script.statements {
            match &statement.body {
                Body::Transaction(verb) => self.control(verb),
                _ => self.schema.apply(statement),
            }
        }
        self.schema.commit();
        self.schema.end_session();
    }

    fn control(&mut self, verb: &TransactionVerb) {
        match verb {
            TransactionVerb::Begin => self.schema.begin(),
            TransactionVerb::Commit | TransactionVerb::Prepare => self.schema.commit(),
            TransactionVerb::CommitAndChain => {
                self.schema.commit();
                self.schema.begin();
            }
            TransactionVerb::Rollback => self.schema.roll_back(),
            TransactionVerb::RollbackAndChain => {
                self.schema.roll_back();
                self.schema.begin();
            }
            TransactionVerb::Savepoint(name) => self.schema.savepoint(name),
            TransactionVerb::RollbackTo(name) => self.schema.roll_back_to(name),
            TransactionVerb::Release(_)
            | TransactionVerb::CommitPrepared
            | TransactionVerb::RollbackPrepared => {}
        }
    }

    /// Says what a file does, statement by statement, and learns from it.
    pub fn judge(&mut self, script: &Script, delivery: Delivery) -> Vec<Fact> {
        let mut run = Run::new(self, delivery, script.statements.len());
        for statement in &script.statements {
            run.statement(statement);
        }
        let mut facts = run.facts;
        self.schema.commit();
        self.schema.end_session();
        super::compensation::mark(&mut facts);
        facts
    }

    fn next_transaction(&mut self) -> u32 {
        self.transactions += 1;
        self.transactions
    }
}

/// One file while it is run.
struct Run<'a> {
    replay: &'a mut Replay,
    delivery: Delivery,
    alone: bool,
    session: Session,
    wrapping: Option<Wrapping>,
    transaction: u32,
    held: BTreeMap<Name, Held>,
    facts: Vec<Fact>,
}

impl Run<'_> {
    fn new(replay: &mut Replay, delivery: Delivery, statements: usize) -> Run<'_> {
        let transaction = replay.next_transaction();
        let mut run = Run {
            replay,
            delivery,
            alone: statements <= 1,
            session: Session::default(),
            wrapping: None,
            transaction,
            held: BTreeMap::new(),
            facts: Vec::new(),
        };
        run.wrapping = if delivery.wrapped { Some(Wrapping::Runner) } else { run.between() };
        if run.wrapping.is_some() {
            run.replay.schema.begin();
        }
        run
    }

    /// What statements run in while no `BEGIN` is open.
    fn between(&self) -> Option<Wrapping> {
        (self.delivery.one_message && !self.alone).then_some(Wrapping::OneMessage)
    }

    fn statement(&mut self, statement: &Statement) {
        if self.wrapping.is_none() {
            self.transaction = self.replay.next_transaction();
            self.held.clear();
        }
        let unit = self.replay.unit;
        self.replay.schema.set_now(Moment { unit, transaction: self.transaction });
        let mut analysis = match &statement.body {
            Body::Do(block) => self.block(statement, block),
            _ => self.analyse(statement),
        };
        self.check_transaction(&mut analysis);
        let held = self.held.values().cloned().collect();
        self.settings(statement);
        let index = self.facts.len();
        self.note_locks(&analysis, index);
        let (transaction, wrapping) = (self.transaction, self.wrapping);
        let session = self.session.clone();
        self.facts.push(Fact { analysis, transaction, wrapping, held, session });
        match &statement.body {
            Body::Transaction(verb) => self.control(verb),
            Body::Do(_) => {}
            _ => self.replay.schema.apply(statement),
        }
    }

    fn analyse(&self, statement: &Statement) -> Analysis {
        analyst::analyse(statement, &self.replay.schema, &self.session, self.replay.postgres)
    }

    /// A block does what its statements do, each on what those before it left.
    fn block(&mut self, statement: &Statement, block: &DoBlock) -> Analysis {
        let mut whole = self.analyse(statement);
        whole.transactional = !block.commits;
        for inner in &block.inner {
            let analysis = match &inner.statement.body {
                Body::Do(nested) => self.block(&inner.statement, nested),
                _ => self.analyse(&inner.statement),
            };
            self.replay.schema.apply(&inner.statement);
            merge(&mut whole, analysis, inner.conditional, block.catches);
        }
        whole
    }

    /// Statements that cannot run in a transaction are refused in one.
    fn check_transaction(&self, analysis: &mut Analysis) {
        if analysis.transactional || self.wrapping.is_none() || analysis.refusal.is_some() {
            return;
        }
        let message = format!("{} cannot run inside a transaction block", analysis.words);
        analysis.refusal = Some(Refusal { sqlstate: "25001", message });
    }

    fn settings(&mut self, statement: &Statement) {
        match &statement.body {
            // Outside of a transaction `SET LOCAL` has no effect.
            Body::Set(set) if set.local && self.wrapping.is_none() => {}
            Body::Set(set) => self.session.set(set),
            Body::Query(query) => {
                for (parameter, value) in &query.settings {
                    self.session.set_value(parameter, Some(value));
                }
            }
            _ => {}
        }
    }

    fn note_locks(&mut self, analysis: &Analysis, index: usize) {
        if self.wrapping.is_none() {
            return;
        }
        for (relation, &mode) in &analysis.locks {
            let in_use = match self.replay.schema.relation(relation) {
                Some(found) => !self.replay.schema.is_new(found.born()),
                None => true,
            };
            let temporary = relation.schema.as_deref() == Some(crate::schema::TEMPORARY_SCHEMA);
            if !mode.is_strong() || !in_use || temporary {
                continue;
            }
            let held = self.held.entry(relation.clone());
            let held = held.or_insert(Held { relation: relation.clone(), mode, since: index });
            if held.mode < mode {
                held.mode = mode;
            }
        }
    }

    fn control(&mut self, verb: &TransactionVerb) {
        let was_open = self.wrapping.is_some();
        match verb {
            TransactionVerb::Begin => {
                if self.wrapping.is_none() {
                    self.transaction = self.replay.next_transaction();
                }
                if self.wrapping != Some(Wrapping::Runner) {
                    self.wrapping = Some(Wrapping::Explicit);
                }
            }
            TransactionVerb::Commit | TransactionVerb::Rollback | TransactionVerb::Prepare => {
                if *verb == TransactionVerb::Rollback {
                    self.undo();
                }
                self.wrapping = self.between();
                self.transaction = self.replay.next_transaction();
                self.held.clear();
            }
            TransactionVerb::CommitAndChain | TransactionVerb::RollbackAndChain => {
                if *verb == TransactionVerb::RollbackAndChain {
                    self.undo();
                }
                self.transaction = self.replay.next_transaction();
                self.held.clear();
            }
            TransactionVerb::Savepoint(_)
            | TransactionVerb::RollbackTo(_)
            | TransactionVerb::Release(_)
            | TransactionVerb::CommitPrepared
            | TransactionVerb::RollbackPrepared => {}
        }
        if was_open || *verb == TransactionVerb::Begin {
            self.replay.control(verb);
        }
        if self.wrapping == Some(Wrapping::OneMessage) {
            self.replay.schema.begin();
        }
    }

    /// What a transaction that is rolled back did is as if it never was, its locks apart.
    fn undo(&mut self) {
        let transaction = self.transaction;
        for fact in self.facts.iter_mut().filter(|fact| fact.transaction == transaction) {
            for part in &mut fact.analysis.parts {
                part.made_good = true;
            }
        }
    }
}

/// Adds what a statement inside a block does to what the block does.
fn merge(whole: &mut Analysis, inner: Analysis, conditional: bool, catches: bool) {
    for (name, mode) in inner.locks {
        let held = whole.locks.entry(name).or_insert(mode);
        *held = mode.max(*held);
    }
    whole.rewrites.extend(inner.rewrites);
    whole.scans.extend(inner.scans);
    whole.confidence = whole.confidence.max(inner.confidence);
    // A condition is often there to pass over what is done.
    whole.repeatable &= inner.repeatable || conditional;
    if conditional {
        whole.confidence = whole.confidence.max(Confidence::Assumed);
    }
    let refusal = match inner.refusal {
        // Nothing that runs in a function can be outside of a transaction.
        None if !inner.transactional => Some(Refusal {
            sqlstate: "25001",
            message: format!("{} cannot be executed from a function", inner.words),
        }),
        refusal => refusal,
    };
    // A refusal may be what the block is there to catch or to avoid.
    if whole.refusal.is_none() && !conditional && !catches {
        if refusal.is_some() {
            whole.words = inner.words;
        }
        whole.refusal = refusal;
    }
    let parts = inner.parts.into_iter();
    whole
        .parts
        .extend(parts.map(|part| Part { conditional: part.conditional || conditional, ..part }));
}

/// Whether two kinds are the same to a `DROP` that is followed by a `CREATE`.
pub(super) fn same_kind(one: ObjectKind, other: ObjectKind) -> bool {
    use ObjectKind::{Function, Procedure, Routine};
    one == other || [one, other].iter().all(|kind| [Function, Procedure, Routine].contains(kind))
}
