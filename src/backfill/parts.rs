//! The parts of a job as its table has them now: a partition may come while it runs, and another
//! one go.

use super::claim::SOON;
use super::claim::abandon;
use super::error::BackfillError;
use super::open;
use super::ranges;
use super::survey;
use super::survey::Leaf;
use super::survey::Survey;
use crate::db::DbError;
use crate::db::Session;
use crate::job::Job;
use crate::job::Options;

/// Partitions that are no part yet, and parts that are no partitions any more.
struct Changed {
    come: Vec<u32>,
    gone: Vec<u32>,
}

/// Whether the partitions of a job's table are its parts.
pub(super) fn are_all(session: &Session, job: i64) -> Result<bool, BackfillError> {
    let changed = changed(session, job)?;
    Ok(changed.come.is_empty() && changed.gone.is_empty())
}

/// Makes the parts of a job those that its table has: what came is to be walked, also where all
/// else is done, and what is gone is done with. Whether anything was to be changed. What is known
/// of the table already need not be looked at again.
pub(super) fn follow(
    session: &Session,
    id: i64,
    job: &Job,
    options: &Options,
    known: Option<Survey>,
) -> Result<bool, BackfillError> {
    let is = open::is_same_table(job);
    let sql = format!("SELECT {is} FROM migrate.backfill_job j WHERE id = {id}");
    let rows = session.rows_by(&sql, SOON)?;
    open::must_be_same_table(job, rows.first().and_then(|row| row.get(0)))?;
    let Changed { come, gone } = changed(session, id)?;
    if come.is_empty() && gone.is_empty() {
        return Ok(false);
    }
    let mut added = Vec::new();
    if !come.is_empty() {
        let survey = match known {
            Some(survey) => survey,
            None => survey::survey(session, job, options)?,
        };
        for leaf in survey.leaves.into_iter().filter(|leaf| come.contains(&leaf.oid)) {
            let starts = ranges::bounds(session, &leaf)?;
            added.push((leaf, starts));
        }
    }
    session.rows_by(
        &format!("BEGIN; SELECT FROM migrate.backfill_job WHERE id = {id} FOR NO KEY UPDATE"),
        SOON,
    )?;
    let done = change(session, id, &gone, &added);
    match done {
        Ok(()) => session.rows_by("COMMIT", SOON)?,
        Err(error) => {
            abandon(session, &error);
            return Err(error.into());
        }
    };
    Ok(true)
}

fn change(
    session: &Session,
    id: i64,
    gone: &[u32],
    added: &[(Leaf, Vec<Vec<String>>)],
) -> Result<(), DbError> {
    for leaf in gone {
        session.rows_by(
            &format!(
                "DELETE FROM migrate.backfill_poison WHERE job = {id} AND leaf = {leaf};
                 DELETE FROM migrate.backfill_part WHERE job = {id} AND leaf = {leaf}"
            ),
            SOON,
        )?;
    }
    for (leaf, starts) in added {
        // Who waited for the job finds what the other one added.
        let there =
            format!("SELECT FROM migrate.backfill_part WHERE job = {id} AND leaf = {}", leaf.oid);
        if session.rows_by(&there, SOON)?.is_empty() {
            session.rows_by(&ranges::addition(id, leaf, starts), SOON)?;
        }
    }
    let again = format!(
        "UPDATE migrate.backfill_job j SET state = 'open', ended_at = NULL
         WHERE id = {id} AND state = 'done' AND EXISTS (
            SELECT FROM migrate.backfill_range r WHERE r.job = j.id AND NOT r.done)"
    );
    session.rows_by(&again, SOON).map(drop)
}

fn changed(session: &Session, job: i64) -> Result<Changed, BackfillError> {
    let relation = format!("(SELECT relation FROM migrate.backfill_job WHERE id = {job})");
    let leaves = survey::leaf_oids(&relation);
    let parts = format!("SELECT leaf FROM migrate.backfill_part WHERE job = {job}");
    let sql = format!("{leaves} EXCEPT {parts}; {parts} EXCEPT ({leaves})");
    let rows = session.rows_by(&sql, SOON)?;
    let of = |statement: usize| {
        let own = rows.iter().filter(move |row| row.statement() == statement);
        own.filter_map(|row| row.get(0)?.parse().ok()).collect()
    };
    Ok(Changed { come: of(0), gone: of(1) })
}
