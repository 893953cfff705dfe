//! A whole file: its statements one after the other, with the transactions they run in, the locks
//! that are held meanwhile, and the session's settings.

use super::analyst;
use super::backfill;
use super::backfill::Backfill;
use super::backfill::Unfit;
use super::ends;
use super::held::Held;
use super::held::Locks;
use super::model::Analysis;
use super::model::Confidence;
use super::model::Effect;
use super::model::Part;
use super::model::Reach;
use super::model::Refusal;
use super::order::Orders;
use super::phase::Phase;
use super::routines;
use super::session::Session;
use super::session::Settings;
use super::volatility;
use crate::schema::Moment;
use crate::schema::Relation;
use crate::schema::Schema;
use crate::sql::Body;
use crate::sql::DataVerb;
use crate::sql::DoBlock;
use crate::sql::Name;
use crate::sql::ObjectKind;
use crate::sql::Script;
use crate::sql::Statement;
use crate::sql::TransactionVerb;
use crate::version::Major;
use std::sync::Arc;

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
    pub held: Arc<[Held]>,
    /// It takes a strong lock on something in use.
    pub blocks: bool,
    /// The strong locks on tables and views in use that it takes itself.
    pub takes: Vec<Held>,
    /// How it is cut into batches, or why not; `None` where nobody cuts it.
    pub backfill: Option<Box<Result<Backfill, Unfit>>>,
    /// Nothing that takes long comes after it in its transaction.
    last: bool,
    /// The settings in force.
    pub session: Session,
}

impl Fact {
    /// Whether its locks are given back as soon as it is done, and waited for with a limit: it is
    /// a transaction of its own, or the last of one that locks, reads or writes much.
    pub fn locks_briefly(&self) -> bool {
        self.last && self.session.limits_locks()
    }

    /// Whether it is done at once, and nobody waits for it.
    fn is_quick(&self) -> bool {
        !self.blocks && self.is_brief()
    }

    /// Whether it is done at once as soon as it has its locks.
    pub fn is_brief(&self) -> bool {
        let analysis = &self.analysis;
        let runs_code = ["call", "execute", "copy"].contains(&analysis.kind.as_str());
        let writes = analysis.parts.iter().any(|part| match &part.effect {
            Effect::Write(write) => {
                write.verb != DataVerb::Insert || !matches!(write.reach, Reach::Listed(_))
            }
            _ => false,
        });
        !runs_code
            && !writes
            && analysis.scans.is_empty()
            && analysis.rewrites.is_empty()
            && analysis.confidence != Confidence::Opaque
    }
}

/// Runs files one after the other on paper.
#[derive(Clone, Debug)]
pub struct Replay {
    /// What is known of the database so far.
    pub schema: Schema,
    postgres: Major,
    unit: u32,
    transactions: u32,
    orders: Orders,
}

impl Replay {
    /// Starts from a schema.
    pub fn new(schema: Schema, postgres: Major) -> Replay {
        Replay { schema, postgres, unit: 0, transactions: 0, orders: Orders::default() }
    }

    /// What comes next ships apart from what came before.
    pub fn next_unit(&mut self) {
        self.unit += 1;
    }

    /// Learns from a file that was deployed earlier, without asking what it does.
    pub fn learn(&mut self, script: &Script) {
        self.schema.set_now(Moment::default());
        self.schema.grant(length(script));
        for statement in &script.statements {
            if self.schema.is_spent() {
                self.schema.mark_unseen();
                break;
            }
            match &statement.body {
                Body::Transaction(verb) => self.control(verb),
                _ => self.apply(statement, script.has_placeholder(statement.span)),
            }
            self.note_rows(statement);
        }
        self.schema.commit();
        self.schema.end_session();
    }

    /// Learns where there are rows after a statement.
    fn note_rows(&mut self, statement: &Statement) {
        if !self.schema.is_spent() {
            self.schema.note_rows(statement);
        }
    }

