//! A ledger in memory: scenarios are told as deeds and sightings at moments, and judged at one.

use migrate::gate::CheckId;
use migrate::gate::Class;
use migrate::gate::Evidence;
use migrate::gate::Policy;
use migrate::gate::Session;
use migrate::gate::Sighting;
use migrate::gate::Verdict;
use migrate::gate::passive_rollbacks;
use migrate::gate::verdict;
use migrate::ledger::Admission;
use migrate::ledger::Consumer;
use migrate::ledger::Deed;
use migrate::ledger::Detected;
use migrate::ledger::Event;
use migrate::ledger::Identity;
use migrate::ledger::Moment;
use migrate::ledger::Refusal;
use migrate::ledger::State;
use migrate::ledger::StepRef;
use migrate::ledger::admit;
use migrate::ledger::fold;
use std::collections::BTreeMap;
use std::time::Duration;

/// The change that all scenarios are about.
pub(crate) const CHANGE: &str = "drop-old";

/// The digest of its contract's SQL.
pub(crate) const CONTRACT: &str = "c0ffee";

/// How often everybody beats.
pub(crate) const BEAT: Duration = Duration::from_secs(30);

/// When the scenarios begin.
const START: i64 = 1_790_000_000_000_000;

/// So many hours after the beginning.
pub(crate) fn hour(hours: u64) -> Moment {
    minute(hours * 60)
}

/// So many minutes after the beginning.
pub(crate) fn minute(minutes: u64) -> Moment {
    Moment(START).after(Duration::from_mins(minutes))
}

/// So many seconds after a moment.
pub(crate) fn seconds(at: Moment, seconds: u64) -> Moment {
    at.after(Duration::from_secs(seconds))
}

/// A consumer that beats all the time.
pub(crate) fn consumer(service: &str, regions: &[&str]) -> Consumer {
    let regions = regions.iter().map(|&region| region.to_owned()).collect();
    Consumer { service: service.to_owned(), regions, interval: BEAT.as_secs(), cadence: None }
}

/// A consumer that runs every so many hours.
pub(crate) fn cron(service: &str, hours: u64) -> Consumer {
    Consumer { cadence: Some(hours * 3600), ..consumer(service, &[""]) }
}

/// A grant of checks for the change, as decided on the last event.
pub(crate) fn grant(book: &Book, checks: &[&str], expires: Moment) -> Deed {
    Deed::OverrideGranted {
        change: CHANGE.to_owned(),
        checks: checks.iter().map(|&check| check.to_owned()).collect(),
        reason: "an incident".to_owned(),
        ticket: None,
        expires,
        digest: CONTRACT.to_owned(),
        seen: book.state().seq,
    }
}

/// A rollback that somebody reported.
pub(crate) fn rolled_back(service: &str, from: &str, to: &str) -> Deed {
    Deed::RolledBack {
        service: service.to_owned(),
        from: from.to_owned(),
        to: to.to_owned(),
        region: None,
        cause: "errors".to_owned(),
        detected: Detected::Reported,
    }
}

/// A step of the change.
pub(crate) fn step_of(phase: &str, step: u32) -> StepRef {
    let digest = format!("{phase}-{step}");
    StepRef { change: CHANGE.to_owned(), phase: phase.to_owned(), step, of: step, digest }
}

/// A release, made from another, with what it can do without.
pub(crate) fn release(
    service: &str,
    version: &str,
    parent: Option<&str>,
    satisfies: &[&str],
) -> Deed {
    Deed::ReleaseDeclared {
        service: service.to_owned(),
        version: version.to_owned(),
        digest: Some(format!("sha256:{service}-{version}")),
        commit: None,
        parent: parent.map(str::to_owned),
        satisfies: satisfies.iter().map(|&change| change.to_owned()).collect(),
        takes_back: Vec::new(),
        uses: Vec::new(),
    }
}

/// A ledger with what was seen beside it.
pub(crate) struct Book {
    events: Vec<Event>,
    pub(crate) evidence: Evidence,
    pub(crate) policy: Policy,
    /// How far apart the beats are that come in.
    pub(crate) spacing: Duration,
}

impl Book {
    /// A ledger with these consumers, each with a version 41 that is full, and a version 42 that is
    /// declared and can do without what the change takes away.
    pub(crate) fn new(consumers: &[Consumer]) -> Book {
        let mut book = Book::bare();
        let reason = "the first list".to_owned();
        let list = Deed::ConsumersChanged { consumers: consumers.to_vec(), reason };
        book.say(hour(0), list);
        for consumer in consumers {
            let service = &consumer.service;
            book.say(hour(0), release(service, "41", None, &[]));
            book.full(hour(0), service, "41");
            book.say(hour(0), release(service, "42", Some("41"), &[CHANGE]));
        }
        book
    }

