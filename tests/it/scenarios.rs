//! What can go wrong on the way to a contract: each situation as events, sightings and a moment.

use crate::book::BEAT;
use crate::book::Book;
use crate::book::CHANGE;
use crate::book::consumer;
use crate::book::cron;
use crate::book::grant;
use crate::book::hour;
use crate::book::minute;
use crate::book::release;
use crate::book::rolled_back;
use crate::book::seconds;
use crate::book::step_of;
use migrate::gate::Check;
use migrate::gate::CheckId;
use migrate::gate::CheckId::K1;
use migrate::gate::CheckId::K2;
use migrate::gate::CheckId::K3;
use migrate::gate::CheckId::K4;
use migrate::gate::CheckId::K5;
use migrate::gate::CheckId::K7;
use migrate::gate::CheckId::K9;
use migrate::gate::CheckId::K10;
use migrate::gate::CheckId::K13;
use migrate::gate::CheckId::K14;
use migrate::gate::Class;
use migrate::gate::Resets;
use migrate::gate::Sighting;
use migrate::gate::Verdict;
use migrate::gate::span;
use migrate::ledger::Consumer;
use migrate::ledger::Deed;
use migrate::ledger::Identity;
use migrate::ledger::Moment;
use std::time::Duration;

/// `checkout` in eu: 41 until hour 1, then 42, which is full there and was not seen yet.
fn shipped() -> Book {
    let mut book = Book::new(&[consumer("checkout", &["eu"])]);
    book.beats("checkout", "41", "eu", hour(0), hour(1));
    book.full(hour(1), "checkout", "42");
    book
}

/// The same, with 42 at work until that hour.
fn shipped_until(until: u64) -> Book {
    let mut book = shipped();
    book.beats("checkout", "42", "eu", hour(1), hour(until));
    book
}

fn evidence(verdict: &Verdict, id: CheckId) -> &str {
    &verdict.check(id).expect("the check was made").evidence
}

#[track_caller]
fn says(verdict: &Verdict, id: CheckId, words: &[&str]) {
    let found = evidence(verdict, id);
    for word in words {
        assert!(found.contains(word), "{id} does not say `{word}`: {found}");
    }
}

/// The moment, but for what the order of the events adds to it.
#[track_caller]
fn clears(verdict: &Verdict, at: Moment) {
    let found = verdict.clears().expect("waiting helps");
    let off = found.since(at).max(at.since(found));
    assert!(off < Duration::from_secs(1), "it clears at {found}, not {at}: {:#?}", verdict.checks);
}

#[track_caller]
fn never_clears(verdict: &Verdict) {
    assert_eq!(verdict.clears(), None, "{:#?}", verdict.checks);
}

fn consumers(list: &[Consumer]) -> Deed {
    Deed::ConsumersChanged { consumers: list.to_vec(), reason: "as it is".to_owned() }
}

// The way it should go.

#[test]
fn a_full_release_that_was_seen_for_a_day_makes_a_contract_ready() {
    let book = shipped_until(26);
    let verdict = book.expect(hour(26), Class::Ready, &[]);
    assert_eq!(verdict.clears(), None);
    says(&verdict, K1, &["`checkout` 42 in eu"]);
    says(&verdict, K3, &["`checkout` 41 in eu"]);
    says(&verdict, K5, &["absence and health: 1 d of 1 d", "health: 1 d of 1 d"]);
    let ids: Vec<CheckId> = verdict.checks.iter().map(|check| check.id).collect();
    assert_eq!(ids, [K1, K2, K3, K4, K5, K7, K10, K13, K14], "what nobody knows is not told");
    // Without a backfill there is no K9; a grant is for nothing else than these.
    let judged = CheckId::ALL.into_iter().filter(|id| id.is_judged() && *id != K9);
    assert_eq!(ids, judged.collect::<Vec<_>>());
}

#[test]
fn before_the_soak_it_says_from_when_on() {
    let book = shipped_until(5);
    let verdict = book.expect(hour(5), Class::Blocked, &[K3, K5]);
    clears(&verdict, hour(25));
    says(&verdict, K5, &["absence and health: 3 h 59 min of 1 d", "least by `checkout` in eu"]);
}

// The table of the design, by its numbers.

#[test]
fn a1_a_canary_taken_back_does_not_count_when_it_goes_forward_again() {
    let mut book = Book::new(&[consumer("checkout", &["eu"])]);
    book.beats("checkout", "41", "eu", hour(0), hour(5));
    book.start(hour(1), "checkout", "42");
    book.step(hour(1), "checkout", "42", "eu", 50);
    book.beats("checkout", "42", "eu", hour(1), hour(2));
    book.say(hour(2), rolled_back("checkout", "42", "41"));
    book.expect(hour(3), Class::Blocked, &[K1, K3, K4, K5, K7]);
    book.full(hour(5), "checkout", "42");
    book.beats("checkout", "42", "eu", hour(5), hour(12));
    let verdict = book.expect(hour(12), Class::Blocked, &[K3, K5]);
    clears(&verdict, hour(29));
    assert!(verdict.check(K7).is_some_and(Check::holds), "it came through since");
}

#[test]
fn a2_a_compatible_release_carries_the_clocks_over() {
    let mut book = shipped_until(21);
    book.say(hour(20), release("checkout", "43", Some("42"), &[]));
    book.full(hour(21), "checkout", "43");
    book.beats("checkout", "43", "eu", hour(21), hour(24));
    let verdict = book.expect(hour(24), Class::Blocked, &[K3, K5]);
    clears(&verdict, hour(25));
    book.beats("checkout", "43", "eu", hour(24), hour(26));
    book.expect(hour(26), Class::Ready, &[]);
}

#[test]
fn a3_five_minutes_of_an_old_release_cost_both_clocks() {
    let mut book = shipped_until(21);
    book.say(hour(21), rolled_back("checkout", "42", "41"));
    book.beats("checkout", "41", "eu", hour(21), minute(21 * 60 + 5));
    book.full(minute(21 * 60 + 5), "checkout", "42");
    book.beats("checkout", "42", "eu", minute(21 * 60 + 5), hour(26));
    let verdict = book.expect(hour(26), Class::Blocked, &[K3, K5]);
    clears(&verdict, minute(45 * 60 + 5));
    let span = Duration::from_mins(4 * 60 + 54);
    assert!(verdict.absence.earned > span && verdict.health.earned > span, "{verdict:#?}");
    assert!(verdict.absence.earned < span * 2, "what was earned before is gone");
}

