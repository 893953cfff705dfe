//! A worker: it takes ranges of a job and works them off, batch by batch, until nothing is left, it
//! is told to stop, or something is in the way that does not pass.

use super::batch::Batch;
use super::batch::Outcome;
use super::batch::Size;
use super::claim;
use super::claim::Claim;
use super::claim::LEASE;
use super::claim::Range;
use super::crew::Crew;
use super::crew::Line;
use super::end;
use super::error::BackfillError;
use super::fault::Fault;
use super::fault::fault;
use super::open;
use super::open::Part;
use super::parts;
use super::poison;
use super::presence::Presence;
use super::valve::Flow;
use super::valve::Valve;
use crate::db::DbError;
use crate::db::Session;
use crate::db::any_up_to;
use crate::job::Pace;
use crate::job::Stride;
use crate::job::Walk;
use std::cell::Cell;
use std::time::Duration;
use std::time::Instant;

/// How a worker ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// Nothing is left of the job.
    Complete,
    /// A person wants it to pause, or gave it up.
    Unwanted(String),
    /// Its time is up, or a signal came.
    Stopped,
}

/// A worker at work.
pub(super) struct Worker<'a> {
    pub(super) crew: &'a Crew<'a>,
    pub(super) name: String,
    parts: Vec<Part>,
    pub(super) session: Session,
    observer: Session,
    pub(super) presence: Presence,
    valve: Valve,
    rows: Pace,
    blocks: Pace,
    /// How dense the key is, where that is known.
    stride: Option<Stride>,
    /// Rows a batch, while the one that cannot be done is looked for.
    search: Option<u32>,
    failures: u32,
}

/// What is done next.
enum Next {
    /// The range goes on.
    On,
    /// It is done, or somebody else's.
    Leave,
    /// The worker ends.
    End(End),
}

/// Sizes that a worker begins with.
const FIRST_ROWS: u32 = 1000;
const FIRST_BLOCKS: u32 = 32;

/// The most rows that are gone through at once in search of one.
const SEARCH: u32 = 512;

/// How long a worker waits for a range.
const IDLE: Duration = Duration::from_millis(200);

/// After so many failures in a row a range is left alone for a while.
const FAILURES: u32 = 8;
const PARKED: Duration = Duration::from_secs(10);

