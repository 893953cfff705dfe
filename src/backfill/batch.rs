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
use super::claim::cursor;
use super::claim::renew;
use super::fault::Fault;
use super::fault::fault;
use super::open;
use super::open::Part;
use crate::db::DbError;
use crate::db::Go;
use crate::db::Row;
use crate::db::Session;
use crate::db::literal;
use crate::job::Cursor;
use crate::job::Job;
use crate::job::Stretch;
use crate::job::Walk;
use crate::job::block_end;
use crate::job::block_of;
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

/// How much a batch takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Size {
    /// So many rows, or blocks where the walk is by blocks.
    Units(u32),
    /// So many rows, in one go: the one that cannot be done is looked for.
    Rows(u32),
}

/// What became of a batch.
#[derive(Debug)]
pub(super) enum Outcome {
    /// It is done.
    Done {
        /// How many rows were written.
        written: u64,
        /// How long that took.
        took: Duration,
        /// How many bytes the server logged meanwhile.
        wal: u64,
        /// The range has no more rows.
        ended: bool,
    },
    /// The range is somebody else's now.
    Lost,
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

/// How often is looked whether somebody waits for the batch.
const LOOK: Duration = Duration::from_millis(100);

/// The longest that somebody else waits for a batch before it is given up.
const PATIENCE: Duration = Duration::from_millis(250);

/// How long the smallest batch may take, as long as nobody waits for it.
const PATIENT: Duration = Duration::from_secs(30);

/// How long a lock is waited for.
const LOCK: Duration = Duration::from_millis(500);

/// A transaction that is idle for longer is ended by the server: its owner is frozen, or cut off.
pub(super) const IDLE: Duration = Duration::from_secs(5);

/// What the fence says.
enum Fence {
    Ours {
        hi: Cursor,
        probe: Option<Vec<String>>,
        /// How far the log of the server is.
        place: String,
    },
    Not(Outcome),
}

impl Batch<'_> {
    /// Runs the next batch of a range, and moves the range on.
    pub(super) fn run(&self, range: &mut Range, size: Size) -> Result<Outcome, DbError> {
        let (hi, probe, place) = match self.fence(range, size) {
            Ok(Fence::Ours { hi, probe, place }) => (hi, probe, place),
            Ok(Fence::Not(outcome)) => {
                self.session.rows_by("ROLLBACK", SOON)?;
                return Ok(outcome);
            }
            Err(error) => return Ok(self.failed(error)),
        };
        if hi != range.hi {
            // It was cut anew: what was asked was asked of another one.
            self.session.rows_by("ROLLBACK", SOON)?;
            return Ok(Outcome::Lost);
        }
        let reckoned = self.end.clone().filter(|_| matches!(size, Size::Units(_)));
        let stretch = self.stretch(range, size, probe.or(reckoned));
        let begun = Instant::now();
        let written = match self.write(&stretch) {
            Ok(written) => written,
            Err(error) => {
                abandon(self.session, &error);
                return Ok(Outcome::Failed { error, until: Some(stretch.until) });
            }
        };
        let next = Batch::next(range, &stretch, size);
        let wal = match self.commit(range, &next, written, &place) {
            Ok(wal) => wal,
            Err(error) => {
                // Some constraints are only looked at now: that is a row's fault as any other.
                abandon(self.session, &error);
                return Ok(Outcome::Failed { error, until: Some(stretch.until) });
            }
        };
        let ended = next.done;
        range.cur = next.cur;
        range.stop = next.stop;
        range.stripe = next.stripe;
        Ok(Outcome::Done { written, took: begun.elapsed(), ended, wal })
    }

    /// Ends the transaction of a batch that failed, for a reason that is no row's.
    fn failed(&self, error: DbError) -> Outcome {
        abandon(self.session, &error);
        Outcome::Failed { error, until: None }
    }

