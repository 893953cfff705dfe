//! A worker: it takes ranges of a job and works them off, batch by batch, until nothing is left, it
//! is told to stop, or something is in the way that does not pass.

mod judge;
mod wait;

use super::batch::Batch;
use super::batch::Outcome;
use super::claim;
use super::claim::Claim;
use super::claim::Range;
use super::claim::abandon;
use super::crew::Crew;
use super::crew::Line;
use super::cut::Size;
use super::end;
use super::error::BackfillError;
use super::fault::Fault;
use super::fault::fault;
use super::held::Held;
use super::open;
use super::open::Part;
use super::poison;
use super::presence::Presence;
use super::split;
use super::valve::Valve;
use crate::db::DbError;
use crate::db::Session;
use crate::job::Pace;
use crate::job::Stride;
use crate::job::Walk;
use std::cell::Cell;
use std::time::Duration;
use std::time::Instant;
use wait::IDLE;
use wait::SCARCE;

/// How a worker ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// Nothing is left of the job.
    Complete,
    /// A person wants it to pause.
    Unwanted(String),
    /// A person gave it up.
    GivenUp,
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
    slices: Pace,
    blocks: Pace,
    /// How dense the key is, where that is known.
    stride: Option<Stride>,
    /// Rows a batch, while the one that cannot be done is looked for.
    search: Option<u32>,
    failures: u32,
    /// When it looked for a range to share.
    looked: Option<Instant>,
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

/// How often a worker that has nothing to do looks for a range to share.
const AGAIN: Duration = Duration::from_secs(1);

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
            slices: Pace::new(crew.options.slices(), FIRST_ROWS),
            blocks: Pace::new(crew.options.blocks(), FIRST_BLOCKS),
            stride: None,
            search: None,
            failures: 0,
            looked: None,
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
                Err(BackfillError::Db(error)) => {
                    if let Some(end) = self.overcome(error)? {
                        return Ok(end);
                    }
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// What an error outside of a batch means: a worker goes on after most, or ends.
    fn overcome(&mut self, error: DbError) -> Result<Option<End>, BackfillError> {
        // It may have come in the midst of a transaction.
        abandon(&self.session, &error);
        match fault(&error) {
            Fault::Connection => self.reconnect(&error)?,
            Fault::Interrupted => {
                self.presence.leave(&self.session);
                return Ok(Some(End::Stopped));
            }
            Fault::Frozen => return Err(BackfillError::frozen(&error)),
            Fault::Deadlock | Fault::Contention => self.pause(IDLE)?,
            Fault::Resources => {
                self.lacks(&error);
                self.pause(SCARCE)?;
            }
            Fault::Row | Fault::Job => return Err(error.into()),
        }
        Ok(None)
    }

    /// Tells what the server has run out of. Where it cannot even take that, the next who can tells
    /// it.
    fn lacks(&mut self, error: &DbError) {
        let held = Held::new("resources", error.to_string());
        let _ = self.presence.holds(&self.session, &[held], &[]);
    }

    fn work(&mut self) -> Result<End, BackfillError> {
        loop {
            if self.crew.is_over() {
                return Ok(End::Stopped);
            }
            match self.claim()? {
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
                    if !self.shares()? {
                        self.pause(IDLE)?;
                    }
                }
                Claim::Empty => {
                    if let Some(end) = end::finish(&self.session, self.crew)? {
                        return self.ended(end);
                    }
                }
            }
        }
    }

    fn claim(&self) -> Result<Claim, BackfillError> {
        let order = self.crew.options.order;
        claim::claim(&self.session, self.crew.open, &self.name, order)
    }

    /// Whether half a range that somebody holds is there to be taken now.
    fn shares(&mut self) -> Result<bool, BackfillError> {
        if self.looked.is_some_and(|looked| looked.elapsed() < AGAIN) {
            return Ok(false);
        }
        self.looked = Some(Instant::now());
        match split::split(&self.session, self.crew.open, &self.parts) {
            Err(BackfillError::Db(error)) => match fault(&error) {
                Fault::Connection | Fault::Interrupted | Fault::Frozen => Err(error.into()),
                // Its holder is at a long batch, or the table is locked, or gone: who holds the
                // range finds out what that means.
                _ => Ok(false),
            },
            cut => cut,
        }
    }

    /// What the end of a job means to this worker.
    fn ended(&self, end: end::Ended) -> Result<End, BackfillError> {
        match end {
            end::Ended::Complete => Ok(End::Complete),
            end::Ended::Unwanted(why) => Ok(End::Unwanted(why)),
            end::Ended::GivenUp => Ok(End::GivenUp),
            end::Ended::Failed(why) => Err(self.crew.failed(why)),
        }
    }

    /// Works a range off; an end, if that is the worker's, too.
    fn work_off(&mut self, range: &mut Range) -> Result<Option<End>, BackfillError> {
        let crew = self.crew;
        let mut part = self.part(range.part)?;
        if range.pass > 1 {
            // Little is left, and room for it is there.
            part.stripes = 1;
        }
        let part = &part;
        let job = &crew.job;
        let without = poison::without(&self.session, crew.open.id, part, &job.alias)?;
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
            let look = std::mem::take(&mut looks);
            let end = self.reckoned(part, range, size);
            let (from, looked_up) = (range.cur.clone(), end.is_none() && range.stop.is_none());
            let patient = self.failures > 0 && self.pace(part).is_least();
            let batch = Batch {
                session: &self.session,
                observer: &self.observer,
                id: crew.open.id,
                job,
                part,
                without: &without,
                target: crew.options.target,
                patient,
                waited: Cell::new(false),
                end,
            };
            let over = || crew.is_over();
            let outcome = if look && !batch.is_left(range, &over)? {
                batch.pass_over(range)?
            } else if over() {
                continue;
            } else {
                batch.run(range, size)?
            };
            // What was looked at was another range.
            looks = look && matches!(outcome, Outcome::Halved(_));
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
            (None, Walk::Key(_)) if part.stripes > 1 => Size::Units(self.slices.size()),
            (None, Walk::Key(_)) => Size::Units(self.rows.size()),
            (None, Walk::Blocks) => Size::Units(self.blocks.size()),
        }
    }

    fn pace(&mut self, part: &Part) -> &mut Pace {
        match part.walk {
            Walk::Key(_) if part.stripes > 1 => &mut self.slices,
            Walk::Key(_) => &mut self.rows,
            Walk::Blocks => &mut self.blocks,
        }
    }
}

/// What a batch that was looked up tells of the key.
fn stride(part: &Part, from: Option<&Vec<String>>, range: &Range, size: Size) -> Option<Stride> {
    let Size::Units(rows) = size else { return None };
    Stride::seen(&part.walk, from?, range.stop.as_ref().or(range.cur.as_ref())?, rows)
}
