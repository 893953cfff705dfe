//! What a verdict looks like to who is on call, kept as it is in files.

use crate::book::Book;
use crate::book::CHANGE;
use crate::book::consumer;
use crate::book::grant;
use crate::book::hour;
use crate::book::minute;
use crate::book::release;
use crate::book::rolled_back;
use crate::golden;
use migrate::gate::Verdict;
use migrate::ledger::Deed;
use migrate::ledger::Moment;
use migrate::report;

/// Two services, one of them in two regions.
fn shop() -> Book {
    Book::new(&[consumer("checkout", &["eu", "us"]), consumer("mailer", &[""])])
}

/// The same, with the release that can do without full since the first hour, and seen until then.
fn shipped(until: Moment) -> Book {
    let mut book = shop();
    for (service, region) in [("checkout", "eu"), ("checkout", "us"), ("mailer", "")] {
        book.beats(service, "42", region, hour(1), until);
    }
    book.full(hour(1), "checkout", "42");
    book.full(hour(1), "mailer", "42");
    book
}

/// The same of what runs where.
fn runs(name: &str, book: &Book, service: Option<&str>, now: Moment) {
    let mut out = Vec::new();
    let seen = &book.evidence.sightings;
    report::rollouts(&book.state(), seen, service, now, &mut out).expect("it can be written");
    kept(name, &String::from_utf8(out).expect("it is text"));
}

fn written(verdict: &Verdict, executed: bool) -> String {
    let mut out = Vec::new();
    report::verdict(verdict, executed, false, &mut out).expect("it can be written");
    String::from_utf8(out).expect("it is text")
}

/// Compares, and sees that lines are not too wide and the last one says how it goes on.
fn looks(name: &str, verdict: &Verdict, executed: bool) {
    kept(name, &written(verdict, executed));
}

fn kept(name: &str, text: &str) {
    let wide = text.lines().find(|line| line.chars().count() > 120);
    assert_eq!(wide, None, "{text}");
    assert!(text.lines().last().is_some_and(|line| line.starts_with("next: ")), "{text}");
    let path = format!("tests/data/verdicts/{name}.txt");
    golden::check(&path, text).unwrap_or_else(|why| panic!("{why}"));
}

#[test]
fn nothing_is_full_yet() {
    looks("nothing-full", &shop().judge(hour(1)), false);
}

#[test]
fn only_time_is_wanting() {
    looks("waiting-long", &shipped(hour(5)).judge(hour(5)), false);
    let almost = Moment(hour(25).0 - 300_000_000);
    looks("waiting", &shipped(almost).judge(almost), false);
}

#[test]
fn one_is_silent() {
    looks("silent", &shipped(hour(5)).judge(hour(6)), false);
}

#[test]
fn an_old_release_is_back() {
    let mut book = shipped(hour(5));
    book.say(hour(4), rolled_back("checkout", "42", "41"));
    book.connect("checkout", "41");
    looks("rolled-back", &book.judge(hour(5)), false);
}

#[test]
fn something_hangs_on_it() {
    let mut book = shipped(hour(30));
    let all =
        ["view public.orders", "view public.orders_by_day", "materialized view public.totals"];
    book.evidence.dependents.extend(all.map(str::to_owned));
    let text = "function public.old_totals(integer, integer), which names it in its text";
    book.evidence.dependents.push(text.to_owned());
    looks("dependents", &book.judge(hour(30)), false);
}

#[test]
fn a_file_was_edited_while_all_is_frozen() {
    let mut book = shipped(hour(30));
    book.evidence.prints.insert("contract".to_owned(), "other".to_owned());
    looks("edited", &book.judge(hour(30)), false);
    book.say(hour(29), Deed::FreezeSet { reason: "an incident".to_owned() });
    looks("frozen", &book.judge(hour(30)), false);
}

#[test]
fn a_grant_lets_it_run_or_has_expired() {
    let mut book = shipped(hour(5));
    let deed = grant(&book, &["K5"], minute(320));
    book.say(hour(4), deed);
    looks("granted", &book.judge(hour(5)), false);
    for (service, region) in [("checkout", "eu"), ("checkout", "us"), ("mailer", "")] {
        book.beats(service, "42", region, hour(5), hour(6));
    }
    looks("expired", &book.judge(hour(6)), false);
}

#[test]
fn what_runs_where() {
    runs("status-none", &Book::bare(), None, hour(1));
    let mut book = shipped(hour(5));
    runs("status", &book, None, hour(5));
    runs("status-of-one", &book, Some("mailer"), hour(5));
    book.say(hour(5), release("checkout", "43", Some("42"), &[]));
    book.start(hour(5), "checkout", "43");
    book.step(hour(5), "checkout", "43", "eu", 25);
    runs("status-on-its-way", &book, None, hour(5));
    let [service, version, reason] = ["checkout", "43", "p95 is up"].map(str::to_owned);
    book.say(hour(5), Deed::RolloutPaused { service, version, reason });
    runs("status-paused", &book, None, hour(5));
    book.say(hour(5), Deed::FreezeSet { reason: "an incident".to_owned() });
    runs("status-frozen", &book, None, hour(5));
}

#[test]
fn it_may_run_and_has_run() {
    let book = shipped(hour(30));
    let verdict = book.judge(hour(30));
    assert_eq!(verdict.change, CHANGE);
    looks("ready", &verdict, false);
    looks("executed", &verdict, true);
}
