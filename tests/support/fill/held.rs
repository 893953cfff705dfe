//! A row that the application holds for long: other ranges go on meanwhile, and its own later.

use super::Test;
use super::world::Fill;
use super::world::SOON;
use super::world::audited;
use super::world::holds;
use crate::server::Server;
use crate::server::reason;
use std::time::Duration;
use std::time::Instant;

pub(super) const TESTS: &[(&str, Test)] = &[("held::a_row", a_row)];

fn a_row(server: &Server) -> Result<(), String> {
    let settings = "target = \"20ms\"\nmost = 2000\n";
    let fill = Fill::users(server, "held", (60_000, 600), settings)?;
    fill.sql(&audited("users"))?;
    let holder = fill.another(server)?;
    let held = holder.run("BEGIN; UPDATE users SET pad = 'held' WHERE id = 10");
    held.map_err(|error| reason(&error))?;
    let begun = Instant::now();
    let worker = fill.start("backfill run --workers 2")?;
    let others = "SELECT count(*) FILTER (WHERE NOT done), min(seq) FILTER (WHERE NOT done)
        FROM migrate.backfill_range";
    fill.batches(1)?;
    fill.comes(others, "1|0")?;
    let after = begun.elapsed();
    std::thread::sleep(Duration::from_secs(6).saturating_sub(after));
    fill.gives(others, "1|0")?;
    // Who waits for it does not ask all the time.
    let failed = "SELECT xact_rollback FROM pg_stat_database WHERE datname = current_database()";
    let failed = fill.text(failed)?.parse::<u64>().unwrap_or(u64::MAX);
    holds(failed < 60, || format!("{failed} transactions failed in {:?}", begun.elapsed()))?;
    holder.run("COMMIT").map_err(|error| reason(&error))?;
    worker.ends(0, SOON)?;
    fill.is_exact(60_000)
}
