//! Sessions of the application that wait for a row of a batch: the batch gives way, and the work is
//! done all the same.

use super::Test;
use super::world::Fill;
use super::world::SOON;
use super::world::audited;
use super::world::holds;
use crate::server::Server;
use crate::server::Session;
use crate::server::reason;
use std::time::Duration;
use std::time::Instant;

pub(super) const TESTS: &[(&str, Test)] = &[
    ("waits::a_long_batch_gives_way", a_long_batch_gives_way),
    ("waits::whom_a_worker_may_not_look_at", whom_a_worker_may_not_look_at),
    ("waits::a_worker_whose_other_session_ends", a_worker_whose_other_session_ends),
];

const ROWS: u32 = 6000;

/// The longest that anybody may wait.
const LONGEST: Duration = Duration::from_millis(2500);

/// Each row takes some time, in a batch that is big.
fn slow(server: &Server, name: &str) -> Result<Fill, String> {
    let fill = Fill::users(server, name, (ROWS, 100), "target = \"5s\"\n")?;
    fill.sql(&audited("users"))?;
    fill.sql(&format!("{SLEEP}; {}", TRIGGER.replace("TABLE", "users")))?;
    Ok(fill)
}

const SLEEP: &str = "CREATE OR REPLACE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS
    'BEGIN PERFORM pg_sleep(0.003); RETURN NEW; END'";
const AWAKE: &str = "CREATE OR REPLACE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS
    'BEGIN RETURN NEW; END'";
const TRIGGER: &str = "CREATE TRIGGER slow BEFORE UPDATE OF email_lower ON TABLE
    FOR EACH ROW EXECUTE FUNCTION slow()";

/// Writes rows for some time, and tells the longest wait of any.
fn waits(session: &Session, span: Duration) -> Result<Duration, String> {
    let (begun, mut longest, mut nth) = (Instant::now(), Duration::ZERO, 0);
    while begun.elapsed() < span {
        nth = nth % 200 + 1;
        let asked = Instant::now();
        let write = session.run(&format!("UPDATE users SET pad = 'y' WHERE id = {nth}"));
        write.map_err(|error| reason(&error))?;
        longest = longest.max(asked.elapsed());
        std::thread::sleep(Duration::from_millis(20));
    }
    Ok(longest)
}

/// Runs it while somebody writes, and sees that nobody waits for long.
fn gives_way(server: &Server, fill: &Fill, run: &str) -> Result<(), String> {
    let session = fill.another(server)?;
    let worker = fill.start(run)?;
    let slow = "SELECT count(*) > 0 FROM pg_stat_activity WHERE wait_event = 'PgSleep'
        AND datname = current_database()";
    fill.comes(slow, "t")?;
    let longest = waits(&session, Duration::from_secs(5))?;
    holds(longest > Duration::from_millis(200), || format!("nobody waited: {longest:?}"))?;
    holds(longest < LONGEST, || format!("somebody waited for {longest:?}"))?;
    fill.sql(AWAKE)?;
    worker.ends(0, SOON)?;
    fill.is_exact(ROWS)
}

fn a_long_batch_gives_way(server: &Server) -> Result<(), String> {
    let fill = slow(server, "waits")?;
    gives_way(server, &fill, "backfill run")
}

/// A role that may not see what sessions of others are.
fn whom_a_worker_may_not_look_at(server: &Server) -> Result<(), String> {
    let fill = slow(server, "waits_role")?;
    fill.ends("ledger install --roles", 0, "migrate_writer")?;
    let role = format!("filler_{}", server.major);
    fill.sql(&format!(
        "CREATE ROLE {role}; GRANT migrate_writer TO {role};
         GRANT ALL ON users, audit TO {role}"
    ))?;
    gives_way(server, &fill, &format!("backfill run --role {role}"))
}

/// The session that looks on is not the one that writes: where it ends alone, it is made again.
fn a_worker_whose_other_session_ends(server: &Server) -> Result<(), String> {
    let fill = slow(server, "waits_observer")?;
    let worker = fill.start("backfill run")?;
    let slow = "SELECT count(*) > 0 FROM pg_stat_activity WHERE wait_event = 'PgSleep'
        AND datname = current_database()";
    fill.comes(slow, "t")?;
    let ours = "FROM pg_stat_activity WHERE datname = current_database()
        AND application_name LIKE 'migrate/backfill/%'";
    let observer = fill.text(&format!(
        "SELECT pid {ours} AND pid NOT IN (
            SELECT owner_pid FROM migrate.backfill_range WHERE owner_pid IS NOT NULL)"
    ))?;
    fill.gives(&format!("SELECT pg_terminate_backend({observer})"), "t")?;
    fill.comes(&format!("SELECT count(*) {ours} AND pid <> {observer}"), "2")?;
    fill.sql(AWAKE)?;
    worker.ends(0, SOON)?;
    let again = "SELECT count(*) FROM migrate.backfill_worker";
    fill.gives(again, "0")?;
    fill.is_exact(ROWS)
}