#[test]
fn a5_a_rollback_that_nobody_reported_is_seen_by_its_beats() {
    let mut book = shipped_until(40);
    assert_eq!(book.notice(hour(26)), 0, "41 ended as it should");
    book.beats("checkout", "41", "eu", hour(38), hour(39));
    assert_eq!(book.notice(hour(39)), 1);
    assert_eq!(book.notice(hour(39)), 0, "what is on record is not found again");
    let verdict = book.expect(hour(40), Class::Blocked, &[K1, K3, K5, K7]);
    never_clears(&verdict);
    says(&verdict, K1, &["`checkout` 41 in eu is full, and needs it"]);
    says(&verdict, K7, &["from 42 to 41"]);
}

#[test]
fn a5_an_old_pod_that_takes_its_time_to_end_is_no_rollback() {
    let mut book = shipped_until(5);
    book.beats("checkout", "41", "eu", hour(1), hour(2));
    assert_eq!(book.notice(hour(2)), 0);
    let verdict = book.expect(hour(5), Class::Blocked, &[K3, K5]);
    clears(&verdict, hour(26));
}

#[test]
fn a5_while_a_rollout_goes_on_old_releases_are_at_work() {
    let mut book = Book::new(&[consumer("checkout", &["eu"])]);
    book.start(hour(1), "checkout", "42");
    book.step(hour(1), "checkout", "42", "eu", 100);
    book.beats("checkout", "41", "eu", hour(2), hour(3));
    assert_eq!(book.notice(hour(3)), 0, "nobody said yet that 42 is alone");
}

#[test]
fn a5_a_release_that_was_never_there_is_new_and_none_that_is_back() {
    let mut book = shipped_until(21);
    book.beats("checkout", "43", "eu", hour(20), hour(21));
    assert_eq!(book.notice(hour(21)), 0, "43 was never there before");
    let verdict = book.expect(hour(21), Class::Blocked, &[K3, K5]);
    says(&verdict, K3, &["`checkout` 43 in eu", "never declared", "it is alive"]);
    // Once it is declared, what was earned is kept.
    book.say(hour(21), release("checkout", "43", Some("42"), &[]));
    book.full(hour(21), "checkout", "43");
    book.beats("checkout", "43", "eu", hour(21), hour(24));
    assert_eq!(book.notice(hour(24)), 0);
    clears(&book.expect(hour(24), Class::Blocked, &[K3, K5]), hour(25));
}

#[test]
fn a5_one_that_nobody_declared_is_back_if_it_was_there_before() {
    let mut book = Book::new(&[consumer("checkout", &["eu"])]);
    book.beats("checkout", "40", "eu", hour(0), hour(1));
    book.full(hour(1), "checkout", "42");
    book.beats("checkout", "42", "eu", hour(1), hour(6));
    // Two sources of the same time are not twice there.
    let mut late = Sighting::begin("checkout", "eu", "40", "pg_stat_activity", minute(61));
    assert_eq!(late.beat(seconds(minute(61), 5), BEAT), None);
    book.beats("checkout", "40", "eu", hour(1), minute(61));
    book.evidence.sightings.push(late);
    assert_eq!(book.notice(hour(5)), 0, "it took its time to end");
    book.beats("checkout", "40", "eu", hour(5), hour(6));
    assert_eq!(book.notice(hour(6)), 1);
    says(&book.judge(hour(6)), K1, &["`checkout` 40 in eu is full"]);
}

/// 43 after 42, both without need of it, and that of each hour at work.
fn two_that_can_do_without() -> Book {
    let mut book = shipped_until(30);
    book.say(hour(29), release("checkout", "43", Some("42"), &[]));
    book.full(hour(30), "checkout", "43");
    book.beats("checkout", "43", "eu", hour(30), hour(41));
    assert_eq!(book.notice(hour(31)), 0);
    book.expect(hour(41), Class::Ready, &[]);
    book
}

#[test]
fn a5_a_rollback_between_releases_that_can_do_without_is_seen() {
    let mut book = two_that_can_do_without();
    book.beats("checkout", "42", "eu", hour(35), hour(41));
    assert_eq!(book.notice(hour(36)), 1);
    assert_eq!(book.notice(hour(36)), 0, "43 goes forward, should it come again");
    let verdict = book.expect(hour(41), Class::Blocked, &[K5, K7]);
    says(&verdict, K7, &["`checkout` in eu was taken back from 43 to 42"]);
    clears(&verdict, hour(60));
    book.policy.rollback_resets = Resets::Incompatible;
    assert!(book.expect(hour(41), Class::Blocked, &[K5]).absence.complete());
}

#[test]
fn an_old_release_that_is_reported_full_again_was_taken_back_to() {
    let mut book = two_that_can_do_without();
    book.full(hour(35), "checkout", "42");
    book.beats("checkout", "42", "eu", hour(35), hour(41));
    let verdict = book.expect(hour(41), Class::Blocked, &[K5, K7]);
    says(&verdict, K7, &["`checkout` in eu was taken back from 43 to 42"]);
    clears(&verdict, hour(59));
    // Forward again is none.
    book.full(hour(41), "checkout", "43");
    book.beats("checkout", "43", "eu", hour(41), hour(60));
    book.expect(hour(60), Class::Ready, &[]);
}

#[test]
fn a6_one_region_at_half_is_named() {
    let mut book = Book::new(&[consumer("checkout", &["eu", "us"])]);
    book.start(hour(1), "checkout", "42");
    book.step(hour(1), "checkout", "42", "eu", 100);
    book.step(hour(1), "checkout", "42", "us", 50);
    book.beats("checkout", "42", "eu", hour(1), hour(3));
    book.beats("checkout", "42", "us", hour(1), hour(3));
    let verdict = book.expect(hour(3), Class::Blocked, &[K1, K5]);
    never_clears(&verdict);
    let words = evidence(&verdict, K1);
    says(&verdict, K1, &["`checkout` 41 in us is full", "42 is at 50 %"]);
    assert!(!words.contains("in eu"), "{words}");
}

#[test]
fn a8_an_old_session_holds_it_up_whatever_was_earned() {
    let mut book = shipped_until(40);
    book.connect("checkout", "41");
    let verdict = book.expect(hour(40), Class::Blocked, &[K3, K5]);
    says(&verdict, K3, &["`checkout` 41 is connected now"]);
    assert!(verdict.check(K3).is_some_and(|check| check.firm));
}

