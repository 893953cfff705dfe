//! The scene of a verdict: state, evidence and moment, and what the checks ask of them together.

use super::evidence::Evidence;
use super::evidence::Session;
use super::policy::Policy;
use super::policy::Resets;
use super::sighting::FRESH;
use super::sighting::Sighting;
use super::words::place;
use super::words::release;
use crate::ledger::Consumer;
use crate::ledger::Lane;
use crate::ledger::LaneKey;
use crate::ledger::Moment;
use crate::ledger::Retreat;
use crate::ledger::State;
use std::time::Duration;

/// How far the clock may be behind what is on record without anybody minding.
const SLACK: Duration = Duration::from_secs(5);

/// State, evidence and moment.
pub(super) struct Scene<'a> {
    pub(super) state: &'a State,
    pub(super) change: &'a str,
    pub(super) policy: &'a Policy,
    pub(super) evidence: &'a Evidence,
    pub(super) now: Moment,
}

impl Scene<'_> {
    /// Whether the contract began, and has not come to its end.
    pub(super) fn began(&self) -> bool {
        let known = self.state.changes.get(self.change);
        known.is_some_and(|known| known.executed.is_none() && known.began_contract())
    }

    /// When the contract became another than it was when it began to be waited for. One that began
    /// to run is brought to its end.
    pub(super) fn rewritten(&self) -> Option<Moment> {
        self.state.changes.get(self.change)?.rewritten.filter(|_| !self.began())
    }
}

/// A consumer in one of its regions.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    pub(super) consumer: &'a Consumer,
    pub(super) region: &'a str,
}

impl Place<'_> {
    pub(super) fn words(&self) -> String {
        place(&self.consumer.service, self.region)
    }

    pub(super) fn release(&self, version: &str) -> String {
        release(&self.consumer.service, version, self.region)
    }

    pub(super) fn interval(&self) -> Duration {
        Duration::from_secs(self.consumer.interval)
    }

    /// Whether what was seen there was seen here. Beats that name no region speak for a consumer
    /// that has only one, and any beat does where nobody said where the consumer runs; beats
    /// without a region prove nothing of a consumer in several.
    fn covers(&self, service: &str, region: &str) -> bool {
        let one = self.consumer.regions.len() == 1;
        let same = region == self.region || (one && (region.is_empty() || self.region.is_empty()));
        service == self.consumer.service && same
    }
}

impl<'a> Scene<'a> {
    /// The declared consumers.
    pub(super) fn consumers(&self) -> &'a [Consumer] {
        self.state.consumers.as_deref().unwrap_or_default()
    }

    pub(super) fn is_consumer(&self, service: &str) -> bool {
        self.consumers().iter().any(|consumer| consumer.service == service)
    }

    /// Every consumer in each of its regions.
    pub(super) fn places(&self) -> impl Iterator<Item = Place<'a>> + use<'a> {
        self.consumers().iter().flat_map(|consumer| {
            consumer.regions.iter().map(move |region| Place { consumer, region })
        })
    }

    /// Those that have to be seen all the time.
    pub(super) fn steady(&self) -> impl Iterator<Item = Place<'a>> + use<'a> {
        self.places().filter(|place| place.consumer.cadence.is_none())
    }

    /// Whether a version runs without what is taken away.
    pub(super) fn compatible(&self, service: &str, version: &str) -> bool {
        self.state.releases.compatible(service, version, self.change)
    }

    pub(super) fn lane(&self, place: &Place) -> Option<&'a Lane> {
        let (service, region) = (place.consumer.service.clone(), place.region.to_owned());
        self.state.lanes.get(&LaneKey { service, region })
    }

    /// All lanes of consumers, those in regions that nobody declared included.
    pub(super) fn lanes(&self) -> impl Iterator<Item = (&'a LaneKey, &'a Lane)> {
        self.state.lanes.iter().filter(|(key, _)| self.is_consumer(&key.service))
    }

    /// Since when all that was full here needs nothing that is taken away, if that is so now.
    pub(super) fn full_here(&self, place: &Place) -> Option<Moment> {
        let service = &place.consumer.service;
        let lane = self.lane(place)?;
        let rival = lane
            .active
            .as_ref()
            .is_some_and(|active| active.weight > 0 && !self.compatible(service, &active.version));
        if rival { None } else { lane.since(|version| self.compatible(service, version)) }
    }

    /// Since when that is so everywhere, and where it came last.
    pub(super) fn full(&self) -> Option<(Moment, Place<'a>)> {
        let places: Option<Vec<_>> =
            self.places().map(|place| Some((self.full_here(&place)?, place))).collect();
        places?.into_iter().max_by_key(|(at, _)| *at)
    }

    /// What was seen of a place of releases that need nothing of what is taken away.
    pub(super) fn good(&self, place: &Place) -> impl Iterator<Item = &'a Sighting> {
        let seen = self.evidence.sightings.iter();
        seen.filter(move |seen| {
            place.covers(&seen.service, &seen.region)
                && self.compatible(&seen.service, &seen.version)
        })
    }

    /// What was seen of consumers, wherever, that still needs it.
    pub(super) fn bad(&self) -> impl Iterator<Item = &'a Sighting> {
        self.evidence.sightings.iter().filter(|seen| {
            self.is_consumer(&seen.service) && !self.compatible(&seen.service, &seen.version)
        })
    }

    /// Sessions of consumers that are connected now, and still need it.
    pub(super) fn bad_sessions(&self) -> impl Iterator<Item = &'a Session> {
        self.evidence.sessions.iter().filter(|session| {
            self.is_consumer(&session.service)
                && !self.compatible(&session.service, &session.version)
        })
    }

    /// Whether a release that needs nothing of it is connected from there.
    pub(super) fn connected(&self, place: &Place) -> bool {
        self.evidence.sessions.iter().any(|session| {
            let region = session.region.as_deref().unwrap_or_default();
            place.covers(&session.service, region)
                && self.compatible(&session.service, &session.version)
        })
    }

    /// Whether something seen last at that moment is at work now. A moment that has not come yet
    /// says nothing: the clock was set back.
    pub(super) fn fresh(&self, place: &Place, until: Moment) -> bool {
        until <= self.now.after(SLACK) && self.now.since(until) <= place.interval() * FRESH
    }

    /// The clock is behind what is on record.
    pub(super) fn behind(&self) -> bool {
        let last = self.state.clock_regressions.iter().max();
        self.now.after(SLACK) < self.state.at || last.is_some_and(|last| self.now < *last)
    }

    /// The last rollback of a consumer that a policy counts, and where it was.
    pub(super) fn retreat(&self, resets: Resets) -> Option<(&'a LaneKey, &'a Retreat)> {
        let all =
            self.lanes().flat_map(|(key, lane)| lane.retreats.iter().map(move |it| (key, it)));
        let counted = all.filter(|(key, retreat)| {
            let compatible = |version: &str| self.compatible(&key.service, version);
            resets == Resets::All || !compatible(&retreat.from) || !compatible(&retreat.to)
        });
        counted.max_by_key(|(_, retreat)| retreat.at)
    }
}
