//! Which deeds may follow on what is on record: each asked of a ledger, with why not.

use crate::book::Book;
use crate::book::CHANGE;
use crate::book::CONTRACT;
use crate::book::consumer;
use crate::book::grant;
use crate::book::hour;
use crate::book::minute;
use crate::book::release;
use crate::book::rolled_back;
use crate::book::step;
use crate::book::step_of;
use migrate::ledger::Admission;
use migrate::ledger::CheckId;
use migrate::ledger::Deed;
use migrate::ledger::Detected;
use migrate::ledger::Refusal;
use migrate::ledger::Refused;
use migrate::ledger::below_floor;
use migrate::ledger::check_version;
use migrate::ledger::rollback_targets;
use std::collections::BTreeMap;

/// `checkout` in eu and us, 41 full, 42 declared.
fn shop() -> Book {
    Book::new(&[consumer("checkout", &["eu", "us"])])
}

fn start(version: &str, regions: &[&str], supersedes: Option<&str>) -> Deed {
    Deed::RolloutStarted {
        service: "checkout".to_owned(),
        version: version.to_owned(),
        regions: regions.iter().map(|&region| region.to_owned()).collect(),
        supersedes: supersedes.map(str::to_owned),
    }
}

fn pause(version: &str) -> Deed {
    let [service, version, reason] = ["checkout", version, "errors"].map(str::to_owned);
    Deed::RolloutPaused { service, version, reason }
}

fn resume(version: &str) -> Deed {
    let [service, version, reason] = ["checkout", version, "mended"].map(str::to_owned);
    Deed::RolloutResumed { service, version, reason }
}

fn abort(version: &str) -> Deed {
    let [service, version, reason] = ["checkout", version, "errors"].map(str::to_owned);
    Deed::RolloutAborted { service, version, reason }
}

fn finish(version: &str) -> Deed {
    let [service, version] = ["checkout", version].map(str::to_owned);
    Deed::RolloutFinished { service, version }
}

fn freeze() -> Deed {
    Deed::FreezeSet { reason: "an incident".to_owned() }
}

fn executed() -> Deed {
    Deed::ContractExecuted { change: CHANGE.to_owned(), digest: CONTRACT.to_owned() }
}

/// The deed is refused with that class, and says these words, and what goes on.
#[track_caller]
fn refused(book: &Book, deed: &Deed, class: Refused, words: &[&str]) -> Refusal {
    let refusal = book.ask(hour(100), deed).expect_err("it is refused");
    assert_eq!(refusal.class, class, "{refusal:?}");
    for word in words {
        let all = format!("{} / {}", refusal.why, refusal.next);
        assert!(all.contains(word), "no `{word}` in: {all}");
    }
    assert!(!refusal.next.is_empty(), "{refusal:?}");
    refusal
}

#[track_caller]
fn replayed(book: &Book, deed: &Deed, seq: i64) {
    assert_eq!(book.ask(hour(100), deed), Ok(Admission::Replay(seq)), "{deed:?}");
}

#[track_caller]
fn legal(book: &Book, deed: &Deed) {
    assert_eq!(book.ask(hour(100), deed), Ok(Admission::New), "{deed:?}");
}

#[test]
fn a25_of_two_pipelines_the_second_is_told_of_the_first() {
    let mut book = shop();
    book.say(hour(1), release("checkout", "43", Some("42"), &[]));
    let first = book.say(hour(1), start("42", &["eu", "us"], None));
    let words = ["42 is on its way to `checkout` in eu", "--supersede 42"];
    refused(&book, &start("43", &["eu", "us"], None), Refused::Conflict, &words);
    refused(&book, &start("43", &["us"], Some("41")), Refused::Conflict, &words[1..]);
    replayed(&book, &start("42", &["eu", "us"], None), first);
    legal(&book, &start("43", &["eu", "us"], Some("42")));
}

