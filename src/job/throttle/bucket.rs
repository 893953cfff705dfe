//! A budget of bytes a second: what is not spent is kept for a second, what is overspent is waited
//! for.

use std::time::Duration;

#[derive(Clone, Copy, Debug)]
pub(super) struct Bucket {
    /// What may be spent in a second.
    rate: f64,
    /// What is left; below zero it is owed.
    left: f64,
    at: Duration,
}

impl Bucket {
    pub(super) fn new(rate: u64, now: Duration) -> Bucket {
        let rate = float(rate.max(1));
        Bucket { rate, left: rate, at: now }
    }

    /// Another rate from now on; what is owed stays owed.
    pub(super) fn change(&mut self, rate: u64) {
        self.rate = float(rate.max(1));
    }

    /// Lets time pass, and spends.
    pub(super) fn spend(&mut self, now: Duration, bytes: u64) {
        let passed = now.saturating_sub(self.at).as_secs_f64();
        self.left = (self.left + passed * self.rate).min(self.rate) - float(bytes);
        self.at = now;
    }

    /// How long it takes until nothing is owed.
    pub(super) fn pause(&self) -> Duration {
        let owed = (-self.left / self.rate).max(0.0);
        Duration::try_from_secs_f64(owed).unwrap_or(Duration::MAX)
    }
}

#[expect(clippy::cast_precision_loss, reason = "a byte more or less is no matter here")]
fn float(bytes: u64) -> f64 {
    bytes as f64
}
