//! Limits that are no replica's: the time of day, a query of the user's, and bytes of the log.

use super::Own;
use super::Test;
use super::process::Process;
use super::world::Fill;
use super::world::SOON;
use super::world::audited;
use super::world::holds;
use super::world::said;
use super::world::slowed;
use crate::server::Install;
use crate::server::Server;
use std::time::Duration;
use std::time::Instant;

pub(super) const TESTS: &[(&str, Test)] = &[("limits::a_query", a_query)];

/// Those that change, or measure, all of a server.
pub(super) const OWN_TESTS: &[(&str, Own)] = &[
    ("limits::the_time_of_day", the_time_of_day),
    ("limits::the_log_of_one_worker", the_log_of_one_worker),
    ("limits::the_log_of_two_workers", the_log_of_two_workers),
    ("limits::the_log_of_two_processes", the_log_of_two_processes),
    ("limits::the_log_of_big_batches", the_log_of_big_batches),
];

const BATCHES: &str = "SELECT coalesce(sum(batches), 0) FROM migrate.backfill_range";

/// Waits until both workers are held for this reason, and sees that no batch is done from then on.
fn stands(fill: &Fill, process: &mut Process, says: &str) -> Result<(), String> {
    let begun = Instant::now();
    while !fill.are_held(2, says)? {
        holds(begun.elapsed() < SOON, || format!("they are not held: `{says}`"))?;
    }
    let shown = fill.text(BATCHES)?;
    std::thread::sleep(Duration::from_millis(1500));
    fill.gives(BATCHES, &shown)?;
    holds(!process.is_over()?, || "it does not live".to_owned())
}

/// A query that turns bad, and good again only below its low mark; one that fails is bad as well.
fn a_query(server: &Server) -> Result<(), String> {
    let settings = "target = \"20ms\"\nleast = 200\nmost = 200\n\
        [backfill.throttle.query.busy]\nsql = \"SELECT n FROM gauge\"\nhigh = 10\nlow = 5\n";
    let fill = Fill::users(server, "limits_query", (60_000, 570), settings)?;
    fill.sql("CREATE TABLE gauge (n int); INSERT INTO gauge VALUES (0)")?;
    fill.sql(&audited("users"))?;
    fill.sql(&slowed("users", "0.02"))?;
    let mut process = fill.start("backfill run --workers 2")?;
    fill.batches(10)?;
    fill.sql("UPDATE gauge SET n = 11")?;
    let words = "`busy` is 11; 10 is the limit, and it goes on at 5";
    stands(&fill, &mut process, words)?;
    fill.sql("UPDATE gauge SET n = 6")?;
    stands(&fill, &mut process, "`busy` is 6; 10 is the limit, and it goes on at 5")?;
    fill.sql("ALTER TABLE gauge RENAME TO gone")?;
    stands(&fill, &mut process, "relation \"gauge\" does not exist")?;
    fill.sql("UPDATE gone SET n = 5; ALTER TABLE gone RENAME TO gauge")?;
    process.ends(0, SOON)?;
    fill.is_exact(60_000)
}

/// Sets the clock of a server so that it is this many hours later than in London, in winter.
fn clock(fill: &Fill, hours: i32) -> Result<(), String> {
    // The signs of these names are the other way round.
    let zone = format!("ALTER SYSTEM SET timezone = 'Etc/GMT{:+}'", -hours);
    fill.sql(&zone)?;
    fill.sql("SELECT pg_reload_conf()")
}