    /// Changes the schema as a statement does. With a placeholder in it, the names of what it
    /// makes are not known.
    fn apply(&mut self, statement: &Statement, templated: bool) {
        if self.schema.is_spent() {
            return self.schema.mark_unseen();
        }
        self.schema.apply(statement);
        if volatility::runs_unseen_code(&self.schema, &statement.body) {
            self.schema.mark_unseen();
        }
        if templated {
            self.schema.mark_incomplete();
        }
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
        self.judge_file(script, delivery, false)
    }

    /// The same of a file whose statements are run batch by batch, which says of each how.
    pub fn judge_backfill(&mut self, script: &Script, delivery: Delivery) -> Vec<Fact> {
        self.judge_file(script, delivery, true)
    }

    fn judge_file(&mut self, script: &Script, delivery: Delivery, batched: bool) -> Vec<Fact> {
        self.schema.grant(length(script));
        let mut run = Run::new(self, delivery, script.statements.len());
        run.batched = batched;
        for statement in &script.statements {
            run.statement(statement, script.has_placeholder(statement.span));
        }
        let mut facts = run.facts;
        self.schema.commit();
        self.schema.end_session();
        super::compensation::mark(&mut facts);
        mark_last(&mut facts);
        self.orders.note(self.unit, &mut facts);
        facts
    }

    /// Whether a file that was judged leaves anything to a later one.
    pub fn leaves_open(facts: &[Fact]) -> bool {
        ends::are_open(facts)
    }

    /// Says of a file that was judged what it left, and what nothing after it has done so far.
    pub fn note_open(&self, facts: &mut [Fact]) {
        ends::note(&self.schema, facts);
    }

    fn next_transaction(&mut self) -> u32 {
        self.transactions += 1;
        self.transactions
    }
}

/// How much text the statements of a file have, in bytes.
fn length(script: &Script) -> usize {
    script.statements.iter().map(|statement| statement.span.length).sum()
}

/// Whether a statement is refused because something is there already: then nothing is made. Any
/// other refusal is taken for a slip that will be mended, and what comes after it is judged as if
/// it had passed.
fn is_taken(analysis: &Analysis) -> bool {
    let taken =
        |refusal: &Refusal| ["42P07", "42701", "42710", "42P16"].contains(&refusal.sqlstate);
    analysis.refusal.as_ref().is_some_and(taken)
}

/// Says of each statement whether all that follows in its transaction is quick.
fn mark_last(facts: &mut [Fact]) {
    let mut after: Option<(u32, bool)> = None;
    for fact in facts.iter_mut().rev() {
        let same = after.filter(|(transaction, _)| *transaction == fact.transaction);
        let quiet = same.is_none_or(|(_, quiet)| quiet);
        fact.last = quiet || fact.wrapping.is_none();
        after = Some((fact.transaction, quiet && fact.is_quick()));
    }
}

/// One file while it is run.
struct Run<'a> {
    replay: &'a mut Replay,
    delivery: Delivery,
    alone: bool,
    /// Its statements are run batch by batch.
    batched: bool,
    settings: Settings,
    wrapping: Option<Wrapping>,
    transaction: u32,
    held: Locks,
    savepoints: Vec<Savepoint>,
    facts: Vec<Fact>,
    /// The facts that were undone last, up to the second.
    undone: (usize, usize),
}

/// What `ROLLBACK TO` goes back to.
struct Savepoint {
    name: String,
    settings: Settings,
    /// How many locks had been taken.
    locks: usize,
    /// How many statements came before it.
    facts: usize,
}

