//! What a person orders of a change's jobs: that they wait, go on, end, or try again.

use super::claim::SOON;
use super::end;
use super::error::BackfillError;
use crate::db::Session;
use crate::db::literal;
use crate::store;

/// What is ordered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// Workers stop after the batch that they are at; nothing is lost.
    Pause,
    /// Workers may go on.
    Resume,
    /// It is given up; what was written stays.
    Cancel,
    /// What failed is open again, and rows that were set aside are tried again.
    Retry,
}

/// Gives an order; how many jobs it reached.
pub fn order(
    session: &Session,
    change: &str,
    order: Order,
    why: Option<&str>,
) -> Result<usize, BackfillError> {
    let name = literal(change);
    let told = why.map_or("NULL".to_owned(), literal);
    let sql = match order {
        Order::Pause => format!(
            "UPDATE migrate.backfill_job SET wanted = 'pause', why = {told}
             WHERE change = {name} AND state IN ('open', 'failed') RETURNING id"
        ),
        Order::Resume => format!(
            "UPDATE migrate.backfill_job SET wanted = 'run', why = NULL
             WHERE change = {name} AND state IN ('open', 'failed') RETURNING id"
        ),
        Order::Cancel => store::give_up(store::VERSION, change, why),
        Order::Retry => retry(&name),
    };
    Ok(session.rows_by(&sql, SOON)?.len())
}

/// A replica is gone for good: it is not waited for any more. How many jobs that concerns.
pub fn forget(session: &Session, change: &str, replica: &str) -> Result<usize, BackfillError> {
    let (change, replica) = (literal(change), literal(replica));
    let sql = format!(
        "UPDATE migrate.backfill_job SET replicas = array_remove(replicas, {replica}),
            forgotten = array_append(array_remove(forgotten, {replica}), {replica})
         WHERE change = {change} AND state = 'open' RETURNING id"
    );
    Ok(session.rows_by(&sql, SOON)?.len())
}

/// Where a range `r` ends that is walked again: by places, the last one with the table's last block
/// as it is now, for a row that was written since may stand there.
fn to_the_end() -> String {
    format!(
        "(SELECT CASE WHEN p.walk = 'blocks' AND r.seq = ({})
            THEN ARRAY['(' || greatest(pg_relation_size(p.leaf)
                / current_setting('block_size')::bigint - 1, 0) || ',65535)'] ELSE r.hi END
         FROM migrate.backfill_part p WHERE p.job = r.job AND p.part = r.part)",
        end::last("r.job", "r.part")
    )
}

/// Has a job that is done walk its table again, for rows that were found to be left.
pub fn reopen(session: &Session, change: &str) -> Result<(), BackfillError> {
    let change = literal(change);
    let sql = format!(
        "WITH again AS (
            UPDATE migrate.backfill_job j SET state = 'open', ended_at = NULL, pass = j.pass + 1,
                written_before = coalesce((SELECT sum(written) FROM migrate.backfill_range r
                    WHERE r.job = j.id), 0)
            WHERE j.change = {change} AND j.state = 'done' RETURNING j.id
         )
         UPDATE migrate.backfill_range r SET cur = lo, stop = NULL, stripe = 0, done = false,
            not_before = NULL, owner = NULL, lease_until = NULL, epoch = r.epoch + 1,
            hi = {}
         FROM again WHERE r.job = again.id",
        to_the_end()
    );
    session.rows_by(&sql, SOON)?;
    Ok(())
}

/// A failed job goes on where it stopped. Of one that has rows set aside, the ranges that these may
/// be in are walked again: rows that are done show that, and are passed over.
fn retry(change: &str) -> String {
    format!(
        "WITH again AS (
            SELECT j.id, j.state, EXISTS (
                SELECT FROM migrate.backfill_poison p WHERE p.job = j.id) AS aside
            FROM migrate.backfill_job j
            WHERE j.change = {change} AND j.state <> 'cancelled' FOR NO KEY UPDATE
         ), poison AS (
            DELETE FROM migrate.backfill_poison p USING again
            WHERE p.job = again.id AND again.aside
         ), ranges AS (
            UPDATE migrate.backfill_range r
            SET cur = lo, stop = NULL, stripe = 0, done = false, not_before = NULL,
                owner = NULL, lease_until = NULL, epoch = r.epoch + 1,
                hi = {to_the_end}
            FROM again WHERE r.job = again.id AND again.aside
         )
         UPDATE migrate.backfill_job j SET state = 'open', failure = NULL, ended_at = NULL,
            wanted = 'run', why = NULL, pass = 1
         FROM again WHERE j.id = again.id AND (again.state = 'failed' OR again.aside)
         RETURNING j.id",
        to_the_end = to_the_end()
    )
}