#[test]
fn a10_who_never_beats_proves_nothing() {
    let book = shipped();
    let mut quiet = Book::new(&[consumer("checkout", &["eu"]), consumer("billing", &["eu"])]);
    quiet.full(hour(1), "checkout", "42");
    quiet.full(hour(1), "billing", "42");
    quiet.beats("checkout", "42", "eu", hour(1), hour(40));
    let verdict = quiet.expect(hour(40), Class::NoData, &[K3, K4, K5]);
    never_clears(&verdict);
    says(&verdict, K4, &["`billing` in eu was never seen"]);
    // 41 was seen an hour ago, which no silence of 42 makes good.
    book.expect(hour(40), Class::NoData, &[K3, K4, K5]);
}

#[test]
fn a11_a_collector_that_dies_stops_the_clocks() {
    let book = shipped_until(24);
    let verdict = book.expect(hour(30), Class::NoData, &[K3, K4, K5]);
    never_clears(&verdict);
    says(&verdict, K5, &["silent since", "22 h 59 min of 1 d"]);
    let earned = verdict.absence.earned;
    assert_eq!(book.judge(hour(90)).absence.earned, earned, "it stands");
}

#[test]
fn a11_what_was_earned_before_the_silence_is_kept() {
    let mut book = shipped_until(24);
    book.beats("checkout", "42", "eu", hour(30), minute(30 * 60 + 30));
    let verdict = book.expect(minute(30 * 60 + 30), Class::Blocked, &[K3, K5]);
    clears(&verdict, hour(31));
    book.beats("checkout", "42", "eu", minute(30 * 60 + 30), hour(32));
    book.expect(hour(32), Class::Ready, &[]);
}

#[test]
fn a11_a_contract_that_had_earned_enough_is_not_ready_in_the_dark() {
    let book = shipped_until(30);
    book.expect(seconds(hour(30), 90), Class::Ready, &[]);
    book.expect(seconds(hour(30), 91), Class::NoData, &[K4, K5]);
}

#[test]
fn a23_a_clock_set_back_earns_nothing() {
    let mut book = shipped_until(20);
    let (head, now) = (hour(20), minute(20 * 60 - 10));
    book.say(hour(20), Deed::Checkpoint { seq: 1, hash: "00".to_owned() });
    book.say(now, Deed::ClockRegression { head, now });
    let state = book.state();
    assert!(state.at > head, "the order is kept");
    let verdict = book.expect(now, Class::NoData, &[K3, K4, K5]);
    says(&verdict, K5, &["is behind the last event"]);
    never_clears(&verdict);
    // It has caught up.
    book.beats("checkout", "42", "eu", hour(20), hour(26));
    book.expect(hour(26), Class::Ready, &[]);
}

#[test]
fn a23_beats_of_the_past_add_nothing() {
    let mut seen = Sighting::begin("checkout", "eu", "42", "push", hour(2));
    for minutes in 110..120 {
        assert_eq!(seen.beat(minute(minutes), BEAT), None);
    }
    assert_eq!((seen.earned, seen.until), (Duration::ZERO, hour(2)));
    assert_eq!(seen.beat(seconds(hour(2), 20), BEAT), None);
    assert_eq!(seen.earned, Duration::from_secs(20));
}

#[test]
fn a_beat_earns_an_interval_at_most_and_a_gap_begins_anew() {
    let mut seen = Sighting::begin("checkout", "eu", "42", "push", hour(1));
    assert_eq!(seen.beat(seconds(hour(1), 60), BEAT), None, "a beat may be late");
    assert_eq!((seen.earned, seen.beats), (BEAT, 2));
    let mut late = seen.clone();
    assert_eq!(late.beat(seconds(hour(1), 150), BEAT), None, "it was fresh all the time");
    assert_eq!((late.earned, late.beats), (BEAT * 2, 3));
    let next = seen.beat(hour(3), BEAT).expect("a clock that jumps begins a span");
    assert_eq!((next.since, next.earned, seen.earned), (hour(3), Duration::ZERO, BEAT));
}

#[test]
fn no_beat_earns_more_than_the_interval_that_is_declared() {
    let mut book = shipped();
    let mut seen = Sighting::begin("checkout", "eu", "42", "push", hour(1));
    // It said that it beats once an hour.
    for hours in 2..=26 {
        assert_eq!(seen.beat(hour(hours), Duration::from_hours(1)), None);
    }
    assert_eq!(seen.earned, Duration::from_hours(25));
    book.evidence.sightings.push(seen);
    let verdict = book.expect(hour(26), Class::Blocked, &[K3, K5]);
    assert!(verdict.absence.earned <= BEAT * 25, "{verdict:#?}");
}

#[test]
fn a_clock_that_jumps_ahead_earns_nothing_by_it() {
    let mut book = shipped_until(10);
    // At hour 10 the clock is set to hour 30.
    book.beats("checkout", "42", "eu", hour(30), hour(31));
    let verdict = book.expect(hour(31), Class::Blocked, &[K3, K5]);
    clears(&verdict, hour(45));
}

#[test]
fn a_hole_in_the_evidence_is_made_up_for() {
    let mut book = shipped_until(10);
    book.beats("checkout", "42", "eu", minute(630), hour(20));
    let verdict = book.expect(hour(20), Class::Blocked, &[K3, K5]);
    clears(&verdict, minute(25 * 60 + 30));
}

#[test]
fn a26_two_services_wait_for_each_other() {
    let mut book = Book::new(&[consumer("checkout", &["eu"]), consumer("billing", &["eu"])]);
    book.full(hour(1), "checkout", "42");
    book.beats("checkout", "42", "eu", hour(1), hour(6));
    book.beats("billing", "41", "eu", hour(0), hour(6));
    let verdict = book.expect(hour(6), Class::Blocked, &[K1, K3, K4, K5]);
    says(&verdict, K1, &["`billing` 41 in eu"]);
    book.full(hour(6), "billing", "42");
    book.beats("checkout", "42", "eu", hour(6), hour(28));
    book.beats("billing", "42", "eu", hour(6), hour(28));
    let verdict = book.expect(hour(28), Class::Blocked, &[K3, K5]);
    clears(&verdict, hour(30));
}

