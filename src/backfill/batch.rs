//! One batch: the fence, the rows and the cursor, in one transaction.
//!
//! The row of the range is locked first, and says whether the epoch is still ours. As the cursor
//! moves in the transaction that writes the rows, both are there or neither is, whatever ends. For
//! the same reason no commit has to wait for the disk: a crash takes both back. The end of the job,
//! which waits, makes all before it last.

use super::claim::LEASE;
use super::claim::Range;
use super::claim::SOON;
use super::claim::abandon;
use super::cut::Cut;
use super::cut::Next;
use super::cut::Size;
use super::fault::Fault;
use super::fault::fault;
use super::open::Part;
use super::places;
use super::poison;
use super::watch;
use crate::db::DbError;
use crate::db::Go;
use crate::db::Row;
use crate::db::Session;
use crate::db::literal;
use crate::job::Cursor;
use crate::job::Job;
use crate::job::Stretch;
use crate::job::Walk;
use std::cell::Cell;
use std::time::Duration;
use std::time::Instant;

/// What a batch works with.
pub(super) struct Batch<'a> {
    pub(super) session: &'a Session,
    /// Looks on while the rows are written.
    pub(super) observer: &'a Session,
    pub(super) id: i64,
    pub(super) job: &'a Job,
    pub(super) part: &'a Part,
    /// Rows that are set aside, as a condition that they do not meet.
    pub(super) without: &'a str,
    pub(super) target: Duration,
    /// The batch cannot be smaller, and has more time.
    pub(super) patient: bool,
    /// Somebody waited for it.
    pub(super) waited: Cell<bool>,
    /// Where the batch ends, if that is reckoned already.
    pub(super) end: Option<Vec<String>>,
}

/// What became of a batch.
#[derive(Debug)]
pub(super) enum Outcome {
    /// It is done.
    Done {
        /// How many rows were written.
        written: u64,
        /// How long the server took to write them; `None` where nothing was to be written.
        took: Option<Duration>,
        /// How many bytes the server logged meanwhile.
        wal: Option<u64>,
        /// The range has no more rows.
        ended: bool,
    },
    /// The range is somebody else's now.
    Lost,
    /// Somebody took its second half: it ends here now.
    Halved(Cursor),
    /// The table's file is another than when it was cut into ranges.
    Moved,
    /// A person wants it to pause, or gave it up, or it failed.
    Unwanted,
    /// It failed. Where it was one row, that is where it ends.
    Failed {
        /// Why.
        error: DbError,
        /// The last row of the batch, once that was known.
        until: Option<Cursor>,
    },
}

/// How long the smallest batch may take, as long as nobody waits for it.
const PATIENT: Duration = Duration::from_secs(30);

/// How long a lock is waited for.
const LOCK: Duration = Duration::from_millis(500);

/// A transaction that is idle for longer is ended by the server: its owner is frozen, or cut off.
const IDLE: Duration = Duration::from_secs(5);

/// A range whose row is locked, and is ours.
pub(super) struct Ours {
    /// What the query for the end of the batch found.
    probed: Option<Vec<String>>,
    /// How far the log of the server is.
    pub(super) place: String,
}

