//! A job as it is kept in the database: made once, whoever comes first, with all of its ranges.

use super::claim::cursor as cursor_of;
use super::error::BackfillError;
use super::parts;
use super::survey;
use super::survey::Leaf;
use super::survey::Survey;
use crate::db::Row;
use crate::db::Session;
use crate::db::literal;
use crate::job::Cursor;
use crate::job::Job;
use crate::job::KeyColumn;
use crate::job::Options;
use crate::job::Walk;
use crate::job::block_end;

/// A part of a job: a table, and how it is walked.
#[derive(Clone, Debug)]
pub(super) struct Part {
    pub(super) number: u32,
    pub(super) leaf: u32,
    /// The table's name as it is written in SQL.
    pub(super) name: String,
    pub(super) walk: Walk,
    pub(super) stripes: u32,
    /// It is the table that the statement names, and all of it.
    pub(super) whole: bool,
}

/// A job that is under way.
#[derive(Clone, Debug)]
pub(super) struct Open {
    pub(super) id: i64,
    pub(super) parts: Vec<Part>,
}

/// How many bytes of a table make a range.
const RANGE: u64 = 256 << 20;
/// A table of fewer bytes is one range.
const SMALL: u64 = 32 << 20;
/// The fewest ranges of a table that is not small: so many workers find one each.
const FEWEST: u64 = 16;
const MOST: u64 = 20_000;

/// Finds a job, or makes it.
pub(super) fn open(
    session: &Session,
    change: &str,
    job: &Job,
    options: &Options,
) -> Result<Open, BackfillError> {
    if let Some(id) = known(session, change, job)? {
        let mut open = Open { id, parts: parts(session, id)? };
        if parts::follow(session, &open, job, options)? {
            open.parts = self::parts(session, id)?;
        }
        return Ok(open);
    }
    let survey = survey::survey(session, job, options)?;
    let mut starts = Vec::with_capacity(survey.leaves.len());
    for leaf in &survey.leaves {
        starts.push(bounds(session, leaf)?);
    }
    let sql = creation(change, job, options, &survey, &starts);
    // Who comes second finds what the first one made.
    session.rows(&sql)?;
    match known(session, change, job)? {
        Some(id) => Ok(Open { id, parts: parts(session, id)? }),
        None => Err(BackfillError::Malformed("a job that was made is not there".to_owned())),
    }
}

/// The job of a statement, if it was begun.
fn known(session: &Session, change: &str, job: &Job) -> Result<Option<i64>, BackfillError> {
    let rows = session.rows(&format!(
        "SELECT id, digest FROM migrate.backfill_job
         WHERE change = {} AND place = {} AND state <> 'cancelled'",
        literal(change),
        job.place
    ))?;
    let Some(row) = rows.first() else { return Ok(None) };
    if row.get(1) != Some(job.digest.as_str()) {
        return Err(BackfillError::Edited { change: change.to_owned(), place: job.place });
    }
    let id = row.get(0).and_then(|text| text.parse().ok());
    id.map(Some).ok_or_else(|| BackfillError::Malformed("a job without a number".to_owned()))
}

/// A job that was begun.
pub(super) fn begun(
    session: &Session,
    change: &str,
    job: &Job,
) -> Result<Option<Open>, BackfillError> {
    let Some(id) = known(session, change, job)? else { return Ok(None) };
    Ok(Some(Open { id, parts: parts(session, id)? }))
}

/// Whether a job came to its end.
pub(super) fn is_done(session: &Session, job: i64) -> Result<bool, BackfillError> {
    let sql = format!("SELECT FROM migrate.backfill_job WHERE id = {job} AND state = 'done'");
    Ok(!session.rows(&sql)?.is_empty())
}

/// A piece of a table, to be read.
pub(super) struct Piece<'a> {
    pub(super) part: &'a Part,
    pub(super) after: Cursor,
    pub(super) until: Cursor,
}

/// The pieces of all tables of a job, which together have every row. Places do not tell where a row
/// is that moves meanwhile, so that a table walked by them is one piece.
pub(super) fn pieces<'a>(
    session: &Session,
    open: &'a Open,
) -> Result<Vec<Piece<'a>>, BackfillError> {
    let mut pieces = Vec::new();
    for part in &open.parts {
        if let Walk::Blocks = part.walk {
            pieces.push(Piece { part, after: None, until: None });
            continue;
        }
        let rows = session.rows(&format!(
            "SELECT to_json(lo), to_json(hi) FROM migrate.backfill_range
             WHERE job = {} AND part = {} ORDER BY seq",
            open.id, part.number
        ))?;
        for row in &rows {
            let (after, until) = (cursor_of(row.get(0)), cursor_of(row.get(1)));
            let (Some(after), Some(until)) = (after, until) else {
                return Err(BackfillError::Malformed("the bounds of a range".to_owned()));
            };
            pieces.push(Piece { part, after, until });
        }
    }
    Ok(pieces)
}

