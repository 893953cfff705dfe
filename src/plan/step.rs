//! Steps: what of a file runs as one transaction, and what runs alone.
//!
//! Each statement is a step of its own, so that locks are held for as short as can be and a file
//! goes on where it stopped; what stands between BEGIN and COMMIT is one step. Settings made by SET
//! hold for the steps after them, also when a later run begins in the midst of the file.

use super::change::Change;
use super::change::PhaseFile;
use super::digest::digest_of;
use super::proof::Index;
use super::proof::Proof;
use crate::effect::Fact;
use crate::effect::Phase;
use crate::ledger::StepRef;
use crate::sql;
use crate::sql::Body;
use crate::sql::Expr;
use crate::sql::Query;
use crate::sql::Setting;
use crate::sql::Span;
use crate::sql::Statement;
use crate::sql::TransactionVerb;
use std::ops::Range;

/// A step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Which it is.
    pub at: StepRef,
    /// Where it stands in its file.
    pub span: Span,
    /// Its statements, by their places in the file.
    pub statements: Range<usize>,
    /// Settings of the file that hold for it.
    pub session: Vec<String>,
    /// Indexes that it makes unless something of their name is there.
    pub or_there: Vec<Index>,
    /// Its SQL, without BEGIN and COMMIT.
    pub sql: String,
}

/// How a step runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Way {
    /// In a transaction, with the ledger's own rows.
    Transaction {
        /// It takes a lock that others wait for: it is tried briefly, and again.
        strong: bool,
    },
    /// Alone, outside of any transaction.
    Alone(Proof),
}

/// Why a file cannot be run.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{path}:{line}: {why}")]
pub struct Unrunnable {
    /// The file, as the user would name it.
    pub path: String,
    /// The line.
    pub line: usize,
    /// Why.
    pub why: String,
}

/// The steps of a file.
pub fn steps(change: &str, phase: &str, file: &PhaseFile) -> Result<Vec<Step>, Unrunnable> {
    file.must_be_text()?;
    let mut cutter = Cutter { file, steps: Vec::new(), session: Vec::new(), open: None };
    if let Some(meta) = file.script.metas.first() {
        return Err(cutter.fault(meta.span, "psql commands are not run: only SQL is"));
    }
    for (at, statement) in file.script.statements.iter().enumerate() {
        cutter.take(at, statement)?;
    }
    if let Some(first) = cutter.open {
        let span = file.script.statements[first].span;
        return Err(cutter.fault(span, "BEGIN has no COMMIT"));
    }
    let count = u32::try_from(cutter.steps.len()).unwrap_or(u32::MAX);
    for (step, place) in cutter.steps.iter_mut().zip(1..) {
        step.at.of = count;
        change.clone_into(&mut step.at.change);
        phase.clone_into(&mut step.at.phase);
        step.at.step = place;
    }
    Ok(cutter.steps)
}

/// The step of a `migrate.sql` that a statement belongs to, counted from one; none where there is
/// no such statement.
pub fn step_of(change: &Change, statement: u32) -> Result<Option<Step>, Unrunnable> {
    let Some(file) = change.file(Phase::Migrate) else { return Ok(None) };
    let at = usize::try_from(statement).unwrap_or(usize::MAX).saturating_sub(1);
    let steps = steps(&change.name, Phase::Migrate.word(), file)?;
    Ok(steps.into_iter().find(|step| step.statements.contains(&at)))
}

struct Cutter<'a> {
    file: &'a PhaseFile,
    steps: Vec<Step>,
    session: Vec<String>,
    /// The BEGIN that is open.
    open: Option<usize>,
}

