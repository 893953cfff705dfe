//! How a job ends: after a walk that found nothing more, by a failure, or as a person wants it.

use super::claim::SOON;
use super::crew::Crew;
use super::error::BackfillError;
use super::open;
use super::open::Part;
use super::parts;
use super::places;
use super::survey;
use crate::db::Row;
use crate::db::Session;
use crate::db::literal;
use crate::job::Walk;
use crate::job::block_end;
use crate::ledger::Deed;
use crate::sql::DataVerb;
use crate::store;
use std::time::Duration;
use std::time::Instant;

/// How a job ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Ended {
    /// All of it is done.
    Complete,
    /// A person wants it to pause.
    Unwanted(String),
    /// A person gave it up.
    GivenUp,
    /// It failed.
    Failed(String),
}

/// How often a table is walked at most: rows that keep coming are for whoever writes them.
const PASSES: i64 = 10;

/// How a job ended, if it did.
pub(super) fn seen(session: &Session, job: i64) -> Result<Option<Ended>, BackfillError> {
    let sql = format!(
        "SELECT migrate.tell_statistics();
         SELECT wanted, state, coalesce(failure, ''), coalesce(why, '')
         FROM migrate.backfill_job WHERE id = {job}"
    );
    let rows = session.rows_by(&sql, SOON)?;
    Ok(rows.last().and_then(ended))
}

fn ended(row: &Row) -> Option<Ended> {
    let text = |at: usize| row.get(at).unwrap_or_default().to_owned();
    match (row.get(0)?, row.get(1)?) {
        (_, "done") => Some(Ended::Complete),
        (_, "failed") => Some(Ended::Failed(text(2))),
        (_, "cancelled") => Some(Ended::GivenUp),
        ("run", _) => None,
        (wanted, _) => Some(Ended::Unwanted(wanted.to_owned())),
    }
}

/// Ends a walk of which no range is left: the job is done, or is walked again, for rows that moved
/// out of sight or were written meanwhile. `None` where it goes on.
pub(super) fn finish(session: &Session, crew: &Crew) -> Result<Option<Ended>, BackfillError> {
    let id = crew.open.id;
    if parts::follow(session, id, crew.job, crew.options, None)? {
        return Ok(None);
    }
    let quiet = is_quiet(session, crew)?;
    let rows = session.rows_by(
        &format!(
            "BEGIN;
             SET LOCAL synchronous_commit = on;
             SELECT FROM migrate.backfill_job WHERE id = {id} FOR NO KEY UPDATE;
             SELECT wanted, state, coalesce(failure, ''), coalesce(why, ''), pass,
                (SELECT sum(written) FROM migrate.backfill_range r WHERE r.job = j.id)
                    - written_before,
                (SELECT count(*) FROM migrate.backfill_range r WHERE r.job = j.id AND NOT done),
                written_before, estimate::bigint
             FROM migrate.backfill_job j WHERE id = {id}"
        ),
        SOON,
    )?;
    let done = settle(session, crew, quiet, &rows);
    match done {
        Ok((sql, ended)) => {
            session.rows_by(&format!("{sql} COMMIT"), SOON)?;
            Ok(ended)
        }
        Err(error) => {
            session.rows_by("ROLLBACK", SOON)?;
            Err(error)
        }
    }
}