#[test]
fn a_region_joins_a_rollout_without_setting_the_others_back() {
    let mut book = shop();
    book.say(hour(1), start("42", &["eu"], None));
    book.step(hour(1), "checkout", "42", "eu", 50);
    book.say(hour(2), start("42", &["eu", "us"], None));
    let weights: Vec<_> =
        book.state().lanes.values().map(|lane| lane.active.clone().map(|it| it.weight)).collect();
    assert_eq!(weights, [Some(50), Some(0)]);
}

#[test]
fn what_is_full_is_not_started_again() {
    let mut book = shop();
    book.full(hour(1), "checkout", "42");
    let seq = book.state().seq;
    replayed(&book, &start("42", &["eu", "us"], None), seq);
    replayed(&book, &finish("42"), seq);
    replayed(&book, &step("checkout", "42", "us", 100), seq);
    let words = ["`checkout` 41 is not on its way there"];
    refused(&book, &start("43", &["eu"], Some("41")), Refused::Conflict, &words);
}

#[test]
fn weights_only_grow() {
    let mut book = shop();
    let nothing = ["42 is not on its way to `checkout` in eu", "rollout start"];
    refused(&book, &step("checkout", "42", "eu", 5), Refused::Conflict, &nothing);
    let begun = book.say(hour(1), start("42", &["eu", "us"], None));
    replayed(&book, &step("checkout", "42", "eu", 0), begun);
    let stepped = book.say(hour(1), step("checkout", "42", "eu", 25));
    replayed(&book, &step("checkout", "42", "eu", 25), stepped);
    let less = ["less is a rollback", "migrate rollout rollback"];
    refused(&book, &step("checkout", "42", "eu", 5), Refused::Usage, &less);
    refused(&book, &step("checkout", "42", "eu", 101), Refused::Usage, &["too much"]);
    refused(&book, &step("checkout", "41", "eu", 50), Refused::Conflict, &["41 is not"]);
    legal(&book, &step("checkout", "42", "us", 5));
    legal(&book, &step("checkout", "42", "eu", 100));
}

#[test]
fn a_rollout_is_over_when_it_is_everywhere() {
    let mut book = shop();
    refused(&book, &finish("42"), Refused::Conflict, &["not on its way anywhere"]);
    book.say(hour(1), start("42", &["eu"], None));
    book.step(hour(1), "checkout", "42", "eu", 100);
    refused(&book, &finish("42"), Refused::Blocked, &["42 is at 0 % in `checkout` in us"]);
    book.say(hour(1), start("42", &["us"], None));
    book.step(hour(1), "checkout", "42", "us", 99);
    refused(&book, &finish("42"), Refused::Blocked, &["42 is at 99 % in `checkout` in us"]);
    book.step(hour(1), "checkout", "42", "us", 100);
    legal(&book, &finish("42"));
}

#[test]
fn a_pause_holds_the_steps_and_nothing_else() {
    let mut book = shop();
    refused(&book, &pause("42"), Refused::Conflict, &["not on its way anywhere"]);
    book.say(hour(1), start("42", &["eu", "us"], None));
    refused(&book, &resume("42"), Refused::Conflict, &["is not paused"]);
    book.say(hour(1), pause("42"));
    refused(&book, &pause("42"), Refused::Conflict, &["is paused already"]);
    let words = ["42 is paused, errors", "migrate rollout resume"];
    refused(&book, &step("checkout", "42", "eu", 5), Refused::Blocked, &words);
    legal(&book, &abort("42"));
    legal(&book, &rolled_back("checkout", "42", "41"));
    book.say(hour(1), resume("42"));
    legal(&book, &step("checkout", "42", "eu", 5));
}

#[test]
fn a_way_back_goes_from_what_is_there_to_what_is_known() {
    let mut book = shop();
    let words = ["`checkout` 42 is neither full nor on its way", "rollout status"];
    refused(&book, &rolled_back("checkout", "42", "40"), Refused::Conflict, &["never declared"]);
    refused(&book, &rolled_back("checkout", "41", "41"), Refused::Usage, &["no way back"]);
    book.say(hour(1), release("checkout", "43", Some("42"), &[]));
    refused(&book, &rolled_back("checkout", "43", "42"), Refused::Conflict, &["43 is neither"]);
    book.full(hour(1), "checkout", "42");
    let seq = book.say(hour(2), rolled_back("checkout", "42", "41"));
    replayed(&book, &rolled_back("checkout", "42", "41"), seq);
    book.say(hour(3), start("43", &["eu"], None));
    refused(&book, &rolled_back("checkout", "42", "41"), Refused::Conflict, &words);
}

