//! What holds of every verdict, whatever happened before: random ledgers and sightings.

use crate::book::Book;
use crate::book::CHANGE;
use crate::book::consumer;
use crate::book::hour;
use crate::book::release;
use crate::book::rolled_back;
use crate::book::step;
use migrate::gate::Class;
use migrate::gate::Sighting;
use migrate::ledger::Admission;
use migrate::ledger::Deed;
use migrate::ledger::Moment;
use proptest::collection::vec;
use proptest::prelude::any;
use proptest::prelude::prop_assert;
use proptest::prelude::prop_assert_eq;
use proptest::strategy::Strategy;
use proptest::test_runner::Config;
use proptest::test_runner::TestCaseResult;
use proptest::test_runner::TestRunner;
use std::cell::Cell;
use std::time::Duration;

/// How long the stories wait.
const SOAK: Duration = Duration::from_mins(100);

const PLACES: [(&str, &str); 3] = [("web", "eu"), ("web", "us"), ("job", "")];

/// Something that happens: what, to which service and version, and so many minutes later.
type Act = (u8, u8, u8, u8);

fn acts() -> impl Strategy<Value = Vec<Act>> {
    vec(any::<Act>(), 1..24)
}

/// Puts a deed on record if it is legal.
fn attempt(book: &mut Book, at: Moment, deed: Deed) {
    if book.ask(at, &deed) == Ok(Admission::New) {
        book.say(at, deed);
    }
}

fn deeds(what: u8, service: &str, version: &str, weight: u8) -> Vec<Deed> {
    let (of, at) = (service.to_owned(), version.to_owned());
    let places = PLACES.iter().filter(|(owner, _)| *owner == service);
    let regions: Vec<String> = places.map(|(_, region)| (*region).to_owned()).collect();
    let reason = "so".to_owned();
    let gate = "errors".to_owned();
    let whole = || {
        let steps = regions.iter().map(|region| step(service, version, region, 100));
        let end = Deed::RolloutFinished { service: of.clone(), version: at.clone() };
        let begin = Deed::RolloutStarted {
            service: of.clone(),
            version: at.clone(),
            regions: regions.clone(),
            supersedes: None,
        };
        [begin].into_iter().chain(steps).chain([end]).collect::<Vec<_>>()
    };
    match what % 16 {
        0..=5 => whole(),
        6 => whole()
            .into_iter()
            .take(1)
            .chain([step(service, version, &regions[0], weight)])
            .collect(),
        7 => vec![rolled_back(service, version, "42"), rolled_back(service, version, "41")],
        8 => vec![Deed::RolloutAborted { service: of, version: at, reason }],
        9 => vec![Deed::GateFailed { gate, reason }],
        10 => vec![Deed::GateRecovered { gate }],
        11 if weight > 80 => vec![Deed::FreezeSet { reason }],
        11 => vec![Deed::FreezeLifted { reason }],
        _ => Vec::new(),
    }
}

/// What is full in every place beats between two moments.
fn all_beat(book: &mut Book, from: Moment, to: Moment) {
    let state = book.state();
    for (key, lane) in &state.lanes {
        if let Some(version) = lane.current() {
            book.beats(&key.service, version, &key.region, from, to);
        }
    }
}

/// A ledger to which all that happened, and the moment after it.
fn play(acts: &[Act]) -> (Book, Moment) {
    let mut book = Book::new(&[consumer("web", &["eu", "us"]), consumer("job", &[""])]);
    book.policy.soak = SOAK;
    for service in ["web", "job"] {
        book.say(hour(0), release(service, "43", Some("42"), &[]));
        book.say(hour(0), release(service, "41.1", Some("41"), &[]));
        book.full(hour(0), service, "42");
    }
    let mut now = hour(1);
    for (what, who, other, minutes) in acts {
        let service = ["web", "job"][usize::from(who % 2)];
        let version = ["42", "43", "43", "42", "43", "41", "41.1", "lost"][usize::from(other % 8)];
        for deed in deeds(*what, service, version, other % 101) {
            attempt(&mut book, now, deed);
        }
        let next = now.after(Duration::from_mins(u64::from(minutes % 90)));
        // Now and then nobody beats, or an old one does as well.
        if who % 16 != 7 {
            all_beat(&mut book, now, next);
        }
        if *what % 32 == 12 {
            book.beats(service, version, "", now, next);
        }
        now = next;
        if what % 3 == 0 {
            book.notice(now);
        }
    }
    (book, now)
}

