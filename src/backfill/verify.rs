//! Whether rows of a job are left: read range by range, so that no snapshot is held for long.

use super::error::BackfillError;
use super::fault::Fault;
use super::fault::fault;
use super::open;
use super::open::Open;
use super::open::Part;
use super::parts;
use super::places;
use super::poison;
use crate::db::Session;
use crate::job::Cursor;
use crate::job::Job;
use crate::job::Stretch;
use crate::job::Walk;
use std::time::Duration;

/// How long the rows of one range may take to read.
const LONGEST: Duration = Duration::from_hours(1);

/// What is left of a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Left {
    /// Rows that are not done; `None` where rows do not show it.
    pub rows: Option<u64>,
    /// Rows that are set aside.
    pub aside: u64,
    /// Whether the walk came to its end.
    pub complete: bool,
}

/// What is left of a job; `None` if it was never begun.
pub fn left(session: &Session, change: &str, job: &Job) -> Result<Option<Left>, BackfillError> {
    let Some(open) = open::begun(session, change, job)? else { return Ok(None) };
    let aside = poison::count(session, open.id)?;
    let complete = open::is_done(session, open.id)? && parts::are_all(session, open.id)?;
    let Some(rest) = &job.rest else { return Ok(Some(Left { rows: None, aside, complete })) };
    let mut rows: u64 = 0;
    for piece in pieces(session, &open)? {
        let stretch = Stretch { after: piece.after, until: piece.until, stripe: None };
        let condition = piece.part.walk.condition(&job.alias, &stretch);
        let sql = format!(
            "SELECT count(*) FROM ONLY {} AS {} WHERE ({rest}) AND {condition}",
            piece.part.name, job.alias
        );
        let answer = match session.rows_by(&sql, LONGEST) {
            // What cannot be done of a row that is set aside may be a part of the question as well.
            Err(error) if aside > 0 && fault(&error) == Fault::Row => {
                return Ok(Some(Left { rows: None, aside, complete }));
            }
            answer => answer?,
        };
        let count =
            answer.first().and_then(|row| row.get(0)).and_then(|text| text.parse::<u64>().ok());
        let none = || BackfillError::Malformed("no count of the rows that are left".to_owned());
        rows += count.ok_or_else(none)?;
    }
    Ok(Some(Left { rows: Some(rows), aside, complete }))
}

/// A piece of a table, to be read.
struct Piece<'a> {
    part: &'a Part,
    after: Cursor,
    until: Cursor,
}

/// The pieces of all tables of a job, which together have every row. Places do not tell where a row
/// is that moves meanwhile, so that a table walked by them is one piece.
fn pieces<'a>(session: &Session, open: &'a Open) -> Result<Vec<Piece<'a>>, BackfillError> {
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
            let (after, until) = (places::read(row.get(0)), places::read(row.get(1)));
            let (Some(after), Some(until)) = (after, until) else {
                return Err(BackfillError::Malformed("the bounds of a range".to_owned()));
            };
            pieces.push(Piece { part, after, until });
        }
    }
    Ok(pieces)
}