    /// A ledger with the change, expanded, and no consumers.
    pub(crate) fn bare() -> Book {
        let print = |phase: &str| (phase.to_owned(), format!("print of {phase}"));
        let prints: BTreeMap<_, _> = [print("expand"), print("contract")].into();
        let evidence = Evidence {
            sightings: Vec::new(),
            sessions: Vec::new(),
            dependents: Vec::new(),
            opaque: None,
            integrity: Ok(()),
            prints: prints.clone(),
            contract_digest: CONTRACT.to_owned(),
        };
        let mut book =
            Book { events: Vec::new(), evidence, policy: Policy::default(), spacing: BEAT };
        let [environment, database, system] = ["production", "shop", "7"].map(str::to_owned);
        let identity = Identity { environment, database, system };
        book.say(hour(0), Deed::Opened { ledger: "shop".to_owned(), identity });
        let steps = [("expand".to_owned(), 1), ("contract".to_owned(), 1)].into();
        let change = CHANGE.to_owned();
        book.say(hour(0), Deed::Registered { change, prints, steps, owner: None, reason: None });
        book.say(hour(0), Deed::StepDone { step: step_of("expand", 1), tries: 1 });
        book
    }

    /// What all events add up to.
    pub(crate) fn state(&self) -> State {
        fold(&self.events)
    }

    /// Asks whether a deed is legal at a moment.
    pub(crate) fn ask(&self, at: Moment, deed: &Deed) -> Result<Admission, Refusal> {
        admit(&self.state(), deed, at)
    }

    /// Puts on record what has to be legal and new.
    pub(crate) fn say(&mut self, at: Moment, deed: Deed) -> i64 {
        assert_eq!(self.ask(at, &deed), Ok(Admission::New), "{deed:?}");
        self.record(at, deed)
    }

    /// Puts on record what nobody asked about.
    pub(crate) fn record(&mut self, at: Moment, deed: Deed) -> i64 {
        let seq = i64::try_from(self.events.len()).expect("few events") + 1;
        // The store keeps the order of the events whatever the clock says.
        let last = self.events.last().map_or(Moment(0), |last| last.at);
        let at = at.max(Moment(last.0 + 1));
        // What is on record is read back from its text.
        let (kind, body) = deed.write();
        assert_eq!(Deed::read(&kind, &body).as_ref(), Ok(&deed), "what was written can be read");
        self.events.push(Event { seq, at, actor: "ana".to_owned(), key: None, deed });
        seq
    }

    /// The regions of a consumer.
    fn regions(&self, service: &str) -> Vec<String> {
        let state = self.state();
        state.consumer(service).map_or_else(|| vec![String::new()], |found| found.regions.clone())
    }

    /// A release begins its way everywhere.
    pub(crate) fn start(&mut self, at: Moment, service: &str, version: &str) {
        let (regions, supersedes) = (self.regions(service), None);
        let (service, version) = (service.to_owned(), version.to_owned());
        self.say(at, Deed::RolloutStarted { service, version, regions, supersedes });
    }

    /// A release takes its share of a region.
    pub(crate) fn step(
        &mut self,
        at: Moment,
        service: &str,
        version: &str,
        region: &str,
        weight: u8,
    ) {
        self.say(at, step(service, version, region, weight));
    }

    /// A release comes through everywhere.
    pub(crate) fn full(&mut self, at: Moment, service: &str, version: &str) {
        self.start(at, service, version);
        for region in self.regions(service) {
            self.step(at, service, version, &region, 100);
        }
        self.finish(at, service, version);
    }

    /// A rollout is over.
    pub(crate) fn finish(&mut self, at: Moment, service: &str, version: &str) {
        let (service, version) = (service.to_owned(), version.to_owned());
        self.say(at, Deed::RolloutFinished { service, version });
    }

    /// A version beats in a region between two moments.
    pub(crate) fn beats(
        &mut self,
        service: &str,
        version: &str,
        region: &str,
        from: Moment,
        to: Moment,
    ) {
        let mut seen = Sighting::begin(service, region, version, "push", from);
        let mut at = from;
        while at < to {
            at = at.after(self.spacing).min(to);
            if let Some(next) = seen.beat(at, BEAT) {
                self.evidence.sightings.push(std::mem::replace(&mut seen, next));
            }
        }
        self.evidence.sightings.push(seen);
    }

    /// A version is connected now.
    pub(crate) fn connect(&mut self, service: &str, version: &str) {
        let (service, version) = (service.to_owned(), version.to_owned());
        self.evidence.sessions.push(Session { service, version, region: None });
    }

    /// Puts the rollbacks on record that nobody reported.
    pub(crate) fn notice(&mut self, at: Moment) -> usize {
        let found = passive_rollbacks(&self.state(), &self.evidence, CHANGE);
        let count = found.len();
        for deed in found {
            self.say(at, deed);
        }
        count
    }

    /// The verdict at a moment.
    pub(crate) fn judge(&self, now: Moment) -> Verdict {
        verdict(&self.state(), CHANGE, &self.policy, &self.evidence, now)
    }

    /// The verdict at a moment is of that class, because of these checks and no others.
    #[track_caller]
    pub(crate) fn expect(&self, now: Moment, class: Class, open: &[CheckId]) -> Verdict {
        let verdict = self.judge(now);
        let found: Vec<CheckId> = verdict.open().map(|check| check.id).collect();
        assert_eq!((verdict.class(), found.as_slice()), (class, open), "{:#?}", verdict.checks);
        verdict
    }
}

/// A share of the traffic.
pub(crate) fn step(service: &str, version: &str, region: &str, weight: u8) -> Deed {
    let [service, version, region] = [service, version, region].map(str::to_owned);
    Deed::RolloutStep { service, version, region, weight }
}
