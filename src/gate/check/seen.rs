//! K3 and K4: what was seen at work.

use super::releases::NOBODY;
use super::releases::status_of;
use crate::gate::Check;
use crate::gate::judgement::Reason;
use crate::gate::judgement::check;
use crate::gate::scene::Place;
use crate::gate::scene::Scene;
use crate::gate::words::release;
use crate::gate::words::span;
use crate::ledger::CheckId;
use crate::ledger::Moment;
use std::time::Duration;

/// Who was seen within this time is alive, and no grant says otherwise.
const ALIVE: Duration = Duration::from_mins(1);

impl Scene<'_> {
    /// K3: no release that needs it was seen for as long as the soak, and somebody was looking.
    pub(super) fn absent(&self) -> Check {
        let mut reasons = Vec::new();
        for session in self.bad_sessions() {
            let region = session.region.as_deref().unwrap_or_default();
            let who = release(&session.service, &session.version, region);
            let why = self.needs(&session.service, &session.version);
            let reason = Reason::block(format!("{who} is connected now, and {why}")).firm();
            reasons.push(reason.next(status_of(&session.service)));
        }
        let last = self.bad().max_by_key(|seen| seen.until);
        for seen in self.bad() {
            let who = release(&seen.service, &seen.version, &seen.region);
            let why = self.needs(&seen.service, &seen.version);
            let what = format!("{who}, which {why}, was last seen at {}", seen.until);
            if seen.until.after(ALIVE) >= self.now {
                let reason = Reason::block(format!("{what}: it is alive"));
                let soak = self.policy.soak.max(ALIVE);
                let clears = self.standing().is_none().then(|| seen.until.after(soak));
                reasons.push(reason.clears(clears).firm());
            } else if last.is_some_and(|last| last.until == seen.until) {
                reasons.extend(self.not_earned_since(seen.until, &what));
            }
        }
        if self.consumers().is_empty() {
            reasons.push(Reason::silent(NOBODY));
        }
        for place in self.steady().filter(|place| !self.ever_seen(place)) {
            let reason = Reason::silent(format!("nothing was ever seen of {}", place.words()));
            reasons.push(reason.next(self.speak(&place)));
        }
        check(CheckId::K3, &reasons, || match last {
            None => "no release that needs it was ever seen".to_owned(),
            Some(last) => {
                let who = release(&last.service, &last.version, &last.region);
                format!("the last that needs it, {who}, was seen at {}", last.until)
            }
        })
    }

    /// Whether anything at all was seen of a place, or of a service that does not say where it is.
    fn ever_seen(&self, place: &Place) -> bool {
        let service = &place.consumer.service;
        let seen = self.evidence.sightings.iter().any(|seen| {
            seen.service == *service && (seen.region == place.region || seen.region.is_empty())
        });
        seen || self.good(place).next().is_some()
    }

    /// K4: each consumer was seen at work on a release that can do without it: now, or, where it
    /// runs only now and then, once since that release is full.
    pub(super) fn present(&self) -> Check {
        let mut reasons: Vec<Reason> =
            self.places().filter_map(|place| self.missing(&place)).collect();
        if self.consumers().is_empty() {
            reasons.push(Reason::silent(NOBODY));
        }
        check(CheckId::K4, &reasons, || {
            let unseen = self.places().filter(|place| !self.connected(place) && self.unseen(place));
            let unseen: Vec<String> = unseen.map(|place| place.words()).collect();
            let but = match unseen.as_slice() {
                [] => String::new(),
                who => format!(
                    ", but for {}: the soak is as long as the span in which it runs",
                    who.join(", ")
                ),
            };
            format!("every consumer was seen at work without it{but}")
        })
    }

    fn missing(&self, place: &Place) -> Option<Reason> {
        if self.connected(place) {
            return None;
        }
        let last = self.good(place).map(|seen| seen.until).max();
        if let Some(cadence) = place.consumer.cadence {
            return self.did_not_run(place, Duration::from_secs(cadence));
        }
        if last.is_some_and(|last| self.fresh(place, last)) {
            return None;
        }
        let who = place.words();
        let service = &place.consumer.service;
        let only_bad = self.bad().filter(|seen| seen.service == *service);
        let only_bad = only_bad.filter(|seen| {
            (seen.region.is_empty() || seen.region == place.region) && self.fresh(place, seen.until)
        });
        if let Some(seen) = only_bad.max_by_key(|seen| seen.until) {
            let words = format!("{who} is seen at work on {} alone", seen.version);
            return Some(Reason::block(words));
        }
        let words = match last {
            Some(last) => format!("{who} is silent since {last}"),
            None if place.consumer.regions.len() > 1 && self.speaks_of_nowhere(service) => format!(
                "the beats of {who} name no region, and it runs in several: send them with one"
            ),
            None => format!("{who} was never seen at work: silence proves nothing"),
        };
        Some(Reason::silent(words).next(self.speak(place)))
    }

    /// The command by which a consumer says that it is alive.
    fn speak(&self, place: &Place) -> String {
        let service = &place.consumer.service;
        let version = self.lane(place).and_then(|lane| lane.current()).unwrap_or("VERSION");
        let region = match place.region {
            "" => String::new(),
            region => format!(" --region {region}"),
        };
        let every = format!("--every {}s", place.consumer.interval);
        format!("migrate rollout heartbeat {service}@{version}{region} {every}")
    }

    fn speaks_of_nowhere(&self, service: &str) -> bool {
        let mut own = self.evidence.sightings.iter().filter(|seen| seen.service == *service);
        own.any(|seen| seen.region.is_empty())
    }

    /// Since when what runs now and then was not seen to run without it, if it was not.
    fn idle(&self, place: &Place) -> Option<Moment> {
        let bad = self.bad().filter(|seen| seen.service == place.consumer.service);
        let full = self.full_here(place);
        let since = bad.map(|seen| seen.until).chain(full).max()?;
        let ran = full.is_some() && self.good(place).any(|seen| seen.until >= since);
        (!ran).then_some(since)
    }

    /// Whether it runs now and then, and was not seen to.
    fn unseen(&self, place: &Place) -> bool {
        place.consumer.cadence.is_some() && self.idle(place).is_some()
    }

    /// What runs now and then has to have run once since nothing needs it, unless the soak is so
    /// long that it must have.
    fn did_not_run(&self, place: &Place, cadence: Duration) -> Option<Reason> {
        if self.policy.soak >= cadence {
            return None;
        }
        let service = &place.consumer.service;
        let since = self.idle(place)?;
        let who = place.words();
        let cadence = span(cadence);
        let words = format!("{who} has not run without it since {since}; it does every {cadence}");
        Some(Reason::silent(words).next(status_of(service)))
    }
}
