//! Writers that lock the rows of a batch the other way round.

use super::Test;
use super::world::Fill;
use super::world::SOON;
use super::world::Writers;
use super::world::any_below;
use super::world::audited;
use super::world::slowed;
use crate::server::Server;
use crate::server::Session;

pub(super) const TESTS: &[(&str, Test)] =
    &[("deadlocks::seen_at_once", seen_at_once), ("deadlocks::as_usual", as_usual)];

/// Deadlocks are looked for before anybody gives up waiting.
fn seen_at_once(server: &Server) -> Result<(), String> {
    let fill = Fill::empty(server, "deadlocks")?;
    fill.sql("ALTER DATABASE fill_deadlocks SET deadlock_timeout = '20ms'")?;
    opposed(server, &fill, || Ok(()))?;
    fill.comes(
        "SELECT deadlocks > 0 FROM pg_stat_database WHERE datname = current_database()",
        "t",
    )?;
    fill.is_exact(30_000)
}

/// A batch gives way before anybody looks for deadlocks.
fn as_usual(server: &Server) -> Result<(), String> {
    let fill = Fill::empty(server, "deadlocks_usual")?;
    opposed(server, &fill, || fill.comes(CROSSED, "t"))?;
    fill.is_exact(30_000)
}

/// Whether a worker and a writer wait for each other.
const CROSSED: &str = "SELECT count(*) > 0 FROM pg_stat_activity a JOIN pg_stat_activity b
    ON b.pid = ANY (pg_blocking_pids(a.pid)) AND a.pid = ANY (pg_blocking_pids(b.pid))
    WHERE a.datname = current_database() AND a.application_name LIKE 'migrate/backfill/%'";

/// Fills in beside such writers; what has to be seen meanwhile is waited for.
fn opposed(
    server: &Server,
    fill: &Fill,
    meanwhile: impl FnOnce() -> Result<(), String>,
) -> Result<(), String> {
    fill.sql(&super::world::users(30_000, 1200))?;
    let settings = "target = \"100ms\"\nworkers = 16\n";
    let change = super::world::CHANGE;
    fill.change(change, super::world::EXPAND, super::world::FILL_IN, settings)?;
    fill.ends("expand", 0, "")?;
    fill.sql(&audited("users"))?;
    fill.sql(&slowed("users", "0.02"))?;
    let writers = Writers::start(server, fill, 4, backwards)?;
    let workers =
        [fill.start("backfill run --workers 2")?, fill.start("backfill run --workers 2")?];
    meanwhile()?;
    for worker in workers {
        worker.ends(0, SOON * 2)?;
    }
    writers.end().map(drop)
}

/// Locks some rows from the last to the first; a deadlock is taken for what it is, and tried again.
fn backwards(session: &Session) -> Result<(), tokio_postgres::Error> {
    let first = 1 + any_below(29_000);
    let ids = (first..first + 400).rev().step_by(40);
    let write = "UPDATE users SET pad = md5(pad) || substr(pad, 33) WHERE id =";
    let writes: Vec<String> = ids.map(|id| format!("{write} {id};")).collect();
    let writes = writes.concat();
    loop {
        let done = session.run(&format!("BEGIN; {writes} COMMIT"));
        let state = done.as_ref().err().and_then(|error| error.code());
        if state.is_none_or(|state| state.code() != "40P01") {
            return done;
        }
        session.run("ROLLBACK")?;
    }
}
