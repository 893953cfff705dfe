//! Where a batch begins and ends within its range, and where the range stands after it.

use super::claim::Range;
use super::open::Part;
use crate::job::Cursor;
use crate::job::Stretch;
use crate::job::Walk;
use crate::job::block_end;
use crate::job::block_of;

/// How much a batch takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Size {
    /// So many rows, or blocks where the walk is by blocks.
    Units(u32),
    /// So many rows, in one go: the one that cannot be done is looked for.
    Rows(u32),
}

/// How a batch is cut from a range.
pub(super) struct Cut<'a> {
    pub(super) part: &'a Part,
    pub(super) range: &'a Range,
    pub(super) size: Size,
    /// Where it ends, if that is reckoned already.
    pub(super) reckoned: Option<&'a Vec<String>>,
}

/// Where a range stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Next {
    pub(super) cur: Cursor,
    pub(super) stop: Cursor,
    pub(super) stripe: u32,
    /// It has no more rows.
    pub(super) done: bool,
}

impl Cut<'_> {
    /// The query for the end of the batch; `None` where it needs none.
    pub(super) fn probe(&self) -> Option<String> {
        let walk = &self.part.walk;
        let known =
            self.range.stop.is_some() || self.reckoned.is_some() || matches!(walk, Walk::Blocks);
        if matches!(self.size, Size::Units(_)) && known {
            return None;
        }
        let (Size::Units(rows) | Size::Rows(rows)) = self.size;
        let all = Stretch { after: self.range.cur.clone(), until: self.end(), stripe: None };
        Some(walk.probe(&self.part.name, "t", &all, rows))
    }

    /// Where the batch ends at the latest. By places, those who look for a row put all rows up to
    /// there in order, so that it is as few blocks as rows are wanted.
    fn end(&self) -> Cursor {
        let end = self.range.stop.as_ref().or(self.range.hi.as_ref());
        match (self.size, &self.part.walk) {
            (Size::Rows(size), Walk::Blocks) => blocks_on(self.range.cur.as_ref(), end, size),
            _ => end.cloned(),
        }
    }

    /// The rows of the batch, given what the query for its end found.
    pub(super) fn stretch(&self, probed: Option<Vec<String>>) -> Stretch {
        let Cut { part, range, .. } = self;
        let (until, stripe) = match (self.size, &part.walk) {
            (Size::Rows(_), _) => (probed.or_else(|| self.end()), None),
            (Size::Units(_), _) if range.stop.is_some() => (self.end(), Some(range.stripe)),
            (Size::Units(size), Walk::Blocks) => {
                (blocks_on(range.cur.as_ref(), range.hi.as_ref(), size), Some(0))
            }
            (Size::Units(_), Walk::Key(_)) => {
                let slice = probed.or_else(|| self.reckoned.cloned());
                // What is behind the last full slice is short, and is walked at once.
                let stripe = slice.is_some().then_some(0);
                (slice.or_else(|| self.end()), stripe)
            }
        };
        let stripe = stripe.map(|stripe| (stripe, part.stripes)).filter(|(_, of)| *of > 1);
        Stretch { after: range.cur.clone(), until, stripe }
    }

    /// Where the range stands after the batch.
    pub(super) fn next(&self, stretch: &Stretch) -> Next {
        let (range, until) = (self.range, stretch.until.clone());
        if let (Some((stripe, of)), Size::Units(_)) = (stretch.stripe, self.size)
            && stripe + 1 < of
        {
            return Next { cur: range.cur.clone(), stop: until, stripe: stripe + 1, done: false };
        }
        let done = until == range.hi;
        let within = matches!(self.size, Size::Rows(_)) && until != range.stop;
        let (stop, stripe) = if within { (range.stop.clone(), range.stripe) } else { (None, 0) };
        Next { cur: until, stop, stripe, done }
    }
}

impl Range {
    /// Moves on; whether that was its end.
    pub(super) fn advance(&mut self, next: Next) -> bool {
        let Next { cur, stop, stripe, done } = next;
        (self.cur, self.stop, self.stripe) = (cur, stop, stripe);
        done
    }
}

/// The end of so many blocks behind a place, or of the range.
fn blocks_on(cur: Option<&Vec<String>>, hi: Option<&Vec<String>>, size: u32) -> Cursor {
    let block = |place: Option<&Vec<String>>| place?.first().and_then(|text| block_of(text));
    let first = match block(cur) {
        Some((block, true)) => block + 1,
        Some((block, false)) => block,
        None => 0,
    };
    let last = first + u64::from(size.max(1)) - 1;
    match block(hi) {
        Some((end, _)) if last < end => Some(block_end(last)),
        _ => hi.cloned(),
    }
}
