//! Killed between any two messages, and in the midst of any: the next run brings everything to its
//! end, once.

use super::Test;
use super::holds;
use super::project::AT_WORK;
use super::project::Project;
use super::project::begin;
use super::project::book;
use super::project::catalog;
use super::project::comes;
use super::project::database;
use super::project::done_once;
use super::project::until;
use super::proxy::Proxy;
use super::proxy::When;
use super::said;
use crate::server::Server;
use crate::server::Session;
use crate::server::reason;
use std::time::Duration;
use std::time::Instant;

pub(super) const TESTS: &[(&str, Test)] = &[
    ("crashes::before_a_message_comes", |server| everywhere(server, When::Sent)),
    ("crashes::while_the_server_is_at_work", |server| everywhere(server, When::AtWork)),
    ("crashes::before_the_answer_comes", |server| everywhere(server, When::Answered)),
    ("crashes::at_any_time", at_any_time),
    ("crashes::again_and_again", again_and_again),
    ("crashes::while_it_waits", while_it_waits),
    ("crashes::before_the_event_is_written", before_the_event_is_written),
];

/// All kinds of steps; what is taken away is as new as what takes it away, or it were a contract.
pub(super) const CHANGES: &[(&str, &str)] = &[
    (
        "01_base",
        "BEGIN;
         CREATE TABLE shop (id bigint PRIMARY KEY, name text, state text);
         CREATE TYPE mood AS ENUM ('good');
         INSERT INTO shop SELECT n, 'shop ' || n, 'open' FROM generate_series(1, 50) AS n;
         COMMIT;",
    ),
    ("02_column", "SET lock_timeout = '2s'; ALTER TABLE shop ADD COLUMN note text DEFAULT 'x';"),
    ("03_index", "CREATE INDEX CONCURRENTLY shop_name ON shop (name);"),
    (
        "04_drop",
        "CREATE INDEX CONCURRENTLY IF NOT EXISTS shop_state ON shop (state);
         DROP INDEX CONCURRENTLY shop_state;",
    ),
    ("05_reindex", "REINDEX TABLE CONCURRENTLY shop;"),
    (
        "06_visits",
        "BEGIN;
         CREATE SCHEMA log;
         SET search_path = log;
         CREATE TABLE visit (id bigint, at date NOT NULL) PARTITION BY RANGE (at);
         CREATE TABLE visit_1 PARTITION OF visit FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
         CREATE TABLE visit_2 (LIKE visit);
         COMMIT;
         ALTER TABLE visit ATTACH PARTITION visit_2
            FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
         ALTER TABLE visit DETACH PARTITION visit_1 CONCURRENTLY;
         CREATE INDEX CONCURRENTLY visit_at ON visit_1 (at);",
    ),
    ("07_mood", "ALTER TYPE mood ADD VALUE 'bad';"),
    ("08_rows", "INSERT INTO shop (id, name) VALUES (51, 'one more');"),
];

/// How many steps these are.
pub(super) const STEPS: usize = 12;

/// Rows that steps wrote: none twice.
const ROWS: &str = "SELECT count(*) FROM shop";

/// What a run that nobody disturbs leads to, and how many messages it takes.
struct Undisturbed {
    catalog: String,
    messages: usize,
}

fn undisturbed(server: &Server, project: &Project, name: &str) -> Result<Undisturbed, String> {
    let (address, session) = database(server, name)?;
    let proxy = Proxy::start(&address, None)?;
    project.ends(&proxy.address(&address), &[], 0, "12 steps of 8 changes done")?;
    done_once(&session, STEPS)?;
    Ok(Undisturbed { catalog: catalog(&session)?, messages: proxy.messages() })
}

