//! What holds a backfill back: each signal up and down, and what cannot be read.

use migrate::job::throttle::Batch;
use migrate::job::throttle::Connections;
use migrate::job::throttle::Limits;
use migrate::job::throttle::Pinned;
use migrate::job::throttle::Reading;
use migrate::job::throttle::Replica;
use migrate::job::throttle::Rows;
use migrate::job::throttle::Slot;
use migrate::job::throttle::Throttle;
use migrate::job::throttle::Transaction;
use migrate::job::throttle::Vacuum;
use migrate::job::throttle::Verdict;
use std::time::Duration;

const MB: u64 = 1024 * 1024;

/// The limits that a file sets where all that it does not name is off.
fn only(text: &str) -> Limits {
    const OFF: [&str; 11] = [
        "replica-lag",
        "replica-silence",
        "replicas",
        "slot-room",
        "archive-backlog",
        "lock-waiters",
        "transaction-age",
        "horizon-age",
        "autovacuum",
        "connections",
        "wal-per-second",
    ];
    let named = |key: &&&str| !text.lines().any(|line| line.starts_with(&format!("{key} =")));
    let off = OFF.iter().filter(named).map(|key| format!("{key} = false\n"));
    read(&(off.collect::<String>() + text)).expect("the limits can be read")
}

fn read(text: &str) -> Result<Limits, String> {
    toml::from_str(text).map_err(|error| error.message().to_owned())
}

fn throttle(text: &str) -> Throttle {
    Throttle::new(only(text))
}

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// Why it holds: the signals and what they say.
fn holds(verdict: &Verdict) -> Vec<String> {
    verdict.holds.iter().map(|hold| format!("{}: {}", hold.signal, hold.why)).collect()
}

fn notes(verdict: &Verdict) -> Vec<String> {
    verdict.notes.iter().map(|note| format!("{}: {}", note.signal, note.what)).collect()
}

/// A standby that is so far behind, at a position of its log.
fn standby(behind: u64, position: &str) -> Replica {
    Replica {
        name: "r1".to_owned(),
        place: "r1".to_owned(),
        pid: 7,
        replays: true,
        position: Some(position.to_owned()),
        behind: Some(behind),
        silent: Some(Duration::ZERO),
    }
}

fn standbys(behind: u64, position: &str) -> Reading {
    Reading::Replicas(Ok(vec![standby(behind, position)]))
}

/// What is held after each of some readings, a second apart.
fn course(text: &str, readings: &[Reading]) -> Vec<bool> {
    let mut throttle = throttle(text);
    let judge = |(at, reading): (u64, &Reading)| {
        !throttle.judge(seconds(at), std::slice::from_ref(reading)).holds.is_empty()
    };
    (0..).zip(readings).map(judge).collect()
}