/// What is to be done about a walk that is over.
fn settle(
    session: &Session,
    crew: &Crew,
    quiet: bool,
    rows: &[Row],
) -> Result<(String, Option<Ended>), BackfillError> {
    // What is counted is counted once the job is locked: another worker may have begun a walk.
    let row = rows
        .iter()
        .find(|row| row.len() == 9)
        .ok_or_else(|| BackfillError::Malformed("it is gone".to_owned()))?;
    if let Some(ended) = ended(row) {
        return Ok((String::new(), Some(ended)));
    }
    if row.get(6) != Some("0") {
        return Ok((String::new(), None));
    }
    let number = |at: usize| row.get(at).and_then(|text| text.parse::<i64>().ok());
    let (pass, written) = (number(4).unwrap_or(1), number(5).unwrap_or(0));
    let id = crew.open.id;
    let more = written != 0 && pass < PASSES && !(quiet && pass == 1);
    if more && goes_round(row, pass, written) {
        let why = format!(
            "walk {pass} wrote {written} rows, about as many as each before it: what the statement \
             reads changes when it is written, as by a trigger that sets a time"
        );
        return Ok((fail_sql(id, &why) + ";", Some(Ended::Failed(why))));
    }
    // Rows that do not show that they are done would all be written once more.
    if more && crew.job.rest.is_some() {
        let parts = open::parts(session, id)?;
        if parts.iter().any(|part| matches!(part.walk, Walk::Blocks)) || !is_kept(session, id)? {
            return Ok((again(id, &parts), None));
        }
    }
    let done = Deed::StepDone { step: crew.step.clone(), tries: 1 };
    let event = store::append_sql(&done, crew.who, None, None);
    let sql = format!(
        "UPDATE migrate.backfill_job SET state = 'done', ended_at = clock_timestamp()
         WHERE id = {id}; {event}"
    );
    Ok((sql, Some(Ended::Complete)))
}

/// From which walk on it is seen whether walks come to an end, and from how many rows on: those
/// that others write meanwhile are fewer.
const ROUNDS: i64 = 3;
const CROWD: i64 = 100;

/// Whether walks do not get shorter, however often the table is walked: each writes most of the
/// table. Rows that the application writes meanwhile are fewer.
fn goes_round(row: &Row, pass: i64, written: i64) -> bool {
    let number = |at: usize| row.get(at).and_then(|text| text.parse::<i64>().ok()).unwrap_or(0);
    let (before, rows) = (number(7), number(8));
    pass >= ROUNDS && written >= CROWD && written * 2 > before / (pass - 1) && written * 2 > rows
}

/// How long the statistics are waited for; workers tell them at once.
const STATISTICS: Duration = Duration::from_millis(1500);

/// Whether nobody but workers wrote rows of a table that is walked by its key, since the first walk
/// began, as far as the statistics tell: then another walk would find nothing. Others tell what
/// they wrote only some seconds later, so that this spares time and proves nothing: `verify` does.
fn is_quiet(session: &Session, crew: &Crew) -> Result<bool, BackfillError> {
    let parts = open::parts(session, crew.open.id)?;
    let same = parts.len() == crew.open.parts.len();
    let by_blocks = |part: &Part| matches!(part.walk, Walk::Blocks);
    if !same || crew.job.rest.is_none() || parts.iter().any(by_blocks) {
        return Ok(false);
    }
    let leaves: Vec<u32> = parts.iter().map(|part| part.leaf).collect();
    // Rows that are deleted, or that come into another table, are none that are written here.
    let own = if crew.job.verb == DataVerb::Update {
        "(SELECT sum(r.written) FROM migrate.backfill_range r WHERE r.job = j.id)"
    } else {
        "0"
    };
    let sql = format!(
        "SELECT migrate.tell_statistics();
         SELECT {} - j.writes - {own}
         FROM migrate.backfill_job j WHERE j.id = {} AND j.pass = 1 AND EXISTS (
            SELECT FROM migrate.backfill_range r WHERE r.job = j.id AND r.written > 0)",
        survey::writes(&leaves),
        crew.open.id
    );
    let begun = Instant::now();
    loop {
        let rows = session.rows_by(&sql, SOON)?;
        let others = rows.iter().rev().find(|row| row.statement() == 1);
        match others.and_then(|row| row.get(0)?.parse::<i64>().ok()) {
            Some(0) => return Ok(true),
            // What workers of other processes wrote is still to be told.
            Some(missing) if missing < 0 && begun.elapsed() < STATISTICS => {
                session.pause(Duration::from_millis(100))?;
            }
            _ => return Ok(false),
        }
    }
}

/// Whether triggers of `migrate new` fill in what is written meanwhile: before each row of an
/// insert, and of an update. Then a walk by key leaves nothing behind.
fn is_kept(session: &Session, job: i64) -> Result<bool, BackfillError> {
    // The bits of `tgtype`: 1 for each row, 2 before it, 4 of an insert, 16 of an update.
    let sql = format!(
        "SELECT coalesce(bool_or(t.tgtype & 7 = 7) AND bool_or(t.tgtype & 19 = 19), false)
         FROM pg_trigger t JOIN migrate.backfill_job j ON t.tgrelid = j.relation
         WHERE j.id = {job} AND t.tgname LIKE 'zzz\\_migrate\\_%' AND t.tgenabled IN ('O', 'A')"
    );
    let rows = session.rows_by(&sql, SOON)?;
    Ok(rows.first().and_then(|row| row.get(0)) == Some("t"))
}

