//! What was read of each signal.

use std::time::Duration;

/// What was seen, or why it cannot be.
pub type Seen<T> = Result<T, String>;

/// What was read of a signal.
#[derive(Clone, Debug, PartialEq)]
pub enum Reading {
    /// Who follows the server.
    Replicas(Seen<Vec<Replica>>),
    /// The replication slots.
    Slots(Seen<Vec<Slot>>),
    /// How many files of the log wait for the archive; `None` where nothing is archived.
    Archive(Seen<Option<u64>>),
    /// The oldest transaction of others.
    Transaction(Seen<Option<Transaction>>),
    /// Who keeps dead rows from being taken away.
    Horizon(Seen<Option<Pinned>>),
    /// A vacuum of the table.
    Vacuum(Seen<Option<Vacuum>>),
    /// The connections.
    Connections(Seen<Connections>),
    /// How many sessions are at work, but for this one.
    Active(Seen<u64>),
    /// The rows of the table.
    Dead(Seen<Rows>),
    /// A number that SQL gave, by its name.
    Query(String, Seen<f64>),
    /// A number that Prometheus gave, by its name.
    Prometheus(String, Seen<f64>),
    /// How many sessions wait for locks of the backfill: whoever watches the batches tells it.
    Waiters(Seen<u64>),
    /// The batch that was done since the last judgement: whoever runs batches tells it.
    Batch(Batch),
}

/// Who follows the server.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Replica {
    /// Its `application_name`.
    pub name: String,
    /// Its slot, or else its address: what tells it from another one of this name.
    pub place: String,
    /// The process that serves it.
    pub pid: i32,
    /// Whether it replays what it gets, as a standby does and a copier of the log does not.
    pub replays: bool,
    /// How far it is; `None` where it has not said.
    pub position: Option<String>,
    /// How many bytes it is behind.
    pub behind: Option<u64>,
    /// How long it is since its last word, if its clock and the server's agree.
    pub silent: Option<Duration>,
}

/// A replication slot.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Slot {
    /// Its name.
    pub name: String,
    /// Its `wal_status`; `None` for one that keeps nothing yet.
    pub status: Option<String>,
    /// Its `safe_wal_size`, where there is a limit.
    pub room: Option<i64>,
}

/// A transaction of somebody else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transaction {
    /// Whose it is.
    pub who: String,
    /// For how long it is open.
    pub age: Duration,
}

/// Who keeps dead rows from being taken away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pinned {
    /// Who it is.
    pub who: String,
    /// The transaction from which on rows are kept.
    pub xmin: String,
    /// How many transactions began since.
    pub behind: u64,
}

/// A vacuum of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Vacuum {
    /// It prevents wraparound, and may take days.
    pub wraparound: bool,
}

/// The connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Connections {
    /// Those in use.
    pub used: u64,
    /// `max_connections`.
    pub most: u64,
}

/// The rows of a table, as its statistics have them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rows {
    /// Those that are dead.
    pub dead: u64,
    /// Those that live.
    pub live: u64,
}

/// A batch that was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Batch {
    /// How long it took.
    pub took: Duration,
    /// How many bytes of the log it wrote; `None` where that is not known.
    pub wal: Option<u64>,
}
