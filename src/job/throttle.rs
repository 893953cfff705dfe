//! What holds a backfill back: limits, what was read of each signal, and the one verdict over both.
//! What cannot be read holds it as well: no answer is never zero.

mod bucket;
mod held;
mod law;
mod limits;
mod marks;
mod reading;
mod replicas;
mod unread;
mod words;

pub use limits::Age;
pub use limits::Expected;
pub use limits::Limits;
pub use limits::Prometheus;
pub use limits::Query;
pub use marks::Marks;
pub use reading::Batch;
pub use reading::Connections;
pub use reading::Pinned;
pub use reading::Reading;
pub use reading::Replica;
pub use reading::Rows;
pub use reading::Seen;
pub use reading::Slot;
pub use reading::Transaction;
pub use reading::Vacuum;

use bucket::Bucket;
use held::Held;
use replicas::Roster;
use std::time::Duration;

/// The word that switches a signal off.
const OFF: &str = "off";

/// Why the next batch has to wait.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hold {
    /// The signal, as its limit is called in the settings.
    pub signal: &'static str,
    /// What it says, and when the backfill goes on.
    pub why: String,
}

/// Something worth knowing that holds nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// The signal, as its limit is called in the settings.
    pub signal: &'static str,
    /// What it says.
    pub what: String,
}

/// Whether the next batch may begin.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    /// Why not; it may where there is none.
    pub holds: Vec<Hold>,
    /// How long to wait before it, where nothing holds it.
    pub pause: Duration,
    /// What is worth knowing.
    pub notes: Vec<Note>,
}

impl Verdict {
    fn hold(&mut self, signal: &'static str, why: String) {
        self.holds.push(Hold { signal, why });
    }

    fn note(&mut self, signal: &'static str, what: String) {
        self.notes.push(Note { signal, what });
    }
}

/// The limits of a backfill, and what is remembered of the signals between two batches.
#[derive(Clone, Debug)]
pub struct Throttle {
    limits: Limits,
    held: Held,
    roster: Roster,
    /// From which transaction on dead rows are kept, and since when that is seen.
    pinned: Option<(String, Duration)>,
    bucket: Option<Bucket>,
    /// How many workers share what may be logged.
    sharers: u64,
}

impl Throttle {
    /// Nothing is remembered yet.
    pub fn new(limits: Limits) -> Throttle {
        Throttle {
            limits,
            held: Held::default(),
            roster: Roster::default(),
            pinned: None,
            bucket: None,
            sharers: 1,
        }
    }

    /// Replicas that others of the same backfill have seen, and that therefore must be there.
    pub fn expect(&mut self, replicas: impl IntoIterator<Item = String>) {
        self.roster.expect(replicas);
    }

    /// The replicas that must be there, as far as they were seen.
    pub fn seen(&self) -> impl Iterator<Item = &str> {
        self.roster.seen()
    }

    /// A replica is gone for good.
    pub fn forget(&mut self, replica: &str) {
        self.roster.forget(replica);
    }

    /// So many workers share what may be logged from now on.
    pub fn share(&mut self, workers: u64) {
        self.sharers = workers.max(1);
    }

    /// Judges what was read, at a time since the start. A signal that has a limit and is not among
    /// the readings holds the backfill.
    pub fn judge(&mut self, now: Duration, readings: &[Reading]) -> Verdict {
        let mut verdict = Verdict::default();
        for reading in readings {
            self.one(now, reading, &mut verdict);
        }
        unread::unread(&self.limits, readings, &mut verdict);
        self.pause(now, readings, &mut verdict);
        verdict
    }
}