impl Batch<'_> {
    /// Runs the next batch of a range, and moves the range on.
    pub(super) fn run(&self, range: &mut Range, size: Size) -> Result<Outcome, DbError> {
        let Ours { probed, place } = match self.enter(range, size)? {
            Ok(ours) => ours,
            Err(outcome) => return Ok(outcome),
        };
        let cut = self.cut(range, size);
        let stretch = cut.stretch(probed);
        let (written, took) = match self.write(&stretch) {
            Ok(done) => done,
            Err(error) => return Ok(self.failed_at(error, stretch.until)),
        };
        let next = cut.next(&stretch);
        match self.commit(range, &next, written, &place) {
            Ok(wal) => {
                let ended = range.advance(next);
                Ok(Outcome::Done { written, took: Some(took), wal, ended })
            }
            // Some constraints are only looked at now: that is a row's fault as any other.
            Err(error) => Ok(self.failed_at(error, stretch.until)),
        }
    }

    pub(super) fn cut<'a>(&'a self, range: &'a Range, size: Size) -> Cut<'a> {
        Cut { part: self.part, range, size, reckoned: self.end.as_ref() }
    }

    /// Ends the transaction of a batch that failed, for a reason that is no row's.
    pub(super) fn failed(&self, error: DbError) -> Outcome {
        abandon(self.session, &error);
        Outcome::Failed { error, until: None }
    }

    /// The same where it may be a row's.
    fn failed_at(&self, error: DbError, until: Cursor) -> Outcome {
        abandon(self.session, &error);
        Outcome::Failed { error, until: Some(until) }
    }

    /// Begins, locks the range, and finds where the batch ends. Where the range is not ours, or is
    /// not to be gone on with, the transaction is over.
    pub(super) fn enter(
        &self,
        range: &Range,
        size: Size,
    ) -> Result<Result<Ours, Outcome>, DbError> {
        match self.fence(range, size) {
            Ok(Ok(ours)) => Ok(Ok(ours)),
            Ok(Err(outcome)) => {
                self.session.rows_by("ROLLBACK", SOON)?;
                Ok(Err(outcome))
            }
            Err(error) => Ok(Err(self.failed(error))),
        }
    }

    fn fence(&self, range: &Range, size: Size) -> Result<Result<Ours, Outcome>, DbError> {
        let (job, seq, epoch) = (self.id, range.seq, range.epoch);
        let probe = self.cut(range, size).probe().unwrap_or_default();
        let rows = self.session.rows_by(
            &format!(
                "BEGIN;
                 SET LOCAL lock_timeout = {lock};
                 SET LOCAL statement_timeout = {longest};
                 SET LOCAL idle_in_transaction_session_timeout = {idle};
                 SET LOCAL enable_seqscan = off;
                 SELECT migrate.must_move();
                 SELECT 'fence', to_json(r.hi), j.wanted, j.state,
                    pg_relation_filenode(p.leaf) = p.filenode, pg_current_wal_insert_lsn()
                 FROM migrate.backfill_range r
                 JOIN migrate.backfill_job j ON j.id = r.job
                 JOIN migrate.backfill_part p ON p.job = r.job AND p.part = r.part
                 WHERE r.job = {job} AND r.seq = {seq} AND r.epoch = {epoch} AND NOT r.done
                 FOR UPDATE OF r;
                 {probe}",
                lock = LOCK.as_millis(),
                longest = self.longest().as_millis(),
                idle = IDLE.as_millis(),
            ),
            self.longest() * 2 + SOON,
        )?;
        let is_fence = |row: &&Row| row.get(0) == Some("fence") && row.len() == 6;
        let Some(fence) = rows.iter().find(is_fence) else { return Ok(Err(Outcome::Lost)) };
        match (fence.get(2), fence.get(3)) {
            (_, Some("done")) => return Ok(Err(Outcome::Lost)),
            (Some("run"), Some("open")) => {}
            _ => return Ok(Err(Outcome::Unwanted)),
        }
        // What was asked was asked of another range.
        match places::read(fence.get(1)) {
            Some(hi) if hi == range.hi => {}
            Some(hi) => return Ok(Err(Outcome::Halved(hi))),
            None => return Ok(Err(Outcome::Lost)),
        }
        if matches!(self.part.walk, Walk::Blocks) && fence.get(4) != Some("t") {
            return Ok(Err(Outcome::Moved));
        }
        let probed = rows.last().filter(|row| row.statement() > fence.statement());
        let place = fence.get(5).unwrap_or("0/0").to_owned();
        Ok(Ok(Ours { probed: probed.map(Row::texts), place }))
    }

    /// The longest that a statement of a batch may take.
    fn longest(&self) -> Duration {
        if self.patient { PATIENT } else { (self.target * 10).max(Duration::from_secs(1)) }
    }

    /// Writes the rows; given up where somebody waits for them. How many they were, and how long
    /// that took, by the server's clock: the way there and back is no part of it.
    fn write(&self, stretch: &Stretch) -> Result<(u64, Duration), DbError> {
        let condition = self.part.walk.condition(&self.job.alias, stretch);
        let condition = format!("{condition}{}", self.without);
        let sql = if self.part.whole {
            self.job.batch(&condition)
        } else {
            self.job.batch_of(&self.part.name, &condition)
        };
        let sql =
            format!("{sql}\n;SELECT extract(epoch FROM clock_timestamp() - statement_timestamp())");
        let pid = self.session.pid()?;
        let begun = Instant::now();
        let longest = self.longest() * 2 + SOON;
        let mut look = || {
            let waits = match watch::is_waited_for(self.observer, pid) {
                Ok(waits) => waits,
                // It would see nothing the next time either: both sessions are made anew.
                Err(error) if fault(&error) == Fault::Connection => return Go::Leave,
                // Who cannot see whether somebody waits does not make them wait.
                Err(_) => true,
            };
            self.waited.set(self.waited.get() || waits);
            if waits || begun.elapsed() > longest { Go::Cancel } else { Go::On }
        };
        let told = self.session.told(&sql, watch::LOOK, &mut look)?;
        let seconds = told.rows.last().and_then(|row| row.get(0)?.parse::<f64>().ok());
        let took = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
        let written = told.counts.first().copied().unwrap_or(0);
        Ok((written, took.unwrap_or_else(|| begun.elapsed())))
    }

    /// Moves the range on and commits; how many bytes the server logged since a place of its log.
    pub(super) fn commit(
        &self,
        range: &Range,
        next: &Next,
        written: u64,
        place: &str,
    ) -> Result<Option<u64>, DbError> {
        let walked = poison::walked(self.id, self.part, &range.cur, &next.cur);
        let advance = self.advance(range, next, written);
        let logged = format!(
            "SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), {})::bigint",
            literal(place)
        );
        let sql = format!("{walked} {advance}; {logged}; COMMIT");
        let rows = self.session.rows_by(&sql, SOON)?;
        Ok(rows.last().and_then(|row| row.get(0)?.parse().ok()))
    }

    /// The statement that moves the range on; its row is locked already.
    pub(super) fn advance(&self, range: &Range, next: &Next, written: u64) -> String {
        let held = if next.done {
            "owner = NULL, lease_until = NULL".to_owned()
        } else {
            format!("lease_until = clock_timestamp() + interval '{} s'", LEASE.as_secs())
        };
        format!(
            "UPDATE migrate.backfill_range SET cur = {}, stop = {}, stripe = {}, done = {},
                written = written + {written}, batches = batches + 1, {held}
             WHERE job = {} AND seq = {} AND epoch = {}",
            places::cursor(next.cur.as_ref()),
            places::cursor(next.stop.as_ref()),
            next.stripe,
            next.done,
            self.id,
            range.seq,
            range.epoch,
        )
    }
}