fn run(cases: u32, test: impl Fn(Vec<Act>) -> TestCaseResult) {
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    let result = TestRunner::new(config).run(&acts(), test);
    if let Err(fault) = result {
        panic!("{fault}");
    }
}

#[test]
fn ready_means_that_nobody_needs_it_and_did_not_for_as_long_as_the_soak() {
    let ready = Cell::new(0);
    run(400, |acts| {
        let (book, now) = play(&acts);
        let state = book.state();
        let fit =
            |service: &str, version: &str| state.releases.compatible(service, version, CHANGE);
        if book.judge(now).class() != Class::Ready {
            return Ok(());
        }
        ready.set(ready.get() + 1);
        let since = now.before(SOAK);
        prop_assert!(state.frozen.is_none() && state.failing.is_empty());
        prop_assert!(state.failed.is_none_or(|failed| failed <= since));
        for (key, lane) in &state.lanes {
            let at_work = lane.current().into_iter();
            let active = lane.active.as_ref().map(|active| active.version.as_str());
            for version in at_work.chain(active) {
                prop_assert!(fit(&key.service, version), "{key:?} {version}");
            }
            prop_assert!(lane.retreats.iter().all(|retreat| retreat.at <= since));
            let mut own = book.evidence.sightings.iter().filter(|seen| {
                seen.service == key.service && (seen.region == key.region || key.region.is_empty())
            });
            prop_assert!(own.any(|seen| now.since(seen.until) <= Duration::from_secs(90)));
        }
        for seen in &book.evidence.sightings {
            prop_assert!(fit(&seen.service, &seen.version) || seen.until <= since, "{seen:?}");
        }
        Ok(())
    });
    assert!(ready.get() > 10, "only {} were ever ready", ready.get());
}

#[test]
fn more_against_it_and_less_for_it_never_make_it_ready() {
    run(150, |acts| {
        let (mut book, now) = play(&acts);
        let before = book.judge(now);
        let all = book.evidence.sightings.clone();
        for at in [now, now.before(SOAK), hour(0)] {
            book.evidence.sightings.push(Sighting::begin("web", "us", "41", "push", at));
            let after = book.judge(now);
            prop_assert!(before.ready() || !after.ready(), "seen at {at}");
            prop_assert!(at < now || !after.ready(), "it is alive");
            book.evidence.sightings.clone_from(&all);
        }
        let fit = book.state().releases;
        for left_out in (0..all.len()).step_by(3) {
            let seen = book.evidence.sightings.remove(left_out);
            if fit.compatible(&seen.service, &seen.version, CHANGE) {
                let after = book.judge(now);
                prop_assert!(before.ready() || !after.ready(), "without {seen:?}");
                let more = after.absence.earned.saturating_sub(before.absence.earned);
                prop_assert!(more < Duration::from_millis(1), "without {seen:?}");
            }
            book.evidence.sightings.clone_from(&all);
        }
        Ok(())
    });
}

#[test]
fn time_alone_earns_nothing_and_the_order_of_sightings_means_nothing() {
    run(150, |acts| {
        let (mut book, now) = play(&acts);
        let before = book.judge(now);
        for hours in [1, 24, 24 * 365] {
            let later = book.judge(now.after(Duration::from_hours(hours)));
            prop_assert!(!later.ready());
            let more = later.absence.earned.saturating_sub(before.absence.earned);
            prop_assert!(more.is_zero(), "{more:?}");
        }
        book.evidence.sightings.reverse();
        let after = book.judge(now);
        let open = |verdict: &migrate::gate::Verdict| {
            verdict.open().map(|check| (check.id, check.outcome)).collect::<Vec<_>>()
        };
        prop_assert_eq!(open(&before), open(&after));
        Ok(())
    });
}

#[test]
fn it_clears_when_it_says_it_does_if_all_go_on_as_they_are() {
    let waits = Cell::new(0);
    run(400, |acts| {
        let (mut book, now) = play(&acts);
        let Some(clears) = book.judge(now).clears() else { return Ok(()) };
        waits.set(waits.get() + 1);
        let minute = Duration::from_mins(1);
        let (early, late) = (clears.before(minute), clears.after(minute));
        if early > now {
            all_beat(&mut book, now, early);
            let verdict = book.judge(early);
            prop_assert!(!verdict.ready(), "a minute before {clears}");
        }
        all_beat(&mut book, early.max(now), late);
        let verdict = book.judge(late);
        prop_assert!(verdict.ready(), "a minute after {clears}: {:#?}", verdict.checks);
        Ok(())
    });
    assert!(waits.get() > 10, "only {} ever waited", waits.get());
}