#[test]
fn a_rollback_of_one_region_leaves_the_others() {
    let mut book = shop();
    book.full(hour(1), "checkout", "42");
    let mut deed = rolled_back("checkout", "42", "41");
    if let Deed::RolledBack { region, .. } = &mut deed {
        *region = Some("us".to_owned());
    }
    book.say(hour(2), deed);
    let state = book.state();
    let current: Vec<_> = state.lanes.values().map(|lane| lane.current()).collect();
    assert_eq!(current, [Some("42"), Some("41")]);
    book.say(hour(3), rolled_back("checkout", "42", "41"));
    let state = book.state();
    let ways: Vec<usize> = state.lanes.values().map(|lane| lane.retreats.len()).collect();
    assert_eq!(ways, [1, 1], "what was not there was not taken back");
}

#[test]
fn a38_after_the_contract_the_floor_refuses_what_needs_it() {
    let mut book = shop();
    book.full(hour(1), "checkout", "42");
    book.say(hour(1), release("checkout", "43", Some("42"), &[]));
    book.say(hour(1), release("checkout", "41.1", Some("41"), &[]));
    assert_eq!(below_floor(&book.state(), "checkout", "41"), None);
    let ran = book.say(hour(30), executed());
    replayed(&book, &executed(), ran);
    let state = book.state();
    let needs = "needs what the contract of `drop-old` took away";
    for version in ["41", "41.1", "unheard-of"] {
        assert_eq!(below_floor(&state, "checkout", version).as_deref(), Some(CHANGE), "{version}");
        let words = [needs, "migrate rollback-targets --service checkout"];
        refused(&book, &start(version, &["eu"], None), Refused::Policy, &words);
        refused(&book, &rolled_back("checkout", "42", version), Refused::Policy, &words);
        let check = check_version(&state, "checkout", version).expect_err("it cannot run");
        assert_eq!(check.class, Refused::Policy);
    }
    assert_eq!(below_floor(&state, "wiki", "1"), None, "it is no consumer");
    legal(&book, &start("43", &["eu"], None));
    let wanted = vec![
        ("41.1".to_owned(), Err("it was never full anywhere".to_owned())),
        ("43".to_owned(), Err("it was never full anywhere".to_owned())),
        ("41".to_owned(), Err(format!("`checkout` 41 {needs}"))),
    ];
    assert_eq!(rollback_targets(&state, "checkout"), wanted);
    // What is seen is a fact, and the floor does not undo it.
    let mut seen = rolled_back("checkout", "42", "41");
    if let Deed::RolledBack { detected, .. } = &mut seen {
        *detected = Detected::Passive;
    }
    legal(&book, &seen);
}

#[test]
fn a38_a_rollout_that_began_before_the_contract_does_not_go_on() {
    let mut book = shop();
    book.say(hour(1), release("checkout", "41.1", Some("41"), &[]));
    book.full(hour(1), "checkout", "42");
    book.say(hour(2), start("41.1", &["eu"], None));
    book.say(hour(3), executed());
    let words = ["took away"];
    refused(&book, &step("checkout", "41.1", "eu", 5), Refused::Policy, &words);
    legal(&book, &abort("41.1"));
}