/// Runs the program to its end, and sees that nothing tells of what it went through.
fn goes_on(
    project: &Project,
    address: &str,
    session: &Session,
    whole: &Undisturbed,
) -> Result<(), String> {
    project.ends(address, &[], 0, "")?;
    done_once(session, STEPS)?;
    let found = catalog(session)?;
    holds(found == whole.catalog, || differs(&whole.catalog, &found))?;
    let rows = session.text(ROWS).map_err(|error| reason(&error))?;
    holds(rows.trim() == "51", || format!("{} rows", rows.trim()))?;
    book(address)?;
    project.ends(address, &[], 0, "nothing is due").map(drop)
}

/// Lines that only one of two catalogs has.
fn differs(wanted: &str, found: &str) -> String {
    let only = |one: &str, other: &str| {
        let lines = one.lines().filter(|line| !other.lines().any(|known| known == *line));
        lines.collect::<Vec<_>>().join("\n")
    };
    format!("missing:\n{}\ntoo much:\n{}", only(wanted, found), only(found, wanted))
}

/// Majors on which every message is tried; on the others every third.
fn stride(server: &Server) -> usize {
    if [14, 18].contains(&server.major) { 1 } else { 3 }
}

fn drop_database(server: &Server, name: &str) -> Result<(), String> {
    let admin = server.session("postgres").map_err(|error| reason(&error))?;
    admin.run(&format!("DROP DATABASE {name} WITH (FORCE)")).map_err(|error| reason(&error))
}

/// Kills the program at each of its messages in turn.
fn everywhere(server: &Server, when: When) -> Result<(), String> {
    let project = Project::new(CHANGES);
    let name = format!("crash_{when:?}").to_lowercase();
    let whole = undisturbed(server, &project, &name)?;
    holds(whole.messages >= 40, || format!("only {} messages", whole.messages))?;
    for number in (1..=whole.messages).step_by(stride(server)) {
        let own = format!("{name}_{number}");
        let (address, session) = database(server, &own)?;
        let proxy = Proxy::start(&address, Some((number, when)))?;
        let mut child = project.expand(&proxy.address(&address), &[]).spawn().map_err(said)?;
        proxy.program(child.id());
        let status = child.wait().map_err(said)?;
        holds(status.code().is_none(), || format!("message {number} was survived: {status}"))?;
        let after = goes_on(&project, &address, &session, &whole);
        after.map_err(|why| format!("killed at message {number}, {when:?}: {why}"))?;
        drop(session);
        drop_database(server, &own)?;
    }
    Ok(())
}

/// Kills the program after spans of all lengths.
fn at_any_time(server: &Server) -> Result<(), String> {
    let project = Project::new(CHANGES);
    let whole = undisturbed(server, &project, "crash_any")?;
    let begun = Instant::now();
    let (address, _session) = database(server, "crash_any_0")?;
    project.ends(&address, &[], 0, "")?;
    let span = begun.elapsed();
    let kills = 50 / u32::try_from(stride(server)).unwrap_or(1);
    for number in 1..=kills {
        let own = format!("crash_any_{number}");
        let (address, session) = database(server, &own)?;
        let mut child = project.expand(&address, &[]).spawn().map_err(said)?;
        std::thread::sleep(span * number / kills);
        // Who is faster than that has nothing to be killed in.
        let _ = child.kill();
        child.wait().map_err(said)?;
        let after = goes_on(&project, &address, &session, &whole);
        after.map_err(|why| format!("killed after {:?}: {why}", span * number / kills))?;
        drop(session);
        drop_database(server, &own)?;
    }
    Ok(())
}

/// Kills run after run, each a message later than the one before, on one database.
fn again_and_again(server: &Server) -> Result<(), String> {
    let project = Project::new(CHANGES);
    let whole = undisturbed(server, &project, "crash_again")?;
    for when in [When::Sent, When::AtWork, When::Answered] {
        let own = format!("crash_again_{when:?}").to_lowercase();
        let (address, session) = database(server, &own)?;
        let (mut number, mut kills) = (1, 0);
        loop {
            let proxy = Proxy::start(&address, Some((number, when)))?;
            let mut child = project.expand(&proxy.address(&address), &[]).spawn().map_err(said)?;
            proxy.program(child.id());
            let status = child.wait().map_err(said)?;
            if status.success() {
                break;
            }
            holds(status.code().is_none(), || format!("kill {kills}: {status}"))?;
            kills += 1;
            number = if number > 8 { 3 } else { number + 1 };
            holds(kills < 200, || "it does not get on".to_owned())?;
        }
        holds(kills > 10, || format!("{kills} kills"))?;
        goes_on(&project, &address, &session, &whole).map_err(|why| format!("{when:?}: {why}"))?;
    }
    Ok(())
}

