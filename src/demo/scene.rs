//! What is told of the demonstration, step by step.

use super::client::Tally;
use crate::effect::Phase;
use crate::gate::Verdict;
use crate::ledger::Event;
use crate::lint::Finding;
use std::time::Duration;

/// A step of the story, after it went as it is told.
pub enum Scene<'a> {
    /// The server is there.
    Ready {
        /// Its version, as it says it.
        version: String,
    },
    /// The rename in one statement is refused.
    Unsafe {
        /// The statement.
        sql: &'a str,
        /// What was found.
        findings: Vec<Finding>,
    },
    /// The same in three phases, in which nothing is found.
    Phases(&'a [(Phase, &'a str)]),
    /// The expand ran, and nobody noticed.
    Expanded {
        /// How many steps it has.
        steps: usize,
        /// How long it took.
        took: Duration,
        /// The clients, the old one first.
        clients: [Tally; 2],
    },
    /// The rows that were there are filled in.
    Filled {
        /// How long that took.
        took: Duration,
        /// In how many batches.
        batches: u64,
        /// How many rows there are.
        rows: u64,
        /// The query that finds none left.
        left: &'a str,
        /// The clients, the old one first.
        clients: [Tally; 2],
    },
    /// The contract is refused.
    Blocked(Verdict),
    /// The old release is gone, and long enough.
    Soaked {
        /// All that the old client did.
        old: Tally,
        /// What had to be earned.
        window: Duration,
        /// How long it was waited for.
        waited: Duration,
    },
    /// The contract ran, and the old release can no longer start.
    Contracted {
        /// The verdict by which it ran.
        verdict: Verdict,
        /// All that the new client did, the contract included.
        new: Tally,
        /// Why the old release does not start.
        refusal: String,
    },
    /// The ledger.
    Ledger {
        /// Its events.
        events: &'a [Event],
        /// The place and hash of the last one, of a chain that is whole.
        head: (i64, &'a [u8]),
    },
}