/// The statements that begin another walk. One by places has to cover blocks that came since.
fn again(id: i64, parts: &[Part]) -> String {
    let mut sql = format!(
        "UPDATE migrate.backfill_job j SET pass = pass + 1, written_before =
            (SELECT sum(written) FROM migrate.backfill_range r WHERE r.job = j.id)
         WHERE id = {id};
         UPDATE migrate.backfill_range SET cur = lo, stop = NULL, stripe = 0, done = false,
            epoch = epoch + 1, owner = NULL, lease_until = NULL, not_before = NULL
            WHERE job = {id};
         UPDATE migrate.backfill_part SET stripes = 1 WHERE job = {id};"
    );
    for part in parts.iter().filter(|part| matches!(part.walk, Walk::Blocks)) {
        sql.push_str(&stretched(id, part));
    }
    sql
}

/// The last range of a walk by places goes to the end of the table as it is now.
fn stretched(id: i64, part: &Part) -> String {
    let (number, leaf) = (part.number, part.leaf);
    format!(
        "UPDATE migrate.backfill_range SET hi = ARRAY['(' || greatest(
                pg_relation_size({leaf}) / current_setting('block_size')::bigint - 1, 0)
            || ',65535)']
         WHERE job = {id} AND seq = ({});",
        last(&id.to_string(), &number.to_string())
    )
}

/// The query for the range of a part that goes furthest, by places, given expressions for both.
pub(super) fn last(job: &str, part: &str) -> String {
    format!(
        "SELECT l.seq FROM migrate.backfill_range l WHERE l.job = {job} AND l.part = {part}
         ORDER BY l.hi[1]::tid DESC, l.seq DESC LIMIT 1"
    )
}

/// Stops a job for everybody.
pub(super) fn fail(session: &Session, job: i64, why: &str) -> Result<(), BackfillError> {
    session.rows_by(&fail_sql(job, why), SOON)?;
    Ok(())
}

fn fail_sql(job: i64, why: &str) -> String {
    format!(
        "UPDATE migrate.backfill_job SET state = 'failed', failure = {}
         WHERE id = {job} AND state = 'open'",
        literal(why)
    )
}

/// Begins a part anew whose table was written anew: its places are others now.
pub(super) fn recut(session: &Session, crew: &Crew, part: &Part) -> Result<(), BackfillError> {
    let (id, number, leaf) = (crew.open.id, part.number, part.leaf);
    let whole = places::array(&block_end(0));
    let sql = format!(
        "BEGIN;
         SELECT FROM migrate.backfill_job WHERE id = {id} FOR NO KEY UPDATE;
         WITH moved AS (
            UPDATE migrate.backfill_part SET filenode = pg_relation_filenode(leaf)
            WHERE job = {id} AND part = {number} AND filenode <> pg_relation_filenode(leaf)
            RETURNING part
         ), places AS (
            DELETE FROM migrate.backfill_poison p USING moved
            WHERE p.job = {id} AND p.leaf = {leaf} AND p.walk = 'blocks'
         )
         UPDATE migrate.backfill_range r SET stop = NULL, stripe = 0, hi = {whole},
            lo = CASE WHEN r.seq = last.seq THEN NULL ELSE {whole} END,
            cur = CASE WHEN r.seq = last.seq THEN NULL ELSE {whole} END,
            done = r.seq <> last.seq,
            epoch = epoch + 1, owner = NULL, lease_until = NULL
         FROM moved, (SELECT max(seq) AS seq FROM migrate.backfill_range
            WHERE job = {id} AND part = {number}) AS last
         WHERE r.job = {id} AND r.part = moved.part;
         {}
         COMMIT",
        stretched(id, part)
    );
    session.rows_by(&sql, SOON)?;
    Ok(())
}