#[test]
fn a_release_below_the_floor_is_no_target_and_one_above_it_is() {
    let mut book = shop();
    book.full(hour(1), "checkout", "42");
    book.say(hour(2), release("checkout", "43", Some("42"), &[]));
    book.full(hour(2), "checkout", "43");
    let targets = rollback_targets(&book.state(), "checkout");
    assert_eq!(targets, [("42".to_owned(), Ok(())), ("41".to_owned(), Ok(()))]);
    book.say(hour(30), executed());
    let fit: Vec<_> = rollback_targets(&book.state(), "checkout")
        .into_iter()
        .filter_map(|(version, fit)| fit.is_ok().then_some(version))
        .collect();
    assert_eq!(fit, ["42"]);
    // The contract is undone, and the old releases can run again.
    let undo = |phase: &str| {
        let [change, phase, digest] = [CHANGE, phase, "undo"].map(str::to_owned);
        Deed::PhaseUndone { change, phase, digest }
    };
    refused(&book, &undo("contract"), Refused::Conflict, &["nothing was done"]);
    book.say(hour(31), Deed::StepDone { step: step_of("contract", 1), tries: 1 });
    refused(&book, &undo("expand"), Refused::Conflict, &["undo the contract first"]);
    book.say(hour(31), undo("contract"));
    assert_eq!(below_floor(&book.state(), "checkout", "41"), None);
}

#[test]
fn a48_a_version_is_one_artifact_and_one_lineage() {
    let mut book = shop();
    let known = book.state().releases.get("checkout", "42").map(|it| it.seq).expect("it is known");
    replayed(&book, &release("checkout", "42", Some("41"), &[CHANGE]), known);
    let mut other = release("checkout", "42", Some("41"), &[CHANGE]);
    if let Deed::ReleaseDeclared { digest, .. } = &mut other {
        *digest = Some("sha256:other".to_owned());
    }
    refused(&book, &other, Refused::Conflict, &["`checkout` 42 is sha256:checkout-42"]);
    let moved = release("checkout", "42", Some("40"), &[CHANGE]);
    refused(&book, &moved, Refused::Conflict, &["was made from 41, not 40"]);
    let circle = release("checkout", "41", Some("42"), &[]);
    refused(&book, &circle, Refused::Usage, &["cannot be made from 42"]);
    legal(&book, &release("checkout", "42", Some("41"), &[CHANGE, "another"]));
    let [service, version, digest] = ["checkout", "42", "sha256:other"].map(str::to_owned);
    let seen = Deed::ReleaseConflict { service, version, digest };
    book.say(hour(1), seen.clone());
    replayed(&book, &seen, known);
    refused(&book, &start("42", &["eu"], None), Refused::Conflict, &["two artifacts"]);
    let check = check_version(&book.state(), "checkout", "42").expect_err("which one?");
    assert_eq!(check.class, Refused::Conflict);
}

#[test]
fn a_release_does_not_take_back_what_is_gone() {
    let mut book = shop();
    let mut deed = release("checkout", "43", Some("42"), &[]);
    if let Deed::ReleaseDeclared { takes_back, .. } = &mut deed {
        takes_back.push(CHANGE.to_owned());
    }
    legal(&book, &deed);
    let mut both = deed.clone();
    if let Deed::ReleaseDeclared { satisfies, .. } = &mut both {
        satisfies.push(CHANGE.to_owned());
    }
    refused(&book, &both, Refused::Usage, &["both satisfies `drop-old` and takes it back"]);
    book.full(hour(1), "checkout", "42");
    book.say(hour(2), executed());
    refused(&book, &deed, Refused::Policy, &["needs again what the contract of `drop-old`"]);
}

#[test]
fn a54_names_are_names() {
    let book = shop();
    let long = "1".repeat(201);
    let odd = ["", "42\"", "42'; drop table", "4 2", "42\n", "42{}", "größe", "\u{1b}[2J", &long];
    for version in odd {
        refused(&book, &start(version, &["eu"], None), Refused::Usage, &["is no name"]);
        refused(&book, &release("checkout", version, None, &[]), Refused::Usage, &["is no name"]);
        refused(&book, &step("checkout", version, "eu", 5), Refused::Usage, &["is no name"]);
        refused(&book, &rolled_back("checkout", "41", version), Refused::Usage, &["is no name"]);
        let mut seen = rolled_back("checkout", "41", version);
        if let Deed::RolledBack { detected, .. } = &mut seen {
            *detected = Detected::Passive;
        }
        refused(&book, &seen, Refused::Usage, &["is no name"]);
    }
    let long = "1".repeat(200);
    for version in ["registry/app@sha256:9f86", "v1.2+build-3_x", &long] {
        legal(&book, &release("checkout", version, None, &[]));
    }
    refused(
        &book,
        &release("che ckout", "42", None, &[]),
        Refused::Usage,
        &["no name of a service"],
    );
}

