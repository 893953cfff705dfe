//! A range that somebody holds, cut in two: who finds all ranges held takes the second half of the
//! one of which most is left, so that none is idle while another has long to go.
//!
//! Each batch locks the row of its range, and so does who cuts it: a batch either ends before the
//! cut, or sees it before it writes anything.

use super::claim;
use super::claim::SOON;
use super::claim::abandon;
use super::error::BackfillError;
use super::open::Open;
use super::open::Part;
use super::places;
use crate::db::Row;
use crate::db::Session;
use crate::job::Cursor;
use crate::job::Stretch;
use crate::job::Walk;
use crate::job::block_end;
use crate::job::block_of;

/// A range that is not worth to be cut is done in fewer batches than this.
const BATCHES: u64 = 8;

/// The size of a batch of which nobody told how large it is: of rows, and of blocks.
const ROWS: u64 = 1000;
const BLOCKS: u64 = 32;

/// How many blocks are looked at for the middle of a range.
const LOOKED_AT: u32 = 200;

/// In larger tables, of so many bytes, a range is a small part, and a sample hardly meets it.
const LARGEST: u64 = 16 << 30;

/// The fewest rows that tell where the middle is.
const SEEN: u64 = 16;

/// A range that somebody holds.
struct Held {
    seq: i32,
    part: u32,
    epoch: i64,
    /// Behind what is done, or begun.
    from: Cursor,
    hi: Cursor,
    /// How much its holder's batches take, if that was told.
    batch: Option<u64>,
}

/// The middle of what is left of a range.
struct Middle<'a> {
    held: &'a Held,
    part: &'a Part,
    place: Vec<String>,
    /// How much is left, in units of the walk.
    left: u64,
}

/// Cuts the range of which most is left; whether one was worth it. `parts` are those of the job.
pub(super) fn split(session: &Session, job: &Open, parts: &[Part]) -> Result<bool, BackfillError> {
    let all = held(session, job)?;
    let mut most: Option<Middle> = None;
    for held in &all {
        // A part that came since is known to those who walk it.
        let Some(part) = parts.iter().find(|part| part.number == held.part) else { continue };
        let found = middle(session, part, held)?;
        let batch = held.batch.unwrap_or(match part.walk {
            Walk::Key(_) => ROWS,
            Walk::Blocks => BLOCKS,
        });
        let worth = found.filter(|it| it.left >= BATCHES * batch);
        most = most.into_iter().chain(worth).max_by_key(|it| it.left);
    }
    most.map_or(Ok(false), |middle| cut(session, job, &middle))
}

/// The ranges that are held, if one more worker may be at the table.
fn held(session: &Session, job: &Open) -> Result<Vec<Held>, BackfillError> {
    let id = job.id;
    let rows = session.rows_by(
        &format!(
            "WITH held AS ({})
             SELECT r.seq, r.part, r.epoch, to_json(coalesce(r.stop, r.cur)), to_json(r.hi),
                nullif(w.size, 0)
             FROM held h JOIN migrate.backfill_range r ON r.job = h.job AND r.seq = h.seq
             LEFT JOIN migrate.backfill_worker w ON w.id = r.owner AND w.job = r.job
             WHERE h.job = {id} AND h.alive AND coalesce(cardinality(w.holds), 0) = 0 AND {}",
            claim::held(id),
            claim::has_room(id),
        ),
        SOON,
    )?;
    let all = rows.iter().map(read).collect::<Option<Vec<_>>>();
    all.ok_or_else(|| BackfillError::Malformed("a range that is held".to_owned()))
}

fn read(row: &Row) -> Option<Held> {
    Some(Held {
        seq: row.get(0)?.parse().ok()?,
        part: row.get(1)?.parse().ok()?,
        epoch: row.get(2)?.parse().ok()?,
        from: places::read(row.get(3))?,
        hi: places::read(row.get(4))?,
        batch: row.get(5).and_then(|size| size.parse().ok()),
    })
}

fn middle<'a>(
    session: &Session,
    part: &'a Part,
    held: &'a Held,
) -> Result<Option<Middle<'a>>, BackfillError> {
    let found = match part.walk {
        Walk::Blocks => of_blocks(held),
        Walk::Key(_) => of_keys(session, part, held)?,
    };
    Ok(found.map(|(place, left)| Middle { held, part, place, left }))
}

fn of_blocks(held: &Held) -> Option<(Vec<String>, u64)> {
    let block = |place: &Cursor| block_of(place.as_ref()?.first()?).map(|(block, _)| block);
    let (from, hi) = (block(&held.from).unwrap_or(0), block(&held.hi)?);
    let left = hi.checked_sub(from)?;
    Some((block_end(from + left / 2), left))
}