#[test]
fn a26_the_least_of_them_counts() {
    let mut book = Book::new(&[consumer("checkout", &["eu"]), consumer("billing", &["eu"])]);
    book.full(hour(1), "checkout", "42");
    book.full(hour(1), "billing", "42");
    book.beats("checkout", "42", "eu", hour(1), hour(26));
    book.beats("billing", "42", "eu", hour(1), hour(3));
    book.beats("billing", "42", "eu", hour(7), hour(26));
    let verdict = book.expect(hour(26), Class::Blocked, &[K5]);
    clears(&verdict, hour(29));
    says(&verdict, K5, &["least by `billing` in eu"]);
}

#[test]
fn two_regions_wait_for_the_later_one() {
    let mut book = Book::new(&[consumer("checkout", &["eu", "us"])]);
    book.start(hour(1), "checkout", "42");
    book.step(hour(1), "checkout", "42", "eu", 100);
    book.step(hour(7), "checkout", "42", "us", 100);
    book.finish(hour(7), "checkout", "42");
    book.beats("checkout", "42", "eu", hour(1), hour(20));
    book.beats("checkout", "42", "us", hour(1), hour(20));
    let verdict = book.expect(hour(20), Class::Blocked, &[K5]);
    clears(&verdict, hour(31));
    says(&verdict, K5, &["when the last consumer, `checkout` in us"]);
}

#[test]
fn a34_a_grant_that_expired_a_second_ago_is_refused() {
    let mut book = shipped_until(5);
    let deed = grant(&book, &["K3", "K5"], minute(301));
    let seq = book.say(hour(4), deed);
    let verdict = book.expect(hour(5), Class::Ready, &[]);
    let used = [K3, K5].map(|id| verdict.check(id).and_then(|check| check.overridden));
    assert_eq!(used, [Some(seq); 2]);
    assert_eq!(book.judge(minute(301)).class(), Class::Refused, "the end is not within");
    let verdict = book.expect(seconds(minute(301), 1), Class::Refused, &[K3, K5]);
    says(&verdict, K5, &[&format!("grant {seq} expired")]);
    never_clears(&verdict);
}

#[test]
fn a34_a_grant_anew_takes_the_place_of_the_expired_one() {
    let mut book = shipped_until(6);
    let deed = grant(&book, &["K3", "K5"], hour(5));
    let old = book.say(hour(4), deed);
    let deed = grant(&book, &["K3", "K5"], hour(8));
    let new = book.say(hour(6), deed);
    let verdict = book.expect(hour(6), Class::Ready, &[]);
    assert_ne!(old, new);
    let spent = Deed::OverrideUsed { change: CHANGE.to_owned(), grant: new };
    assert_eq!(verdict.used(&book.state()).first(), Some(&spent));
}

#[test]
fn a36_a_grant_for_one_check_does_not_let_another_through() {
    let mut book = shipped_until(5);
    book.evidence.dependents.push("view `public.orders_v`".to_owned());
    let deed = grant(&book, &["K3", "K5"], hour(8));
    book.say(hour(5), deed);
    let verdict = book.expect(hour(5), Class::Refused, &[K10]);
    says(&verdict, K10, &["public.orders_v", "cannot be overridden"]);
}

#[test]
fn a36_a_grant_for_what_cannot_be_overridden_counts_for_nothing() {
    let mut book = shipped_until(40);
    book.evidence.dependents.push("view `public.orders_v`".to_owned());
    // No program of ours puts that on record.
    let deed = grant(&book, &["K10"], hour(44));
    book.record(hour(40), deed);
    book.expect(hour(40), Class::Refused, &[K10]);
}

#[test]
fn a36_nobody_overrides_who_is_alive() {
    let mut book = shipped_until(20);
    book.beats("checkout", "41", "eu", hour(19), hour(20));
    let deed = grant(&book, &["K3", "K5"], hour(22));
    book.say(hour(20), deed);
    let verdict = book.expect(seconds(hour(20), 60), Class::Refused, &[K3]);
    says(&verdict, K3, &["it is alive"]);
    // A second later it is only recent, and a person may know better.
    book.expect(seconds(hour(20), 61), Class::Ready, &[]);
}

#[test]
fn a37_a_file_edited_after_it_was_registered_is_refused() {
    let mut book = shipped_until(40);
    book.evidence.prints.insert("contract".to_owned(), "another".to_owned());
    let verdict = book.expect(hour(40), Class::Refused, &[K14]);
    says(&verdict, K14, &["contract file is not the one that was registered"]);
    book.evidence.prints.remove("contract");
    book.expect(hour(40), Class::Refused, &[K14]);
}

#[test]
fn a37_a_grant_is_for_the_contract_it_was_made_for() {
    let mut book = shipped_until(5);
    let deed = grant(&book, &["K3", "K5"], hour(8));
    let seq = book.say(hour(5), deed);
    book.evidence.contract_digest = "another".to_owned();
    let verdict = book.expect(hour(5), Class::Blocked, &[K3, K5]);
    says(&verdict, K5, &[&format!("grant {seq} is void")]);
}

#[test]
fn a41_a_view_that_depends_on_it_is_named() {
    let mut book = shipped_until(40);
    book.evidence.dependents.push("view `public.orders_v`".to_owned());
    let verdict = book.expect(hour(40), Class::Blocked, &[K10]);
    says(&verdict, K10, &["view `public.orders_v`"]);
    never_clears(&verdict);
}

#[test]
fn a48_a_version_that_stands_for_two_artifacts_blocks() {
    let mut book = shipped_until(40);
    let [service, version, digest] = ["checkout", "42", "sha256:other"].map(str::to_owned);
    book.say(hour(30), Deed::ReleaseConflict { service, version, digest });
    let verdict = book.expect(hour(40), Class::Blocked, &[K14]);
    says(&verdict, K14, &["`checkout` 42 in eu stands for two artifacts"]);
}

#[test]
fn a50_a_freeze_refuses_what_is_ready() {
    let mut book = shipped_until(40);
    book.say(hour(39), Deed::FreezeSet { reason: "an incident".to_owned() });
    let verdict = book.expect(hour(40), Class::Refused, &[K13]);
    says(&verdict, K13, &["an incident", "migrate unfreeze"]);
    book.say(hour(40), Deed::FreezeLifted { reason: "over".to_owned() });
    book.expect(hour(40), Class::Ready, &[]);
}

#[test]
fn a50_no_grant_thaws_a_freeze() {
    let mut book = shipped_until(40);
    let deed = grant(&book, &["K13"], hour(42));
    book.say(hour(39), deed);
    book.say(hour(39), Deed::FreezeSet { reason: "an incident".to_owned() });
    book.expect(hour(40), Class::Refused, &[K13]);
}

