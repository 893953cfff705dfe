//! Lanes: a service in a region, which release is full there, and which one is on its way.

use super::moment::Moment;

/// A service in a region.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LaneKey {
    /// The service.
    pub service: String,
    /// The region; empty where none was named.
    pub region: String,
}

/// What runs in a lane.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lane {
    /// The releases that were full here, each since when; the last one is the current one.
    pub full: Vec<(Moment, String)>,
    /// The release that is on its way.
    pub active: Option<Active>,
    /// The ways back that were taken.
    pub retreats: Vec<Retreat>,
}

/// A release on its way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Active {
    /// The version.
    pub version: String,
    /// Its share of the traffic, in percent.
    pub weight: u8,
    /// Since when it is on its way.
    pub since: Moment,
    /// Why it stands still, if it does.
    pub paused: Option<String>,
}

/// A way back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Retreat {
    /// When.
    pub at: Moment,
    /// From which version.
    pub from: String,
    /// To which.
    pub to: String,
}

impl Lane {
    /// The release that is full here.
    pub fn current(&self) -> Option<&str> {
        self.full.last().map(|(_, version)| version.as_str())
    }

    /// Since when all that was full here, without a break up to now, is such a release; `None` if
    /// the current one is not.
    pub fn since(&self, such: impl Fn(&str) -> bool) -> Option<Moment> {
        let run = self.full.iter().rev().take_while(|(_, version)| such(version));
        run.last().map(|(at, _)| *at)
    }

    pub(super) fn step(&mut self, version: &str, weight: u8, at: Moment) {
        let Some(active) = self.active.as_mut().filter(|active| active.version == version) else {
            return;
        };
        active.weight = weight;
        if weight == 100 && self.current() != Some(version) {
            self.full.push((at, version.to_owned()));
        }
    }

    pub(super) fn finish(&mut self, version: &str, at: Moment) {
        self.step(version, 100, at);
        if self.active.as_ref().is_some_and(|active| active.version == version) {
            self.active = None;
        }
    }

    pub(super) fn retreat(&mut self, from: &str, to: &str, at: Moment) {
        if self.active.as_ref().is_some_and(|active| active.version == from) {
            self.active = None;
        }
        if self.current() != Some(to) {
            self.full.push((at, to.to_owned()));
        }
        self.retreats.push(Retreat { at, from: from.to_owned(), to: to.to_owned() });
    }
}