#[test]
fn a_signal_that_passed_its_high_mark_holds_down_to_its_low_one() {
    let up_and_down = [false, true, true, false, false];
    let number = |values: [u64; 5], of: fn(u64) -> Reading| values.map(of).to_vec();
    let cases: Vec<(&str, Vec<Reading>)> = vec![
        (
            "replica-lag = \"256MB\"",
            number([256, 257, 129, 128, 200], |mb| standbys(mb * MB, "0/1")),
        ),
        (
            "replica-lag = { high = 1000, low = 10 }",
            number([1000, 1001, 11, 10, 999], |bytes| standbys(bytes, "0/1")),
        ),
        (
            "archive-backlog = 42",
            number([42, 43, 22, 21, 42], |files| Reading::Archive(Ok(Some(files)))),
        ),
        (
            "connections = 0.9",
            number([90, 91, 81, 80, 90], |used| {
                Reading::Connections(Ok(Connections { used, most: 100 }))
            }),
        ),
        (
            "active-sessions = { high = 8, low = 6 }",
            number([8, 9, 7, 6, 8], |active| Reading::Active(Ok(active))),
        ),
        (
            "dead-tuples = { high = 0.2, low = 0.1 }",
            number([20, 21, 11, 10, 20], |dead| Reading::Dead(Ok(Rows { dead, live: 100 - dead }))),
        ),
        (
            "lock-waiters = { high = 2, low = 1 }",
            number([2, 3, 2, 1, 2], |waiters| Reading::Waiters(Ok(waiters))),
        ),
        (
            "transaction-age = \"10s\"",
            number([10, 11, 6, 5, 9], |age| {
                let age = seconds(age);
                Reading::Transaction(Ok(Some(Transaction { who: "ada".to_owned(), age })))
            }),
        ),
        (
            "[query.queue]\nsql = \"SELECT 1\"\nhigh = 10",
            [10.0, 10.5, 5.1, 5.0, 9.0]
                .map(|value| Reading::Query("queue".to_owned(), Ok(value)))
                .to_vec(),
        ),
        (
            "[prometheus.p99]\nurl = \"http://p\"\nquery = \"up\"\nhigh = -5\nlow = -7",
            [-5.0, -4.0, -6.0, -7.0, -5.0]
                .map(|value| Reading::Prometheus("p99".to_owned(), Ok(value)))
                .to_vec(),
        ),
    ];
    for (text, readings) in cases {
        assert_eq!(course(text, &readings), up_and_down, "{text}");
    }
}

#[test]
fn a_hold_says_what_is_so_and_when_it_goes_on() {
    let mut all = throttle("replica-lag = \"256MB\"");
    let verdict = all.judge(seconds(0), &[standbys(300 * MB, "0/1")]);
    let said = "replica-lag: replica r1 is 300 MB behind; 256 MB is the limit, and it goes on at \
                128 MB";
    assert_eq!(holds(&verdict), [said]);
    let mut all = throttle("connections = 0.9\nlock-waiters = 0");
    let readings =
        [Reading::Connections(Ok(Connections { used: 95, most: 100 })), Reading::Waiters(Ok(1))];
    let said = [
        "connections: 95 of 100 connections are in use; 90 % is the limit, and it goes on at 80 %",
        "lock-waiters: 1 session waits for locks of the backfill; 0 is the limit",
    ];
    assert_eq!(holds(&all.judge(seconds(0), &readings)), said);
}

#[test]
fn nothing_is_said_where_nothing_follows_and_nothing_is_archived() {
    let mut all = Throttle::new(Limits::default());
    let verdict = all.judge(seconds(0), &well());
    assert_eq!(verdict, Verdict::default());
}

/// All that is read by default, of a server that is well and alone.
fn well() -> Vec<Reading> {
    vec![
        Reading::Replicas(Ok(Vec::new())),
        Reading::Slots(Ok(Vec::new())),
        Reading::Archive(Ok(None)),
        Reading::Transaction(Ok(None)),
        Reading::Horizon(Ok(None)),
        Reading::Vacuum(Ok(None)),
        Reading::Connections(Ok(Connections { used: 5, most: 100 })),
        Reading::Waiters(Ok(0)),
    ]
}

#[test]
fn what_is_not_read_or_cannot_be_seen_holds() {
    let mut all = Throttle::new(Limits::default());
    let verdict = all.judge(seconds(0), &[]);
    let signals: Vec<&str> = verdict.holds.iter().map(|hold| hold.signal).collect();
    let asked = ["replicas", "slot-room", "archive-backlog", "connections", "lock-waiters"];
    assert_eq!(signals, asked);
    for at in 0..well().len() {
        let mut readings = well();
        let blind = match readings[at] {
            Reading::Replicas(_) => Reading::Replicas(Err("needs pg_monitor".to_owned())),
            Reading::Slots(_) => Reading::Slots(Err("needs more".to_owned())),
            Reading::Archive(_) => Reading::Archive(Err("needs more".to_owned())),
            Reading::Connections(_) => Reading::Connections(Err("needs more".to_owned())),
            Reading::Waiters(_) => Reading::Waiters(Err("the watch is lost".to_owned())),
            _ => continue,
        };
        readings[at] = blind;
        let verdict = Throttle::new(Limits::default()).judge(seconds(0), &readings);
        assert_eq!(verdict.holds.len(), 1, "{:?}", readings[at]);
        assert!(verdict.holds[0].why.starts_with("cannot see "), "{verdict:?}");
    }
    let mut readings = well();
    readings[0] = Reading::Replicas(Err("needs pg_monitor".to_owned()));
    let verdict = Throttle::new(Limits::default()).judge(seconds(0), &readings);
    assert_eq!(holds(&verdict), ["replicas: cannot see replicas: needs pg_monitor"]);
}

