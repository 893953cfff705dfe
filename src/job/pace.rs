//! How big the next batch is: what is held is the time of a batch, for that is the longest that
//! anybody waits for a row of it.

use std::time::Duration;

/// What a batch may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// How long a batch should take.
    pub target: Duration,
    /// The fewest rows, or blocks, of a batch.
    pub least: u32,
    /// The most.
    pub most: u32,
}

/// The size of batches, as it follows from those before.
#[derive(Clone, Debug)]
pub struct Pace {
    bounds: Bounds,
    size: u32,
    /// Units a second, as the last batches had it.
    rate: Option<f64>,
    /// What locks allow; halved when somebody waited, and grown back slowly.
    cap: f64,
    /// Batches since anybody waited.
    clean: u32,
    deadlocks: u32,
}

/// How much of the rate is remembered.
const MEMORY: f64 = 0.75;
/// The most that a batch grows by.
const GROWTH: f64 = 1.5;
/// Sizes that differ by less are one.
const BAND: f64 = 0.2;
/// A batch that takes so many times its target is cut to a tenth at once.
const PANIC: u32 = 5;
/// After how many batches without a wait the cap is raised, and by what.
const CLEAN: u32 = 20;
const RAISE: f64 = 1.1;

impl Pace {
    /// Begins with a size.
    pub fn new(bounds: Bounds, first: u32) -> Pace {
        let size = first.clamp(bounds.least, bounds.most.max(bounds.least));
        Pace { bounds, size, rate: None, cap: f64::from(bounds.most), clean: 0, deadlocks: 0 }
    }

    /// How many rows, or blocks, the next batch is to have.
    pub fn size(&self) -> u32 {
        self.size
    }

    /// A batch of this size took so long, waits for locks and throttles not counted.
    pub fn took(&mut self, size: u32, took: Duration) {
        self.deadlocks = 0;
        self.clean += 1;
        if self.clean.is_multiple_of(CLEAN) {
            self.cap = (self.cap * RAISE).min(f64::from(self.bounds.most));
        }
        if took > self.bounds.target * PANIC {
            self.rate = None;
            self.set(f64::from(size) / 10.0);
            return;
        }
        let seconds = took.as_secs_f64().max(1e-6);
        let rate = f64::from(size) / seconds;
        let rate = self.rate.map_or(rate, |before| MEMORY * before + (1.0 - MEMORY) * rate);
        self.rate = Some(rate);
        let wanted = rate * self.bounds.target.as_secs_f64();
        let now = f64::from(self.size);
        if (wanted - now).abs() > BAND * now || wanted > f64::from(self.bounds.most) {
            // What was measured at another size says less of a bigger one.
            self.set(wanted.min(f64::from(size.min(self.size)) * GROWTH));
        }
    }

    /// Somebody waited for a batch, or it did not get its locks: the next ones are half as big.
    pub fn waited(&mut self) {
        self.clean = 0;
        self.cap = (f64::from(self.size) / 2.0).max(f64::from(self.bounds.least));
        self.set(self.cap);
    }

    /// A deadlock is tried again twice as it was.
    pub fn deadlock(&mut self) {
        self.deadlocks += 1;
        if self.deadlocks > 2 {
            self.waited();
        }
    }

    /// Whether batches cannot become smaller.
    pub fn is_least(&self) -> bool {
        self.size <= self.bounds.least
    }

    fn set(&mut self, size: f64) {
        let most = self.cap.max(f64::from(self.bounds.least)).min(f64::from(self.bounds.most));
        let size = size.min(most).max(f64::from(self.bounds.least));
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "it lies between two bounds that fit"
        )]
        let size = size.round() as u32;
        self.size = size.max(1);
    }
}
