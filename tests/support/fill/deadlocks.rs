//! A writer that locks rows of a batch the other way round.

use super::Test;
use super::world::CHANGE;
use super::world::EXPAND;
use super::world::FILL_IN;
use super::world::Fill;
use super::world::QUICK;
use super::world::SOON;
use super::world::Writers;
use super::world::audited;
use super::world::slowed;
use super::world::users;
use crate::server::Server;
use crate::server::Session;
use std::time::Duration;

pub(super) const TESTS: &[(&str, Test)] =
    &[("deadlocks::seen_at_once", seen_at_once), ("deadlocks::as_usual", as_usual)];

const ROWS: u32 = 30_000;

/// Workers look for deadlocks before they give up waiting, and the server has one of them give way.
fn seen_at_once(server: &Server) -> Result<(), String> {
    let fill = Fill::empty(server, "deadlocks")?;
    fill.sql("ALTER DATABASE fill_deadlocks SET deadlock_timeout = '250ms'")?;
    crossed(server, &fill, &format!("SELECT deadlocks > 2 FROM {STATISTICS}"))
}

/// A worker gives way before anybody looks for deadlocks.
fn as_usual(server: &Server) -> Result<(), String> {
    let fill = Fill::empty(server, "deadlocks_usual")?;
    crossed(
        server,
        &fill,
        "SELECT count(*) > 0 FROM pg_stat_activity a JOIN pg_stat_activity b
            ON b.pid = ANY (pg_blocking_pids(a.pid)) AND a.pid = ANY (pg_blocking_pids(b.pid))
         WHERE a.datname = current_database() AND a.application_name LIKE 'migrate/backfill/%'",
    )?;
    fill.comes(&format!("SELECT deadlocks FROM {STATISTICS}"), "0")
}

const STATISTICS: &str = "pg_stat_database WHERE datname = current_database()";

/// Fills in beside a writer who comes the other way, until a query says that they have met, and to
/// the end. The writer never gives way.
fn crossed(server: &Server, fill: &Fill, met: &str) -> Result<(), String> {
    fill.sql(&users(ROWS, 1200))?;
    let settings = "target = \"100ms\"\nleast = 20\nmost = 100\nworkers = 16\n";
    fill.change(CHANGE, EXPAND, FILL_IN, settings)?;
    fill.ends("expand", 0, "")?;
    fill.sql(&audited("users"))?;
    fill.sql(&slowed("users", "0.1"))?;
    let writers = Writers::start(server, fill, 1, crosses)?;
    let workers =
        [fill.start("backfill run --workers 2")?, fill.start("backfill run --workers 2")?];
    fill.comes(met, "t")?;
    writers.end()?;
    fill.sql(QUICK)?;
    for worker in workers {
        worker.ends(0, SOON * 2)?;
    }
    fill.is_exact(ROWS)
}

/// A row that a worker comes to in its next batch or the one after that.
const AHEAD: &str = "SELECT coalesce(cur[1]::bigint, 0) + 150 FROM migrate.backfill_range
    WHERE owner IS NOT NULL AND NOT done AND hi[1]::bigint - coalesce(cur[1]::bigint, 0) > 400
    ORDER BY random() LIMIT 1";

/// Locks a row ahead of a worker, and once that waits for it, one that the worker has locked.
fn crosses(session: &Session) -> Result<(), tokio_postgres::Error> {
    let there = session.text("SELECT to_regclass('migrate.backfill_range') IS NOT NULL")?;
    let ahead = if there.trim() == "t" { session.text(AHEAD)? } else { String::new() };
    let Ok(ahead) = ahead.trim().parse::<u32>() else { return Ok(()) };
    let write = "UPDATE users SET pad = md5(pad) || substr(pad, 33) WHERE id =";
    // Whoever looks for deadlocks first is the one who gives way.
    session.run(&format!("BEGIN; SET LOCAL deadlock_timeout = '1min'; {write} {ahead}"))?;
    for _ in 0..200 {
        std::thread::sleep(Duration::from_millis(5));
        let waits = "SELECT count(*) > 0 FROM pg_locks
            WHERE NOT granted AND pg_backend_pid() = ANY (pg_blocking_pids(pid))";
        if session.text(waits)?.trim() == "t" {
            session.run(&format!("{write} {}", ahead - 1))?;
            break;
        }
    }
    session.run("COMMIT")
}
