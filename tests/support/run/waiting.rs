//! What others feel of a run that waits, what it says meanwhile, and how it is stopped.

use super::Test;
use super::holds;
use super::project::Project;
use super::project::begin;
use super::project::book;
use super::project::catalog;
use super::project::comes;
use super::project::database;
use super::project::done_once;
use super::project::end;
use super::project::named;
use super::project::send;
use super::project::steps;
use super::project::until;
use super::said;
use crate::server::Server;
use crate::server::Session;
use crate::server::reason;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;
use std::time::Duration;
use std::time::Instant;

pub(super) const TESTS: &[(&str, Test)] = &[
    ("waiting::readers_hardly_notice", readers_hardly_notice),
    ("waiting::it_says_who_is_in_the_way", it_says_who_is_in_the_way),
    ("waiting::json_is_all_that_is_said", json_is_all_that_is_said),
    ("waiting::it_gives_up_in_time", it_gives_up_in_time),
    ("waiting::a_signal_stops_what_stands_alone", a_signal_stops_what_stands_alone),
    ("waiting::a_signal_stops_a_transaction", a_signal_stops_a_transaction),
    ("waiting::a_signal_stops_a_run_in_the_queue", a_signal_stops_a_run_in_the_queue),
];

const BASE: &str = "CREATE TABLE shop (id bigint PRIMARY KEY, name text);";

/// A project whose base is there, with one more change.
fn based(server: &Server, name: &str, sql: &str) -> Result<(Project, String, Session), String> {
    let project = Project::new(&[("01_base", BASE)]);
    let (address, session) = database(server, name)?;
    project.ends(&address, &[], 0, "")?;
    project.write("02_more", sql);
    Ok((project, address, session))
}

fn readers_hardly_notice(server: &Server) -> Result<(), String> {
    // A table that a change made, and one that was there before.
    for table in ["shop", "old"] {
        stand_behind(server, table).map_err(|why| format!("{table}: {why}"))?;
    }
    Ok(())
}

fn stand_behind(server: &Server, table: &str) -> Result<(), String> {
    let name = format!("readers_{table}");
    let sql = format!("ALTER TABLE {table} ADD COLUMN note text;");
    let (project, address, session) = based(server, &name, &sql)?;
    session.run("CREATE TABLE old (id int)").map_err(|error| reason(&error))?;
    let holder = server.session(&name).map_err(|error| reason(&error))?;
    let work = format!("BEGIN; SELECT count(*) FROM {table}; SELECT pg_sleep(2.5); COMMIT");
    let held = std::thread::spawn(move || holder.run(&work).map_err(|error| reason(&error)));
    let locks = format!("SELECT count(*) FROM pg_locks WHERE relation = '{table}'::regclass");
    comes(&session, &locks, "1")?;
    let over = Arc::new(AtomicBool::new(false));
    let readers: Vec<_> = (0..8)
        .map(|_| {
            let session = server.session(&name).map_err(|error| reason(&error))?;
            let (over, query) = (over.clone(), format!("SELECT count(*) FROM {table}"));
            Ok(std::thread::spawn(move || read(&session, &query, &over)))
        })
        .collect::<Result<_, String>>()?;
    let run = project.ends(&address, &[], 0, "1 step of 1 change done");
    over.store(true, Ordering::SeqCst);
    let mut longest = Duration::ZERO;
    for reader in readers {
        longest = longest.max(reader.join().map_err(|_| "a reader fell")??);
    }
    held.join().map_err(|_| "the holder fell")??;
    let run = run?;
    holds(run.err.contains("let go so that nobody stands behind it"), || run.err.clone())?;
    holds(longest < Duration::from_secs(1), || format!("a reader stood for {longest:?}"))?;
    done_once(&session, 2)
}