impl Cutter<'_> {
    fn fault(&self, span: Span, why: &str) -> Unrunnable {
        self.file.fault(span, why)
    }

    fn take(&mut self, at: usize, statement: &Statement) -> Result<(), Unrunnable> {
        let span = statement.span;
        if self.file.script.has_placeholder(span) {
            return Err(self.fault(span, "it has a placeholder, and nobody fills it in"));
        }
        match &statement.body {
            Body::Copy(copy) if copy.into_table && self.names(span, "STDIN") => {
                Err(self.fault(span, "COPY from standard input is not run: use INSERT"))
            }
            Body::Copy(copy) if !copy.into_table && self.names(span, "STDOUT") => {
                Err(self.fault(span, "COPY to standard output is not run: nobody reads it"))
            }
            Body::Transaction(verb) => self.control(at, span, verb),
            Body::Set(set) if self.open.is_none() => {
                if !set.local {
                    self.session.push(span.of(&self.file.text).to_owned());
                }
                Ok(())
            }
            _ if self.open.is_some() => Ok(()),
            _ => {
                self.add(span, at..at + 1, span);
                // Its digest is on record where it ran: it stays a step, which others come after.
                self.keep(at..at + 1);
                Ok(())
            }
        }
    }

    /// Whether a word, which is no part of a string, stands in a statement.
    fn names(&self, span: Span, wanted: &str) -> bool {
        let words = sql::words(&self.file.text, span);
        words.into_iter().any(|word| word.of(&self.file.text).eq_ignore_ascii_case(wanted))
    }

    /// Whether a BEGIN says more than that a transaction begins.
    fn has_modes(&self, span: Span) -> bool {
        let plain = ["BEGIN", "START", "WORK", "TRANSACTION"];
        sql::words(&self.file.text, span).into_iter().any(|word| {
            !plain.iter().any(|known| word.of(&self.file.text).eq_ignore_ascii_case(known))
        })
    }

    fn control(&mut self, at: usize, span: Span, verb: &TransactionVerb) -> Result<(), Unrunnable> {
        match (verb, self.open) {
            (TransactionVerb::Begin, None) if self.has_modes(span) => {
                let why = "BEGIN with modes is not run: the transaction is the ledger's, too, and \
                           has those of the session; write BEGIN alone";
                return Err(self.fault(span, why));
            }
            (TransactionVerb::Begin, None) => self.open = Some(at),
            (TransactionVerb::Commit, Some(first)) => {
                self.open = None;
                if first + 1 < at {
                    let statements = &self.file.script.statements;
                    let inner =
                        Span::new(statements[first + 1].span.offset, statements[at - 1].span.end());
                    let whole = Span::new(statements[first].span.offset, span.end());
                    self.add(whole, first + 1..at, inner);
                    self.keep(first + 1..at);
                }
            }
            (
                TransactionVerb::Savepoint(_)
                | TransactionVerb::RollbackTo(_)
                | TransactionVerb::Release(_),
                Some(_),
            ) => {}
            _ => {
                let why = "of transaction control only BEGIN … COMMIT is run, with savepoints";
                return Err(self.fault(span, why));
            }
        }
        Ok(())
    }

    /// Keeps what statements set for what comes after it, too.
    fn keep(&mut self, statements: Range<usize>) {
        for statement in &self.file.script.statements[statements] {
            match &statement.body {
                Body::Set(set) if !set.local => {
                    self.session.push(statement.span.of(&self.file.text).to_owned());
                }
                Body::Query(query) => {
                    self.session.extend(set_again(query, statement.span.of(&self.file.text)));
                }
                _ => {}
            }
        }
    }

    fn add(&mut self, span: Span, statements: Range<usize>, sql: Span) {
        let all = &self.file.script.statements[statements.clone()];
        let spans: Vec<Span> = all.iter().map(|statement| statement.span).collect();
        let digest = digest_of(&self.file.text, &spans);
        let at = StepRef { change: String::new(), phase: String::new(), step: 0, of: 0, digest };
        let sql = sql.of(&self.file.text).to_owned();
        let session = self.session.clone();
        let indexes = all.iter().filter_map(|statement| match &statement.body {
            Body::CreateIndex(create) if create.if_not_exists => Index::of(create),
            _ => None,
        });
        let or_there = indexes.collect();
        self.steps.push(Step { at, span, statements, session, or_there, sql });
    }
}

/// What a query sets by `set_config`, as a statement that gives no rows: answers are told apart by
/// those.
fn set_again(query: &Query, text: &str) -> Option<String> {
    let lasts = |expr: &Expr| match expr {
        Expr::Call { name, arguments } if name.name == CONFIG => {
            matches!(arguments.as_slice(), [_, _, Expr::Bool(false)])
        }
        _ => false,
    };
    let call = |set: &Setting| {
        format!("pg_catalog.{CONFIG}({}, {}, false)", literal(&set.name), literal(&set.value))
    };
    let lasting = query.settings.iter().filter(|set| !set.local);
    let again = if lasting.clone().count() < query.selected.len()
        && query.relations.is_empty()
        && query.selected.iter().all(lasts)
    {
        // What is put together while it runs is put together anew.
        text.trim_start().get("SELECT".len()..)?.to_owned()
    } else {
        lasting.map(call).collect::<Vec<_>>().join(", ")
    };
    let block = format!("BEGIN PERFORM {again}; END");
    (!again.is_empty()).then(|| format!("DO {}", literal(&block)))
}

/// The function that sets a parameter.
const CONFIG: &str = "set_config";

fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

impl Step {
    /// The settings of its file, as statements.
    pub fn own_settings(&self) -> String {
        self.session.iter().flat_map(|set| [set.as_str(), ";\n"]).collect()
    }

    /// How it runs, by what is known of its file's statements; those of a transaction that cannot
    /// run in one are an error of the server's.
    pub fn way(&self, file: &PhaseFile, facts: &[Fact]) -> Way {
        let own = facts.get(self.statements.clone()).unwrap_or_default();
        let alone =
            self.statements.len() == 1 && own.iter().any(|fact| !fact.analysis.transactional);
        if alone {
            return Way::Alone(Proof::of(&file.script.statements[self.statements.start].body));
        }
        // What is not known is taken for strong: a short wait does no harm to what is not.
        Way::Transaction { strong: own.is_empty() || own.iter().any(|fact| fact.blocks) }
    }
}