/// The places between the ranges of a table. How even they are does not matter: the last range and
/// the first are open, and together they are all rows.
pub(super) fn bounds(session: &Session, leaf: &Leaf) -> Result<Vec<Vec<String>>, BackfillError> {
    if leaf.bytes < SMALL && matches!(leaf.walk, Walk::Key(_)) {
        return Ok(Vec::new());
    }
    let count = (leaf.bytes / RANGE).clamp(FEWEST, MOST);
    if let Walk::Blocks = leaf.walk {
        return Ok(block_bounds(leaf.blocks(), count));
    }
    let columns = leaf.walk.columns("t");
    let list = columns.join(", ");
    let texts: Vec<String> = (1..=columns.len()).map(|at| format!("k{at}::text")).collect();
    let names: Vec<String> = (1..=columns.len()).map(|at| format!("k{at}")).collect();
    let backwards: Vec<String> = names.iter().map(|name| format!("{name} DESC")).collect();
    let selected: Vec<String> =
        columns.iter().zip(&names).map(|(column, name)| format!("{column} AS {name}")).collect();
    let rows = session.rows(&format!(
        "SELECT {texts} FROM (
            SELECT DISTINCT ON (n) n, {names} FROM (
                SELECT {selected}, ntile({count}) OVER (ORDER BY {list}) AS n
                FROM ONLY {table} AS t TABLESAMPLE SYSTEM ({percent}) REPEATABLE (1)) AS sample
            ORDER BY n, {last}) AS bounds
         WHERE n < {count} ORDER BY n",
        texts = texts.join(", "),
        names = names.join(", "),
        selected = selected.join(", "),
        table = leaf.name,
        percent = sample(leaf, count),
        last = backwards.join(", "),
    ))?;
    Ok(rows.iter().map(place).collect())
}

/// What share of a table's blocks is looked at, in percent: some for each range.
fn sample(leaf: &Leaf, ranges: u64) -> f64 {
    let blocks = leaf.blocks().max(1);
    #[expect(clippy::cast_precision_loss, reason = "a share need not be exact")]
    let share = (ranges * 8) as f64 * 100.0 / blocks as f64;
    share.min(100.0)
}

fn place(row: &Row) -> Vec<String> {
    (0..row.len()).map(|at| row.get(at).unwrap_or_default().to_owned()).collect()
}

/// Blocks in ranges; unlike keys, they end with the last block that there is now.
fn block_bounds(blocks: u64, count: u64) -> Vec<Vec<String>> {
    let count = count.min(blocks).max(1);
    (1..=count).map(|nth| block_end((blocks * nth / count).saturating_sub(1))).collect()
}

/// The statements that make a job, its parts and its ranges, in one transaction.
fn creation(
    change: &str,
    job: &Job,
    options: &Options,
    survey: &Survey,
    starts: &[Vec<Vec<String>>],
) -> String {
    let estimate: u64 = survey.leaves.iter().map(|leaf| leaf.rows).sum();
    let mut parts = Vec::new();
    let mut ranges = Vec::new();
    for (number, (leaf, starts)) in survey.leaves.iter().zip(starts).enumerate() {
        let (columns, types) = named(&leaf.walk);
        parts.push(format!(
            "({number}, {}, {}, {}, {}, {}, {})",
            leaf.oid,
            leaf.filenode,
            literal(leaf.walk.word()),
            array(&columns),
            array(&types),
            leaf.stripes
        ));
        for (lo, hi) in pairs(leaf, starts) {
            ranges.push(format!("({}, {number}, {lo}, {hi}, {lo})", ranges.len()));
        }
    }
    format!(
        "WITH job AS (
            INSERT INTO migrate.backfill_job
                (change, place, digest, relation, estimate, priority, workers, writes)
            VALUES ({}, {}, {}, {}, {estimate}, {}, {}, {})
            ON CONFLICT DO NOTHING RETURNING id
         ), part AS (
            INSERT INTO migrate.backfill_part
                (job, part, leaf, filenode, walk, columns, types, stripes)
            SELECT id, p.* FROM job CROSS JOIN (VALUES {}) AS p RETURNING job
         )
         INSERT INTO migrate.backfill_range (job, seq, part, lo, hi, cur)
         SELECT id, r.seq, r.part, r.lo::text[], r.hi::text[], r.cur::text[]
         FROM job CROSS JOIN (VALUES {}) AS r (seq, part, lo, hi, cur)",
        literal(change),
        job.place,
        literal(&job.digest),
        survey.relation,
        options.priority,
        options.workers,
        writes(&survey.leaves.iter().map(|leaf| leaf.oid).collect::<Vec<_>>()),
        parts.join(", "),
        ranges.join(", "),
    )
}

