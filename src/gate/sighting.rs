//! Sightings: spans of time in which a version was seen at work, and how much of each was earned.

use crate::ledger::Moment;
use std::time::Duration;

/// How many intervals a beat may be old, and still count as now.
pub(super) const FRESH: u32 = 3;

/// A span of time in which a version was seen at work, by beats that follow each other closely.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sighting {
    /// The service.
    pub service: String,
    /// Where; empty where the beats did not say.
    pub region: String,
    /// The version.
    pub version: String,
    /// The first beat.
    pub since: Moment,
    /// The last beat.
    pub until: Moment,
    /// How much of the span counts: each beat adds at most one interval.
    pub earned: Duration,
    /// How many beats there were.
    pub beats: u64,
    /// Who saw it: `push`, `pg_stat_activity`.
    pub source: String,
}

impl Sighting {
    /// A span that begins with this beat. One beat earns nothing.
    pub fn begin(service: &str, region: &str, version: &str, source: &str, at: Moment) -> Sighting {
        Sighting {
            service: service.to_owned(),
            region: region.to_owned(),
            version: version.to_owned(),
            since: at,
            until: at,
            earned: Duration::ZERO,
            beats: 1,
            source: source.to_owned(),
        }
    }

    /// Adds a beat. After a gap in which it was no longer fresh a new span begins, which is
    /// returned. A clock that jumps ahead earns no more than any gap does, and one that runs behind
    /// earns nothing until it has caught up.
    pub fn beat(&mut self, at: Moment, interval: Duration) -> Option<Sighting> {
        let gap = at.since(self.until);
        if gap > interval * FRESH {
            let Sighting { service, region, version, source, .. } = self;
            return Some(Sighting::begin(service, region, version, source, at));
        }
        self.beats += 1;
        self.earned += gap.min(interval);
        self.until = self.until.max(at);
        None
    }

    /// What it earned, of a consumer that says so often that it is alive: no beat can have added
    /// more, whatever it said of itself when it came.
    pub(super) fn earned_by(&self, interval: Duration) -> Duration {
        let beats = u32::try_from(self.beats.saturating_sub(1)).unwrap_or(u32::MAX);
        self.earned.min(interval.saturating_mul(beats))
    }
}
