//! What a change may say of its backfill, in `[backfill]` of its `change.toml`.

use super::pace::Bounds;
use super::throttle::Limits;
use std::time::Duration;

/// How a backfill is to run.
#[derive(Clone, Debug, PartialEq)]
pub struct Options {
    /// The columns of the key to walk by.
    pub key: Option<Vec<String>>,
    /// How to walk.
    pub walk: Way,
    /// From which end ranges are taken.
    pub order: Order,
    /// In how many stripes a slice is walked; none lets the table decide, one is without stripes.
    pub stripes: Option<u32>,
    /// How long a batch should take.
    pub target: Duration,
    /// The fewest rows of a batch.
    pub least: u32,
    /// The most, of a batch or a slice in stripes; none leaves it at what suits either.
    pub most: Option<u32>,
    /// How many workers may be at a table at once, in all processes.
    pub workers: u32,
    /// How many rows may be set aside before the job stops.
    pub poison: u32,
    /// Which of several jobs comes first: the greater.
    pub priority: i32,
    /// The query that counts the rows that are left, in place of ours.
    pub verify: Option<String>,
    /// From when to when it may run, as minutes since midnight by the database's clock; the second
    /// may be the next day's.
    pub window: Option<(u16, u16)>,
    /// What it holds still for.
    pub limits: Limits,
}

/// How a table is walked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Way {
    /// As suits it.
    #[default]
    Any,
    /// By a key.
    Key,
    /// Block by block.
    Blocks,
}

/// From which end the ranges of a table, and its partitions, are taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// From the first key on.
    #[default]
    Ascending,
    /// From the last key on: what is newest first, as far as keys grow with time.
    Descending,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            key: None,
            walk: Way::Any,
            order: Order::Ascending,
            stripes: None,
            target: Duration::from_millis(150),
            least: 10,
            most: None,
            workers: 4,
            poison: 100,
            priority: 0,
            verify: None,
            window: None,
            limits: Limits::default(),
        }
    }
}

/// The most rows of a batch: more are hardly quicker, and commits beside it wait for their log.
pub const ROWS_MOST: u32 = 10_000;

/// The most rows of a slice in stripes.
const SLICE_MOST: u32 = 50_000;

impl Options {
    /// What a batch of rows may be.
    pub fn rows(&self) -> Bounds {
        let most = self.most.unwrap_or(ROWS_MOST);
        Bounds { target: self.target, least: self.least, most }
    }

    /// What a slice that is walked in stripes may be, in rows; a batch is one stripe of it.
    pub fn slices(&self) -> Bounds {
        let most = self.most.unwrap_or(SLICE_MOST);
        Bounds { target: self.target, least: self.least, most }
    }

    /// What a batch of blocks may be.
    pub fn blocks(&self) -> Bounds {
        Bounds { target: self.target, least: 1, most: 1024 }
    }
}
