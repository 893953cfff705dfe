//! What all events add up to: one fold, which knows no clock and asks nobody.

use super::change::Backfill;
use super::change::ChangeState;
use super::change::Stage;
use super::deed::Consumer;
use super::deed::Deed;
use super::deed::Identity;
use super::event::Event;
use super::lane::Lane;
use super::lane::LaneKey;
use super::moment::Moment;
use super::release::Release;
use super::release::Releases;
use std::collections::BTreeMap;
use std::collections::BTreeSet;

/// What is so after the last event.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct State {
    /// The last event.
    pub seq: i64,
    /// When it was recorded.
    pub at: Moment,
    /// The ledger's own name.
    pub ledger: String,
    /// The database it belongs to.
    pub identity: Option<Identity>,
    /// When it was bound to another database: waiting before it counts for nothing.
    pub rebound: Option<Moment>,
    /// Changes, by name.
    pub changes: BTreeMap<String, ChangeState>,
    /// Who uses the database; `None` where nobody ever said.
    pub consumers: Option<Vec<Consumer>>,
    /// When that was last changed, after it was first said.
    pub consumers_changed: Option<Moment>,
    /// The event that last said it.
    pub consumers_seq: i64,
    /// Consumers and regions that were taken off that list, and nobody has approved of it yet.
    pub shrunk: Vec<String>,
    /// Releases, by service and version.
    pub releases: Releases,
    /// Services in regions.
    pub lanes: BTreeMap<LaneKey, Lane>,
    /// Gates that failed and have not recovered, each with its reason.
    pub failing: BTreeMap<String, String>,
    /// When a gate last failed.
    pub failed: Option<Moment>,
    /// When a gate last recovered.
    pub recovered: Option<Moment>,
    /// The last event that made all grants before it void, and why.
    pub shaken: Option<(i64, String)>,
    /// Why nothing may move.
    pub frozen: Option<String>,
    /// Grants that were neither used nor revoked, by their events.
    pub overrides: BTreeMap<i64, Override>,
    /// Floors, by service: the oldest version that may run, as it was said when it rose.
    pub floors: BTreeMap<String, String>,
    /// Changes whose contract was executed.
    pub executed: BTreeSet<String>,
    /// Rehearsals that passed: what, digest, and until when they count.
    pub drills: Vec<(String, String, Moment)>,
    /// Reviews that are open.
    pub reviews: Vec<String>,
    /// The database's clock ran behind; nothing earned at that moment counts.
    pub clock_regressions: Vec<Moment>,
}

/// Named checks that need not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Override {
    /// The change.
    pub change: String,
    /// The checks, such as `K5`.
    pub checks: BTreeSet<String>,
    /// Until when.
    pub expires: Moment,
    /// The digest of the contract's SQL.
    pub digest: String,
    /// Why it is void, though it was not used.
    pub void: Option<String>,
    /// A contract began by it, and it holds for the rest of that alone.
    pub used: bool,
}

/// What a list of events adds up to.
pub fn fold<'a>(events: impl IntoIterator<Item = &'a Event>) -> State {
    let mut state = State::default();
    for event in events {
        state.apply(event);
    }
    state
}

/// What was on the list of consumers before, or was taken off it without approval, and is not on
/// it now. A consumer that need not be seen all the time any more is taken off that far.
fn shrunk(open: &[String], before: &[Consumer], after: &[Consumer]) -> Vec<String> {
    let words = |consumers: &[Consumer]| {
        let mut words = BTreeSet::new();
        for Consumer { service, regions, cadence, .. } in consumers {
            words.insert(format!("`{service}`"));
            let named = regions.iter().filter(|region| !region.is_empty());
            words.extend(named.map(|region| format!("`{service}` in {region}")));
            if cadence.is_none() {
                words.insert(format!("`{service}` without a cadence"));
            }
        }
        words
    };
    let mut gone = words(before);
    gone.extend(open.iter().cloned());
    gone.difference(&words(after)).cloned().collect()
}

impl State {
    /// What puts on record who uses the database, where the configuration says something, and
    /// something else than is there.
    pub fn told_consumers(&self, told: &[Consumer]) -> Option<Deed> {
        let mut consumers = told.to_vec();
        consumers.sort();
        let mut known = self.consumers.clone().unwrap_or_default();
        known.sort();
        let reason = "migrate.toml says so".to_owned();
        let differs = !consumers.is_empty() && consumers != known;
        differs.then_some(Deed::ConsumersChanged { consumers, reason })
    }

    /// Adds an event.
    pub fn apply(&mut self, event: &Event) {
        self.seq = event.seq;
        self.at = event.at;
        self.apply_record(event);
        self.apply_change(event);
        self.apply_rollout(event);
        self.apply_control(event);
    }

    /// Adds what is only supposed to happen, without a place of its own in the ledger.
    pub fn suppose(&mut self, at: Moment, deed: Deed) {
        let (seq, actor) = (self.seq, String::new());
        self.apply(&Event { seq, at, actor, key: None, deed });
    }