fn the_time_of_day(install: &Install) -> Result<(), String> {
    let server = Server::start(install).map_err(said)?;
    let admin = server.session("postgres").map_err(said)?;
    let hour = admin.text("SELECT extract(hour FROM now() AT TIME ZONE 'UTC')::int");
    let hour: u32 = hour.map_err(said)?.trim().parse().map_err(said)?;
    // It is open for four hours, from three hours on from now.
    let (from, to) = ((hour + 3) % 24, (hour + 7) % 24);
    let settings = format!(
        "target = \"20ms\"\nleast = 200\nmost = 200\nwindow = \"{from:02}:00-{to:02}:00\"\n"
    );
    let fill = Fill::users(&server, "limits_window", (60_000, 570), &settings)?;
    fill.sql(&audited("users"))?;
    fill.sql(&slowed("users", "0.02"))?;
    clock(&fill, 0)?;
    let mut process = fill.start("backfill run --workers 2")?;
    let words = format!("it runs from {from:02}:00 to {to:02}:00, and it is ");
    fill.comes("SELECT count(*) FROM migrate.backfill_worker", "2")?;
    stands(&fill, &mut process, &words)?;
    fill.gives(BATCHES, "0")?;
    clock(&fill, 5)?;
    fill.batches(10)?;
    clock(&fill, 10)?;
    stands(&fill, &mut process, &words)?;
    // Who is told to stop while it is held gives its ranges back, and does no batch more.
    let before = fill.text(BATCHES)?;
    process.signal("-TERM")?;
    process.ends(75, SOON)?;
    fill.gives(BATCHES, &before)?;
    fill.gives("SELECT count(*) FROM migrate.backfill_range WHERE owner IS NOT NULL", "0")?;
    clock(&fill, 5)?;
    fill.ends("backfill run", 0, "done")?;
    fill.is_exact(60_000)
}

/// Workers, and the size of their batches, each of which takes so many seconds more.
struct Load {
    processes: u32,
    workers: u32,
    batch: u32,
    pause: &'static str,
}

/// Runs a job that would log a few times as much as it may, and measures what it does from one of
/// its batches to another.
fn logs(
    install: &Install,
    load: &Load,
    kilobytes: u32,
    (from, to): (u32, u32),
) -> Result<(), String> {
    let Load { processes, workers, batch, pause } = load;
    let server = Server::start(install).map_err(said)?;
    let settings = format!(
        "target = \"20ms\"\nleast = {batch}\nmost = {batch}\nstripes = 1\n\
         [backfill.throttle]\nwal-per-second = \"{kilobytes}kB\"\n"
    );
    let fill = Fill::users(&server, "limits_log", (100_000, 400), &settings)?;
    fill.sql(&slowed("users", pause))?;
    fill.sql("CHECKPOINT")?;
    let mut all = Vec::new();
    for _ in 0..*processes {
        all.push(fill.start(&format!("backfill run --workers {workers}"))?);
    }
    // What is kept for a second is spent by then, and each batch is waited for before the next.
    fill.batches(from)?;
    let place = fill.text("SELECT pg_current_wal_insert_lsn()")?;
    fill.batches(from + 1)?;
    let begun = Instant::now();
    fill.batches(to)?;
    let bytes = fill
        .text(&format!("SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '{place}')::float8"))?;
    fill.batches(to + 1)?;
    let rate = bytes.parse::<f64>().map_err(said)? / begun.elapsed().as_secs_f64() / 1024.0;
    let share = rate / f64::from(kilobytes);
    holds((0.7..1.3).contains(&share), || format!("{rate} of {kilobytes} kB/s"))?;
    for process in all {
        process.signal("-TERM")?;
        process.ends(75, SOON)?;
    }
    Ok(())
}

fn the_log_of_one_worker(install: &Install) -> Result<(), String> {
    let load = Load { processes: 1, workers: 1, batch: 200, pause: "0.01" };
    logs(install, &load, 1000, (20, 70))
}

fn the_log_of_two_workers(install: &Install) -> Result<(), String> {
    let load = Load { processes: 1, workers: 2, batch: 200, pause: "0.01" };
    logs(install, &load, 1000, (20, 70))
}

fn the_log_of_two_processes(install: &Install) -> Result<(), String> {
    let load = Load { processes: 2, workers: 1, batch: 200, pause: "0.01" };
    logs(install, &load, 1000, (30, 80))
}

/// What is owed for a batch is more than may be waited for without a word.
fn the_log_of_big_batches(install: &Install) -> Result<(), String> {
    let load = Load { processes: 1, workers: 1, batch: 4000, pause: "0.01" };
    logs(install, &load, 300, (1, 3))
}