/// Reads until it is over; gives the longest that it took.
fn read(session: &Session, query: &str, over: &AtomicBool) -> Result<Duration, String> {
    let mut longest = Duration::ZERO;
    while !over.load(Ordering::SeqCst) {
        let begun = Instant::now();
        session.run(query).map_err(|error| reason(&error))?;
        longest = longest.max(begun.elapsed());
        std::thread::sleep(Duration::from_millis(5));
    }
    Ok(longest)
}

/// A session by a name that holds something.
fn hold(server: &Server, database: &str, sql: &str) -> Result<(Session, String), String> {
    let holder = server.session(database).map_err(|error| reason(&error))?;
    let sql = format!("SET application_name = 'nightly report'; {sql}");
    holder.run(&sql).map_err(|error| reason(&error))?;
    let process = holder.text("SELECT pg_backend_pid() /* the last word */");
    let process = process.map_err(|error| reason(&error))?;
    Ok((holder, process.trim().to_owned()))
}

fn it_says_who_is_in_the_way(server: &Server) -> Result<(), String> {
    for (name, sql, held) in [
        ("who_column", "ALTER TABLE shop ADD COLUMN note text;", "SELECT count(*) FROM shop"),
        ("who_index", "CREATE INDEX CONCURRENTLY i ON shop (name);", "DELETE FROM shop"),
    ] {
        let (project, address, session) = based(server, name, sql)?;
        let (holder, process) = hold(server, name, &format!("BEGIN; {held}"))?;
        let (child, mut lines) = begin(&mut project.expand(&address, &[]))?;
        let text = until(&mut lines, &format!("process {process} (nightly report)"))?;
        let line = text.lines().last().unwrap_or_default();
        let tells = line.contains("idle in transaction for ") && line.contains("the last word");
        holds(tells, || text.clone())?;
        holder.run("COMMIT").map_err(|error| reason(&error))?;
        let run = end(child, lines, &text)?;
        holds(run.code == Some(0), || format!("{run:?}"))?;
        done_once(&session, 2)?;
    }
    Ok(())
}

fn json_is_all_that_is_said(server: &Server) -> Result<(), String> {
    let sql = "CREATE INDEX CONCURRENTLY i ON shop (name);";
    let (project, address, session) = based(server, "json", sql)?;
    let (holder, process) = hold(server, "json", "BEGIN; DELETE FROM shop")?;
    let process: u64 = process.parse().map_err(said)?;
    let child = project.expand(&address, &["--format", "json"]).spawn().map_err(said)?;
    let waits = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()
                 AND wait_event = 'virtualxid' AND query ~ '^CREATE INDEX'";
    comes(&session, waits, "1")?;
    std::thread::sleep(Duration::from_millis(1500));
    holder.run("COMMIT").map_err(|error| reason(&error))?;
    let output = child.wait_with_output().map_err(said)?;
    let (out, err) = (String::from_utf8_lossy(&output.stdout), output.stderr);
    holds(output.status.success() && err.is_empty(), || String::from_utf8_lossy(&err).into())?;
    let mut events = Vec::new();
    for line in out.lines() {
        let value: serde_json::Value =
            serde_json::from_str(line).map_err(|why| format!("{why}: {line}"))?;
        if value["event"] == "blocked" {
            let by = &value["by"][0];
            let tells = by["pid"] == process && by["application"] == "nightly report";
            holds(tells, || line.to_owned())?;
        }
        events.push(value["event"].as_str().unwrap_or("?").to_owned());
    }
    // The run before may hold its turn for a moment after it has ended.
    events.retain(|event| event != "queued");
    let wanted = ["begun", "blocked", "working", "done", "end"];
    holds(events == wanted, || format!("{events:?}"))?;
    let again = project.run(&address, &["--format", "json"])?;
    let end = "{\"changes\":0,\"event\":\"end\",\"steps\":0}\n";
    holds(again.out == end && again.err.is_empty(), || format!("{again:?}"))
}

