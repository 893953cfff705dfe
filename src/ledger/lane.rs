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
    /// The releases that had traffic here without ever coming through, each until when.
    pub left: Vec<(Moment, String)>,
    /// The ways back that were taken.
    pub retreats: Vec<Retreat>,
    /// When it was last said that one release alone is here: a rollout finished, or was taken back.
    pub settled: Option<Moment>,
    /// The last event that moved it.
    pub seq: i64,
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
    /// The event that began it.
    pub seq: i64,
    /// Its last step, or that same event.
    pub stepped: i64,
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

    /// Whether a release was ever full here.
    pub fn had(&self, version: &str) -> bool {
        self.full.iter().any(|(_, of)| of == version)
    }

    /// Whether a release is on its way here.
    pub fn carries(&self, version: &str) -> bool {
        self.active.as_ref().is_some_and(|active| active.version == version)
    }

    /// A release begins its way; one that is on it already goes on.
    pub(super) fn start(&mut self, version: &str, at: Moment, seq: i64) {
        if self.carries(version) {
            return;
        }
        self.leave(at);
        let version = version.to_owned();
        let active = Active { version, weight: 0, since: at, paused: None, seq, stepped: seq };
        self.active = Some(active);
        self.seq = seq;
    }

    /// What is on its way ends, where nothing was full before.
    pub(super) fn quit(&mut self, at: Moment, seq: i64) {
        self.leave(at);
        self.seq = seq;
    }

    /// What is on its way is so no longer.
    fn leave(&mut self, at: Moment) {
        let Some(active) = self.active.take() else { return };
        if active.weight > 0 && self.current() != Some(&active.version) {
            self.left.push((at, active.version));
        }
    }

    pub(super) fn step(&mut self, version: &str, weight: u8, at: Moment, seq: i64) {
        let Some(active) = self.active.as_mut().filter(|active| active.version == version) else {
            return;
        };
        active.weight = weight;
        active.stepped = seq;
        self.seq = seq;
        if weight == 100 && self.current() != Some(version) {
            self.full.push((at, version.to_owned()));
        }
    }

    /// A release that was full before a newer one is full again: that is a way back, whatever it
    /// is called.
    pub(super) fn return_to(&mut self, version: &str, at: Moment) {
        let from = self.current().unwrap_or_default().to_owned();
        self.retreats.push(Retreat { at, from, to: version.to_owned() });
    }

    pub(super) fn finish(&mut self, version: &str, at: Moment, seq: i64) {
        if self.carries(version) {
            self.step(version, 100, at, seq);
            self.active = None;
            self.settled = Some(at);
        }
    }

    pub(super) fn retreat(&mut self, from: &str, to: &str, at: Moment, seq: i64) {
        if self.carries(from) {
            self.leave(at);
        }
        if self.carries(to) {
            self.active = None;
        }
        if self.current() != Some(to) {
            self.full.push((at, to.to_owned()));
        }
        self.retreats.push(Retreat { at, from: from.to_owned(), to: to.to_owned() });
        self.settled = Some(at);
        self.seq = seq;
    }
}