#[test]
fn numbers_of_others_that_are_none_hold() {
    let text = "[query.queue]\nsql = \"SELECT 1\"\nhigh = 10\n\
                [prometheus.p99]\nurl = \"http://p\"\nquery = \"up\"\nhigh = 10";
    let mut all = throttle(text);
    let unread = [
        "query: cannot see `queue`: nobody has read it",
        "prometheus: cannot see `p99`: nobody has read it",
    ];
    assert_eq!(holds(&all.judge(seconds(0), &[])), unread);
    for value in [Ok(f64::NAN), Ok(f64::INFINITY), Ok(f64::NEG_INFINITY), Err("none".to_owned())] {
        let readings = [
            Reading::Query("queue".to_owned(), value.clone()),
            Reading::Prometheus("p99".to_owned(), value.clone()),
        ];
        assert_eq!(all.judge(seconds(1), &readings).holds.len(), 2, "{value:?}");
    }
    let readings = [
        Reading::Query("queue".to_owned(), Ok(1.0)),
        Reading::Prometheus("p99".to_owned(), Ok(1.0)),
    ];
    assert!(all.judge(seconds(2), &readings).holds.is_empty());
}

#[test]
fn a_replica_that_is_behind_and_stands_still_holds_whatever_its_clock_says() {
    let mut all = throttle("replica-silence = \"10s\"");
    let mut held = |at: u64, reading: Reading| {
        let verdict = all.judge(seconds(at), &[reading]);
        holds(&verdict)
    };
    let none: [String; 0] = [];
    assert_eq!(held(0, standbys(500, "0/1")), none);
    assert_eq!(held(10, standbys(900, "0/1")), none);
    let said = "replica-silence: replica r1 is 12 kB behind and stands still for 11 s; 10 s is \
                the limit";
    assert_eq!(held(11, standbys(12 * 1024, "0/1")), [said]);
    // It moved.
    assert_eq!(held(12, standbys(500, "0/2")), none);
    // It has caught up, however long ago it spoke, and the time begins anew.
    let mut idle = standby(0, "0/3");
    idle.silent = Some(seconds(3600));
    assert_eq!(held(100, Reading::Replicas(Ok(vec![idle]))), none);
    assert_eq!(held(101, standbys(500, "0/3")), none);
    assert_eq!(held(111, standbys(500, "0/3")), none);
    assert_eq!(held(112, standbys(500, "0/3")).len(), 1);
}

#[test]
fn a_replica_that_was_silent_before_the_first_look_holds_until_it_moves() {
    let mut all = throttle("replica-silence = \"10s\"");
    let silent = |behind, position| {
        let mut one = standby(behind, position);
        one.silent = Some(seconds(60));
        Reading::Replicas(Ok(vec![one]))
    };
    assert!(!all.judge(seconds(0), &[silent(10, "0/1")]).holds.is_empty());
    // It moves, so that only its clock is wrong.
    assert!(all.judge(seconds(1), &[silent(10, "0/2")]).holds.is_empty());
    assert!(all.judge(seconds(2), &[silent(10, "0/2")]).holds.is_empty());
}