#[test]
fn a32_a33_a_ledger_that_is_not_whole_comes_before_all_else() {
    let mut book = shipped_until(5);
    book.evidence.integrity = Err("the ledger is of another database".to_owned());
    book.say(hour(5), Deed::FreezeSet { reason: "an incident".to_owned() });
    let verdict = book.expect(hour(5), Class::Integrity, &[K3, K5, K13, K14]);
    says(&verdict, K14, &["another database"]);
}

// More of the same kind.

#[test]
fn without_consumers_nothing_is_ever_ready() {
    let mut book = Book::bare();
    let verdict = book.expect(hour(90), Class::NoData, &[K1, K3, K4, K5]);
    says(&verdict, K1, &["no consumer is declared"]);
    never_clears(&verdict);
    book.say(hour(90), consumers(&[]));
    book.expect(hour(91), Class::NoData, &[K1, K3, K4, K5]);
}

#[test]
fn a_change_that_is_not_known_or_not_expanded_is_refused() {
    let mut book = shipped_until(40);
    let evidence = &book.evidence;
    let verdict =
        migrate::gate::verdict(&book.state(), "drop-new", &book.policy, evidence, hour(40));
    assert_eq!(verdict.class(), Class::Refused);
    says(&verdict, K14, &["does not know the change `drop-new`", "migrate expand"]);
    let (change, phase, digest) = (CHANGE.to_owned(), "expand".to_owned(), "undo".to_owned());
    book.record(hour(39), Deed::PhaseUndone { change, phase, digest });
    book.expect(hour(40), Class::Refused, &[K14]);
}

#[test]
fn half_an_expand_is_none() {
    let mut book = shipped_until(40);
    let (change, owner) = (CHANGE.to_owned(), None);
    let prints = book.evidence.prints.clone();
    let steps = [("expand".to_owned(), 2)].into();
    let reason = Some("a second step".to_owned());
    book.say(hour(2), Deed::Registered { change, prints, steps, owner, reason });
    let verdict = book.expect(hour(40), Class::Refused, &[K14]);
    says(&verdict, K14, &["step 2 of its expand is not done"]);
    book.say(hour(3), Deed::StepStarted { step: step_of("expand", 2) });
    let verdict = book.expect(hour(40), Class::Refused, &[K14]);
    says(&verdict, K14, &["began, and nothing is on record since"]);
    book.say(hour(3), Deed::StepDone { step: step_of("expand", 2), tries: 1 });
    book.expect(hour(40), Class::Ready, &[]);
}

#[test]
fn half_an_undo_leaves_no_expand() {
    let mut book = shipped_until(40);
    let failed = |place| Deed::StepFailed {
        step: step_of("expand.undo", place),
        sqlstate: "42883".to_owned(),
        message: "there is no such function".to_owned(),
    };
    // One in a transaction that failed left nothing.
    book.record(hour(39), failed(1));
    book.expect(hour(40), Class::Ready, &[]);
    // One that runs alone may have done anything.
    book.record(hour(39), Deed::StepStarted { step: step_of("expand.undo", 1) });
    book.record(hour(39), failed(1));
    let verdict = book.expect(hour(40), Class::Refused, &[K14]);
    says(&verdict, K14, &["its expand is half undone: `migrate undo` goes on"]);
    assert_eq!(verdict.next(), "migrate undo");
    book.record(hour(39), Deed::StepDone { step: step_of("expand.undo", 1), tries: 1 });
    book.expect(hour(40), Class::Refused, &[K14]);
    let (change, phase, digest) = (CHANGE.to_owned(), "expand".to_owned(), "undo".to_owned());
    book.record(hour(39), Deed::PhaseUndone { change, phase, digest });
    let verdict = book.expect(hour(40), Class::Refused, &[K14]);
    says(&verdict, K14, &["its expand was undone: `migrate expand` goes on"]);
    let words = verdict.check(K14).map(|check| check.evidence.clone()).unwrap_or_default();
    assert!(!words.contains("registered"), "{words}");
    assert_eq!(verdict.next(), "migrate expand");
}

#[test]
fn a_contract_that_ran_is_not_run_again() {
    let mut book = shipped_until(40);
    let (change, digest) = (CHANGE.to_owned(), "contract".to_owned());
    book.say(hour(39), Deed::ContractExecuted { change, digest });
    let verdict = book.expect(hour(40), Class::Refused, &[K14]);
    says(&verdict, K14, &["its contract ran at"]);
}

/// A job that runs every other day, beside what runs all the time and did so until that hour.
fn nightly(until: u64) -> Book {
    let mut book = Book::new(&[consumer("checkout", &["eu"]), cron("report", 48)]);
    book.full(hour(1), "checkout", "42");
    book.full(hour(2), "report", "42");
    book.beats("checkout", "42", "eu", hour(1), hour(until));
    book
}

#[test]
fn a_job_has_to_run_once_on_a_release_that_can_do_without() {
    let mut book = nightly(30);
    let verdict = book.expect(hour(30), Class::NoData, &[K4]);
    says(&verdict, K4, &["`report` has not run", "every 2 d"]);
    book.beats("report", "42", "", hour(20), seconds(hour(20), 90));
    book.expect(hour(30), Class::Ready, &[]);
}

#[test]
fn a_run_before_its_release_was_full_does_not_count() {
    let mut book = nightly(30);
    book.beats("report", "42", "", minute(90), minute(91));
    book.expect(hour(30), Class::NoData, &[K4]);
}

#[test]
fn a_job_that_ran_the_old_way_after_all_has_to_run_again() {
    let mut book = nightly(40);
    book.beats("report", "42", "", hour(10), minute(10 * 60 + 1));
    book.beats("report", "41", "", hour(20), minute(20 * 60 + 1));
    let verdict = book.expect(hour(40), Class::Blocked, &[K3, K4, K5]);
    never_clears(&verdict);
    book.beats("checkout", "42", "eu", hour(40), hour(45));
    let verdict = book.expect(hour(45), Class::NoData, &[K4]);
    says(&verdict, K4, &["`report` has not run without it since"]);
}

#[test]
fn a_soak_longer_than_the_cadence_covers_a_run() {
    let mut book = nightly(49);
    book.policy.soak = Duration::from_hours(48);
    book.expect(hour(49), Class::Blocked, &[K5]);
    book.beats("checkout", "42", "eu", hour(49), hour(51));
    let verdict = book.expect(hour(51), Class::Ready, &[]);
    says(&verdict, K4, &["but for `report`: the soak is as long as the span in which it runs"]);
    book.beats("report", "42", "", hour(20), seconds(hour(20), 90));
    let verdict = book.expect(hour(51), Class::Ready, &[]);
    assert_eq!(evidence(&verdict, K4), "every consumer was seen at work without it");
}

