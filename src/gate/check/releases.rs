//! K1, K2 and K7: what the ledger says of releases.

use crate::gate::Check;
use crate::gate::judgement::Reason;
use crate::gate::judgement::check;
use crate::gate::policy::Resets;
use crate::gate::scene::Place;
use crate::gate::scene::Scene;
use crate::gate::words::place;
use crate::gate::words::release;
use crate::gate::words::span;
use crate::ledger::CheckId;
use crate::ledger::Moment;

/// What is said where nobody uses the database, as far as anybody told.
pub(super) const NOBODY: &str = "no consumer is declared: nobody can prove that none is left; list \
                                 those that use the database as [[consumer]]";

/// The command that says what runs where.
pub(super) fn status_of(service: &str) -> String {
    format!("migrate rollout status --service {service}")
}

impl Scene<'_> {
    /// K1: a release that can do without it is full, in every region of every consumer.
    pub(super) fn full_everywhere(&self) -> Check {
        let mut reasons: Vec<Reason> =
            self.places().filter_map(|place| self.not_full(&place)).collect();
        if self.consumers().is_empty() {
            reasons.push(Reason::silent(NOBODY));
        }
        check(CheckId::K1, &reasons, || {
            let places = self.places().map(|place| {
                let version = self.lane(&place).and_then(|lane| lane.current().map(str::to_owned));
                place.release(&version.unwrap_or_default())
            });
            let places: Vec<String> = places.collect();
            format!("all can do without it: {}", places.join(", "))
        })
    }

    fn not_full(&self, place: &Place) -> Option<Reason> {
        if self.full_here(place).is_some() {
            return None;
        }
        let service = &place.consumer.service;
        let lane = self.lane(place);
        let on_its_way = lane.and_then(|lane| lane.active.as_ref());
        let current = lane.and_then(|lane| lane.current());
        let on_its_way = on_its_way.map_or(String::new(), |active| {
            let needs =
                if self.compatible(service, &active.version) { "" } else { ", which needs it," };
            format!("; {}{needs} is at {} %", active.version, active.weight)
        });
        let words = match current {
            None => format!("no release of {} is known to be full{on_its_way}", place.words()),
            Some(version) if self.compatible(service, version) => {
                format!("{} is not alone{on_its_way}", place.release(version))
            }
            Some(version) => {
                let why = self.needs(service, version);
                format!("{} is full, and {why}{on_its_way}", place.release(version))
            }
        };
        let next = if lane.is_some_and(|lane| lane.active.is_some()) {
            status_of(service)
        } else {
            format!("migrate rollout finish {service}@VERSION --satisfies {}", self.change)
        };
        Some(Reason::block(words).next(next))
    }

    /// Why a version is taken to need it.
    pub(super) fn needs(&self, service: &str, version: &str) -> &'static str {
        match self.state.releases.get(service, version) {
            None => "was never declared, so that it has to be taken to need it",
            Some(_) => "needs it",
        }
    }

    /// K2: no release that needs it is on its way.
    pub(super) fn no_rival(&self) -> Check {
        let mut reasons = Vec::new();
        for (key, lane) in self.lanes() {
            let Some(active) = &lane.active else { continue };
            if !self.compatible(&key.service, &active.version) {
                let who = release(&key.service, &active.version, &key.region);
                let why = self.needs(&key.service, &active.version);
                let words = format!("{who} is on its way, at {} %, and {why}", active.weight);
                reasons.push(Reason::block(words).next(status_of(&key.service)));
            }
        }
        check(CheckId::K2, &reasons, || "no release that needs it is on its way".to_owned())
    }

    /// K7: no release was taken back since K1 holds, or enough was earned since.
    pub(super) fn no_rollback(&self) -> Check {
        let mut reasons = Vec::new();
        let full = self.full();
        if let Some((key, retreat)) = self.retreat(self.policy.rollback_resets) {
            let who = place(&key.service, &key.region);
            let what = format!("{who} was taken back from {} to {}", retreat.from, retreat.to);
            let what = format!("{what} at {}", retreat.at);
            match full {
                None if !self.compatible(&key.service, &retreat.to) => {
                    reasons.push(Reason::block(format!("{what}, and did not come through since")));
                }
                Some((at, _)) if retreat.at > at => {
                    reasons.extend(self.not_earned_since(retreat.at, &what));
                }
                _ => {}
            }
        }
        check(CheckId::K7, &reasons, || match self.policy.rollback_resets {
            Resets::All => "no release was taken back since, or long enough ago".to_owned(),
            Resets::Incompatible => "none was taken back from or to one that needs it".to_owned(),
        })
    }

    /// What is wanting of the soak since something happened.
    pub(super) fn not_earned_since(&self, at: Moment, what: &str) -> Option<Reason> {
        let (earned, _) = self.earned(at);
        let needed = self.policy.soak;
        if earned >= needed {
            return None;
        }
        let words = format!("{what}: {} of {} earned since", span(earned), span(needed));
        Some(match self.standing() {
            Some(standing) => Reason::silent(format!("{words}; {standing}")),
            None => {
                Reason::block(words).clears(Some(self.now.after(needed.saturating_sub(earned))))
            }
        })
    }
}