/// How many rows of tables were ever written, by the statistics.
pub(super) fn writes(leaves: &[u32]) -> String {
    let of = |oid: &u32| {
        format!("pg_stat_get_tuples_inserted({oid}) + pg_stat_get_tuples_updated({oid})")
    };
    format!("({})", leaves.iter().map(of).collect::<Vec<_>>().join(" + "))
}

/// Texts as an array.
pub(super) fn array(texts: &[String]) -> String {
    let texts: Vec<String> = texts.iter().map(|text| literal(text)).collect();
    format!("ARRAY[{}]::text[]", texts.join(", "))
}

/// A place, or its absence, as a value.
pub(super) fn cursor(place: Option<&Vec<String>>) -> String {
    place.map_or_else(|| "NULL::text[]".to_owned(), |place| array(place))
}

/// The statements that add a part to a job, behind those that it has.
pub(super) fn addition(job: i64, leaf: &Leaf, starts: &[Vec<String>]) -> String {
    let (columns, types) = named(&leaf.walk);
    let mut ranges = Vec::new();
    for (lo, hi) in pairs(leaf, starts) {
        ranges.push(format!("({}, {lo}, {hi})", ranges.len()));
    }
    format!(
        "WITH part AS (
            INSERT INTO migrate.backfill_part
                (job, part, leaf, filenode, walk, columns, types, stripes)
            SELECT {job}, coalesce(max(part), -1) + 1, {}, {}, {}, {}, {}, {}
            FROM migrate.backfill_part WHERE job = {job} RETURNING part
         )
         INSERT INTO migrate.backfill_range (job, seq, part, lo, hi, cur)
         SELECT {job}, r.seq + coalesce((SELECT max(seq) + 1 FROM migrate.backfill_range
            WHERE job = {job}), 0), part.part, r.lo::text[], r.hi::text[], r.lo::text[]
         FROM part CROSS JOIN (VALUES {}) AS r (seq, lo, hi)",
        leaf.oid,
        leaf.filenode,
        literal(leaf.walk.word()),
        array(&columns),
        array(&types),
        leaf.stripes,
        ranges.join(", "),
    )
}

/// The names and types of what is walked by.
fn named(walk: &Walk) -> (Vec<String>, Vec<String>) {
    match walk {
        Walk::Key(key) => key.iter().map(|it| (it.name.clone(), it.ty.clone())).unzip(),
        Walk::Blocks => (Vec::new(), Vec::new()),
    }
}

/// The ranges between places, as values: those of a key are open at both ends.
fn pairs(leaf: &Leaf, starts: &[Vec<String>]) -> Vec<(String, String)> {
    let mut pairs = Vec::new();
    let mut before = "NULL".to_owned();
    for start in starts {
        let until = array(start);
        pairs.push((before, until.clone()));
        before = until;
    }
    if matches!(leaf.walk, Walk::Key(_)) {
        pairs.push((before, "NULL".to_owned()));
    }
    pairs
}

/// The parts of a job whose tables are there.
pub(super) fn parts(session: &Session, job: i64) -> Result<Vec<Part>, BackfillError> {
    let rows = session.rows(&format!(
        "SELECT part, leaf, c.oid::regclass, walk, to_json(columns), to_json(types), stripes,
            leaf = (SELECT relation FROM migrate.backfill_job j WHERE j.id = p.job)
                AND count(*) OVER () = 1
         FROM migrate.backfill_part p JOIN pg_class c ON c.oid = p.leaf
         WHERE job = {job} ORDER BY part"
    ))?;
    let parts = rows.iter().map(part).collect::<Option<Vec<_>>>();
    parts.ok_or_else(|| BackfillError::Malformed("a part of it".to_owned()))
}

fn part(row: &Row) -> Option<Part> {
    let list = |at: usize| serde_json::from_str::<Vec<String>>(row.get(at)?).ok();
    let walk = match row.get(3)? {
        "key" => {
            let columns = list(4)?.into_iter().zip(list(5)?);
            Walk::Key(columns.map(|(name, ty)| KeyColumn { name, ty }).collect())
        }
        _ => Walk::Blocks,
    };
    Some(Part {
        number: row.get(0)?.parse().ok()?,
        leaf: row.get(1)?.parse().ok()?,
        name: row.get(2)?.to_owned(),
        walk,
        stripes: row.get(6)?.parse().ok()?,
        whole: row.get(7)? == "t",
    })
}