#[test]
fn where_all_run_now_and_then_the_time_counts() {
    let mut book = Book::new(&[cron("report", 48)]);
    book.full(hour(1), "report", "42");
    book.beats("report", "42", "", hour(5), minute(301));
    let verdict = book.expect(hour(6), Class::Blocked, &[K5]);
    clears(&verdict, hour(25));
    book.expect(hour(26), Class::Ready, &[]);
}

#[test]
fn a_region_that_is_added_has_to_come_along() {
    let mut book = shipped_until(40);
    let list = [consumer("checkout", &["eu", "us"])];
    book.say(hour(30), consumers(&list));
    let verdict = book.expect(hour(40), Class::Blocked, &[K1, K3, K4, K5]);
    says(&verdict, K1, &["no release of `checkout` in us is known to be full"]);
    never_clears(&verdict);
    book.say(hour(40), release("checkout", "43", Some("42"), &[]));
    book.full(hour(41), "checkout", "43");
    book.beats("checkout", "43", "eu", hour(40), hour(64));
    book.beats("checkout", "43", "us", hour(41), hour(64));
    clears(&book.expect(hour(64), Class::Blocked, &[K3, K5]), hour(65));
    book.beats("checkout", "43", "eu", hour(64), hour(66));
    book.beats("checkout", "43", "us", hour(64), hour(66));
    book.expect(hour(66), Class::Ready, &[]);
}

#[test]
fn a_release_that_takes_it_back_needs_it_again() {
    let mut book = shipped_until(40);
    let mut deed = release("checkout", "43", Some("42"), &[]);
    if let Deed::ReleaseDeclared { takes_back, .. } = &mut deed {
        takes_back.push(CHANGE.to_owned());
    }
    book.say(hour(30), deed);
    book.expect(hour(40), Class::Ready, &[]);
    book.start(hour(40), "checkout", "43");
    let verdict = book.expect(hour(40), Class::Blocked, &[K2]);
    says(&verdict, K2, &["`checkout` 43 in eu is on its way, at 0 %, and needs it"]);
    book.step(hour(40), "checkout", "43", "eu", 5);
    book.expect(hour(40), Class::Blocked, &[K1, K2, K5]);
    // 44 is made from 43, and needs it as well until it says otherwise.
    book.say(hour(40), release("checkout", "44", Some("43"), &[]));
    assert!(!book.state().releases.compatible("checkout", "44", CHANGE));
    book.say(hour(40), release("checkout", "44", None, &[CHANGE]));
    assert!(book.state().releases.compatible("checkout", "44", CHANGE));
}

#[test]
fn a_hotfix_made_from_an_older_release_needs_it_as_that_does() {
    let mut book = shipped_until(40);
    book.say(hour(30), release("checkout", "41.1", Some("41"), &[]));
    book.full(hour(30), "checkout", "41.1");
    let verdict = book.expect(hour(40), Class::Blocked, &[K1, K5]);
    says(&verdict, K1, &["`checkout` 41.1 in eu is full, and needs it"]);
    assert!(!book.state().releases.compatible("checkout", "41.1", CHANGE), "41 came before 42");
}

#[test]
fn a_version_that_nobody_declared_is_taken_to_need_it() {
    let mut book = shipped_until(40);
    book.beats("checkout", "9f86d08", "eu", hour(38), hour(39));
    let verdict = book.expect(hour(40), Class::Blocked, &[K3, K5]);
    says(&verdict, K3, &["`checkout` 9f86d08 in eu", "never declared"]);
    clears(&verdict, hour(63));
}

#[test]
fn a_version_with_quotes_in_it_is_shown_as_what_it_is() {
    let mut book = shipped_until(40);
    let evil = "42\"} or vector(1) # \u{1b}[2J";
    book.beats("checkout", evil, "eu", hour(38), hour(40));
    assert_eq!(book.notice(hour(40)), 0, "no name, no event");
    let verdict = book.expect(hour(40), Class::Blocked, &[K3, K5]);
    assert!(!evidence(&verdict, K3).contains('\u{1b}'));
    says(&verdict, K3, &["it is alive"]);
}

#[test]
fn services_that_nobody_declared_are_noted_and_hold_up_nothing() {
    let mut book = shipped_until(40);
    book.beats("wiki", "7", "", hour(1), hour(40));
    book.connect("psql", "");
    let verdict = book.expect(hour(40), Class::Ready, &[]);
    assert_eq!(verdict.notes.len(), 2, "{:?}", verdict.notes);
    assert!(verdict.notes[1].contains("`wiki` 7"), "{:?}", verdict.notes);
}

#[test]
fn an_old_release_seen_in_a_region_that_nobody_declared_counts() {
    let mut book = shipped_until(40);
    book.beats("checkout", "41", "ap", hour(30), hour(31));
    let verdict = book.expect(hour(40), Class::Blocked, &[K3, K5]);
    clears(&verdict, hour(55));
}

#[test]
fn beats_without_a_region_speak_for_one_region_only() {
    let mut one = shipped();
    one.beats("checkout", "42", "", hour(1), hour(26));
    one.expect(hour(26), Class::Ready, &[]);
    let mut two = Book::new(&[consumer("checkout", &["eu", "us"])]);
    two.full(hour(1), "checkout", "42");
    two.beats("checkout", "42", "", hour(1), hour(26));
    let verdict = two.expect(hour(26), Class::NoData, &[K4, K5]);
    says(&verdict, K4, &["name no region"]);
    let mut unsaid = Book::new(&[consumer("checkout", &[""])]);
    unsaid.full(hour(1), "checkout", "42");
    unsaid.beats("checkout", "42", "eu", hour(1), hour(26));
    unsaid.expect(hour(26), Class::Ready, &[]);
}

#[test]
fn two_versions_at_work_at_once_earn_the_time_once() {
    let mut book = shipped_until(11);
    book.say(hour(1), release("checkout", "43", Some("42"), &[]));
    book.beats("checkout", "43", "eu", hour(1), hour(11));
    let verdict = book.expect(hour(11), Class::Blocked, &[K3, K5]);
    clears(&verdict, hour(25));
}

