//! What a worker waits for: a pause, what holds the job, a database that is gone.

use super::Worker;
use crate::backfill::claim;
use crate::backfill::claim::LEASE;
use crate::backfill::claim::Range;
use crate::backfill::end;
use crate::backfill::error::BackfillError;
use crate::backfill::fault::Fault;
use crate::backfill::fault::fault;
use crate::backfill::valve::Flow;
use crate::backfill::valve::Valve;
use crate::db::DbError;
use crate::db::any_up_to;
use std::time::Duration;
use std::time::Instant;

/// How long a worker waits for a range.
pub(super) const IDLE: Duration = Duration::from_millis(200);

/// After what time something that ran out is asked for again.
pub(super) const SCARCE: Duration = Duration::from_secs(5);

impl Worker<'_> {
    /// A pause that grows with the failures in a row, of any length up to its bound.
    pub(super) fn backoff(&self) -> Duration {
        let longest = Duration::from_millis(250) * 2_u32.pow(self.failures.min(5));
        any_up_to(longest.min(Duration::from_secs(8)))
    }

    /// Waits, but not longer than the worker has time.
    pub(super) fn pause(&self, span: Duration) -> Result<(), BackfillError> {
        let end = Instant::now() + span;
        while Instant::now() < end && !self.crew.is_over() {
            let left = end.saturating_duration_since(Instant::now());
            match self.session.pause(left.min(IDLE)) {
                // What is held is given back, which takes questions that may still be asked.
                Err(DbError::Interrupted { .. }) => return Ok(()),
                other => other?,
            }
        }
        Ok(())
    }

    /// Waits while something holds the job; whether the range is still ours after that.
    pub(super) fn hold(&mut self, range: &Range) -> Result<bool, BackfillError> {
        let mut renewed = Instant::now();
        loop {
            let Flow { holds, pause, notes } = self.valve.look(&self.session, self.crew)?;
            self.presence.holds(&self.session, &holds, &notes)?;
            if holds.is_empty() {
                // A pause that is longer goes on after the range was renewed.
                self.pause(pause.min(LEASE / 4))?;
                if pause <= LEASE / 4 {
                    return Ok(true);
                }
            }
            if self.crew.is_over() {
                return Ok(true);
            }
            if renewed.elapsed() >= LEASE / 4 {
                if !claim::renew(&self.session, self.crew.open.id, range)? {
                    return Ok(false);
                }
                renewed = Instant::now();
            }
            if end::seen(&self.session, self.crew.open.id)?.is_some() {
                // The fence says the same, and gives the range back.
                return Ok(true);
            }
            if !holds.is_empty() {
                self.pause(IDLE)?;
            }
        }
    }

    /// Makes the connection anew, for as long as a database that is gone is waited for.
    pub(super) fn reconnect(&mut self, error: &DbError) -> Result<(), BackfillError> {
        let begun = Instant::now();
        let mut last = error.to_string();
        while begun.elapsed() < self.crew.outage {
            if self.crew.is_over() {
                return Ok(());
            }
            match self.crew.connect() {
                Ok(line) => {
                    self.session = line.session;
                    self.observer = line.observer;
                    self.valve = Valve::new(self.crew, line.timeline);
                    return Ok(());
                }
                Err(BackfillError::Db(error)) if fault(&error) == Fault::Connection => {
                    last = error.to_string();
                }
                Err(error) => return Err(error),
            }
            let pause = any_up_to(Duration::from_secs(2));
            std::thread::sleep(pause);
        }
        Err(BackfillError::Gone(format!("after {} s: {last}", begun.elapsed().as_secs())))
    }
}
