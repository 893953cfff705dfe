//! The time that sightings cover together, each moment once.

use super::sighting::Sighting;
use crate::ledger::Moment;
use std::collections::BTreeMap;
use std::time::Duration;

/// What was earned between two moments by any of these. A span has no hole of more than three
/// intervals, so that what it earned is taken to lie evenly in it; where several cover a moment the
/// one that earned most of its own time counts. More sightings never earn less.
pub(super) fn covered<'a>(
    seen: impl Iterator<Item = &'a Sighting>,
    interval: Duration,
    from: Moment,
    until: Moment,
) -> Duration {
    let mut spans: Vec<&Sighting> =
        seen.filter(|seen| seen.since.max(from) < seen.until.min(until)).collect();
    // Compares earned / length without dividing.
    let own = |seen: &Sighting| seen.earned_by(interval).as_micros();
    let cross = |one: &Sighting, other: &Sighting| own(one) * length(other);
    spans.sort_by(|one, other| cross(other, one).cmp(&cross(one, other)));
    let mut taken = BTreeMap::new();
    let mut earned: u128 = 0;
    for seen in spans {
        let (begin, end) = (seen.since.max(from), seen.until.min(until));
        let fresh = take(&mut taken, begin, end).as_micros();
        let share = own(seen).min(length(seen));
        earned += fresh * share / length(seen);
    }
    Duration::from_micros(u64::try_from(earned).unwrap_or(u64::MAX))
}

/// How long a span is, in microseconds.
fn length(seen: &Sighting) -> u128 {
    seen.until.since(seen.since).as_micros()
}

/// Adds a stretch of time to those that are taken, and says how much of it was not yet.
fn take(taken: &mut BTreeMap<Moment, Moment>, begin: Moment, end: Moment) -> Duration {
    let (mut whole, mut fresh) = ((begin, end), end.since(begin));
    while let Some((&since, &until)) = taken.range(..=end).next_back()
        && until >= begin
    {
        fresh = fresh.saturating_sub(until.min(end).since(since.max(begin)));
        whole = (whole.0.min(since), whole.1.max(until));
        taken.remove(&since);
    }
    taken.insert(whole.0, whole.1);
    fresh
}