/// Kills the program while a statement waits for what another session holds.
fn while_it_waits(server: &Server) -> Result<(), String> {
    let project = Project::new(CHANGES);
    let whole = undisturbed(server, &project, "crash_wait")?;
    for (number, (first, held)) in [
        // A snapshot, for which what is concurrent waits.
        ("03_index", "BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM shop"),
        ("04_drop", "BEGIN; LOCK shop IN ROW EXCLUSIVE MODE"),
        ("05_reindex", "BEGIN; LOCK shop IN ROW EXCLUSIVE MODE"),
        ("08_rows", "BEGIN; LOCK shop IN SHARE MODE"),
    ]
    .into_iter()
    .enumerate()
    {
        let (address, session) = database(server, &format!("crash_wait_{number}"))?;
        let some = CHANGES.iter().filter(|(name, _)| *name < first).copied().collect::<Vec<_>>();
        Project::new(&some).ends(&address, &[], 0, "")?;
        let other = server.session(&format!("crash_wait_{number}")).map_err(said)?;
        other.run(held).map_err(|error| reason(&error))?;
        let (mut child, mut lines) = begin(&mut project.expand(&address, &[]))?;
        until(&mut lines, "waits for")?;
        child.kill().map_err(said)?;
        child.wait().map_err(said)?;
        // What is left of it on the server ends by itself.
        std::thread::sleep(Duration::from_millis(50));
        other.run("COMMIT").map_err(|error| reason(&error))?;
        goes_on(&project, &address, &session, &whole).map_err(|why| format!("{first}: {why}"))?;
        comes(&session, AT_WORK, "0")?;
    }
    Ok(())
}

/// A step and its event are one: while somebody holds the ledger's head, neither is there.
fn before_the_event_is_written(server: &Server) -> Result<(), String> {
    for (name, sql) in [
        ("crash_event_new", "CREATE TABLE till (id int);"),
        ("crash_event_old", "ALTER TABLE shop ADD COLUMN note text;"),
    ] {
        let project = Project::new(&[("01_base", "CREATE TABLE shop (id int);")]);
        let (address, session) = database(server, name)?;
        project.ends(&address, &[], 0, "")?;
        project.write("02_more", sql);
        let before = catalog(&session)?;
        let other = server.session(name).map_err(|error| reason(&error))?;
        let hold = "BEGIN; SELECT FROM migrate.head FOR UPDATE";
        other.run(hold).map_err(|error| reason(&error))?;
        let mut child = project.expand(&address, &[]).spawn().map_err(said)?;
        // The statement has run, and its transaction waits for the head.
        let waits = "SELECT count(*) > 0 FROM pg_stat_activity
                     WHERE datname = current_database() AND wait_event_type = 'Lock'";
        comes(&session, waits, "t")?;
        let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                   WHERE datname = current_database() AND application_name LIKE 'migrate/%'
                      AND application_name <> 'migrate/observer'";
        session.run(end).map_err(|error| reason(&error))?;
        let status = child.wait().map_err(said)?;
        holds(status.code() == Some(75), || format!("{name}: {status}"))?;
        other.run("COMMIT").map_err(|error| reason(&error))?;
        holds(catalog(&session)? == before, || format!("{name}: it is there without its event"))?;
        done_once(&session, 1)?;
        project.ends(&address, &[], 0, "1 step of 1 change done")?;
        done_once(&session, 2)?;
        book(&address)?;
    }
    Ok(())
}
