//! How the tables of a job would be walked if it began now: what a person looks at before it does.

use super::error::BackfillError;
use super::ranges;
use super::survey;
use crate::db::Session;
use crate::job::Job;
use crate::job::Options;
use crate::job::Walk;

/// How a table would be walked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Preview {
    /// Its name as it is written in SQL.
    pub table: String,
    /// How many rows it is thought to have.
    pub rows: u64,
    /// How many bytes it has, without its indexes.
    pub bytes: u64,
    /// In which order.
    pub walk: Walk,
    /// In how many stripes a slice of it; one is without stripes.
    pub stripes: u32,
    /// In how many ranges.
    pub ranges: u64,
}

/// How the tables of a job would be walked. Nothing is written.
pub fn preview(
    session: &Session,
    job: &Job,
    options: &Options,
) -> Result<Vec<Preview>, BackfillError> {
    let survey = survey::survey(session, job, options)?;
    let all = survey.leaves.into_iter().map(|leaf| Preview {
        ranges: ranges::count(&leaf),
        table: leaf.name,
        rows: leaf.rows,
        bytes: leaf.bytes,
        walk: leaf.walk,
        stripes: leaf.stripes,
    });
    Ok(all.collect())
}
