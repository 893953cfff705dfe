//! What became of a batch, and what that means for what comes next.

use super::Next;
use super::Worker;
use super::wait::IDLE;
use super::wait::SCARCE;
use crate::backfill::batch::Outcome;
use crate::backfill::claim;
use crate::backfill::claim::Range;
use crate::backfill::cut::Size;
use crate::backfill::end;
use crate::backfill::error::BackfillError;
use crate::backfill::fault::Fault;
use crate::backfill::fault::fault;
use crate::backfill::held::Held;
use crate::backfill::open::Part;
use crate::backfill::parts;
use crate::backfill::poison;
use crate::backfill::worker::End;
use crate::db::DbError;
use std::time::Duration;

/// The most rows that are gone through at once in search of one.
const SEARCH: u32 = 512;

/// After so many failures in a row a range is left alone for a while.
const FAILURES: u32 = 8;
const PARKED: Duration = Duration::from_secs(10);

impl Worker<'_> {
    /// What a batch's outcome means for what comes next.
    pub(super) fn judge(
        &mut self,
        part: &Part,
        range: &mut Range,
        size: Size,
        outcome: Outcome,
    ) -> Result<Next, BackfillError> {
        let id = self.crew.open.id;
        match outcome {
            Outcome::Done { written, took, ended, wal } => {
                self.failures = 0;
                match took {
                    Some(took) => {
                        self.valve.passed(took, wal);
                        self.done(part, size, written, took)?;
                    }
                    // A range was passed over, or the row that was looked for.
                    None if self.search.is_some() => self.found()?,
                    None => {}
                }
                Ok(if ended { Next::Leave } else { Next::On })
            }
            Outcome::Lost => Ok(Next::Leave),
            Outcome::Halved(hi) => {
                range.hi = hi;
                Ok(Next::On)
            }
            Outcome::Moved => {
                end::recut(&self.session, self.crew, part)?;
                Ok(Next::Leave)
            }
            Outcome::Unwanted => {
                claim::release(&self.session, id, range, Duration::ZERO)?;
                match end::seen(&self.session, id)? {
                    Some(end) => self.ended(end).map(Next::End),
                    None => Ok(Next::Leave),
                }
            }
            Outcome::Failed { error, .. } => self.failed(part, range, size, error),
        }
    }

    /// What a batch that is done says of the size of the next one.
    fn done(
        &mut self,
        part: &Part,
        size: Size,
        written: u64,
        took: Duration,
    ) -> Result<(), BackfillError> {
        match size {
            Size::Units(units) => self.pace(part).took(units, took),
            Size::Rows(rows) => {
                let wider = rows.saturating_mul(2);
                self.search = (wider <= SEARCH).then_some(wider);
            }
        }
        let seconds = took.as_secs_f64().max(1e-6);
        #[expect(clippy::cast_precision_loss, reason = "a rate need not be exact")]
        let rate = written as f64 / seconds;
        let size = match size {
            Size::Units(size) | Size::Rows(size) => size,
        };
        self.presence.beat(&self.session, size, rate)
    }

    /// What comes after a row that was set aside: the search widens, unless there are too many.
    fn found(&mut self) -> Result<(), BackfillError> {
        let (id, most) = (self.crew.open.id, self.crew.options.poison);
        let aside = poison::count(&self.session, id)?;
        if aside > u64::from(most) {
            let why = format!("{aside} rows cannot be done, and {most} are allowed");
            end::fail(&self.session, id, &why)?;
            return Err(self.crew.failed(why));
        }
        self.search = Some(2);
        Ok(())
    }

    /// What a failure means: whose it is says what is done about it.
    fn failed(
        &mut self,
        part: &Part,
        range: &mut Range,
        size: Size,
        error: DbError,
    ) -> Result<Next, BackfillError> {
        let id = self.crew.open.id;
        self.failures += 1;
        match fault(&error) {
            Fault::Row => {
                self.search = Some(match size {
                    Size::Units(units) => (units / 2).clamp(1, SEARCH),
                    Size::Rows(rows) => (rows / 2).max(1),
                });
                Ok(Next::On)
            }
            Fault::Deadlock => {
                self.pace(part).deadlock();
                self.pause(self.backoff())?;
                Ok(Next::On)
            }
            Fault::Contention => {
                self.pace(part).waited();
                if self.crew.job.rest.is_some() {
                    // The slice is begun anew, as a smaller one: rows that are done show it.
                    (range.stop, range.stripe) = (None, 0);
                }
                if self.failures < FAILURES {
                    self.pause(self.backoff())?;
                    return Ok(Next::On);
                }
                // Others may go on elsewhere meanwhile.
                claim::release(&self.session, id, range, PARKED)?;
                let held = Held::new("locks", format!("rows are held: {error}"));
                self.presence.holds(&self.session, &[held], &[])?;
                self.pause(IDLE)?;
                Ok(Next::Leave)
            }
            Fault::Resources => {
                claim::release(&self.session, id, range, SCARCE)?;
                self.lacks(&error);
                self.pause(SCARCE)?;
                Ok(Next::Leave)
            }
            Fault::Interrupted => {
                claim::release(&self.session, id, range, Duration::ZERO)?;
                Ok(Next::End(End::Stopped))
            }
            Fault::Frozen => {
                claim::release(&self.session, id, range, Duration::ZERO)?;
                Err(BackfillError::frozen(&error))
            }
            Fault::Connection => Err(error.into()),
            Fault::Job => {
                // A partition that is gone takes its ranges along.
                if parts::follow(&self.session, id, self.crew.job, self.crew.options, None)? {
                    return Ok(Next::Leave);
                }
                end::fail(&self.session, id, &error.to_string())?;
                Err(self.crew.failed(error.to_string()))
            }
        }
    }
}