#[test]
fn who_comes_back_without_having_moved_has_stood_still_all_the_while() {
    let mut all = throttle("replica-silence = \"10s\"");
    let again = |pid| {
        let mut one = standby(10, "0/1");
        one.pid = pid;
        Reading::Replicas(Ok(vec![one]))
    };
    assert!(all.judge(seconds(0), &[again(7)]).holds.is_empty());
    assert!(all.judge(seconds(6), &[again(8)]).holds.is_empty());
    assert!(!all.judge(seconds(12), &[again(9)]).holds.is_empty());
}

#[test]
fn a_replica_that_was_there_must_be_there() {
    let mut all = throttle("replicas = [\"r1\"]");
    let unlisted = "replicas: replica r1 is gone; it goes on when all are back, or once it is no \
                    longer listed in `replicas`";
    assert_eq!(holds(&all.judge(seconds(0), &[Reading::Replicas(Ok(Vec::new()))])), [unlisted]);
    assert!(all.judge(seconds(1), &[standbys(0, "0/1")]).holds.is_empty());

    let limits = Limits { replica_lag: None, ..Limits::default() };
    let mut all = Throttle::new(Limits { replica_silence: None, ..limits });
    let look = |all: &mut Throttle, replicas: &[Replica]| {
        let mut readings = well();
        readings[0] = Reading::Replicas(Ok(replicas.to_vec()));
        holds(&all.judge(seconds(0), &readings))
    };
    let none: [String; 0] = [];
    let gone = ["replicas: replica r1 is gone; it goes on when all are back, or by `migrate \
                 backfill resume --change … --without-replica r1`"];
    assert_eq!(look(&mut all, &[]), none);
    assert_eq!(look(&mut all, &[standby(0, "0/1")]), none);
    assert_eq!(all.seen().collect::<Vec<_>>(), ["r1"]);
    assert_eq!(look(&mut all, &[]), gone);
    all.forget("r1");
    assert_eq!(look(&mut all, &[]), none);
    // Somebody else has seen it.
    all.expect(["r1".to_owned()]);
    assert_eq!(look(&mut all, &[]), gone);
}

#[test]
fn replicas_of_one_name_are_told_apart_by_where_they_are() {
    let at = |place: &str, pid| {
        let mut one = standby(0, "0/1");
        (one.name, one.place, one.pid) = ("walreceiver".to_owned(), place.to_owned(), pid);
        one
    };
    let mut all = Throttle::new(Limits::default());
    let mut look = |replicas: &[Replica]| {
        let mut readings = well();
        readings[0] = Reading::Replicas(Ok(replicas.to_vec()));
        holds(&all.judge(seconds(0), &readings))
    };
    let none: [String; 0] = [];
    assert_eq!(look(&[at("10.0.0.1", 1), at("10.0.0.2", 2)]), none);
    let said = "replicas: 1 of 2 replicas called walreceiver is gone; it goes on when all are \
                back, or by `migrate backfill resume --change … --without-replica walreceiver`";
    assert_eq!(look(&[at("10.0.0.1", 1)]), [said]);
    // A connection that nobody has noticed to be dead yet is no second replica.
    assert_eq!(look(&[at("10.0.0.1", 1), at("10.0.0.1", 3)]), [said]);
    let mut far = at("10.0.0.2", 4);
    far.behind = Some(300 * MB);
    let said = "replica-lag: replica walreceiver (10.0.0.2) is 300 MB behind; 256 MB is the \
                limit, and it goes on at 128 MB";
    assert_eq!(look(&[at("10.0.0.1", 1), far]), [said]);
}

