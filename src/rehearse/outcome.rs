//! What came of a rehearsal.

use crate::effect::LockMode;
use crate::effect::Phase;
use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::time::Duration;

/// What came of a rehearsal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The change.
    pub change: String,
    /// The version of the server, as it says it.
    pub server: String,
    /// How many changes were run before it.
    pub before: usize,
    /// What was done, in order.
    pub moves: Vec<Move>,
}

/// A file that was run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Move {
    /// The phase.
    pub phase: Phase,
    /// Its undo script was run.
    pub undo: bool,
    /// It ran before.
    pub again: bool,
    /// Its statements, up to the one that failed.
    pub ran: Vec<Ran>,
    /// How the schema differs from what it was before what was taken back.
    pub difference: Option<Difference>,
}

/// A schema before and after.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// As it should be.
    pub before: String,
    /// As it is.
    pub after: String,
}

/// A statement that was run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ran {
    /// The line of its file that it begins on.
    pub line: usize,
    /// Its SQL.
    pub sql: String,
    /// How long it took.
    pub took: Duration,
    /// The strongest lock that its transaction holds after it on each relation that was there
    /// before; `None` where it ran outside of one, and its locks are gone with it.
    pub locks: Option<BTreeMap<String, LockMode>>,
    /// What has rows, and has them in another file now.
    pub rewrites: BTreeSet<String>,
    /// Where the server did something else than the analysis says.
    pub surprises: Vec<String>,
    /// What the server says against it.
    pub failed: Option<String>,
}

impl Move {
    /// Whether all went as it should.
    pub fn passed(&self) -> bool {
        let went = |ran: &Ran| ran.failed.is_none() && ran.surprises.is_empty();
        self.difference.is_none() && self.ran.iter().all(went)
    }

    /// How long its statements took.
    pub fn took(&self) -> Duration {
        self.ran.iter().map(|ran| ran.took).sum()
    }
}

impl Outcome {
    /// Whether all went as it should.
    pub fn passed(&self) -> bool {
        self.moves.iter().all(Move::passed)
    }

    /// Whether the contract was taken back, and the schema was what it had been: nothing else is a
    /// rehearsed rollback.
    pub fn rollback(&self) -> Option<bool> {
        let mut back = self.moves.iter().filter(|step| step.undo && step.phase == Phase::Contract);
        let back = back.next()?;
        let went = back.ran.iter().all(|ran| ran.failed.is_none());
        Some(went && back.difference.is_none())
    }

    /// How long all statements took.
    pub fn took(&self) -> Duration {
        self.moves.iter().map(Move::took).sum()
    }
}
