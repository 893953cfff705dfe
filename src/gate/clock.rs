//! The two clocks: since when nobody needs what is taken away, and since when the fleet is well.
//! Both run on what was seen, not on the time that passed.

use super::cover::covered;
use super::policy::Resets;
use super::scene::Scene;
use super::words::place;
use super::words::release;
use super::words::span;
use crate::ledger::Moment;
use std::time::Duration;

/// A clock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clock {
    /// From when it counts; `None` if it has not begun.
    pub since: Option<Moment>,
    /// What happened then, or what has to happen first.
    pub cause: String,
    /// How much was earned since, where that is least.
    pub earned: Duration,
    /// How much is needed.
    pub needed: Duration,
    /// Where least was earned.
    pub least: Option<String>,
    /// Why it stands still, if it does.
    pub standing: Option<String>,
}

impl Clock {
    /// Whether enough was earned.
    pub fn complete(&self) -> bool {
        self.since.is_some() && self.earned >= self.needed
    }

    /// The earliest moment at which enough will be earned, if nothing gets in its way.
    pub fn clears(&self, now: Moment) -> Option<Moment> {
        let running = self.since.is_some() && self.standing.is_none();
        running.then(|| now.after(self.needed.saturating_sub(self.earned)))
    }

    /// What it shows.
    pub(super) fn words(&self) -> String {
        let Some(since) = self.since else {
            return format!("has not begun: {}", self.cause);
        };
        let least = match &self.least {
            Some(least) if !self.complete() => format!(", least by {least}"),
            _ => String::new(),
        };
        let (earned, needed) = (span(self.earned), span(self.needed));
        format!("{earned} of {needed} earned since {since}, when {}{least}", self.cause)
    }
}

impl Scene<'_> {
    /// What was earned since a moment where that is least, and where it is. Where all consumers run
    /// only now and then nobody is there to beat all the time, and the time that passed counts.
    pub(super) fn earned(&self, start: Moment) -> (Duration, Option<String>) {
        let earned = self.steady().map(|place| {
            let earned = covered(self.good(&place), place.interval(), start, self.now);
            (earned, place)
        });
        match earned.min_by_key(|(earned, _)| *earned) {
            Some((earned, place)) => (earned, Some(place.words())),
            None => (self.now.since(start), None),
        }
    }

    /// Why no clock runs, if none does.
    pub(super) fn standing(&self) -> Option<String> {
        if self.behind() {
            return Some(format!(
                "the database's clock, {}, is behind the last event, {}: nothing is earned until \
                 it has caught up",
                self.now, self.state.at
            ));
        }
        for place in self.steady() {
            let last = self.good(&place).map(|seen| seen.until).max();
            match last {
                Some(last) if self.fresh(&place, last) => {}
                Some(last) => {
                    let words = place.words();
                    return Some(format!("{words} is silent since {last}, and the clocks stand"));
                }
                None => {
                    let words = place.words();
                    return Some(format!(
                        "{words} was never seen at work on a release that can do without it"
                    ));
                }
            }
        }
        None
    }

    fn clock(&self, starts: Vec<(Moment, String)>) -> Clock {
        let needed = self.policy.soak;
        let standing = self.standing();
        let begun = self.full().and(starts.into_iter().max_by_key(|(at, _)| *at));
        let Some((since, cause)) = begun else {
            let cause = "no release that can do without it is full everywhere (K1)".to_owned();
            return Clock {
                since: None,
                cause,
                earned: Duration::ZERO,
                needed,
                least: None,
                standing,
            };
        };
        let (earned, least) = self.earned(since);
        Clock { since: Some(since), cause, earned, needed, least, standing }
    }

    /// What makes both clocks start over.
    fn starts(&self) -> Vec<(Moment, String)> {
        let mut starts = Vec::new();
        if let Some((at, place)) = self.full() {
            starts.push((at, format!("the last consumer, {}, could do without it", place.words())));
        }
        if let Some(at) = self.state.rebound {
            starts.push((at, "the ledger was bound to another database".to_owned()));
        }
        if let Some(at) = self.rewritten() {
            starts.push((at, "its contract was registered as another".to_owned()));
        }
        for seen in self.bad() {
            let who = release(&seen.service, &seen.version, &seen.region);
            starts.push((seen.until, format!("{who} was last seen")));
        }
        for session in self.bad_sessions() {
            let region = session.region.as_deref().unwrap_or_default();
            let who = release(&session.service, &session.version, region);
            starts.push((self.now, format!("{who} was seen connected")));
        }
        for (key, lane) in self.lanes() {
            let rivals = lane.left.iter();
            for (at, version) in
                rivals.filter(|(_, version)| !self.compatible(&key.service, version))
            {
                let who = release(&key.service, version, &key.region);
                starts.push((*at, format!("{who}, which needs it, left")));
            }
        }
        starts
    }

    fn rollback(&self, resets: Resets) -> Option<(Moment, String)> {
        let (key, retreat) = self.retreat(resets)?;
        let who = place(&key.service, &key.region);
        let words = format!("{who} was taken back from {} to {}", retreat.from, retreat.to);
        Some((retreat.at, words))
    }

    /// The clock of absence.
    pub(super) fn absence(&self) -> Clock {
        let mut starts = self.starts();
        starts.extend(self.rollback(self.policy.rollback_resets));
        self.clock(starts)
    }

    /// The clock of health: every rollback and every gate that fails makes it start over, and while
    /// a gate fails it stands at nothing.
    pub(super) fn health(&self) -> Clock {
        let mut starts = self.starts();
        starts.extend(self.rollback(Resets::All));
        starts.extend(self.state.failed.map(|at| (at, "a gate failed".to_owned())));
        starts.extend(self.state.recovered.map(|at| (at, "a gate recovered".to_owned())));
        let mut clock = self.clock(starts);
        if let Some((gate, reason)) = self.state.failing.first_key_value() {
            clock.earned = Duration::ZERO;
            clock.standing = Some(format!("gate `{gate}` fails: {reason}"));
        }
        clock
    }
}