#[test]
fn names_that_mean_another_artifact_tomorrow_are_refused() {
    let book = shop();
    for version in ["latest", "main", "master", "HEAD", "dev", "app:latest", "Main", "origin/main"]
    {
        let words = ["means another artifact tomorrow"];
        refused(&book, &release("checkout", version, None, &[]), Refused::Usage, &words);
        refused(&book, &start(version, &["eu"], None), Refused::Usage, &words);
    }
    for version in ["main-9f86d08", "latest.2", "dev1"] {
        legal(&book, &release("checkout", version, None, &[]));
    }
}

#[test]
fn regions_are_those_of_the_consumer() {
    let book = shop();
    refused(&book, &start("42", &["eus"], None), Refused::Usage, &["did you mean `eu`?"]);
    refused(&book, &start("42", &["ap"], None), Refused::Usage, &["it runs in eu, us"]);
    refused(&book, &start("42", &[""], None), Refused::Usage, &["no region is named"]);
    refused(&book, &start("42", &[], None), Refused::Usage, &["no region is named"]);
    let bare = Book::new(&[consumer("checkout", &[""])]);
    refused(&bare, &start("42", &["eu"], None), Refused::Usage, &["leave the region out"]);
    legal(&bare, &start("42", &[""], None));
}

#[test]
fn a50_frozen_things_go_back_and_never_forward() {
    let mut book = shop();
    book.say(hour(1), release("checkout", "43", Some("42"), &[]));
    book.full(hour(1), "checkout", "42");
    book.say(hour(1), start("43", &["eu"], None));
    book.say(hour(1), Deed::StepStarted { step: step_of("contract", 1) });
    book.say(hour(2), freeze());
    let forward = [
        start("43", &["us"], None),
        step("checkout", "43", "eu", 5),
        grant(&book, &["K5"], hour(102)),
        Deed::StepStarted { step: step_of("contract", 1) },
        Deed::BackfillStarted { change: CHANGE.to_owned() },
    ];
    for deed in &forward {
        let words = ["everything is frozen, an incident", "migrate unfreeze"];
        refused(&book, deed, Refused::Policy, &words);
    }
    let mut back = vec![
        pause("43"),
        abort("43"),
        Deed::GateFailed { gate: "errors".to_owned(), reason: "0.4pp".to_owned() },
        // It was on its way when the freeze came, and cannot be taken back.
        Deed::StepDone { step: step_of("contract", 1), tries: 1 },
        executed(),
    ];
    back.push(Deed::FloorViolation { service: "checkout".to_owned(), version: "41".to_owned() });
    for deed in &back {
        legal(&book, deed);
    }
    refused(&book, &freeze(), Refused::Conflict, &["frozen already, an incident"]);
    book.say(hour(3), Deed::FreezeLifted { reason: "over".to_owned() });
    legal(&book, &forward[1]);
    let lifted = Deed::FreezeLifted { reason: "over".to_owned() };
    refused(&book, &lifted, Refused::Conflict, &["nothing is frozen"]);
}

#[test]
fn the_floor_holds_from_the_first_step_of_a_contract_on() {
    let mut book = shop();
    book.say(hour(1), release("checkout", "43", Some("42"), &[]));
    book.full(hour(1), "checkout", "42");
    let back = rolled_back("checkout", "42", "41");
    legal(&book, &back);
    book.say(hour(2), Deed::StepStarted { step: step_of("contract", 1) });
    let words = ["`checkout` 41 needs what the contract of"];
    refused(&book, &back, Refused::Policy, &words);
    assert!(check_version(&book.state(), "checkout", "41").is_err());
    // Nothing of what failed has landed.
    let (sqlstate, message) = ("40P01".to_owned(), "deadlock".to_owned());
    book.say(hour(2), Deed::StepFailed { step: step_of("contract", 1), sqlstate, message });
    legal(&book, &back);
    book.say(hour(3), Deed::StepDone { step: step_of("contract", 1), tries: 1 });
    refused(&book, &back, Refused::Policy, &words);
}