fn it_gives_up_in_time(server: &Server) -> Result<(), String> {
    let sql = "ALTER TABLE shop ADD COLUMN note text;";
    let (project, address, session) = based(server, "deadline", sql)?;
    let (holder, _) = hold(server, "deadline", "BEGIN; SELECT count(*) FROM shop")?;
    let brief = ["--deadline", "500ms", "--lock-timeout", "20ms"];
    project.ends(&address, &brief, 9, "did not get its lock in ")?;
    let failed = steps(&session, "step.failed")?;
    holds(failed.len() == 1, || format!("{failed:?}"))?;
    holder.run("COMMIT").map_err(|error| reason(&error))?;
    project.ends(&address, &brief, 0, "1 step of 1 change done")?;
    done_once(&session, 2)
}

/// What is left of a step when it is stopped, and how the next run deals with that.
struct Stopped {
    name: &'static str,
    /// What the file says first, so that what it makes is as new as what takes it away.
    first: &'static str,
    step: &'static str,
    held: &'static str,
    /// What the run says of what is left.
    left: &'static str,
    /// What the next one says.
    mended: &'static str,
}

const STOPPED: [Stopped; 4] = [
    Stopped {
        name: "stop_create",
        first: "CREATE TABLE a (x int);",
        step: "CREATE INDEX CONCURRENTLY IF NOT EXISTS a_x ON a (x);",
        held: "INSERT INTO a VALUES (1)",
        left: "an invalid index is left, which the next run removes",
        mended: "an invalid index was left by a build that did not end; it is removed",
    },
    Stopped {
        name: "stop_reindex",
        first: "CREATE TABLE a (x int, t text); CREATE INDEX a_x ON a (x);",
        step: "REINDEX TABLE CONCURRENTLY a;",
        held: "INSERT INTO a VALUES (1)",
        left: "an invalid index is left, which the next run removes",
        mended: "copies of indexes were left by a run that did not end; they are removed",
    },
    Stopped {
        name: "stop_drop",
        first: "CREATE TABLE a (x int); CREATE INDEX a_x ON a (x);",
        step: "DROP INDEX CONCURRENTLY a_x;",
        held: "INSERT INTO a VALUES (1)",
        left: "a half of it is left; the next run goes on with it",
        mended: "an index was half dropped by a run that did not end",
    },
    Stopped {
        name: "stop_detach",
        first: "CREATE TABLE a (x int) PARTITION BY RANGE (x);
                CREATE TABLE a_1 PARTITION OF a FOR VALUES FROM (0) TO (9);",
        step: "ALTER TABLE a DETACH PARTITION a_1 CONCURRENTLY;",
        held: "INSERT INTO a VALUES (1)",
        left: "a half of it is left; the next run goes on with it",
        mended: "a partition was half detached by a run that did not end; it is brought to its end",
    },
];

/// What is stopped outside of a transaction leaves a half, which the next run deals with.
fn a_signal_stops_what_stands_alone(server: &Server) -> Result<(), String> {
    for stopped in &STOPPED {
        let whole = |name: &str| {
            let project = Project::new(&[("01_a", &format!("{}{}", stopped.first, stopped.step))]);
            let (address, session) = database(server, name)?;
            project.ends(&address, &[], 0, "of 1 change done")?;
            catalog(&session)
        };
        let wanted = whole(&format!("{}_whole", stopped.name))?;
        // A step that fails is where a file stops, and what comes after it may still be edited.
        let (address, session) = database(server, stopped.name)?;
        let project = Project::new(&[("01_a", &format!("{}SELECT 1 / 0;", stopped.first))]);
        project.ends(&address, &[], 1, "division by zero")?;
        project.write("01_a", &format!("{}{}", stopped.first, stopped.step));
        let (holder, _) = hold(server, stopped.name, &format!("BEGIN; {}", stopped.held))?;
        let after = stop(&project, &address, &session, stopped);
        holder.run("ROLLBACK").map_err(|error| reason(&error))?;
        after?;
        let run = project.ends(&address, &[], 0, "1 step of 1 change done")?;
        holds(run.err.contains(stopped.mended), || format!("{}: {}", stopped.name, run.err))?;
        let found = catalog(&session)?;
        holds(found == wanted, || format!("{}:\n{wanted}\n{found}", stopped.name))?;
        done_once(&session, stopped.first.matches(';').count() + 1)?;
        book(&address)?;
    }
    Ok(())
}