/// By some of the rows of a table that is not too large: how even the halves are does not matter.
fn of_keys(
    session: &Session,
    part: &Part,
    held: &Held,
) -> Result<Option<(Vec<String>, u64)>, BackfillError> {
    let stretch = Stretch { after: held.from.clone(), until: held.hi.clone(), stripe: None };
    let columns = part.walk.columns("t");
    let names: Vec<String> = (1..=columns.len()).map(|at| format!("k{at}")).collect();
    let selected: Vec<String> =
        columns.iter().zip(&names).map(|(column, name)| format!("{column} AS {name}")).collect();
    let texts: Vec<String> = names.iter().map(|name| format!("{name}::text")).collect();
    let share = format!(
        "least(100, {LOOKED_AT} * 100.0 * current_setting('block_size')::bigint
            / greatest(pg_relation_size({}), 1))",
        part.leaf
    );
    let sampled = session.rows_by(
        &format!(
            "BEGIN;
             SET LOCAL lock_timeout = '500ms';
             SET LOCAL statement_timeout = '5s';
             WITH sample AS (
                SELECT {selected} FROM ONLY {table} AS t TABLESAMPLE SYSTEM ({share})
                WHERE pg_relation_size({leaf}) <= {LARGEST} AND {condition})
             SELECT (SELECT count(*) FROM sample),
                (SELECT count(*) * 100 / {share} FROM sample)::bigint, {texts}
             FROM sample ORDER BY {names} OFFSET (SELECT count(*) / 2 FROM sample) LIMIT 1;
             COMMIT",
            leaf = part.leaf,
            selected = selected.join(", "),
            table = part.name,
            condition = part.walk.condition("t", &stretch),
            texts = texts.join(", "),
            // By the columns: their texts are in another order.
            names =
                names.iter().map(|name| format!("sample.{name}")).collect::<Vec<_>>().join(", "),
        ),
        SOON,
    );
    let rows = sampled.inspect_err(|error| abandon(session, error))?;
    let Some(row) = rows.first() else { return Ok(None) };
    let number = |at: usize| row.get(at).and_then(|text| text.parse::<u64>().ok());
    let (Some(seen), Some(left)) = (number(0), number(1)) else { return Ok(None) };
    Ok((seen >= SEEN).then(|| (row.texts().split_off(2), left)))
}

/// Cuts a range, unless its holder is past the place, or it is another's, or was cut meanwhile.
fn cut(session: &Session, job: &Open, middle: &Middle) -> Result<bool, BackfillError> {
    let Middle { held, part, place, .. } = middle;
    let (id, at, hi) = (job.id, places::array(place), places::cursor(held.hi.as_ref()));
    let rows = session.rows_by(
        &format!(
            "BEGIN;
             SET LOCAL lock_timeout = '2s';
             SELECT FROM migrate.backfill_job WHERE id = {id} FOR NO KEY UPDATE;
             WITH first AS (
                UPDATE migrate.backfill_range r SET hi = {at}
                WHERE r.job = {id} AND r.seq = {seq} AND r.epoch = {epoch} AND NOT r.done
                    AND r.hi IS NOT DISTINCT FROM {hi}
                    AND {ahead}
                    AND EXISTS (SELECT FROM migrate.backfill_job j
                        WHERE j.id = {id} AND j.state = 'open' AND j.wanted = 'run')
                RETURNING r.part
             )
             INSERT INTO migrate.backfill_range (job, seq, part, lo, hi, cur)
             SELECT {id}, (SELECT max(seq) + 1 FROM migrate.backfill_range WHERE job = {id}),
                part, {at}, {hi}, {at} FROM first RETURNING 'half';
             COMMIT",
            seq = held.seq,
            epoch = held.epoch,
            ahead = ahead(part, place),
        ),
        SOON,
    );
    let rows = rows.inspect_err(|error| abandon(session, error))?;
    Ok(rows.iter().any(|row| row.get(0) == Some("half")))
}

/// The condition that the holder of a range `r` is not at a place yet. Only the column itself knows
/// the order of its texts, so that it is the row at that place which is asked.
fn ahead(part: &Part, place: &[String]) -> String {
    let (place, reached) = (part.walk.value(place), part.walk.kept("coalesce(r.stop, r.cur)"));
    match part.walk {
        Walk::Blocks => format!("coalesce({reached} < {place}, true)"),
        Walk::Key(_) => {
            let columns = part.walk.row("t");
            format!(
                "EXISTS (SELECT FROM ONLY {} AS t
                    WHERE {columns} = {place} AND coalesce({columns} > {reached}, true))",
                part.name
            )
        }
    }
}
