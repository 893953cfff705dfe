//! Lines between workers and their server that are cut, or hold what is sent: the time that this
//! takes is bounded, and the work exact.

use super::Test;
use super::process::Process;
use super::world::Fill;
use super::world::SOON;
use super::world::any_below;
use super::world::counted;
use super::world::holds;
use super::world::said;
use crate::line::Line;
use crate::line::Mode;
use crate::server::Server;
use std::path::Path;
use std::time::Duration;
use std::time::Instant;

pub(super) const TESTS: &[(&str, Test)] = &[
    ("lines::cut_again_and_again", cut_again_and_again),
    ("lines::held_for_a_while", held_for_a_while),
    ("lines::held_for_good", held_for_good),
];

const ROWS: u32 = 60_000;
const SETTINGS: &str = "target = \"20ms\"\nleast = 150\nmost = 150\nworkers = 16\n";

fn furnished(server: &Server, name: &str) -> Result<(Fill, Line, String), String> {
    let fill = Fill::users(server, name, (ROWS, 570), SETTINGS)?;
    fill.sql(&counted("users", "0.02"))?;
    let host = fill.address.split(' ').find_map(|word| word.strip_prefix("host="));
    let host = host.ok_or("it has no folder")?;
    let line = Line::to(Path::new(host)).map_err(said)?;
    let address = fill.address.replace(host, &line.folder().display().to_string());
    Ok((fill, line, address))
}

fn cut_again_and_again(server: &Server) -> Result<(), String> {
    let (fill, line, address) = furnished(server, "cut")?;
    let mut worker = Process::start(fill.at(&address, "backfill run --workers 2"))?;
    fill.batches(5)?;
    for cut in 1..=12 {
        std::thread::sleep(Duration::from_millis(50 + any_below(250)));
        holds(!worker.is_over()?, || format!("it ended before cut {cut}"))?;
        line.set(Mode::Cut);
        std::thread::sleep(Duration::from_millis(30));
        line.set(Mode::Pass);
    }
    worker.ends(0, SOON)?;
    fill.was_counted("users", ROWS)
}

/// Nobody is told of it, and it passes.
fn held_for_a_while(server: &Server) -> Result<(), String> {
    let (fill, line, address) = furnished(server, "held_line")?;
    let worker = Process::start(fill.at(&address, "backfill run --workers 2"))?;
    fill.batches(5)?;
    for _ in 0..4 {
        line.set(Mode::Hold);
        std::thread::sleep(Duration::from_millis(1500));
        line.set(Mode::Pass);
        std::thread::sleep(Duration::from_millis(300));
    }
    worker.ends(0, SOON)?;
    fill.was_counted("users", ROWS)
}

/// Others take over what it had, and it does not wait for ever.
fn held_for_good(server: &Server) -> Result<(), String> {
    let (fill, line, address) = furnished(server, "held_good")?;
    let address = address + " connect_timeout=2";
    let lost = Process::start(fill.at(&address, "backfill run --workers 2 --outage 2s"))?;
    fill.batches(5)?;
    let begun = Instant::now();
    line.set(Mode::Hold);
    let other = fill.start("backfill run --workers 2")?;
    other.ends(0, SOON)?;
    fill.was_counted("users", ROWS)?;
    let left = Duration::from_mins(2).saturating_sub(begun.elapsed());
    lost.ends(75, left).map(drop)
}