    /// Begins, locks the range, and finds where the batch ends.
    fn fence(&self, range: &Range, size: Size) -> Result<Fence, DbError> {
        let (job, seq, epoch) = (self.id, range.seq, range.epoch);
        let probe = self.probe(range, size);
        let rows = self.session.rows_by(
            &format!(
                "BEGIN;
                 SET LOCAL lock_timeout = {lock};
                 SET LOCAL statement_timeout = {longest};
                 SET LOCAL idle_in_transaction_session_timeout = {idle};
                 SET LOCAL enable_seqscan = off;
                 SELECT migrate.must_move();
                 SELECT 'fence', to_json(r.hi), j.wanted, j.state, coalesce(j.why, ''),
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
        let is_fence = |row: &&Row| row.get(0) == Some("fence") && row.len() == 7;
        let Some(fence) = rows.iter().find(is_fence) else { return Ok(Fence::Not(Outcome::Lost)) };
        if fence.get(3) == Some("done") {
            return Ok(Fence::Not(Outcome::Lost));
        }
        if fence.get(2) != Some("run") || fence.get(3) != Some("open") {
            return Ok(Fence::Not(Outcome::Unwanted));
        }
        if matches!(self.part.walk, Walk::Blocks) && fence.get(5) != Some("t") {
            return Ok(Fence::Not(Outcome::Moved));
        }
        let Some(hi) = cursor(fence.get(1)) else { return Ok(Fence::Not(Outcome::Lost)) };
        let probe = rows.last().filter(|row| row.statement() > fence.statement());
        let probe = probe.map(|row| (0..row.len()).filter_map(|at| row.get(at)));
        let place = fence.get(6).unwrap_or("0/0").to_owned();
        Ok(Fence::Ours { hi, place, probe: probe.map(|texts| texts.map(str::to_owned).collect()) })
    }

    /// The longest that a statement of a batch may take.
    fn longest(&self) -> Duration {
        if self.patient { PATIENT } else { (self.target * 10).max(Duration::from_secs(1)) }
    }

    /// The query for the end of the batch; empty where it needs none.
    fn probe(&self, range: &Range, size: Size) -> String {
        let until = self.end(range, size);
        let all = Stretch { after: range.cur.clone(), until, stripe: None };
        match (size, &self.part.walk) {
            (Size::Units(_), _) if range.stop.is_some() => String::new(),
            (Size::Units(_), Walk::Blocks) => String::new(),
            (Size::Units(_), Walk::Key(_)) if self.end.is_some() => String::new(),
            (Size::Units(size) | Size::Rows(size), walk) => {
                walk.probe(&self.part.name, "t", &all, size)
            }
        }
    }

    /// Where the batch ends at the latest. By places, those who look for a row put all rows up to
    /// there in order, so that it is as few blocks as rows are wanted.
    fn end(&self, range: &Range, size: Size) -> Cursor {
        let end = range.stop.as_ref().or(range.hi.as_ref());
        match (size, &self.part.walk) {
            (Size::Rows(size), Walk::Blocks) => blocks_on(range.cur.as_ref(), end, size),
            _ => end.cloned(),
        }
    }

    /// The rows of the batch.
    fn stretch(&self, range: &Range, size: Size, probe: Option<Vec<String>>) -> Stretch {
        let after = range.cur.clone();
        let end = self.end(range, size);
        let (until, stripe) = match (size, &self.part.walk) {
            (Size::Rows(_), _) => (probe.or(end), None),
            (Size::Units(_), _) if range.stop.is_some() => {
                (end, Some((range.stripe, self.part.stripes)))
            }
            (Size::Units(size), Walk::Blocks) => {
                let until = blocks_on(range.cur.as_ref(), range.hi.as_ref(), size);
                (until, Some((0, self.part.stripes)))
            }
            (Size::Units(_), Walk::Key(_)) => {
                // What is behind the last full slice is short, and is walked at once.
                let stripe = probe.is_some().then_some((0, self.part.stripes));
                (probe.or(end), stripe)
            }
        };
        Stretch { after, until, stripe: stripe.filter(|(_, of)| *of > 1) }
    }

    /// Where the range stands after the batch.
    fn next(range: &Range, stretch: &Stretch, size: Size) -> Next {
        let until = stretch.until.clone();
        let more = stretch.stripe.map(|(stripe, of)| (stripe + 1, of));
        if let (Some((stripe, of)), Size::Units(_)) = (more, size)
            && stripe < of
        {
            return Next { cur: range.cur.clone(), stop: until, stripe, done: false };
        }
        let done = until == range.hi;
        let within = matches!(size, Size::Rows(_)) && until != range.stop;
        let (stop, stripe) = if within { (range.stop.clone(), range.stripe) } else { (None, 0) };
        Next { cur: until, stop, stripe, done }
    }

    /// Writes the rows; given up where somebody waits for them.
    fn write(&self, stretch: &Stretch) -> Result<u64, DbError> {
        let condition = self.part.walk.condition(&self.job.alias, stretch);
        let condition = format!("{condition}{}", self.without);
        let sql = if self.part.whole {
            self.job.batch(&condition)
        } else {
            self.job.batch_of(&self.part.name, &condition)
        };
        let pid = self.session.pid()?;
        let begun = Instant::now();
        let longest = self.longest() * 2 + SOON;
        let mut blind = None;
        let mut look = || {
            // Who cannot see whether somebody waits does not make them wait.
            let waits = waits_for(self.observer, pid).unwrap_or_else(|error| {
                blind = Some(error);
                true
            });
            self.waited.set(self.waited.get() || waits);
            if waits || begun.elapsed() > longest { Go::Cancel } else { Go::On }
        };
        let counts = self.session.counted(&sql, LOOK, &mut look);
        // It would see nothing the next time either: both sessions are made anew.
        if let Some(error) = blind.filter(|error| fault(error) == Fault::Connection) {
            return Err(error);
        }
        Ok(counts?.last().copied().unwrap_or(0))
    }

    /// Moves the range on and commits; how many bytes the server logged since a place of its log.
    fn commit(
        &self,
        range: &Range,
        next: &Next,
        written: u64,
        place: &str,
    ) -> Result<u64, DbError> {
        let walked = super::poison::walked(self.id, self.part, &range.cur, &next.cur);
        let advance = format!("{walked} {}", self.advance(range, next, written));
        let logged = format!(
            "SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), {})::bigint",
            literal(place)
        );
        let rows = self.session.rows_by(&format!("{advance}; COMMIT; {logged}"), SOON)?;
        let bytes = rows.last().and_then(|row| row.get(0)).and_then(|text| text.parse().ok());
        Ok(bytes.unwrap_or(0))
    }

    /// The statement that moves the range on; its row is locked already.
    fn advance(&self, range: &Range, next: &Next, written: u64) -> String {
        let lease = format!("clock_timestamp() + interval '{} s'", LEASE.as_secs());
        let held = if next.done {
            "owner = NULL, lease_until = NULL".to_owned()
        } else {
            format!("lease_until = {lease}")
        };
        format!(
            "UPDATE migrate.backfill_range SET cur = {}, stop = {}, stripe = {}, done = {},
                written = written + {written}, batches = batches + 1, {held}
             WHERE job = {} AND seq = {} AND epoch = {}",
            open::cursor(next.cur.as_ref()),
            open::cursor(next.stop.as_ref()),
            next.stripe,
            next.done,
            self.id,
            range.seq,
            range.epoch,
        )
    }

    /// Whether rows of a range are left, for a walk that looks for what another one missed; true
    /// where rows do not show it.
    pub(super) fn is_left(&self, range: &Range, over: &dyn Fn() -> bool) -> Result<bool, DbError> {
        let Some(rest) = &self.job.rest else { return Ok(true) };
        let stretch = Stretch { after: range.cur.clone(), until: range.hi.clone(), stripe: None };
        let condition = self.part.walk.condition(&self.job.alias, &stretch);
        let (table, alias, without) = (&self.part.name, &self.job.alias, self.without);
        let sql = format!(
            "SELECT FROM ONLY {table} AS {alias} WHERE ({rest}) AND {condition}{without} LIMIT 1"
        );
        // The range is held for longer meanwhile: who loses it need not look any further.
        let mut renewed = Instant::now();
        let mut look = || {
            if renewed.elapsed() < LEASE / 4 {
                return if over() { Go::Cancel } else { Go::On };
            }
            renewed = Instant::now();
            let kept = renew(self.observer, self.id, range);
            if over() || !matches!(kept, Ok(true)) { Go::Cancel } else { Go::On }
        };
        match self.session.watched(&sql, LOOK, &mut look) {
            Ok(rows) => Ok(!rows.is_empty()),
            // What cannot be asked of all rows at once is found out by walking, as it is the same
            // row that a batch fails at, and as it is where there was no time for it.
            Err(error) if matches!(fault(&error), Fault::Row | Fault::Contention) => Ok(true),
            Err(error) => Err(error),
        }
    }

    /// Passes over all that is left of a range.
    pub(super) fn pass_over(&self, range: &mut Range) -> Result<Outcome, DbError> {
        let place = match self.fence(range, Size::Rows(1)) {
            Ok(Fence::Ours { hi, place, .. }) if hi == range.hi => place,
            Ok(Fence::Ours { .. }) => {
                self.session.rows_by("ROLLBACK", SOON)?;
                return Ok(Outcome::Lost);
            }
            Ok(Fence::Not(outcome)) => {
                self.session.rows_by("ROLLBACK", SOON)?;
                return Ok(outcome);
            }
            Err(error) => return Ok(self.failed(error)),
        };
        let next = Next { cur: range.hi.clone(), stop: None, stripe: 0, done: true };
        match self.commit(range, &next, 0, &place) {
            Ok(wal) => Ok(Outcome::Done { written: 0, took: Duration::ZERO, ended: true, wal }),
            Err(error) => Ok(self.failed(error)),
        }
    }

    /// Sets a row aside, the only one between the cursor and its own place, and goes on behind it.
    pub(super) fn set_aside(
        &self,
        range: &mut Range,
        until: &Cursor,
        error: &DbError,
    ) -> Result<Outcome, DbError> {
        let begun = Instant::now();
        match self.fence(range, Size::Rows(1)) {
            Ok(Fence::Ours { .. }) => {}
            Ok(Fence::Not(outcome)) => {
                self.session.rows_by("ROLLBACK", SOON)?;
                return Ok(outcome);
            }
            Err(error) => return Ok(self.failed(error)),
        }
        let stretch = Stretch { after: range.cur.clone(), until: until.clone(), stripe: None };
        let next = Batch::next(range, &stretch, Size::Rows(1));
        let poison = super::poison::record(self.id, self.part, until, error);
        let walked = super::poison::walked(self.id, self.part, &range.cur, until);
        let sql = format!("{walked} {poison}; {}; COMMIT", self.advance(range, &next, 0));
        if let Err(error) = self.session.rows_by(&sql, SOON) {
            return Ok(self.failed(error));
        }
        let ended = next.done;
        range.cur = next.cur;
        range.stop = next.stop;
        range.stripe = next.stripe;
        Ok(Outcome::Done { written: 0, took: begun.elapsed(), ended, wal: 0 })
    }
}

/// Where a range stands.
struct Next {
    cur: Cursor,
    stop: Cursor,
    stripe: u32,
    done: bool,
}

/// The end of so many blocks behind a place, or of the range.
fn blocks_on(cur: Option<&Vec<String>>, hi: Option<&Vec<String>>, size: u32) -> Cursor {
    let block = |place: Option<&Vec<String>>| place?.first().and_then(|text| block_of(text));
    let first = match block(cur) {
        Some((block, true)) => block + 1,
        Some((block, false)) => block,
        None => 0,
    };
    let last = first + u64::from(size.max(1)) - 1;
    match block(hi) {
        Some((end, _)) if last < end => Some(block_end(last)),
        _ => hi.cloned(),
    }
}

/// Whether a session of the application waits for this process, and for too long. What it is, is
/// null to who may not see the sessions of other roles.
fn waits_for(observer: &Session, pid: i32) -> Result<bool, DbError> {
    let asked = observer.rows_by(
        &format!(
            "SELECT FROM pg_locks l JOIN pg_stat_activity a USING (pid)
             WHERE NOT l.granted AND l.waitstart < clock_timestamp() - interval '{} ms'
                AND coalesce(a.backend_type, 'client backend') = 'client backend'
                AND a.application_name NOT LIKE 'migrate/backfill/%'
                AND {pid} = ANY (pg_blocking_pids(l.pid)) LIMIT 1",
            PATIENCE.as_millis()
        ),
        Duration::from_secs(2),
    );
    asked.map(|rows| !rows.is_empty())
}