#[test]
fn every_other_beat_earns_half_and_a_better_source_makes_it_good() {
    let mut book = shipped();
    book.spacing = BEAT * 2;
    book.beats("checkout", "42", "eu", hour(1), hour(25));
    let verdict = book.expect(hour(25), Class::Blocked, &[K3, K5]);
    clears(&verdict, hour(37));
    book.spacing = BEAT;
    book.beats("checkout", "42", "eu", hour(7), hour(25));
    let verdict = book.expect(hour(25), Class::Blocked, &[K3, K5]);
    // Three hours of the first six, and all of the others.
    clears(&verdict, hour(28));
}

#[test]
fn spans_that_lie_over_each_other_earn_each_moment_once() {
    let mut book = shipped_until(20);
    for (version, from, to) in [("43", 5, 10), ("44", 12, 22)] {
        book.say(hour(1), release("checkout", version, Some("42"), &[]));
        book.beats("checkout", version, "eu", hour(from), hour(to));
    }
    let verdict = book.expect(hour(22), Class::Blocked, &[K3, K5]);
    clears(&verdict, hour(25));
}

#[test]
fn a_grant_is_void_after_a_rollback() {
    let mut book = shipped_until(5);
    let deed = grant(&book, &["K1", "K3", "K5", "K7"], hour(8));
    let seq = book.say(hour(4), deed);
    book.expect(hour(5), Class::Ready, &[]);
    book.say(hour(5), rolled_back("checkout", "42", "41"));
    let verdict = book.expect(hour(5), Class::Blocked, &[K1, K3, K5, K7]);
    says(&verdict, K5, &[&format!("grant {seq} is void: a rollback was reported since")]);
}

#[test]
fn a_grant_is_void_after_a_gate_failed_or_the_consumers_changed() {
    let fail = Deed::GateFailed { gate: "errors".to_owned(), reason: "0.4pp".to_owned() };
    let list = consumers(&[consumer("checkout", &["eu"]), consumer("billing", &["eu"])]);
    for deed in [fail, list] {
        let mut book = shipped_until(5);
        let granted = grant(&book, &["K1", "K3", "K4", "K5"], hour(8));
        book.say(hour(4), granted);
        book.expect(hour(5), Class::Ready, &[]);
        book.say(hour(5), deed);
        assert_ne!(book.judge(hour(5)).class(), Class::Ready);
    }
}

#[test]
fn a_grant_is_used_once() {
    let mut book = shipped_until(5);
    let deed = grant(&book, &["K3", "K5"], hour(8));
    book.say(hour(4), deed);
    let state = book.state();
    for deed in book.expect(hour(5), Class::Ready, &[]).used(&state) {
        book.say(hour(5), deed);
    }
    let verdict = book.expect(hour(5), Class::Blocked, &[K3, K5, K13]);
    says(&verdict, K13, &["a review is open", "ran by grant"]);
}

#[test]
fn a_grant_does_not_stand_in_for_a_check_it_does_not_name() {
    let mut book = shipped_until(5);
    let deed = grant(&book, &["K5"], hour(8));
    book.say(hour(4), deed);
    let verdict = book.expect(hour(5), Class::Blocked, &[K3]);
    clears(&verdict, hour(25));
    let checks = match verdict.deed() {
        Deed::ContractEvaluated { checks, ready: false, .. } => checks,
        other => panic!("{other:?}"),
    };
    let told = ["K1", "K3", "K5"].map(|id| checks[id].as_str());
    assert_eq!(told, ["pass", "block", "overridden"]);
}

#[test]
fn a_rollback_between_releases_that_can_do_without_costs_what_the_policy_says() {
    let mut book = shipped_until(41);
    book.say(hour(29), release("checkout", "43", Some("42"), &[]));
    book.full(hour(30), "checkout", "43");
    book.say(hour(31), rolled_back("checkout", "43", "42"));
    let verdict = book.expect(hour(41), Class::Blocked, &[K5, K7]);
    clears(&verdict, hour(55));
    says(&verdict, K7, &["`checkout` in eu was taken back from 43 to 42"]);
    book.policy.rollback_resets = Resets::Incompatible;
    let verdict = book.expect(hour(41), Class::Blocked, &[K5]);
    clears(&verdict, hour(55));
    assert!(verdict.absence.complete(), "nobody needed it all the time");
    assert!(!verdict.health.complete(), "but the fleet was not well");
}

#[test]
fn a_canary_that_needs_it_costs_the_clocks_though_it_never_came_through() {
    let mut book = shipped_until(41);
    book.say(hour(29), release("checkout", "43", Some("41"), &[]));
    book.start(hour(30), "checkout", "43");
    book.step(hour(30), "checkout", "43", "eu", 5);
    book.say(hour(30), release("checkout", "44", Some("42"), &[]));
    let [service, version] = ["checkout", "44"].map(str::to_owned);
    let (regions, supersedes) = (vec!["eu".to_owned()], Some("43".to_owned()));
    book.say(hour(31), Deed::RolloutStarted { service, version, regions, supersedes });
    let verdict = book.expect(hour(41), Class::Blocked, &[K5]);
    clears(&verdict, hour(55));
    says(&verdict, K5, &["`checkout` 43 in eu, which needs it, left"]);
}

#[test]
fn an_aborted_canary_is_a_rollback() {
    let mut book = shipped_until(41);
    book.say(hour(29), release("checkout", "43", Some("42"), &[]));
    book.start(hour(30), "checkout", "43");
    book.step(hour(30), "checkout", "43", "eu", 5);
    let [service, version, reason] = ["checkout", "43", "errors"].map(str::to_owned);
    book.say(hour(31), Deed::RolloutAborted { service, version, reason });
    let verdict = book.expect(hour(41), Class::Blocked, &[K5, K7]);
    clears(&verdict, hour(55));
}

#[test]
fn a_review_that_is_open_holds_it_up() {
    let mut book = shipped_until(40);
    book.say(hour(30), Deed::ReviewRequired { cause: "a rollback".to_owned() });
    let verdict = book.expect(hour(40), Class::Blocked, &[K13]);
    says(&verdict, K13, &["a rollback", "migrate review"]);
    book.say(hour(40), Deed::ReviewFiled { url: "https://example.com/1".to_owned() });
    book.expect(hour(40), Class::Ready, &[]);
}

