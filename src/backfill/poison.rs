//! Rows that cannot be done: set aside with their errors, never lost from sight.

use super::error::BackfillError;
use super::open::Part;
use super::places;
use crate::db::DbError;
use crate::db::Session;
use crate::db::literal;
use crate::job::Cursor;
use crate::job::Walk;

/// The statement that keeps a row and its error.
pub(super) fn record(job: i64, part: &Part, place: &Cursor, error: &DbError) -> String {
    let (sqlstate, message) = error.said().map_or_else(
        || (String::new(), error.to_string()),
        |said| (said.sqlstate.clone(), said.message.clone()),
    );
    let place = place.clone().unwrap_or_default();
    format!(
        "INSERT INTO migrate.backfill_poison AS p (job, leaf, key, walk, place, sqlstate, message)
         VALUES ({job}, {}, {}, {}, {}, {}, {})
         ON CONFLICT (job, leaf, key) DO UPDATE SET sqlstate = excluded.sqlstate,
            message = excluded.message, tries = p.tries + 1, at = clock_timestamp()",
        part.leaf,
        literal(&place.join(", ")),
        literal(part.walk.word()),
        places::array(&place),
        literal(&sqlstate),
        literal(&message),
    )
}

/// The statement that forgets rows which are only known by their places, where these were walked
/// again: who was there has moved, or is done, or was set aside anew. Empty for a walk by key.
pub(super) fn walked(job: i64, part: &Part, after: &Cursor, until: &Cursor) -> String {
    if !matches!(part.walk, Walk::Blocks) {
        return String::new();
    }
    let place = |cursor: &Cursor| cursor.as_ref().map(|place| part.walk.value(place));
    let after = place(after).map(|place| format!(" AND place[1]::tid > {place}"));
    let until = place(until).map(|place| format!(" AND place[1]::tid <= {place}"));
    format!(
        "DELETE FROM migrate.backfill_poison
         WHERE job = {job} AND leaf = {} AND walk = 'blocks'{}{};",
        part.leaf,
        after.unwrap_or_default(),
        until.unwrap_or_default()
    )
}

/// How many rows of a job are set aside.
pub(super) fn count(session: &Session, job: i64) -> Result<u64, BackfillError> {
    let sql = format!("SELECT count(*) FROM migrate.backfill_poison WHERE job = {job}");
    let rows = session.rows(&sql)?;
    let count = rows.first().and_then(|row| row.get(0)).and_then(|text| text.parse().ok());
    count.ok_or_else(|| BackfillError::Malformed("no count".to_owned()))
}

/// The condition that rows of a part which are set aside do not meet; empty where there are none,
/// and where a row is only known by a place that it may have left.
pub(super) fn without(
    session: &Session,
    job: i64,
    part: &Part,
    alias: &str,
) -> Result<String, BackfillError> {
    if matches!(part.walk, Walk::Blocks) {
        return Ok(String::new());
    }
    let rows = session.rows(&format!(
        "SELECT to_json(place) FROM migrate.backfill_poison
         WHERE job = {job} AND leaf = {} AND walk = 'key'",
        part.leaf
    ))?;
    let places = rows.iter().filter_map(|row| serde_json::from_str(row.get(0)?).ok());
    let places: Vec<String> = places.map(|place: Vec<String>| part.walk.value(&place)).collect();
    if places.is_empty() {
        return Ok(String::new());
    }
    let columns = part.walk.columns(alias).join(", ");
    Ok(format!(" AND ({columns}) NOT IN ({})", places.join(", ")))
}
