//! What a process takes of memory does not grow with the table.

use super::Test;
use super::world::CHANGE;
use super::world::Fill;
use super::world::SOON;
use super::world::holds;
use super::world::said;
use crate::server::Server;
use std::fs;
use std::time::Duration;
use std::time::Instant;

pub(super) const TESTS: &[(&str, Test)] = &[("memory::a_million_rows", a_million_rows)];

/// In kilobytes.
const MOST: u64 = 50 * 1024;

fn a_million_rows(server: &Server) -> Result<(), String> {
    let fill = Fill::empty(server, "memory")?;
    fill.sql(
        "CREATE TABLE narrow (id bigint PRIMARY KEY, n int NOT NULL);
         INSERT INTO narrow SELECT n, n % 1000 FROM generate_series(1, 1000000) AS n",
    )?;
    let expand = "ALTER TABLE narrow ADD COLUMN twice int;";
    let migrate = "UPDATE narrow SET twice = n * 2 WHERE twice IS NULL;";
    fill.change(CHANGE, expand, migrate, "")?;
    fill.ends("expand", 0, "")?;
    let mut worker = fill.start("backfill run --workers 2 --format json")?;
    let (begun, mut most) = (Instant::now(), 0);
    while !worker.is_over()? {
        holds(begun.elapsed() < SOON * 2, || "it does not end".to_owned())?;
        most = most.max(peak(worker.id())?);
        std::thread::sleep(Duration::from_millis(20));
    }
    worker.ends(0, SOON)?;
    let so = most > 0 && most < MOST;
    holds(so, || format!("it took {most} kB, and {MOST} kB are allowed"))?;
    fill.gives("SELECT count(*) FROM narrow WHERE twice = n * 2", "1000000")
}

/// The most memory that a process had at any time, in kilobytes; 0 if it is gone.
fn peak(process: u32) -> Result<u64, String> {
    let Ok(status) = fs::read_to_string(format!("/proc/{process}/status")) else { return Ok(0) };
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    // Of who has just ended there is no such line.
    let Some(line) = line else { return Ok(0) };
    line.trim().trim_end_matches(" kB").parse().map_err(said)
}