    /// Whether a release that is on its way in a lane was full there before a newer one was.
    fn goes_back(&self, key: &LaneKey, version: &str) -> bool {
        self.lanes.get(key).filter(|lane| lane.carries(version) && lane.had(version)).is_some_and(
            |lane| {
                let current = lane.current().filter(|current| *current != version);
                current
                    .is_some_and(|current| !self.releases.is_newer(&key.service, version, current))
            },
        )
    }

    /// A declared consumer.
    pub fn consumer(&self, service: &str) -> Option<&Consumer> {
        self.consumers.iter().flatten().find(|consumer| consumer.service == service)
    }

    /// A change of which an undo began, and did not come to its end.
    pub fn half_undone(&self) -> Option<&str> {
        let half = self.changes.iter().find(|(_, change)| change.half_undone());
        half.map(|(name, _)| name.as_str())
    }

    /// A change, which begins to be known with its first event.
    fn change(&mut self, name: &str) -> &mut ChangeState {
        self.changes.entry(name.to_owned()).or_default()
    }

    /// The lanes of a service: those of a region, or all.
    fn lanes_of<'a>(
        &'a mut self,
        service: &'a str,
        region: Option<&'a str>,
    ) -> impl Iterator<Item = &'a mut Lane> {
        let own = move |key: &LaneKey| {
            key.service == service && region.is_none_or(|region| key.region == region)
        };
        self.lanes.iter_mut().filter(move |(key, _)| own(key)).map(|(_, lane)| lane)
    }

    fn apply_record(&mut self, event: &Event) {
        match &event.deed {
            Deed::Opened { ledger, identity } => {
                self.ledger.clone_from(ledger);
                self.identity = Some(identity.clone());
            }
            Deed::Rebound { identity, .. } => {
                self.identity = Some(identity.clone());
                self.rebound = Some(event.at);
                self.void("the ledger was bound to another database");
            }
            Deed::ClockRegression { .. } => self.clock_regressions.push(event.at),
            _ => {}
        }
    }

    fn apply_change(&mut self, event: &Event) {
        let (at, seq) = (event.at, event.seq);
        match &event.deed {
            Deed::Registered { change, prints, steps, owner, .. } => {
                let found = self.change(change);
                found.seq = seq;
                let contract = [&found.prints, prints].map(|all| all.get("contract").cloned());
                if let [Some(before), Some(now)] = contract
                    && before != now
                {
                    found.rewritten = Some(at);
                }
                found.sizes.extend(steps.clone());
                found.prints.extend(prints.clone());
                if owner.is_some() {
                    found.owner.clone_from(owner);
                }
            }
            Deed::StepStarted { step } => {
                self.change(&step.change).note(step, Stage::Started, at, seq);
            }
            Deed::StepDone { step, .. } => {
                self.change(&step.change).note(step, Stage::Done, at, seq);
            }
            Deed::StepFailed { step, message, .. } => {
                self.change(&step.change).note(step, Stage::Failed(message.clone()), at, seq);
            }
            Deed::PhaseUndone { change, phase, .. } => {
                self.change(change).undo(phase);
                if self.changes.get(change).is_some_and(|undone| undone.executed.is_none()) {
                    self.executed.remove(change);
                }
            }
            Deed::BackfillStarted { change } => {
                self.change(change).backfill.get_or_insert(Backfill { verified: None });
            }
            Deed::BackfillVerified { change, mismatches, .. } => {
                let verified = (*mismatches == 0).then_some(at);
                self.change(change).backfill = Some(Backfill { verified });
            }
            Deed::BackfillReopened { change, .. } => {
                self.change(change).backfill = Some(Backfill { verified: None });
            }
            Deed::ContractExecuted { change, .. } => {
                let found = self.change(change);
                (found.executed, found.executed_seq) = (Some(at), seq);
                // There is no way back from its expand any more, nor half of one.
                found.back.clear();
                self.executed.insert(change.clone());
                self.overrides.retain(|_, grant| !grant.used || grant.change != *change);
            }
            Deed::DrillRecorded { what, digest, passed, expires, .. } if *passed => {
                self.drills.push((what.clone(), digest.clone(), *expires));
            }
            _ => {}
        }
    }

    fn apply_rollout(&mut self, event: &Event) {
        let (at, seq) = (event.at, event.seq);
        match &event.deed {
            Deed::ReleaseDeclared { .. } => self.declare(event),
            Deed::ReleaseConflict { service, version, digest } => {
                let key = (service.clone(), version.clone());
                if let Some(release) = self.releases.0.get_mut(&key) {
                    release.conflict = Some(digest.clone());
                }
            }
            Deed::RolloutStarted { service, version, regions, .. } => {
                for region in regions {
                    let key = LaneKey { service: service.clone(), region: region.clone() };
                    self.lanes.entry(key).or_default().start(version, at, seq);
                }
            }
            Deed::RolloutStep { service, version, region, weight } => {
                let key = LaneKey { service: service.clone(), region: region.clone() };
                let back = *weight == 100 && self.goes_back(&key, version);
                if let Some(lane) = self.lanes.get_mut(&key) {
                    if back {
                        lane.return_to(version, at);
                    }
                    lane.step(version, *weight, at, seq);
                }
                if back {
                    self.void("an older release came back since");
                }
            }
            Deed::RolloutPaused { service, version, reason } => {
                self.hold(service, version, Some(reason));
            }
            Deed::RolloutResumed { service, version, .. } => self.hold(service, version, None),
            Deed::RolloutAborted { service, version, .. } => {
                self.abort(service, version, at, seq);
                self.void("a rollout was aborted since");
            }
            Deed::RolledBack { service, from, to, region, .. } => {
                let everywhere = region.is_none();
                for lane in self.lanes_of(service, region.as_deref()) {
                    // Where the release never was, nothing was taken back.
                    if everywhere && !lane.carries(from) && lane.current() != Some(from) {
                        continue;
                    }
                    lane.retreat(from, to, at, seq);
                }
                self.void("a rollback was reported since");
            }
            Deed::RolloutFinished { service, version } => {
                for lane in self.lanes_of(service, None) {
                    lane.finish(version, at, seq);
                }
            }
            _ => {}
        }
    }

    fn apply_control(&mut self, event: &Event) {
        match &event.deed {
            Deed::ConsumersChanged { consumers, .. } => {
                if let Some(before) = &self.consumers {
                    self.shrunk = shrunk(&self.shrunk, before, consumers);
                    self.consumers_changed = Some(event.at);
                    self.void("the consumers changed since");
                }
                self.consumers = Some(consumers.clone());
                self.consumers_seq = event.seq;
            }
            Deed::ApprovalGranted { .. } => self.shrunk.clear(),
            Deed::GateFailed { gate, reason } => {
                self.failing.insert(gate.clone(), reason.clone());
                self.failed = Some(event.at);
                self.void("a gate failed since");
            }
            Deed::GateRecovered { gate } => {
                self.failing.remove(gate);
                self.recovered = Some(event.at);
            }
            Deed::OverrideGranted { change, checks, expires, digest, .. } => {
                let granted = Override {
                    change: change.clone(),
                    checks: checks.iter().cloned().collect(),
                    expires: *expires,
                    digest: digest.clone(),
                    void: None,
                    used: false,
                };
                self.overrides.insert(event.seq, granted);
            }
            Deed::OverrideUsed { grant, .. } => {
                if let Some(granted) = self.overrides.get_mut(grant) {
                    granted.used = true;
                }
            }
            Deed::OverrideRevoked { grant, .. } => drop(self.overrides.remove(grant)),
            Deed::FreezeSet { reason } => self.frozen = Some(reason.clone()),
            Deed::FreezeLifted { .. } => self.frozen = None,
            Deed::FloorRaised { service, version, .. } => {
                self.floors.insert(service.clone(), version.clone());
            }
            Deed::ReviewRequired { cause } => self.reviews.push(cause.clone()),
            Deed::ReviewFiled { .. } => drop(self.reviews.pop()),
            _ => {}
        }
    }

    /// Grants hold for what was known when they were made.
    fn void(&mut self, why: &str) {
        self.shaken = Some((self.seq, why.to_owned()));
        for granted in self.overrides.values_mut() {
            granted.void.get_or_insert_with(|| why.to_owned());
        }
    }

    fn declare(&mut self, event: &Event) {
        let Deed::ReleaseDeclared {
            service,
            version,
            digest,
            parent,
            satisfies,
            takes_back,
            uses,
            ..
        } = &event.deed
        else {
            return;
        };
        let key = (service.clone(), version.clone());
        let fresh = || Release { seq: event.seq, ..Release::default() };
        let release = self.releases.0.entry(key).or_insert_with(fresh);
        // What is said later of the same version adds to it.
        if digest.is_some() {
            release.digest.clone_from(digest);
        }
        if parent.is_some() {
            release.parent.clone_from(parent);
        }
        release.takes_back.retain(|change| !satisfies.contains(change));
        release.satisfies.retain(|change| !takes_back.contains(change));
        release.satisfies.extend(satisfies.iter().cloned());
        release.takes_back.extend(takes_back.iter().cloned());
        release.uses.extend(uses.iter().cloned());
    }

    fn hold(&mut self, service: &str, version: &str, reason: Option<&String>) {
        for lane in self.lanes_of(service, None) {
            let active = lane.active.as_mut().filter(|active| active.version == version);
            if let Some(active) = active {
                active.paused = reason.cloned();
            }
        }
    }

    /// What was full before is full again where the release had come through already.
    fn abort(&mut self, service: &str, version: &str, at: Moment, seq: i64) {
        for lane in self.lanes_of(service, None) {
            if !lane.carries(version) {
                continue;
            }
            // One that had no traffic yet took nothing back.
            let idle = lane.active.as_ref().is_some_and(|active| active.weight == 0);
            if idle && lane.current() != Some(version) {
                lane.quit(at, seq);
                continue;
            }
            let before = lane.full.iter().rev().find(|(_, of)| of != version);
            match before.map(|(_, of)| of.clone()) {
                Some(before) => lane.retreat(version, &before, at, seq),
                None => lane.quit(at, seq),
            }
        }
    }
}
