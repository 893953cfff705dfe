//! The proof that a job may run twice, by doing so: some batches, in a transaction that is rolled
//! back, once, again, and in another order.

use super::claim::SOON;
use super::claim::abandon;
use super::error::BackfillError;
use super::survey;
use super::survey::Leaf;
use crate::db::Go;
use crate::db::Row;
use crate::db::Session;
use crate::job::Cursor;
use crate::job::Job;
use crate::job::Options;
use crate::job::Stretch;
use crate::job::Walk;
use crate::sql::DataVerb;
use std::time::Duration;

/// What came of a proof.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Proven {
    /// How many rows were written the first time.
    pub rows: u64,
    /// Why it may not run twice; none if it may.
    pub against: Vec<String>,
}

/// How many rows a batch of a proof walks.
const ROWS: u32 = 400;

/// How long a batch of a proof may take.
const LONGEST: Duration = Duration::from_mins(1);

/// Runs a batch of each of the first tables that a job walks, twice and in two orders, and takes
/// all of it back.
pub fn prove(session: &Session, job: &Job, options: &Options) -> Result<Proven, BackfillError> {
    let survey = survey::survey(session, job, options)?;
    let mut proven = Proven::default();
    for leaf in survey.leaves.iter().take(3) {
        session.rows(
            "BEGIN; SET LOCAL lock_timeout = '500ms'; SET LOCAL statement_timeout = '60s';
             SET LOCAL enable_seqscan = off",
        )?;
        let whole = survey.leaves.len() == 1 && leaf.oid == survey.relation;
        let tried = Trial { session, job, leaf, whole }.run(&mut proven);
        let ended = session.rows_by("ROLLBACK", SOON);
        tried?;
        ended?;
    }
    Ok(proven)
}

struct Trial<'a> {
    session: &'a Session,
    job: &'a Job,
    leaf: &'a Leaf,
    /// It is the table that the statement names, and all of it.
    whole: bool,
}

impl Trial<'_> {
    fn run(&self, proven: &mut Proven) -> Result<(), BackfillError> {
        let begin = self.begin()?;
        let middle = self.place(&begin, ROWS / 2)?;
        let end = self.place(&begin, ROWS)?;
        let whole = Stretch { after: begin.clone(), until: end.clone(), stripe: None };
        self.session.rows("SAVEPOINT before")?;
        let first = self.batch(&whole)?;
        proven.rows += first;
        let once = self.digest(&whole)?;
        let second = self.batch(&whole)?;
        let name = &self.leaf.name;
        if second > 0 && self.job.rest.is_some() {
            proven.against.push(format!(
                "{name}: of {first} rows that were written, {second} were written again"
            ));
        }
        if self.digest(&whole)? != once {
            proven.against.push(format!("{name}: rows are others after a second run"));
        }
        if middle.is_some() && matches!(self.leaf.walk, Walk::Key(_)) {
            self.session.rows("ROLLBACK TO before")?;
            self.batch(&Stretch { after: middle.clone(), until: end, stripe: None })?;
            self.batch(&Stretch { after: begin, until: middle, stripe: None })?;
            if self.digest(&whole)? != once {
                proven.against.push(format!("{name}: rows are others in another order"));
            }
        }
        Ok(())
    }

    /// Where the first rows are that are not done: before them there is nothing to see.
    fn begin(&self) -> Result<Cursor, BackfillError> {
        let (Some(rest), Walk::Key(_)) = (&self.job.rest, &self.leaf.walk) else { return Ok(None) };
        let (alias, walk) = (&self.job.alias, &self.leaf.walk);
        let columns = walk.columns(alias);
        let texts: Vec<String> = columns.iter().map(|it| format!("{it}::text")).collect();
        // The row before the first that is left, if there is one.
        let sql = format!(
            "SELECT {texts} FROM ONLY {table} AS {alias} WHERE NOT coalesce(({rest}), false)
                AND ({list}) < (SELECT {list} FROM ONLY {table} AS {alias} WHERE {rest}
                    ORDER BY {order} LIMIT 1)
             ORDER BY {back} LIMIT 1",
            texts = texts.join(", "),
            table = self.leaf.name,
            list = columns.join(", "),
            order = columns.join(", "),
            back = columns.iter().map(|it| format!("{it} DESC")).collect::<Vec<_>>().join(", "),
        );
        let rows = self.session.rows_by(&sql, LONGEST)?;
        Ok(rows.first().map(Row::texts))
    }

    /// The place so many rows further on.
    fn place(&self, after: &Cursor, rows: u32) -> Result<Cursor, BackfillError> {
        let rest = Stretch { after: after.clone(), until: None, stripe: None };
        let sql = self.leaf.walk.probe(&self.leaf.name, "t", &rest, rows);
        let rows = self.session.rows_by(&sql, LONGEST)?;
        Ok(rows.first().map(Row::texts))
    }

    fn batch(&self, stretch: &Stretch) -> Result<u64, BackfillError> {
        let condition = self.leaf.walk.condition(&self.job.alias, stretch);
        let sql = if self.whole {
            self.job.batch(&condition)
        } else {
            self.job.batch_of(&self.leaf.name, &condition)
        };
        let mut look = || Go::On;
        let told = self.session.told(&sql, LONGEST, &mut look);
        let told = told.inspect_err(|error| abandon(self.session, error))?;
        Ok(told.counts.first().copied().unwrap_or(0))
    }

    /// What the rows come to: those of the stretch, or of the table that is inserted into.
    fn digest(&self, stretch: &Stretch) -> Result<String, BackfillError> {
        let (table, condition) = match (self.job.verb, &self.leaf.walk) {
            (DataVerb::Insert, _) => (survey::written(&self.job.written), "true".to_owned()),
            (_, Walk::Key(_)) => (self.leaf.name.clone(), self.leaf.walk.condition("t", stretch)),
            (_, Walk::Blocks) => (self.leaf.name.clone(), "true".to_owned()),
        };
        let sql = format!(
            "SELECT count(*), sum(hashtextextended(t::text, 0)::numeric) FROM {table} AS t
             WHERE {condition}"
        );
        let rows = self.session.rows_by(&sql, LONGEST)?;
        let row = rows.first().map(|row| format!("{:?} {:?}", row.get(0), row.get(1)));
        row.ok_or_else(|| BackfillError::Malformed("no digest of the rows".to_owned()))
    }
}
