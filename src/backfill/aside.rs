//! What is passed over in a walk: ranges of which nothing is left, and rows that cannot be done.

use super::batch::Batch;
use super::batch::Ours;
use super::batch::Outcome;
use super::claim::LEASE;
use super::claim::Range;
use super::claim::SOON;
use super::claim::renew;
use super::cut::Next;
use super::cut::Size;
use super::fault::Fault;
use super::fault::fault;
use super::poison;
use super::watch;
use crate::db::DbError;
use crate::db::Go;
use crate::job::Cursor;
use crate::job::Stretch;
use std::time::Instant;

impl Batch<'_> {
    /// Whether rows of a range are left, for a walk that looks for what another one missed; true
    /// where rows do not show it.
    pub(super) fn is_left(&self, range: &Range, over: &dyn Fn() -> bool) -> Result<bool, DbError> {
        let Some(rest) = &self.job.rest else { return Ok(true) };
        let stretch = Stretch { after: range.cur.clone(), until: range.hi.clone(), stripe: None };
        let condition = self.part.walk.condition(&self.job.alias, &stretch);
        let (table, alias, without) = (&self.part.name, &self.job.alias, self.without);
        let sql = format!(
            "SELECT FROM ONLY {table} AS {alias} WHERE ({rest}) AND {condition}{without} LIMIT 1"
        );
        // The range is held for longer meanwhile: who loses it need not look any further.
        let mut renewed = Instant::now();
        let mut look = || {
            if over() {
                return Go::Cancel;
            }
            if renewed.elapsed() < LEASE / 4 {
                return Go::On;
            }
            renewed = Instant::now();
            match renew(self.observer, self.id, range) {
                Ok(true) => Go::On,
                Err(error) if fault(&error) == Fault::Connection => Go::Leave,
                Ok(false) | Err(_) => Go::Cancel,
            }
        };
        match self.session.watched(&sql, watch::LOOK, &mut look) {
            Ok(rows) => Ok(!rows.is_empty()),
            // What cannot be asked of all rows at once is found out by walking: it may be the row
            // that a batch fails at, or there was no time for it.
            Err(error) if matches!(fault(&error), Fault::Row | Fault::Contention) => Ok(true),
            Err(error) => Err(error),
        }
    }

    /// Passes over all that is left of a range.
    pub(super) fn pass_over(&self, range: &mut Range) -> Result<Outcome, DbError> {
        let Ours { place, .. } = match self.enter(range, Size::Rows(1))? {
            Ok(ours) => ours,
            Err(outcome) => return Ok(outcome),
        };
        let next = Next { cur: range.hi.clone(), stop: None, stripe: 0, done: true };
        match self.commit(range, &next, 0, &place) {
            Ok(wal) => {
                let ended = range.advance(next);
                Ok(Outcome::Done { written: 0, took: None, wal, ended })
            }
            Err(error) => Ok(self.failed(error)),
        }
    }

    /// Sets a row aside, the only one between the cursor and its own place, and goes on behind it.
    pub(super) fn set_aside(
        &self,
        range: &mut Range,
        until: &Cursor,
        error: &DbError,
    ) -> Result<Outcome, DbError> {
        if let Err(outcome) = self.enter(range, Size::Rows(1))? {
            return Ok(outcome);
        }
        let stretch = Stretch { after: range.cur.clone(), until: until.clone(), stripe: None };
        let next = self.cut(range, Size::Rows(1)).next(&stretch);
        let poison = poison::record(self.id, self.part, until, error);
        let walked = poison::walked(self.id, self.part, &range.cur, until);
        let sql = format!("{walked} {poison}; {}; COMMIT", self.advance(range, &next, 0));
        if let Err(error) = self.session.rows_by(&sql, SOON) {
            return Ok(self.failed(error));
        }
        let ended = range.advance(next);
        Ok(Outcome::Done { written: 0, took: None, wal: None, ended })
    }
}