impl<'a> Worker<'a> {
    pub(super) fn new(crew: &'a Crew<'a>, nth: u32) -> Result<Worker<'a>, BackfillError> {
        let name = format!("{}/{nth}", crew.process);
        let Line { session, observer, timeline } = crew.connect()?;
        let presence = Presence::new(&session, crew, &name)?;
        Ok(Worker {
            crew,
            name,
            parts: crew.open.parts.clone(),
            session,
            observer,
            presence,
            valve: Valve::new(crew, timeline),
            rows: Pace::new(crew.options.rows(), FIRST_ROWS),
            blocks: Pace::new(crew.options.blocks(), FIRST_BLOCKS),
            stride: None,
            search: None,
            failures: 0,
        })
    }

    /// Works until there is an end; a connection that is lost is made again.
    pub(super) fn run(mut self) -> Result<End, BackfillError> {
        loop {
            match self.work() {
                Ok(end) => {
                    self.presence.leave(&self.session);
                    return Ok(end);
                }
                Err(BackfillError::Db(error)) => match fault(&error) {
                    Fault::Connection => self.reconnect(&error)?,
                    Fault::Interrupted => {
                        self.presence.leave(&self.session);
                        return Ok(End::Stopped);
                    }
                    Fault::Frozen => return Err(frozen(&error)),
                    Fault::Deadlock | Fault::Contention => self.pause(IDLE)?,
                    Fault::Resources => {
                        self.presence.holds(&self.session, &[error.to_string()], &[])?;
                        self.pause(SCARCE)?;
                    }
                    Fault::Row | Fault::Job => return Err(error.into()),
                },
                Err(error) => return Err(error),
            }
        }
    }

    fn work(&mut self) -> Result<End, BackfillError> {
        loop {
            if self.crew.is_over() {
                return Ok(End::Stopped);
            }
            match claim::claim(&self.session, self.crew.open, &self.name)? {
                Claim::Range(mut range) => {
                    if let Some(end) = self.work_off(&mut range)? {
                        return Ok(end);
                    }
                }
                Claim::Wait => {
                    if let Some(end) = end::seen(&self.session, self.crew.open.id)? {
                        return self.ended(end);
                    }
                    self.presence.beat(&self.session, 0, 0.0)?;
                    self.pause(IDLE)?;
                }
                Claim::Empty => {
                    if let Some(end) = end::finish(&self.session, self.crew)? {
                        return self.ended(end);
                    }
                }
            }
        }
    }

    /// What the end of a job means to this worker.
    fn ended(&self, end: end::Ended) -> Result<End, BackfillError> {
        match end {
            end::Ended::Complete => Ok(End::Complete),
            end::Ended::Unwanted(why) => Ok(End::Unwanted(why)),
            end::Ended::Failed(why) => Err(self.crew.failed(why)),
        }
    }

    /// Works a range off; an end, if that is the worker's, too.
    fn work_off(&mut self, range: &mut Range) -> Result<Option<End>, BackfillError> {
        let crew = self.crew;
        let part = &self.part(range.part)?;
        let job = &crew.job;
        let mut without = poison::without(&self.session, crew.open.id, part, &job.alias)?;
        self.search = None;
        self.stride = None;
        self.failures = 0;
        // Where another walk was before, little or nothing is left.
        let mut looks = range.pass > 1;
        loop {
            if !self.hold(range)? {
                return Ok(None);
            }
            // What holds it holds it to the end: no batch is done on the way out.
            if crew.is_over() {
                claim::release(&self.session, crew.open.id, range, Duration::ZERO)?;
                return Ok(Some(End::Stopped));
            }
            let size = self.size(part);
            let looks = std::mem::take(&mut looks);
            let end = self.reckoned(part, range, size);
            let (from, looked_up) = (range.cur.clone(), end.is_none());
            let batch = Batch {
                session: &self.session,
                observer: &self.observer,
                id: crew.open.id,
                job,
                part,
                without: &without,
                target: crew.options.target,
                patient: self.rows.is_least() && self.failures > 0,
                waited: Cell::new(false),
                end,
            };
            let over = || crew.is_over();
            let outcome = if looks && !batch.is_left(range, &over)? {
                batch.pass_over(range)?
            } else {
                batch.run(range, size)?
            };
            if batch.waited.get() {
                self.valve.waited();
            }
            let outcome = match outcome {
                Outcome::Failed { error, until: Some(until) }
                    if size == Size::Rows(1) && fault(&error) == Fault::Row =>
                {
                    batch.set_aside(range, &until, &error)?
                }
                other => other,
            };
            if looked_up {
                self.stride = stride(part, from.as_ref(), range, size);
            }
            match self.judge(part, range, size, outcome)? {
                Next::On => {}
                Next::Leave => return Ok(None),
                Next::End(end) => return Ok(Some(end)),
            }
            if self.search == Some(1) {
                without = poison::without(&self.session, crew.open.id, part, &job.alias)?;
            }
        }
    }

    /// A part of the job; one that came since is looked up.
    fn part(&mut self, number: u32) -> Result<Part, BackfillError> {
        if !self.parts.iter().any(|part| part.number == number) {
            self.parts = open::parts(&self.session, self.crew.open.id)?;
        }
        let part = self.parts.iter().find(|part| part.number == number);
        part.cloned().ok_or_else(|| BackfillError::Malformed("a range of no part".to_owned()))
    }

    /// The end of the next batch, where it can be reckoned.
    fn reckoned(&mut self, part: &Part, range: &Range, size: Size) -> Option<Vec<String>> {
        let (Size::Units(rows), None) = (size, &range.stop) else { return None };
        let end = range.hi.as_deref();
        self.stride.as_mut()?.next(&part.walk, range.cur.as_deref()?, end, rows)
    }

    /// How much the next batch takes.
    fn size(&self, part: &Part) -> Size {
        match (self.search, &part.walk) {
            (Some(rows), _) => Size::Rows(rows),
            (None, Walk::Key(_)) => Size::Units(self.rows.size()),
            (None, Walk::Blocks) => Size::Units(self.blocks.size()),
        }
    }

    fn pace(&mut self, part: &Part) -> &mut Pace {
        match part.walk {
            Walk::Key(_) => &mut self.rows,
            Walk::Blocks => &mut self.blocks,
        }
    }

    /// What a batch's outcome means for what comes next.
    fn judge(
        &mut self,
        part: &Part,
        range: &mut Range,
        size: Size,
        outcome: Outcome,
    ) -> Result<Next, BackfillError> {
        match outcome {
            Outcome::Done { written, took, ended, wal } => {
                self.valve.passed(took, wal);
                self.done(part, size, written, took)?;
                Ok(if ended { Next::Leave } else { Next::On })
            }
            Outcome::Lost => Ok(Next::Leave),
            Outcome::Moved => {
                end::recut(&self.session, self.crew, part)?;
                Ok(Next::Leave)
            }
            Outcome::Unwanted => {
                claim::release(&self.session, self.crew.open.id, range, Duration::ZERO)?;
                match end::seen(&self.session, self.crew.open.id)? {
                    Some(end) => self.ended(end).map(Next::End),
                    None => Ok(Next::Leave),
                }
            }
            Outcome::Failed { error, .. } => self.failed(part, range, size, error),
        }
    }

    fn done(
        &mut self,
        part: &Part,
        size: Size,
        written: u64,
        took: Duration,
    ) -> Result<(), BackfillError> {
        self.failures = 0;
        match size {
            Size::Units(_) if took.is_zero() => {}
            Size::Units(units) => self.pace(part).took(units, took),
            Size::Rows(1) if written == 0 => {
                let aside = poison::count(&self.session, self.crew.open.id)?;
                if aside > u64::from(self.crew.options.poison) {
                    let why = format!(
                        "{aside} rows cannot be done, and {} are allowed",
                        self.crew.options.poison
                    );
                    end::fail(&self.session, self.crew.open.id, &why)?;
                    return Err(self.crew.failed(why));
                }
                self.search = Some(2);
            }
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

    fn failed(
        &mut self,
        part: &Part,
        range: &mut Range,
        size: Size,
        error: DbError,
    ) -> Result<Next, BackfillError> {
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
                if self.failures < FAILURES {
                    self.pause(self.backoff())?;
                    return Ok(Next::On);
                }
                // Others may go on elsewhere meanwhile.
                claim::release(&self.session, self.crew.open.id, range, PARKED)?;
                self.presence.holds(&self.session, &[format!("rows are held: {error}")], &[])?;
                self.pause(IDLE)?;
                Ok(Next::Leave)
            }
            Fault::Resources => {
                self.presence.holds(&self.session, &[error.to_string()], &[])?;
                claim::release(&self.session, self.crew.open.id, range, SCARCE)?;
                self.pause(SCARCE)?;
                Ok(Next::Leave)
            }
            Fault::Interrupted => {
                claim::release(&self.session, self.crew.open.id, range, Duration::ZERO)?;
                Ok(Next::End(End::Stopped))
            }
            Fault::Frozen => {
                claim::release(&self.session, self.crew.open.id, range, Duration::ZERO)?;
                Err(frozen(&error))
            }
            Fault::Connection => Err(error.into()),
            Fault::Job => {
                // A partition that is gone takes its ranges along.
                if parts::follow(&self.session, self.crew.open, self.crew.job, self.crew.options)? {
                    return Ok(Next::Leave);
                }
                end::fail(&self.session, self.crew.open.id, &error.to_string())?;
                Err(self.crew.failed(error.to_string()))
            }
        }
    }

    /// A pause that grows with the failures in a row, of any length up to its bound.
    fn backoff(&self) -> Duration {
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
    fn hold(&mut self, range: &Range) -> Result<bool, BackfillError> {
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

    fn reconnect(&mut self, error: &DbError) -> Result<(), BackfillError> {
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

/// What a batch that was looked up tells of the key.
fn stride(part: &Part, from: Option<&Vec<String>>, range: &Range, size: Size) -> Option<Stride> {
    let Size::Units(rows) = size else { return None };
    Stride::seen(&part.walk, from?, range.stop.as_ref().or(range.cur.as_ref())?, rows)
}

/// After what time something that ran out is asked for again.
const SCARCE: Duration = Duration::from_secs(5);

fn frozen(error: &DbError) -> BackfillError {
    let why = error.said().map_or_else(|| error.to_string(), |said| said.message.clone());
    BackfillError::Frozen(why)
}
