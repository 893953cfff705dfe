//! Workers that are killed at any moment, beside writers: every row is done, none twice, and no
//! cursor is ever ahead of its rows.

use super::Test;
use super::process::Process;
use super::world::FILL_IN;
use super::world::Fill;
use super::world::QUICK;
use super::world::SHORT;
use super::world::SOON;
use super::world::Writers;
use super::world::any_below;
use super::world::audited;
use super::world::counted;
use super::world::holds;
use super::world::pad;
use super::world::slowed;
use crate::server::Server;
use std::time::Duration;
use std::time::Instant;

pub(super) const TESTS: &[(&str, Test)] = &[
    ("kills::by_key", by_key),
    ("kills::by_key_in_stripes", by_key_in_stripes),
    ("kills::by_blocks", by_blocks),
];

const RUN: &str = "backfill run --workers 2";

fn by_key(server: &Server) -> Result<(), String> {
    let settings = "target = \"20ms\"\nleast = 150\nmost = 150\nworkers = 16\n";
    let fill = Fill::users(server, "kills_key", (90_000, 380), settings)?;
    fill.sql(&counted("users", "0.25"))?;
    killed(server, &fill, 100, Some("1"))?;
    fill.was_counted("users", 90_000)?;
    fill.gives("SELECT sum(written) FROM migrate.backfill_range", "90000")?;
    let verify = format!("backfill verify --change {SHORT}");
    fill.ends(&verify, 4, "90000 rows")?;
    fill.sql(&format!("DROP TRIGGER zzz_migrate_counted ON users; {FILL_IN}"))?;
    fill.ends("backfill run", 0, "done")?;
    fill.is_proven()
}

fn by_key_in_stripes(server: &Server) -> Result<(), String> {
    let settings = "target = \"20ms\"\nleast = 400\nmost = 400\nworkers = 16\nstripes = 10\n";
    let fill = Fill::users(server, "kills_stripes", (36_000, 950), settings)?;
    fill.sql(&counted("users", "0.15"))?;
    killed(server, &fill, 40, Some("10"))?;
    fill.was_counted("users", 36_000)
}

fn by_blocks(server: &Server) -> Result<(), String> {
    let settings = "target = \"100ms\"\nworkers = 16\nwalk = \"blocks\"\n";
    let fill = Fill::users(server, "kills_blocks", (80_000, 380), settings)?;
    fill.sql(&audited("users"))?;
    fill.sql(&slowed("users", "0.15"))?;
    killed(server, &fill, 40, None)?;
    fill.is_exact(80_000)
}

/// Kills workers so often, one of two processes each time, until the work is done. Where rows are
/// walked by key, in so many stripes, it is looked now and then how far the cursors are.
fn killed(server: &Server, fill: &Fill, kills: u32, stripes: Option<&str>) -> Result<(), String> {
    let writers = Writers::start(server, fill, 2, pad)?;
    let mut both = [fill.start(RUN)?, fill.start(RUN)?];
    let (mut killed, mut at_work) = (0, 0);
    while killed < kills {
        let one = if any_below(2) == 0 { &mut both[0] } else { &mut both[1] };
        // Half of them any time, many before they have begun; half once they are at work.
        let begun = Instant::now();
        while killed.is_multiple_of(2) && begun.elapsed() < SOON && !has_a_range(fill, one)? {
            std::thread::sleep(Duration::from_millis(5));
        }
        std::thread::sleep(Duration::from_millis(20 + any_below(230)));
        if one.is_over()? {
            let done = fill.text("SELECT state FROM migrate.backfill_job")?;
            return Err(format!("{done} after {killed} kills: {}", one.said()?));
        }
        at_work += u32::from(has_a_range(fill, one)?);
        one.kill()?;
        killed += 1;
        *one = fill.start(RUN)?;
        if let Some(stripes) = stripes.filter(|_| killed.is_multiple_of(10)) {
            let astray = astray(fill, stripes)?;
            holds(astray == "0", || format!("{astray} rows astray after {killed} kills"))?;
        }
    }
    let left = "SELECT count(*) > 0 FROM migrate.backfill_range WHERE NOT done";
    fill.gives(left, "t").map_err(|why| format!("it was done before the last kill: {why}"))?;
    holds(at_work >= kills / 4, || format!("{at_work} of {kills} kills struck one at work"))?;
    fill.sql(QUICK)?;
    let [one, other] = both;
    one.ends(0, SOON * 2).and_then(|_| Process::ends(other, 0, SOON))?;
    writers.end().map(drop)
}

/// Whether a worker of a process holds a range.
fn has_a_range(fill: &Fill, process: &Process) -> Result<bool, String> {
    let held = fill.text(&format!(
        "SELECT count(*) > 0 FROM migrate.backfill_range WHERE owner LIKE '%/{}/%' AND NOT done",
        process.id()
    ))?;
    Ok(held == "t")
}

/// How many rows are not as the cursors say: behind them each is done, once; before them none is.
/// Both are read in one snapshot.
fn astray(fill: &Fill, stripes: &str) -> Result<String, String> {
    fill.text(&format!(
        "SELECT count(*) FROM migrate.backfill_range r JOIN users u
            ON u.id > coalesce(r.lo[1]::bigint, 0) AND (r.hi IS NULL OR u.id <= r.hi[1]::bigint)
         WHERE u.times <> CASE
            WHEN r.done OR u.id <= coalesce(r.cur[1]::bigint, 0) THEN 1
            WHEN u.id <= r.stop[1]::bigint
                AND (hashint8(u.id) & 2147483647) % {stripes} < r.stripe THEN 1
            ELSE 0 END"
    ))
}