impl Run<'_> {
    fn new(replay: &mut Replay, delivery: Delivery, statements: usize) -> Run<'_> {
        let transaction = replay.next_transaction();
        let mut run = Run {
            replay,
            delivery,
            alone: statements <= 1,
            batched: false,
            settings: Settings::default(),
            wrapping: None,
            transaction,
            held: Locks::default(),
            savepoints: Vec::new(),
            facts: Vec::new(),
            undone: (0, 0),
        };
        run.wrapping = if delivery.wrapped { Some(Wrapping::Runner) } else { run.between() };
        if run.wrapping.is_some() {
            run.replay.schema.begin();
            run.settings.begin();
        }
        run
    }

    /// What statements run in while no `BEGIN` is open.
    fn between(&self) -> Option<Wrapping> {
        (self.delivery.one_message && !self.alone).then_some(Wrapping::OneMessage)
    }

    fn statement(&mut self, statement: &Statement, templated: bool) {
        if self.wrapping.is_none() {
            self.transaction = self.replay.next_transaction();
            self.held.clear();
        }
        let unit = self.replay.unit;
        self.replay.schema.set_now(Moment { unit, transaction: self.transaction });
        let index = self.facts.len();
        // What is foretold of a statement goes by the schema before it.
        let seen = !self.replay.schema.is_blind() && !templated;
        let mut analysis = match &statement.body {
            Body::Do(block) => self.block(statement, block, templated),
            _ => self.analyse(statement, templated),
        };
        self.add_routines(&statement.body, &mut analysis, templated);
        self.check_transaction(statement, &mut analysis);
        analysis.refusal = analysis.refusal.filter(|refusal| seen || refusal.is_of_syntax());
        let backfill = self.backfill(statement, &analysis, templated);
        let held = self.held.shown();
        self.set(statement, index);
        let applies = !is_taken(&analysis);
        let locks = self.strong_locks(&analysis, index);
        let blocks = !locks.is_empty();
        let takes = locks.iter().filter(|lock| self.has_rows(&lock.relation)).cloned().collect();
        if self.wrapping.is_some() {
            self.held.add(locks);
        }
        self.facts.push(Fact {
            analysis,
            transaction: self.transaction,
            wrapping: self.wrapping,
            held,
            blocks,
            takes,
            backfill,
            last: false,
            session: self.settings.now.clone(),
        });
        match &statement.body {
            Body::Transaction(verb) => self.control(verb),
            Body::Do(_) => {}
            // Outside of a transaction `SET LOCAL` has no effect.
            Body::Set(set) if set.local && self.wrapping.is_none() => {}
            _ if applies => self.replay.apply(statement, templated),
            _ => {}
        }
        self.replay.note_rows(statement);
    }

    /// What a statement does. With a placeholder in it, what it names is not known.
    fn analyse(&mut self, statement: &Statement, templated: bool) -> Analysis {
        let (session, postgres) = (&self.settings.now, self.replay.postgres);
        let look = |schema: &Schema| analyst::analyse(statement, schema, session, postgres);
        self.replay.schema.in_doubt(templated, look)
    }

    /// How a statement is cut into batches, where it is.
    fn backfill(
        &self,
        statement: &Statement,
        analysis: &Analysis,
        templated: bool,
    ) -> Option<Box<Result<Backfill, Unfit>>> {
        let (schema, session) = (&self.replay.schema, &self.settings.now);
        self.batched.then(|| {
            let analyst = analyst::before(statement, schema, session, self.replay.postgres);
            Box::new(backfill::judge(&analyst, statement, analysis, templated))
        })
    }

    /// A block does what its statements do, each on what those before it left.
    fn block(&mut self, statement: &Statement, block: &DoBlock, templated: bool) -> Analysis {
        let mut whole = self.analyse(statement, templated);
        whole.transactional = !block.commits;
        let mut held = Locks::default();
        for inner in &block.inner {
            let mut analysis = match &inner.statement.body {
                Body::Do(nested) => self.block(&inner.statement, nested, templated),
                _ => self.analyse(&inner.statement, templated),
            };
            // Where the block commits, it is not known which locks are left.
            if !block.commits {
                let outside = held.shown();
                for part in &mut analysis.parts {
                    part.held = if part.held.is_empty() {
                        outside.clone()
                    } else {
                        part.held.iter().chain(outside.iter()).cloned().collect()
                    };
                }
                held.add(self.strong_locks(&analysis, self.facts.len()));
            }
            if self.replay.schema.is_blind() || !is_taken(&analysis) {
                self.replay.apply(&inner.statement, templated);
            }
            merge(&mut whole, analysis, inner.conditional, block.catches);
        }
        whole
    }

    /// Adds what the routines do that a statement is sure to call: their locks, and what they read
    /// and write anew; and whether one that it may call takes something away.
    fn add_routines(&mut self, body: &Body, analysis: &mut Analysis, templated: bool) {
        // What is not looked at any more is opaque already.
        if self.replay.schema.is_spent() {
            return;
        }
        for routine in routines::called(&self.replay.schema, body) {
            analysis.transactional &= !routine.commits;
            for inner in routine.inner.iter().filter(|inner| !inner.conditional) {
                let does = self.analyse(&inner.statement, templated);
                for (name, mode) in does.locks {
                    let held = analysis.locks.entry(name).or_insert(mode);
                    *held = mode.max(*held);
                }
                analysis.rewrites.extend(does.rewrites);
                analysis.scans.extend(does.scans);
            }
        }
        let reached = routines::reached(&self.replay.schema, body);
        analysis.hides = reached.iter().map(|it| self.analyse(it, templated)).any(|does| {
            does.confidence == Confidence::Opaque || does.phase() == Some(Phase::Contract)
        });
    }

    /// Some statements cannot run in a transaction, and some only in one: the server asks that
    /// before it looks anything up.
    fn check_transaction(&self, statement: &Statement, analysis: &mut Analysis) {
        let words = &analysis.words;
        let inside = !analysis.transactional && self.wrapping.is_some();
        let (sqlstate, message) =
            if inside && matches!(statement.body, Body::Do(_) | Body::Call(_) | Body::Query(_)) {
                // The block begins, and stops at its COMMIT.
                ("2D000", "invalid transaction termination".to_owned())
            } else if inside {
                ("25001", format!("{words} cannot run inside a transaction block"))
            } else if self.needs_transaction(&statement.body) {
                ("25P01", format!("{words} can only be used in transaction blocks"))
            } else {
                return;
            };
        analysis.refusal = Some(Refusal { sqlstate, message });
    }

    /// Whether the server refuses a statement because no transaction is open. That of a message
    /// with several statements counts for locks only (`RequireTransactionBlock` in xact.c).
    fn needs_transaction(&self, body: &Body) -> bool {
        use TransactionVerb::CommitAndChain;
        use TransactionVerb::Release;
        use TransactionVerb::RollbackAndChain;
        use TransactionVerb::RollbackTo;
        use TransactionVerb::Savepoint;
        match body {
            // A lock alone is part of something: another may have begun the transaction.
            Body::Lock(_) => self.wrapping.is_none() && !self.alone,
            Body::Transaction(
                CommitAndChain | RollbackAndChain | Savepoint(_) | RollbackTo(_) | Release(_),
            ) => matches!(self.wrapping, None | Some(Wrapping::OneMessage)),
            _ => false,
        }
    }

    fn set(&mut self, statement: &Statement, index: usize) {
        // Outside of a transaction `SET LOCAL` has no effect.
        let open = self.wrapping.is_some();
        match &statement.body {
            Body::Set(set) if !set.local || open => {
                self.settings.change(set.local, |session| session.set(set, index));
            }
            Body::Query(query) => {
                for set in query.settings.iter().filter(|set| !set.local || open) {
                    let value = Some(set.value.as_str());
                    let change = |session: &mut Session| {
                        session.set_value(&set.name, value, index);
                    };
                    self.settings.change(set.local, change);
                }
            }
            Body::Do(block) => {
                for inner in &block.inner {
                    self.set(&inner.statement, index);
                }
            }
            _ => {}
        }
    }

    /// Strong locks on what somebody may be using.
    fn strong_locks(&self, analysis: &Analysis, since: usize) -> Vec<Held> {
        let in_use = |relation: &Name| {
            let temporary = relation.schema.as_deref() == Some(crate::schema::TEMPORARY_SCHEMA);
            let schema = &self.replay.schema;
            let found = schema.relation(relation);
            !temporary && found.is_none_or(|found| !schema.is_new(found.born()))
        };
        let locks = analysis.locks.iter().filter(|(_, mode)| mode.is_strong());
        let locks = locks.filter(|(relation, _)| in_use(relation));
        locks.map(|(relation, &mode)| Held { relation: relation.clone(), mode, since }).collect()
    }

    /// Whether a relation is one that code reads or writes: no index, no sequence.
    fn has_rows(&self, relation: &Name) -> bool {
        let found = self.replay.schema.relation(relation);
        !matches!(found, Some(Relation::Index(_) | Relation::Sequence(_)))
    }

    fn control(&mut self, verb: &TransactionVerb) {
        let was_open = self.wrapping.is_some();
        match verb {
            TransactionVerb::Begin => {
                if self.wrapping.is_none() {
                    self.transaction = self.replay.next_transaction();
                    self.settings.begin();
                }
                if self.wrapping != Some(Wrapping::Runner) {
                    self.wrapping = Some(Wrapping::Explicit);
                }
            }
            TransactionVerb::Commit | TransactionVerb::Rollback | TransactionVerb::Prepare => {
                self.end(*verb == TransactionVerb::Rollback);
                self.wrapping = self.between();
                if self.wrapping.is_some() {
                    self.settings.begin();
                }
            }
            TransactionVerb::CommitAndChain | TransactionVerb::RollbackAndChain => {
                self.end(*verb == TransactionVerb::RollbackAndChain);
                self.settings.begin();
            }
            TransactionVerb::Savepoint(name) => self.savepoints.push(Savepoint {
                name: name.clone(),
                settings: self.settings.clone(),
                locks: self.held.taken(),
                facts: self.facts.len(),
            }),
            TransactionVerb::RollbackTo(name) => self.roll_back_to(name),
            TransactionVerb::Release(name) => {
                if let Some(at) = self.savepoint(name) {
                    self.savepoints.truncate(at);
                }
            }
            TransactionVerb::CommitPrepared | TransactionVerb::RollbackPrepared => {}
        }
        if was_open || *verb == TransactionVerb::Begin {
            self.replay.control(verb);
        }
        if self.wrapping == Some(Wrapping::OneMessage) {
            self.replay.schema.begin();
        }
    }

    /// The transaction is over; outside of one nothing is.
    fn end(&mut self, undone: bool) {
        if self.wrapping.is_none() {
            return;
        }
        if undone {
            self.undo(0);
            self.settings.roll_back();
        } else {
            self.settings.commit();
        }
        self.transaction = self.replay.next_transaction();
        self.held.clear();
        self.savepoints.clear();
    }

    fn savepoint(&self, name: &str) -> Option<usize> {
        self.savepoints.iter().rposition(|savepoint| savepoint.name == name)
    }

    /// Locks that were taken since the savepoint are given back, and settings are as they were.
    fn roll_back_to(&mut self, name: &str) {
        let Some(at) = self.savepoint(name) else { return };
        self.savepoints.truncate(at + 1);
        let Some(savepoint) = self.savepoints.last() else { return };
        self.settings = savepoint.settings.clone();
        let (locks, facts) = (savepoint.locks, savepoint.facts);
        self.held.give_back(locks);
        self.undo(facts);
    }

    /// What a transaction that is rolled back did since a statement is as if it never was, its
    /// locks apart.
    fn undo(&mut self, first: usize) {
        let transaction = self.transaction;
        let own = self.facts.partition_point(|fact| fact.transaction < transaction);
        let (first, count) = (first.max(own), self.facts.len());
        // What was undone before need not be undone again.
        let (from, to) = self.undone;
        let (before, after) = match first {
            first if first < from => (first..from, to..count),
            first if first <= to => (0..0, to..count),
            first => (0..0, first..count),
        };
        for at in before.chain(after) {
            self.facts[at].analysis.parts.iter_mut().for_each(|part| part.made_good = true);
        }
        self.undone = (if first <= to { first.min(from) } else { first }, count);
    }
}

/// Adds what a statement inside a block does to what the block does.
fn merge(whole: &mut Analysis, mut inner: Analysis, conditional: bool, catches: bool) {
    if catches && is_taken(&inner) {
        // The subtransaction that is rolled back gives its locks back.
        inner.locks.clear();
        inner.rewrites.clear();
        inner.scans.clear();
    }
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