#[test]
fn a50_a_contract_that_has_not_begun_is_not_put_on_record_in_a_freeze() {
    let mut book = shop();
    book.full(hour(1), "checkout", "42");
    book.say(hour(2), freeze());
    legal(&book, &rolled_back("checkout", "42", "41"));
    refused(&book, &executed(), Refused::Policy, &["everything is frozen"]);
    let done = Deed::StepDone { step: step_of("contract", 1), tries: 1 };
    refused(&book, &done, Refused::Policy, &["everything is frozen"]);
}

#[test]
fn a34_a36_grants_are_short_named_and_reasoned() {
    let book = shop();
    let asks = |checks: &[&str], minutes: u64| grant(&book, checks, minute(100 * 60 + minutes));
    legal(&book, &asks(&["K3", "K5"], 240));
    refused(&book, &asks(&["K5"], 241), Refused::Policy, &["4 hours at most"]);
    refused(&book, &asks(&["K5"], 0), Refused::Usage, &["expired"]);
    refused(&book, &asks(&[], 60), Refused::Usage, &["names no check"]);
    for wild in ["*", "all", "K", "K15", "k5", "K5,K10"] {
        let words = ["is no check", "nothing stands for all of them"];
        refused(&book, &asks(&["K5", wild], 60), Refused::Usage, &words);
    }
    for check in CheckId::ALL {
        let asked = asks(&["K5", check.id()], 60);
        if !check.is_judged() {
            let words = [check.id(), "no contract is judged by", "contract --check"];
            refused(&book, &asked, Refused::Usage, &words);
        } else if check.can_be_overridden() {
            legal(&book, &asked);
        } else {
            refused(&book, &asked, Refused::Policy, &[check.id(), "cannot be overridden"]);
        }
    }
    assert!(!CheckId::K10.can_be_overridden() && !CheckId::K14.can_be_overridden());
    let mut unsaid = asks(&["K5"], 60);
    if let Deed::OverrideGranted { reason, .. } = &mut unsaid {
        *reason = "  ".to_owned();
    }
    refused(&book, &unsaid, Refused::Usage, &["needs a reason"]);
    let mut unknown = asks(&["K5"], 60);
    if let Deed::OverrideGranted { change, .. } = &mut unknown {
        *change = "drop-new".to_owned();
    }
    refused(&book, &unknown, Refused::Conflict, &["does not know the change `drop-new`"]);
}

#[test]
fn a_grant_is_decided_on_what_is_so() {
    let mut book = shop();
    book.full(hour(1), "checkout", "42");
    let decided = grant(&book, &["K5"], hour(102));
    book.say(hour(2), rolled_back("checkout", "42", "41"));
    let words = ["a rollback was reported since", "decide anew"];
    refused(&book, &decided, Refused::Conflict, &words);
    legal(&book, &grant(&book, &["K5"], hour(102)));
}

#[test]
fn a_grant_is_spent_once_and_not_when_void() {
    let mut book = shop();
    let used = |grant| Deed::OverrideUsed { change: CHANGE.to_owned(), grant };
    refused(&book, &used(1), Refused::Conflict, &["event 1 is no grant"]);
    let deed = grant(&book, &["K5"], hour(102));
    let seq = book.say(hour(100), deed);
    legal(&book, &used(seq));
    let other = Deed::OverrideUsed { change: "drop-new".to_owned(), grant: seq };
    refused(&book, &other, Refused::Conflict, &["is no grant for `drop-new`"]);
    let late = book.ask(hour(102), &used(seq)).expect_err("it expired");
    assert_eq!(late.class, Refused::Policy);
    let fail = Deed::GateFailed { gate: "errors".to_owned(), reason: "0.4pp".to_owned() };
    book.say(hour(100), fail);
    refused(&book, &used(seq), Refused::Policy, &["is void: a gate failed since"]);
    let (change, reason) = (CHANGE.to_owned(), "over".to_owned());
    book.say(hour(100), Deed::OverrideRevoked { change, grant: seq, reason });
    refused(&book, &used(seq), Refused::Conflict, &["is no grant"]);
}