/// Stops a run while its step waits.
fn stop(
    project: &Project,
    address: &str,
    session: &Session,
    stopped: &Stopped,
) -> Result<(), String> {
    let (child, mut lines) = begin(&mut project.expand(address, &[]))?;
    let text = until(&mut lines, "nightly report")?;
    let begun = Instant::now();
    send(&child, "TERM")?;
    let run = end(child, lines, &text)?;
    holds(begun.elapsed() < Duration::from_secs(5), || "it took long".to_owned())?;
    let says = run.err.contains("SIGTERM came: the statement") && run.err.contains(stopped.left);
    holds(run.code == Some(75) && says, || format!("{}: {run:?}", stopped.name))?;
    let place = (stopped.first.matches(';').count() + 1).to_string();
    let failed = steps(session, "step.failed")?;
    let last = failed.last().map(|row| (row[0].clone(), row[1].clone(), row[2].clone()));
    // The step that failed before had the same place.
    let wanted = Some((named("01_a"), place, "2".to_owned()));
    holds(last == wanted, || format!("{}: {failed:?}", stopped.name))
}

fn a_signal_stops_a_transaction(server: &Server) -> Result<(), String> {
    for (name, sql, held, says) in [
        // It is tried again and again, and stopped between two tries or in one.
        ("stop_column", "ALTER TABLE shop ADD COLUMN note text;", "SELECT count(*) FROM shop", ""),
        ("stop_rows", "INSERT INTO shop VALUES (1);", "LOCK shop", "the statement"),
    ] {
        let (project, address, session) = based(server, name, sql)?;
        let (holder, _) = hold(server, name, &format!("BEGIN; {held}"))?;
        let (child, mut lines) = begin(&mut project.expand(&address, &[]))?;
        let text = until(&mut lines, "nightly report")?;
        send(&child, "TERM")?;
        let run = end(child, lines, &text)?;
        let stopped = run.code == Some(75) && run.err.contains("SIGTERM came: ");
        holds(stopped && run.err.contains(says), || format!("{run:?}"))?;
        holds(run.err.contains("nothing of it is left: run the command again"), || run.err)?;
        let failed = steps(&session, "step.failed")?;
        holds(failed.len() == 1, || format!("{failed:?}"))?;
        holder.run("COMMIT").map_err(|error| reason(&error))?;
        project.ends(&address, &[], 0, "1 step of 1 change done")?;
        done_once(&session, 2)?;
    }
    Ok(())
}

fn a_signal_stops_a_run_in_the_queue(server: &Server) -> Result<(), String> {
    let (project, address, session) = based(server, "stop_queue", "SELECT pg_sleep(2);")?;
    let worker = project.expand(&address, &[]).spawn().map_err(said)?;
    // The lock of the run before it may still be there for a moment.
    let at_work = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()
                   AND wait_event = 'PgSleep'";
    comes(&session, at_work, "1")?;
    let (child, mut lines) = begin(&mut project.expand(&address, &[]))?;
    let text = until(&mut lines, "another run is at work")?;
    send(&child, "INT")?;
    let run = end(child, lines, &text)?;
    let stopped = run.err.contains("SIGINT came: nothing more is begun");
    holds(run.code == Some(75) && stopped, || format!("{run:?}"))?;
    let output = worker.wait_with_output().map_err(said)?;
    holds(output.status.success(), || String::from_utf8_lossy(&output.stderr).into())?;
    done_once(&session, 2)
}
