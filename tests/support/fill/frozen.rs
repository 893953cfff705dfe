//! A process that stands still for longer than it may hold a range, and wakes up: others have taken
//! over, and it writes nothing any more.

use super::Test;
use super::process::Process;
use super::world::Fill;
use super::world::SOON;
use super::world::counted;
use super::world::holds;
use super::world::users;
use crate::server::Server;
use std::time::Duration;
use std::time::Instant;

pub(super) const TESTS: &[(&str, Test)] = &[
    ("frozen::between_two_batches", between_two_batches),
    ("frozen::within_a_batch", within_a_batch),
];

const ROWS: u32 = 24_000;
const SETTINGS: &str = "target = \"20ms\"\nleast = 100\nmost = 100\n";

/// Two changes, each of a table of its own.
fn two(server: &Server, name: &str) -> Result<Fill, String> {
    let fill = Fill::empty(server, name)?;
    let script = users(ROWS, 50);
    fill.sql(&script)?;
    fill.sql(&script.replace("users", "things"))?;
    for (table, change) in [("users", "20260101000000_users"), ("things", "20260102000000_things")]
    {
        let expand = format!("ALTER TABLE {table} ADD COLUMN email_lower text;");
        let migrate =
            format!("UPDATE {table} SET email_lower = lower(email) WHERE email_lower IS NULL;");
        fill.change(change, &expand, &migrate, SETTINGS)?;
    }
    fill.ends("expand", 0, "")?;
    fill.sql(&counted("users", "0.02"))?;
    fill.sql(&counted("things", "0.02"))?;
    Ok(fill)
}

/// Two processes for each change; the one that has the users' first range is stopped while its
/// session is in this state.
fn frozen(fill: &Fill, state: &str) -> Result<(), String> {
    let start = |change: &str| fill.start(&format!("backfill run --change {change}"));
    let workers = [start("users")?, start("users")?, start("things")?, start("things")?];
    fill.batches(10)?;
    let stopped = stop(fill, &workers[..2], state)?;
    let begun = Instant::now();
    let epoch = fill.text(&format!("SELECT epoch {OF_USERS}"))?;
    // Who goes on is another.
    fill.comes(&format!("SELECT epoch > {epoch} {OF_USERS}"), "t")?;
    let after = begun.elapsed();
    let longest = if state == "idle" { 45 } else { 18 };
    holds(after < Duration::from_secs(longest), || format!("taken over after {after:?}"))?;
    let written = fill.text(&format!("SELECT written {OF_USERS}"))?;
    // Of what is left of it others may have taken most.
    fill.comes(&format!("SELECT done OR written > {written} + 300 {OF_USERS}"), "t")?;
    workers[stopped].signal("-CONT")?;
    for worker in workers {
        worker.ends(0, SOON)?;
    }
    fill.was_counted("users", ROWS)?;
    fill.was_counted("things", ROWS)
}

/// The range that its holder begins with; of what is left of it others take halves.
const OF_USERS: &str = "FROM migrate.backfill_range r JOIN migrate.backfill_job j
    ON j.id = r.job AND j.change LIKE '%_users' AND r.seq = 0";

/// Stops the owner of that range in a moment in which its session is in this state, and
/// stays so.
fn stop(fill: &Fill, workers: &[Process], state: &str) -> Result<usize, String> {
    let begun = Instant::now();
    while begun.elapsed() < SOON {
        let owner = fill.text(&format!("SELECT split_part(owner, '/', 2) {OF_USERS}"))?;
        let owner = workers.iter().position(|worker| worker.id().to_string() == owner);
        let Some(owner) = owner else {
            std::thread::sleep(Duration::from_millis(10));
            continue;
        };
        workers[owner].signal("-STOP")?;
        // What it asked last is answered meanwhile.
        std::thread::sleep(Duration::from_millis(300));
        let found = fill.text(&format!(
            "SELECT a.state {OF_USERS} JOIN pg_stat_activity a ON a.pid = r.owner_pid
             WHERE r.owner LIKE '%/{}/%'",
            workers[owner].id()
        ))?;
        if found == state {
            return Ok(owner);
        }
        workers[owner].signal("-CONT")?;
        std::thread::sleep(Duration::from_millis(7));
    }
    Err(format!("it is never {state}"))
}

/// Commits take a while, so that many a signal comes in the midst of one.
fn between_two_batches(server: &Server) -> Result<(), String> {
    let fill = two(server, "frozen_between")?;
    fill.sql(
        "CREATE FUNCTION late() RETURNS trigger LANGUAGE plpgsql AS
            'BEGIN PERFORM pg_sleep(0.03); RETURN NULL; END';
         CREATE CONSTRAINT TRIGGER late AFTER UPDATE ON users DEFERRABLE INITIALLY DEFERRED
            FOR EACH ROW WHEN (OLD.id % 100 = 50) EXECUTE FUNCTION late()",
    )?;
    frozen(&fill, "idle")
}

fn within_a_batch(server: &Server) -> Result<(), String> {
    frozen(&two(server, "frozen_within")?, "idle in transaction")
}
