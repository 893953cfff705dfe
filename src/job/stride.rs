//! Where numbers are dense, the end of a batch is reckoned and not looked up: to look it up reads
//! as many entries of the index as the batch has rows.

use super::walk::Walk;

/// How far apart the numbers of a key are, as the last batch that was looked up had it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stride {
    per_row: f64,
    left: u32,
}

/// Numbers of which less than half exist are looked up.
const SPARSE: f64 = 2.0;

/// After how many reckoned batches one is looked up.
const RECKONED: u32 = 9;

impl Stride {
    /// What a batch tells that was looked up; `None` where the key is no number, or is sparse.
    pub fn seen(walk: &Walk, after: &[String], until: &[String], rows: u32) -> Option<Stride> {
        let (after, until) = (number(walk, after)?, number(walk, until)?);
        #[expect(clippy::cast_precision_loss, reason = "a stride need not be exact")]
        let per_row = until.checked_sub(after)? as f64 / f64::from(rows.max(1));
        (per_row > 0.0 && per_row <= SPARSE).then_some(Stride { per_row, left: RECKONED })
    }

    /// The end of a batch of about so many rows behind a place; `None` where it is to be looked up,
    /// as in a range without an end.
    pub fn next(
        &mut self,
        walk: &Walk,
        after: &[String],
        end: Option<&[String]>,
        rows: u32,
    ) -> Option<Vec<String>> {
        self.left = self.left.checked_sub(1)?;
        let (after, end) = (number(walk, after)?, number(walk, end?)?);
        #[expect(clippy::cast_possible_truncation, reason = "a cast of numbers saturates")]
        let far = (self.per_row * f64::from(rows)).max(1.0) as i64;
        Some(vec![after.saturating_add(far).min(end).to_string()])
    }
}

/// The number that a place is, in a key of one.
fn number(walk: &Walk, place: &[String]) -> Option<i64> {
    match place {
        [only] if walk.is_number() => only.parse().ok(),
        _ => None,
    }
}
