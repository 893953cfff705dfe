//! The outcome of a check, and what all outcomes together mean to whoever asked.

use crate::ledger::CheckId;
use crate::ledger::Moment;

/// How a check came out, from the best to the worst.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// It holds, and the evidence says why.
    Pass,
    /// Nobody can know: something that should speak is silent.
    NoData,
    /// It does not hold yet.
    Block,
    /// Waiting does not help: a person has to change something.
    Refuse,
    /// The ledger or the database is not what it was.
    Integrity,
}

impl Outcome {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Outcome::Pass => "pass",
            Outcome::NoData => "no-data",
            Outcome::Block => "block",
            Outcome::Refuse => "refuse",
            Outcome::Integrity => "integrity",
        }
    }
}

/// What a verdict means to a pipeline, from the best to the worst.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// The contract may run.
    Ready,
    /// Something is silent: look there.
    NoData,
    /// Not yet: try again later.
    Blocked,
    /// Refused: waiting does not help.
    Refused,
    /// Stop: the ledger or the database is not what it was.
    Integrity,
}

impl Class {
    /// The exit code.
    pub fn code(self) -> u8 {
        match self {
            Class::Ready => 0,
            Class::Blocked => 4,
            Class::NoData => 6,
            Class::Integrity => 7,
            Class::Refused => 8,
        }
    }

    /// The class of these checks: the worst of those that do not hold; but as long as something
    /// blocks, silence elsewhere is no news.
    pub(super) fn of(checks: &[Check]) -> Class {
        let open = checks.iter().filter(|check| !check.holds());
        match open.map(|check| check.outcome).max() {
            None | Some(Outcome::Pass) => Class::Ready,
            Some(Outcome::NoData) => Class::NoData,
            Some(Outcome::Block) => Class::Blocked,
            Some(Outcome::Refuse) => Class::Refused,
            Some(Outcome::Integrity) => Class::Integrity,
        }
    }
}

/// A check, as it came out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// Which.
    pub id: CheckId,
    /// Its name.
    pub name: &'static str,
    /// How it came out.
    pub outcome: Outcome,
    /// Why: who, where, which version.
    pub evidence: String,
    /// The earliest moment at which it can hold if only time passes; `None` if it holds, or if time
    /// alone does not help.
    pub clears: Option<Moment>,
    /// It cannot be overridden as it is, whatever a grant says.
    pub firm: bool,
    /// The grant that stands in for it, by its event.
    pub overridden: Option<i64>,
    /// The command that goes on from here, if there is one.
    pub next: Option<String>,
}

impl Check {
    /// Whether it holds up nothing.
    pub fn holds(&self) -> bool {
        self.outcome == Outcome::Pass || self.overridden.is_some()
    }
}

/// One reason of a check; a check has the outcome of its worst.
#[derive(Clone, Debug)]
pub(super) struct Reason {
    pub(super) outcome: Outcome,
    pub(super) words: String,
    pub(super) clears: Option<Moment>,
    pub(super) firm: bool,
    pub(super) next: Option<String>,
}

impl Reason {
    pub(super) fn new(outcome: Outcome, words: impl Into<String>) -> Reason {
        Reason { outcome, words: words.into(), clears: None, firm: false, next: None }
    }

    pub(super) fn block(words: impl Into<String>) -> Reason {
        Reason::new(Outcome::Block, words)
    }

    pub(super) fn silent(words: impl Into<String>) -> Reason {
        Reason::new(Outcome::NoData, words)
    }

    pub(super) fn clears(self, clears: Option<Moment>) -> Reason {
        Reason { clears, ..self }
    }

    pub(super) fn firm(self) -> Reason {
        Reason { firm: true, ..self }
    }

    /// The command that goes on from here.
    pub(super) fn next(self, command: impl Into<String>) -> Reason {
        Reason { next: Some(command.into()), ..self }
    }
}

/// The check with these reasons against it; without any it passes, and `pass` says why.
pub(super) fn check(id: CheckId, reasons: &[Reason], pass: impl FnOnce() -> String) -> Check {
    let outcome = reasons.iter().map(|reason| reason.outcome).max().unwrap_or(Outcome::Pass);
    let words: Vec<&str> = reasons.iter().map(|reason| reason.words.as_str()).collect();
    let waits: Option<Vec<Moment>> = reasons.iter().map(|reason| reason.clears).collect();
    Check {
        id,
        name: id.title(),
        outcome,
        evidence: if reasons.is_empty() { pass() } else { words.join("; ") },
        clears: waits.and_then(|waits| waits.into_iter().max()),
        firm: !id.can_be_overridden() || reasons.iter().any(|reason| reason.firm),
        overridden: None,
        next: reasons
            .iter()
            .filter(|reason| reason.outcome == outcome)
            .find_map(|reason| reason.next.clone()),
    }
}