#[test]
fn steps_are_done_in_their_order_and_once() {
    let mut book = shop();
    let done = |phase: &str, place: u32| Deed::StepDone { step: step_of(phase, place), tries: 1 };
    let seq = book.state().changes[CHANGE].steps[&("expand".to_owned(), 1)].seq;
    replayed(&book, &done("expand", 1), seq);
    let mut other = step_of("expand", 1);
    other.digest = "another".to_owned();
    let other = Deed::StepDone { step: other, tries: 1 };
    refused(&book, &other, Refused::Conflict, &["was done with other SQL"]);
    refused(&book, &done("expand", 2), Refused::Usage, &["has no step 2"]);
    refused(&book, &done("shrink", 1), Refused::Usage, &["is no phase"]);
    refused(&book, &done("migrate", 2), Refused::Blocked, &["step 1 of the migrate"]);
    let (sqlstate, message) = ("55P03".to_owned(), "lock timeout".to_owned());
    let failed = Deed::StepFailed { step: step_of("expand", 1), sqlstate, message };
    refused(&book, &failed, Refused::Conflict, &["is done"]);
    let prints = BTreeMap::from([("expand".to_owned(), "print".to_owned())]);
    let (steps, owner, reason) = (BTreeMap::from([("expand".to_owned(), 1)]), None, None);
    let change = "later".to_owned();
    book.say(hour(1), Deed::Registered { change, prints, steps, owner, reason });
    let mut early = step_of("contract", 1);
    early.change = "later".to_owned();
    let early = Deed::StepStarted { step: early };
    refused(&book, &early, Refused::Blocked, &["step 1 of its expand is not done"]);
}

#[test]
fn a37_files_are_registered_anew_with_a_reason() {
    let book = shop();
    let mut prints = book.evidence.prints.clone();
    let registered = |prints: &BTreeMap<String, String>, reason: Option<&str>| Deed::Registered {
        change: CHANGE.to_owned(),
        prints: prints.clone(),
        steps: BTreeMap::new(),
        owner: None,
        reason: reason.map(str::to_owned),
    };
    let seq = book.state().changes[CHANGE].seq;
    replayed(&book, &registered(&prints, None), seq);
    prints.insert("contract".to_owned(), "another".to_owned());
    let words = ["the contract file of `drop-old` is not the one", "--reason"];
    refused(&book, &registered(&prints, None), Refused::Policy, &words);
    refused(&book, &registered(&prints, Some(" ")), Refused::Policy, &words);
    legal(&book, &registered(&prints, Some("a typo")));
    let mut book = book;
    book.say(hour(1), executed());
    let words = ["its files are history"];
    refused(&book, &registered(&prints, Some("a typo")), Refused::Conflict, &words);
}