#[test]
fn who_copies_the_log_is_judged_by_bytes_and_may_go() {
    let mut copier = standby(300 * MB, "0/1");
    copier.replays = false;
    let mut all = Throttle::new(Limits::default());
    let mut look = |at: u64, replicas: Vec<Replica>| {
        let mut readings = well();
        readings[0] = Reading::Replicas(Ok(replicas));
        let verdict = all.judge(seconds(at), &readings);
        verdict.holds.iter().map(|hold| hold.signal).collect::<Vec<_>>()
    };
    assert_eq!(look(0, vec![copier.clone()]), ["replica-lag"]);
    copier.behind = Some(10);
    assert!(look(1, vec![copier.clone()]).is_empty());
    assert!(look(60, vec![copier.clone()]).is_empty());
    (copier.behind, copier.position) = (None, None);
    assert_eq!(look(61, vec![copier]), ["replica-lag"]);
    assert!(look(62, Vec::new()).is_empty());
}

#[test]
fn a_named_replica_is_the_only_one_that_is_looked_at() {
    let mut all = throttle("replica-lag = \"256MB\"\nreplicas = [\"r1\"]");
    let mut other = standby(u64::MAX, "0/1");
    (other.name, other.place) = ("delayed".to_owned(), "delayed".to_owned());
    let readings = [Reading::Replicas(Ok(vec![standby(0, "0/1"), other]))];
    assert!(all.judge(seconds(0), &readings).holds.is_empty());
}

#[test]
fn a_slot_must_be_kept_and_have_room() {
    let slot = |status: Option<&str>, room: Option<i64>| {
        let status = status.map(str::to_owned);
        Reading::Slots(Ok(vec![Slot { name: "cdc".to_owned(), status, room }]))
    };
    let mb = i64::try_from(MB).expect("it is small");
    let cases = [
        (slot(None, Some(5)), None),
        (slot(Some("reserved"), None), None),
        (slot(Some("extended"), Some(2048 * mb)), None),
        (
            slot(Some("extended"), Some(2047 * mb)),
            Some("replication slot cdc has room for 1.9 GB more; 2 GB is the least"),
        ),
        (
            slot(Some("unreserved"), Some(-mb)),
            Some(
                "replication slot cdc is unreserved: the server may take away what it needs at \
                 the next checkpoint",
            ),
        ),
        (
            slot(Some("lost"), None),
            Some("replication slot cdc is lost: what it needs is gone; make it anew or drop it"),
        ),
    ];
    for (reading, why) in cases {
        let verdict = throttle("slot-room = \"2GB\"").judge(seconds(0), &[reading]);
        let said: Vec<&str> = verdict.holds.iter().map(|hold| hold.why.as_str()).collect();
        assert_eq!(said, why.into_iter().collect::<Vec<_>>());
    }
}

#[test]
fn what_is_old_is_worth_a_note_and_a_stop_where_one_is_asked_for() {
    let old = |age| {
        let age = seconds(age);
        Reading::Transaction(Ok(Some(Transaction { who: "ada (pid 7)".to_owned(), age })))
    };
    let mut all = Throttle::new(Limits::default());
    let mut readings = well();
    readings[3] = old(301);
    let verdict = all.judge(seconds(0), &readings);
    let said = "transaction-age: the transaction of ada (pid 7) is open for 5 min 1 s";
    assert!(verdict.holds.is_empty());
    assert_eq!(notes(&verdict), [said]);
    readings[3] = Reading::Transaction(Err("needs pg_monitor".to_owned()));
    let verdict = all.judge(seconds(0), &readings);
    assert!(verdict.holds.is_empty());
    let said = "transaction-age: cannot see transactions of others: needs pg_monitor";
    assert_eq!(notes(&verdict), [said]);
    let mut all = throttle("transaction-age = \"1h\"");
    assert_eq!(all.judge(seconds(0), &readings[3..4]).holds.len(), 1);
    assert_eq!(notes(&all.judge(seconds(0), &[])), [""; 0]);
    assert_eq!(all.judge(seconds(0), &[]).holds.len(), 1);
}

