//! A table cut into ranges: where they begin and end, and how a part of a job is written with them.

use super::error::BackfillError;
use super::places::array;
use super::survey::Leaf;
use crate::db::Row;
use crate::db::Session;
use crate::db::literal;
use crate::job::Walk;
use crate::job::block_end;

/// How many bytes of a table make a range.
const RANGE: u64 = 256 << 20;
/// A table of fewer bytes is one range.
const SMALL: u64 = 32 << 20;
/// The fewest ranges of a table that is not small: so many workers find one each.
const FEWEST: u64 = 16;
const MOST: u64 = 20_000;

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

/// How many ranges a table is cut into.
pub(super) fn count(leaf: &Leaf) -> u64 {
    let wanted = (leaf.bytes / RANGE).clamp(FEWEST, MOST);
    match leaf.walk {
        Walk::Blocks => wanted.min(leaf.blocks()).max(1),
        Walk::Key(_) if leaf.bytes < SMALL => 1,
        Walk::Key(_) => wanted,
    }
}

/// The places between the ranges of a table. How even they are does not matter: the last range and
/// the first are open, and together they are all rows.
pub(super) fn bounds(session: &Session, leaf: &Leaf) -> Result<Vec<Vec<String>>, BackfillError> {
    let count = count(leaf);
    if let Walk::Blocks = leaf.walk {
        return Ok(block_bounds(leaf.blocks(), count));
    }
    if count == 1 {
        return Ok(Vec::new());
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
    Ok(rows.iter().map(Row::texts).collect())
}

/// What share of a table's blocks is looked at, in percent: some for each range.
fn sample(leaf: &Leaf, ranges: u64) -> f64 {
    let blocks = leaf.blocks().max(1);
    #[expect(clippy::cast_precision_loss, reason = "a share need not be exact")]
    let share = (ranges * 8) as f64 * 100.0 / blocks as f64;
    share.min(100.0)
}

/// Blocks in ranges; unlike keys, they end with the last block that there is now.
fn block_bounds(blocks: u64, count: u64) -> Vec<Vec<String>> {
    (1..=count).map(|nth| block_end((blocks * nth / count).saturating_sub(1))).collect()
}
