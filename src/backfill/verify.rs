//! Whether rows of a job are left: read range by range, so that no snapshot is held for long.

use super::error::BackfillError;
use super::fault::Fault;
use super::fault::fault;
use super::open;
use super::parts;
use super::poison;
use crate::db::Session;
use crate::job::Job;
use crate::job::Stretch;
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
    for piece in open::pieces(session, &open)? {
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