#[test]
fn a_horizon_is_as_old_as_it_is_seen_to_stand_still() {
    let pinned = |xmin: &str, behind| {
        let (who, xmin) = ("replication slot old".to_owned(), xmin.to_owned());
        Reading::Horizon(Ok(Some(Pinned { who, xmin, behind })))
    };
    let mut all = throttle("horizon-age = { high = \"60s\", low = \"60s\" }");
    let mut held = |at, reading| holds(&all.judge(seconds(at), &[reading]));
    let none: [String; 0] = [];
    assert_eq!(held(0, pinned("700", 5)), none);
    assert_eq!(held(60, pinned("700", 50)), none);
    let said = "horizon-age: replication slot old keeps rows that are dead, for 61 s now; 60 s is \
                the limit";
    assert_eq!(held(61, pinned("700", 90)), [said]);
    assert_eq!(held(62, pinned("701", 90)), none);
    // Nobody began a transaction since: there is nothing to take away.
    assert_eq!(held(200, pinned("701", 0)), none);
    assert_eq!(held(201, pinned("701", 1)), none);
}

#[test]
fn while_the_table_is_vacuumed_each_batch_is_followed_by_as_long_a_rest() {
    let batch = Reading::Batch(Batch { took: Duration::from_millis(150), wal: None });
    let vacuum = |wraparound| Reading::Vacuum(Ok(Some(Vacuum { wraparound })));
    let mut all = throttle("autovacuum = \"slow\"");
    let verdict = all.judge(seconds(0), &[vacuum(false), batch.clone()]);
    assert!(verdict.holds.is_empty());
    assert_eq!(verdict.pause, Duration::from_millis(150));
    assert_eq!(verdict.notes.len(), 1);
    // There was no batch to rest from.
    assert_eq!(all.judge(seconds(0), &[vacuum(false)]).pause, Duration::ZERO);
    let verdict = all.judge(seconds(0), &[vacuum(true), batch.clone()]);
    assert_eq!(verdict, Verdict::default());
    let blind = Reading::Vacuum(Err("needs pg_monitor".to_owned()));
    let verdict = all.judge(seconds(0), &[blind, batch.clone()]);
    assert!(verdict.holds.is_empty());
    assert_eq!(notes(&verdict), ["autovacuum: cannot see vacuums: needs pg_monitor"]);
    let verdict = throttle("autovacuum = false").judge(seconds(0), &[vacuum(false), batch]);
    assert_eq!(verdict, Verdict::default());
}

#[test]
fn a_budget_is_kept_over_time() {
    let batch = |wal| Reading::Batch(Batch { took: Duration::from_millis(100), wal });
    let mut all = throttle("wal-per-second = \"10MB\"");
    // What a second allows may be spent at once; what is more is waited for.
    assert_eq!(all.judge(seconds(0), &[batch(Some(10 * MB))]).pause, Duration::ZERO);
    assert_eq!(all.judge(seconds(0), &[batch(Some(5 * MB))]).pause, Duration::from_millis(500));
    assert_eq!(all.judge(Duration::from_millis(200), &[]).pause, Duration::from_millis(300));
    assert_eq!(all.judge(seconds(1), &[]).pause, Duration::ZERO);
    // Nothing is saved for longer than a second.
    assert_eq!(all.judge(seconds(99), &[batch(Some(30 * MB))]).pause, seconds(2));
    let said = "wal-per-second: cannot see the log's growth: it is not told how much of the log a \
                batch writes";
    assert_eq!(holds(&all.judge(seconds(200), &[batch(None)])), [said]);
}

#[test]
fn one_blind_moment_does_not_move_the_marks() {
    let connections = |used| Reading::Connections(Ok(Connections { used, most: 100 }));
    let blind = Reading::Connections(Err("no answer".to_owned()));
    let readings = [connections(85), blind.clone(), connections(85)];
    assert_eq!(course("connections = 0.9", &readings), [false, true, false]);
    let readings = [connections(95), blind, connections(85)];
    assert_eq!(course("connections = 0.9", &readings), [true, true, true]);
}

