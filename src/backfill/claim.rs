//! A range of a job, taken for a time: nobody else writes in it while the epoch is ours.

use super::error::BackfillError;
use super::open::Open;
use super::places;
use crate::db::DbError;
use crate::db::Row;
use crate::db::Session;
use crate::db::literal;
use crate::job::Cursor;
use crate::job::Order;
use std::time::Duration;

/// A range that is held.
#[derive(Clone, Debug)]
pub(super) struct Range {
    pub(super) seq: i32,
    pub(super) part: u32,
    pub(super) epoch: i64,
    /// Behind the last row that is done.
    pub(super) cur: Cursor,
    /// Where it ends.
    pub(super) hi: Cursor,
    /// Where the slice ends that is walked in stripes; none between slices.
    pub(super) stop: Cursor,
    /// The stripe that comes next.
    pub(super) stripe: u32,
    /// How often the table is walked, this time included.
    pub(super) pass: u32,
}

/// What became of a claim.
#[derive(Debug)]
pub(super) enum Claim {
    /// A range is ours.
    Range(Range),
    /// Others hold all that is left, or what is left has to wait.
    Wait,
    /// Nothing is left.
    Empty,
}

/// For how long a range is held without a word.
pub(super) const LEASE: Duration = Duration::from_secs(20);

/// How long an answer to a small question is waited for.
pub(super) const SOON: Duration = Duration::from_secs(20);

/// Takes a range whose holder is gone, or silent for too long, or that nobody has. Only so many may
/// be at the same table at once, counted under a lock of that table's own.
pub(super) fn claim(
    session: &Session,
    job: &Open,
    owner: &str,
    order: Order,
) -> Result<Claim, BackfillError> {
    let (id, owner) = (job.id, literal(owner));
    let order = match order {
        Order::Ascending => "ASC",
        Order::Descending => "DESC",
    };
    let lease = LEASE.as_secs();
    let rows = session.rows_by(
        &format!(
            "BEGIN;
             SET LOCAL lock_timeout = '10s';
             SELECT pg_advisory_xact_lock(hashtextextended('migrate.backfill', relation::bigint))
                FROM migrate.backfill_job WHERE id = {id};
             WITH held AS ({held}), free AS (
                SELECT r.job, r.seq FROM migrate.backfill_range r
                WHERE r.job = {id} AND NOT r.done
                    AND coalesce(r.not_before < clock_timestamp(), true)
                    AND NOT EXISTS (SELECT FROM held h
                        WHERE h.job = r.job AND h.seq = r.seq AND h.alive)
                    AND {room}
                ORDER BY r.seq {order} LIMIT 1 FOR UPDATE OF r SKIP LOCKED
             )
             UPDATE migrate.backfill_range r
             SET epoch = r.epoch + 1, owner = {owner}, owner_pid = pg_backend_pid(),
                owner_start = (SELECT backend_start FROM pg_stat_activity
                    WHERE pid = pg_backend_pid()),
                lease_until = clock_timestamp() + interval '{lease} s'
             FROM free WHERE r.job = free.job AND r.seq = free.seq
             RETURNING 'range', r.seq, r.part, r.epoch, to_json(r.cur), to_json(r.hi),
                to_json(r.stop), r.stripe,
                (SELECT pass FROM migrate.backfill_job j WHERE j.id = r.job);
             COMMIT;
             SELECT 'left', count(*) FROM migrate.backfill_range WHERE job = {id} AND NOT done",
            held = held(id),
            room = has_room(id),
        ),
        SOON,
    );
    let rows = rows.inspect_err(|error| abandon(session, error))?;
    let word = |row: &&Row, word: &str| row.get(0) == Some(word);
    if let Some(row) = rows.iter().find(|row| word(row, "range")) {
        let range = range(row).map(Claim::Range);
        return range.ok_or_else(|| BackfillError::Malformed("a range".to_owned()));
    }
    let left = rows.iter().find(|row| word(row, "left")).and_then(|row| row.get(1));
    Ok(if left == Some("0") { Claim::Empty } else { Claim::Wait })
}

/// The query for ranges of all jobs at the table of one that somebody took, and whether who took
/// them is alive: the owner's own server process is.
pub(super) fn held(job: i64) -> String {
    format!(
        "SELECT r.job, r.seq,
            r.lease_until > clock_timestamp() AND EXISTS (
                SELECT FROM pg_stat_activity a WHERE a.pid = r.owner_pid
                    AND coalesce(a.backend_start = r.owner_start, true))
            AS alive
         FROM migrate.backfill_range r
         JOIN migrate.backfill_job j ON j.id = r.job
         JOIN migrate.backfill_job own ON own.id = {job} AND own.relation = j.relation
         WHERE NOT r.done AND r.owner IS NOT NULL AND j.state = 'open'"
    )
}

/// The condition that one more worker may be at the table of a job, given what is `held`: no job is
/// at it that comes first, and there are fewer than may be.
pub(super) fn has_room(job: i64) -> String {
    format!(
        "NOT EXISTS (SELECT FROM migrate.backfill_job own
            JOIN migrate.backfill_job o ON o.relation = own.relation AND o.priority > own.priority
            JOIN migrate.backfill_worker w ON w.job = o.id
                AND w.seen_at > clock_timestamp() - interval '10 s'
            WHERE own.id = {job} AND o.state = 'open' AND o.wanted = 'run')
         AND (SELECT count(*) FROM held WHERE alive)
            < (SELECT workers FROM migrate.backfill_job WHERE id = {job})"
    )
}

fn range(row: &Row) -> Option<Range> {
    Some(Range {
        seq: row.get(1)?.parse().ok()?,
        part: row.get(2)?.parse().ok()?,
        epoch: row.get(3)?.parse().ok()?,
        cur: places::read(row.get(4))?,
        hi: places::read(row.get(5))?,
        stop: places::read(row.get(6))?,
        stripe: row.get(7)?.parse().ok()?,
        pass: row.get(8)?.parse().ok()?,
    })
}

/// Ends a transaction that did not come to its end; where the connection is gone, so is that.
pub(super) fn abandon(session: &Session, error: &DbError) {
    if matches!(error, DbError::Server { .. } | DbError::Interrupted { .. }) {
        let _ = session.rows_by("ROLLBACK", SOON);
    }
}

/// Holds a range for longer, while nothing is written; whether it is still ours.
pub(super) fn renew(session: &Session, job: i64, range: &Range) -> Result<bool, DbError> {
    let rows = session.rows_by(
        &format!(
            "UPDATE migrate.backfill_range
             SET lease_until = clock_timestamp() + interval '{} s'
             WHERE job = {job} AND seq = {} AND epoch = {} AND NOT done RETURNING seq",
            LEASE.as_secs(),
            range.seq,
            range.epoch
        ),
        SOON,
    )?;
    Ok(!rows.is_empty())
}

/// Gives a range back; it may have to wait before anybody takes it again.
pub(super) fn release(
    session: &Session,
    job: i64,
    range: &Range,
    rest: Duration,
) -> Result<(), DbError> {
    let sql = format!(
        "UPDATE migrate.backfill_range
         SET owner = NULL, owner_pid = NULL, owner_start = NULL, lease_until = NULL,
            not_before = clock_timestamp() + interval '{} ms'
         WHERE job = {job} AND seq = {} AND epoch = {}",
        rest.as_millis(),
        range.seq,
        range.epoch
    );
    session.rows_by(&sql, SOON).map(drop)
}