#[test]
fn a_ledger_bound_to_another_database_waits_from_the_beginning() {
    let mut book = shipped_until(40);
    let [environment, database, system] = ["production", "shop", "8"].map(str::to_owned);
    let identity = Identity { environment, database, system };
    book.say(hour(39), Deed::Rebound { identity, reason: "restored".to_owned() });
    let verdict = book.expect(hour(40), Class::Blocked, &[K5]);
    clears(&verdict, hour(63));
    says(&verdict, K5, &["the ledger was bound to another database"]);
}

#[test]
fn a_gate_that_fails_stops_health_alone() {
    let mut book = shipped_until(40);
    let gate = "errors".to_owned();
    book.say(hour(30), Deed::GateFailed { gate: gate.clone(), reason: "0.4pp".to_owned() });
    let verdict = book.expect(hour(40), Class::Blocked, &[K5]);
    never_clears(&verdict);
    assert!(verdict.absence.complete());
    assert_eq!(verdict.health.earned, Duration::ZERO);
    says(&verdict, K5, &["gate `errors` fails: 0.4pp"]);
    book.say(hour(38), Deed::GateRecovered { gate });
    let verdict = book.expect(hour(40), Class::Blocked, &[K5]);
    clears(&verdict, hour(62));
}

#[test]
fn who_takes_a_consumer_off_the_list_needs_approval() {
    let two = [consumer("checkout", &["eu"]), consumer("billing", &["eu"])];
    let mut book = Book::new(&two);
    book.full(hour(1), "checkout", "42");
    book.beats("checkout", "42", "eu", hour(1), hour(30));
    book.say(hour(2), consumers(&two[..1]));
    let verdict = book.expect(hour(30), Class::Blocked, &[K14]);
    says(&verdict, K14, &["`billing`", "no longer on the list"]);
    let [scope, reason] = ["consumers", "it was switched off"].map(str::to_owned);
    book.say(hour(30), Deed::ApprovalGranted { scope, reason });
    book.expect(hour(30), Class::Ready, &[]);
}

#[test]
fn a_region_or_a_steady_beat_taken_off_is_taken_off() {
    let lists = [
        (vec![consumer("checkout", &["eu"])], "`checkout` in us"),
        (vec![Consumer { cadence: Some(9), ..consumer("checkout", &["eu", "us"]) }], "cadence"),
    ];
    for (list, words) in lists {
        let mut book = Book::new(&[consumer("checkout", &["eu", "us"])]);
        book.full(hour(1), "checkout", "42");
        book.beats("checkout", "42", "eu", hour(1), hour(30));
        book.beats("checkout", "42", "us", hour(1), hour(30));
        book.expect(hour(30), Class::Ready, &[]);
        book.say(hour(30), consumers(&list));
        says(&book.expect(hour(30), Class::Blocked, &[K14]), K14, &[words]);
        book.say(hour(30), consumers(&[consumer("checkout", &["eu", "us"])]));
        book.expect(hour(30), Class::Ready, &[]);
    }
}

/// A change with data to fill in.
fn filling() -> Book {
    let mut book = shipped_until(40);
    book.beats("checkout", "41", "eu", hour(1), hour(3));
    book.say(hour(1), Deed::BackfillStarted { change: CHANGE.to_owned() });
    book
}

fn verified(mismatches: u64) -> Deed {
    Deed::BackfillVerified { change: CHANGE.to_owned(), rows: 1_000, mismatches }
}

#[test]
fn a_backfill_has_to_be_proven_after_the_last_old_writer_and_lately() {
    let mut book = filling();
    let next = ["migrate backfill verify"];
    says(&book.expect(hour(40), Class::Blocked, &[K9]), K9, &next);
    book.say(hour(2), verified(0));
    let verdict = book.expect(hour(40), Class::Blocked, &[K9]);
    says(&verdict, K9, &["`checkout` 41 was seen after that, at"]);
    book.say(hour(38), verified(0));
    says(&book.expect(hour(40), Class::Blocked, &[K9]), K9, &["which counts for 1 h"]);
    book.say(minute(39 * 60 + 30), verified(0));
    book.expect(hour(40), Class::Ready, &[]);
    let (change, reason) = (CHANGE.to_owned(), "rows came up".to_owned());
    book.say(hour(40), Deed::BackfillReopened { change, reason });
    book.expect(hour(40), Class::Blocked, &[K9]);
    book.say(hour(40), verified(3));
    book.expect(hour(40), Class::Blocked, &[K9]);
}

#[test]
fn a_migrate_phase_is_done_by_its_steps_or_by_a_backfill_that_was_proven() {
    let mut book = shipped_until(40);
    book.evidence.prints.insert("migrate".to_owned(), "print".to_owned());
    let (change, owner, reason) = (CHANGE.to_owned(), None, None);
    let (prints, steps) = (book.evidence.prints.clone(), [("migrate".to_owned(), 2)].into());
    book.say(hour(2), Deed::Registered { change, prints, steps, owner, reason });
    book.say(hour(2), Deed::StepDone { step: step_of("migrate", 1), tries: 1 });
    let verdict = book.expect(hour(40), Class::Blocked, &[K9]);
    says(&verdict, K9, &["step 2 of its migrate is not done"]);
    book.say(hour(39), Deed::BackfillStarted { change: CHANGE.to_owned() });
    says(&book.expect(hour(40), Class::Blocked, &[K9]), K9, &["no proof says"]);
    book.say(minute(39 * 60 + 30), verified(0));
    book.expect(hour(40), Class::Ready, &[]);
}

#[test]
fn a_proof_made_while_the_old_release_was_full_is_none() {
    let mut book = Book::new(&[consumer("checkout", &["eu"])]);
    book.say(hour(1), Deed::BackfillStarted { change: CHANGE.to_owned() });
    book.say(hour(2), verified(0));
    let verdict = book.judge(hour(2));
    says(&verdict, K9, &["while releases that need the old data are at work"]);
    book.full(hour(3), "checkout", "42");
    let verdict = book.judge(minute(182));
    says(&verdict, K9, &["before `checkout` in eu could do without"]);
    assert!(!verdict.check(K9).is_some_and(Check::holds));
}

#[test]
fn lengths_of_time_read_well() {
    let told = [0, 59, 60, 90, 3_600, 5_400, 86_399, 86_400, 100_000].map(Duration::from_secs);
    let told = told.map(span);
    let wanted = [
        "0 s",
        "59 s",
        "1 min",
        "1 min 30 s",
        "1 h",
        "1 h 30 min",
        "23 h 59 min",
        "1 d",
        "1 d 3 h",
    ];
    assert_eq!(told, wanted);
}
