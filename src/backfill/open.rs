//! A job as it is kept in the database: made once, whoever comes first.

use super::error::BackfillError;
use super::parts;
use super::survey;
use crate::db::Row;
use crate::db::Session;
use crate::db::literal;
use crate::job::Job;
use crate::job::KeyColumn;
use crate::job::Options;
use crate::job::Walk;

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

/// The oldest server that a backfill runs on, as its version number: PostgreSQL 14 came with
/// `client_connection_check_interval` and with `pg_locks.waitstart`.
const OLDEST: i64 = 140_000;

/// Why a backfill does not run on a server of this version, a number such as 130014.
pub fn too_old(version: i64) -> Option<String> {
    let why = |major| format!("the server is PostgreSQL {major}: backfills need 14 or newer");
    (version < OLDEST).then(|| why(version / 10_000))
}

/// Finds a job, or makes it.
pub(super) fn open(
    session: &Session,
    change: &str,
    job: &Job,
    options: &Options,
) -> Result<Open, BackfillError> {
    let id = match known(session, change, job)? {
        Some(id) => {
            parts::follow(session, id, job, options, None)?;
            id
        }
        None => make(session, change, job, options)?,
    };
    Ok(Open { id, parts: self::parts(session, id)? })
}

/// Makes a job, unless somebody else was first.
fn make(
    session: &Session,
    change: &str,
    job: &Job,
    options: &Options,
) -> Result<i64, BackfillError> {
    let survey = survey::survey(session, job, options)?;
    let leaves: Vec<u32> = survey.leaves.iter().map(|leaf| leaf.oid).collect();
    let estimate: u64 = survey.leaves.iter().map(|leaf| leaf.rows).sum();
    session.rows(&format!(
        "INSERT INTO migrate.backfill_job
            (change, place, digest, relation, estimate, priority, workers, writes)
         VALUES ({}, {}, {}, {}, {estimate}, {}, {}, {})
         ON CONFLICT DO NOTHING",
        literal(change),
        job.place,
        literal(&job.digest),
        survey.relation,
        options.priority,
        options.workers,
        survey::writes(&leaves),
    ))?;
    let id = known(session, change, job)?;
    let gone = || BackfillError::Malformed("a job that was made is not there".to_owned());
    let id = id.ok_or_else(gone)?;
    parts::follow(session, id, job, options, Some(survey))?;
    Ok(id)
}

/// The job of a statement, if it was begun.
fn known(session: &Session, change: &str, job: &Job) -> Result<Option<i64>, BackfillError> {
    let rows = session.rows(&format!(
        "SELECT id, digest, {} FROM migrate.backfill_job j
         WHERE change = {} AND place = {} AND state <> 'cancelled'",
        is_same_table(job),
        literal(change),
        job.place
    ))?;
    let Some(row) = rows.first() else { return Ok(None) };
    if row.get(1) != Some(job.digest.as_str()) {
        return Err(BackfillError::Edited { change: change.to_owned(), place: job.place });
    }
    must_be_same_table(job, row.get(2))?;
    let id = row.get(0).and_then(|text| text.parse().ok());
    id.map(Some).ok_or_else(|| BackfillError::Malformed("a job without a number".to_owned()))
}

/// The expression for whether the table of a job `j` is the one that its statement means now.
pub(super) fn is_same_table(job: &Job) -> String {
    let named = literal(&survey::written(&job.walked));
    let so = survey::is_named_so(job);
    format!("coalesce(j.relation = to_regclass({named}), false) AND {so}")
}

/// Sees that it is: what was done to a table that is dropped, or goes by another name, was not done
/// to the one that took its place.
pub(super) fn must_be_same_table(job: &Job, is: Option<&str>) -> Result<(), BackfillError> {
    if is == Some("t") {
        return Ok(());
    }
    let why = "it is not there, or another one than when this began; `migrate backfill cancel` \
               gives this up, and `migrate backfill run` begins anew";
    Err(BackfillError::unfit(job, why))
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