#[test]
fn limits_are_read_as_people_write_them() {
    let text = "replica-lag = \"1GB\"\nreplica-silence = \"30s\"\nreplicas = \"off\"\n\
                slot-room = \"off\"\narchive-backlog = { high = 10, low = 2 }\n\
                wal-per-second = \"20 MB\"\ntransaction-age = \"1h 30m\"\nhorizon-age = \"off\"\n\
                connections = { high = 0.95, low = 0.9 }\nautovacuum = \"off\"\n\
                [query.load]\nsql = \"SELECT 1;\"\nhigh = 3\n";
    let limits = read(text).expect("it can be read");
    let debug = format!("{limits:?}");
    let said = [
        "replica_lag: Some(Marks { high: 1073741824, low: 536870912 })",
        "replica_silence: Some(30s)",
        "replicas: Off",
        "slot_room: None",
        "archive_backlog: Some(Marks { high: 10, low: 2 })",
        "wal_per_second: Some(20971520)",
        "transaction_age: Stop(Marks { high: 5400s, low: 2700s })",
        "horizon_age: Off",
        "connections: Some(Marks { high: 0.95, low: 0.9 })",
        "lock_waiters: Some(Marks { high: 0, low: 0 })",
        "autovacuum: false",
        "{\"load\": Query { sql: \"SELECT 1\", marks: Marks { high: 3.0, low: 1.5 } }}",
    ];
    for said in said {
        assert!(debug.contains(said), "{said} is not in {debug}");
    }
    assert_eq!(read("").expect("nothing is needed"), Limits::default());
    assert_eq!(throttle("").judge(seconds(0), &[]), Verdict::default());
}

#[test]
fn mistakes_in_limits_are_told() {
    let cases = [
        ("lag = 1", "unknown field `lag`"),
        ("replica-lag = \"256\u{20ac}\"", "expected a size such as \"256MB\""),
        ("replica-lag = \"1.5GB\"", "expected a size such as \"256MB\""),
        ("replica-lag = true", "invalid value: boolean `true`"),
        ("replica-lag = -1", "expected a size such as \"256MB\""),
        ("replica-lag = { high = \"1MB\", low = \"2MB\" }", "the low mark is above the high one"),
        ("replica-lag = { high = \"1MB\", law = 1 }", "unknown field `law`"),
        ("replica-lag = { low = 1 }", "missing field `high`"),
        ("replica-lag = { high = \"off\" }", "expected a size such as \"256MB\""),
        ("replica-silence = 10", "expected a span of time such as \"10s\" or \"5m\""),
        ("replica-silence = { high = \"1s\" }", "expected a span of time"),
        ("replicas = []", "no replica is named: name one, or write \"off\""),
        ("replicas = \"r1\"", "expected a list of names or \"off\""),
        ("connections = 90", "expected a share between 0 and 1"),
        ("archive-backlog = 1.5", "expected a whole number, zero or more"),
        ("archive-backlog = \"3\"", "expected a whole number, zero or more"),
        ("autovacuum = \"stop\"", "expected \"slow\" or \"off\""),
        ("[query.a]\nsql = \" ; \"\nhigh = 1", "the query is empty"),
        ("[query.a]\nsql = \"SELECT 1\"", "missing field `high`"),
        ("[query.a]\nsql = \"SELECT 1\"\nhigh = nan", "a mark is no number"),
        ("[query.a]\nsql = \"SELECT 1\"\nhigh = 1\nlow = 2", "the low mark is above the high one"),
        (
            "[prometheus.a]\nurl = \"file:///etc\"\nquery = \"up\"\nhigh = 1",
            "the address begins neither with http:// nor with https://",
        ),
    ];
    for (text, said) in cases {
        let error = read(text).expect_err(text);
        assert!(error.contains(said), "{text}\n{error}");
    }
}