#[test]
fn a_version_can_run_where_what_it_uses_is_there() {
    let mut book = shop();
    let mut deed = release("checkout", "42", Some("41"), &[CHANGE]);
    if let Deed::ReleaseDeclared { uses, .. } = &mut deed {
        uses.push("later".to_owned());
    }
    assert_eq!(check_version(&book.state(), "checkout", "42"), Ok(()));
    book.say(hour(1), deed);
    book.say(hour(1), release("checkout", "43", Some("42"), &[]));
    let asked = |book: &Book, version: &str| check_version(&book.state(), "checkout", version);
    let refusal = asked(&book, "43").expect_err("43 is made from 42");
    assert_eq!(refusal.class, Refused::Blocked);
    assert_eq!(refusal.next, "`migrate expand` goes on");
    let prints = BTreeMap::from([("expand".to_owned(), "print".to_owned())]);
    let (steps, owner, reason) = (BTreeMap::from([("expand".to_owned(), 2)]), None, None);
    let change = "later".to_owned();
    book.say(hour(1), Deed::Registered { change, prints, steps, owner, reason });
    for place in [1, 2] {
        assert!(asked(&book, "43").is_err(), "before step {place}");
        let mut step = step_of("expand", place);
        step.change = "later".to_owned();
        book.say(hour(1), Deed::StepDone { step, tries: 1 });
    }
    assert_eq!(asked(&book, "43"), Ok(()));
    let undone = {
        let [change, phase, digest] = ["later", "expand", "undo"].map(str::to_owned);
        Deed::PhaseUndone { change, phase, digest }
    };
    legal(&book, &undone);
    book.full(hour(2), "checkout", "42");
    refused(&book, &undone, Refused::Blocked, &["`checkout` 42 is at work, and needs it"]);
    // Code that does without the old schema needs the new one.
    let other = {
        let [change, phase, digest] = [CHANGE, "expand", "undo"].map(str::to_owned);
        Deed::PhaseUndone { change, phase, digest }
    };
    refused(&book, &other, Refused::Blocked, &["`checkout` 42 is at work, and needs it"]);
    // One in which that was put back needs neither.
    let mut back = release("checkout", "44", Some("42"), &[]);
    if let Deed::ReleaseDeclared { takes_back, .. } = &mut back {
        takes_back.extend([CHANGE, "later"].map(str::to_owned));
    }
    book.say(hour(3), back);
    book.full(hour(3), "checkout", "44");
    legal(&book, &undone);
    legal(&book, &other);
    let refusal = asked(&book, "45").expect_err("nobody declared it");
    assert_eq!(refusal.class, Refused::Blocked);
}

#[test]
fn consumers_and_reviews_are_said_whole() {
    let mut book = shop();
    let list = |consumers| Deed::ConsumersChanged { consumers, reason: "as it is".to_owned() };
    let seq = book.state().consumers_seq;
    replayed(&book, &list(vec![consumer("checkout", &["eu", "us"])]), seq);
    let twice = vec![consumer("a", &["eu"]), consumer("a", &["us"])];
    refused(&book, &list(twice), Refused::Usage, &["`a` stands there twice"]);
    refused(&book, &list(vec![consumer("a", &[])]), Refused::Usage, &["runs nowhere"]);
    refused(&book, &list(vec![consumer("a b", &["eu"])]), Refused::Usage, &["is no name"]);
    let mut silent = consumer("a", &["eu"]);
    silent.interval = 0;
    refused(&book, &list(vec![silent]), Refused::Usage, &["every 0 seconds"]);
    let [scope, reason] = ["consumers", "so it is"].map(str::to_owned);
    let approved = Deed::ApprovalGranted { scope, reason };
    refused(&book, &approved, Refused::Conflict, &["nobody was taken off"]);
    let filed = Deed::ReviewFiled { url: "https://example.com/1".to_owned() };
    refused(&book, &filed, Refused::Conflict, &["no review is open"]);
    book.say(hour(1), Deed::ReviewRequired { cause: "a rollback".to_owned() });
    legal(&book, &filed);
    let recovered = Deed::GateRecovered { gate: "errors".to_owned() };
    refused(&book, &recovered, Refused::Conflict, &["does not fail"]);
}

#[test]
fn a_ledger_is_opened_once() {
    let book = shop();
    let identity = book.state().identity.expect("it was opened");
    let opened = Deed::Opened { ledger: "other".to_owned(), identity: identity.clone() };
    refused(&book, &opened, Refused::Conflict, &["the ledger shop was opened already"]);
    let rebound =
        |reason: &str| Deed::Rebound { identity: identity.clone(), reason: reason.to_owned() };
    refused(&book, &rebound(""), Refused::Usage, &["needs a reason"]);
    legal(&book, &rebound("restored"));
}
