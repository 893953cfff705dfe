//! What people order of a backfill that is at work: it heeds that within a batch.

use super::Test;
use super::world::CHANGE;
use super::world::FILL_IN;
use super::world::Fill;
use super::world::SHORT;
use super::world::audited;
use super::world::holds;
use super::world::slowed;
use crate::server::Server;
use crate::server::reason;
use migrate::store::LOCK;
use std::time::Duration;
use std::time::Instant;

pub(super) const TESTS: &[(&str, Test)] = &[
    ("orders::pause_and_resume", pause_and_resume),
    ("orders::cancel", cancel),
    ("orders::for_a_time", for_a_time),
    ("orders::sigterm", sigterm),
    ("orders::freeze", freeze),
    ("orders::what_came_behind_it", what_came_behind_it),
    ("orders::edited_since", edited_since),
    ("orders::out_of_turn", out_of_turn),
];

const ROWS: u32 = 60_000;

/// How long a batch takes, the pause of each one included, and what else has to happen until a
/// process is gone, on a slow day.
const BATCH: Duration = Duration::from_secs(15);

fn furnished(server: &Server, name: &str) -> Result<Fill, String> {
    let settings = "target = \"20ms\"\nleast = 200\nmost = 200\n";
    let fill = Fill::users(server, name, (ROWS, 570), settings)?;
    fill.sql(&audited("users"))?;
    fill.sql(&slowed("users", "0.03"))?;
    Ok(fill)
}

/// Nobody slows it any more: it comes to its end.
fn to_the_end(fill: &Fill) -> Result<(), String> {
    fill.sql("DROP TRIGGER slowed ON users")?;
    fill.ends("backfill run --workers 2", 0, "done")?;
    fill.is_exact(ROWS)
}

fn nothing_is_held(fill: &Fill) -> Result<(), String> {
    let held = "SELECT count(*) FROM migrate.backfill_range WHERE owner IS NOT NULL";
    fill.gives(held, "0")
}

fn pause_and_resume(server: &Server) -> Result<(), String> {
    let fill = furnished(server, "pause")?;
    let both = [fill.start("backfill run --workers 2")?, fill.start("backfill run --workers 2")?];
    fill.batches(5)?;
    fill.ends(&format!("backfill pause --change {SHORT} --reason sale"), 0, "pauses")?;
    let begun = Instant::now();
    for one in both {
        let ended = one.ends(4, BATCH)?;
        holds(ended.said.contains("backfill resume --change"), || ended.said)?;
    }
    let ended = begun.elapsed();
    nothing_is_held(&fill)?;
    fill.ends("backfill status", 4, "sale")?;
    fill.ends("backfill status --change lowr", 6, "no backfill of lowr was begun")?;
    let batches = fill.text("SELECT sum(batches) FROM migrate.backfill_range")?;
    fill.ends("backfill run", 4, "pause")?;
    fill.gives("SELECT sum(batches) FROM migrate.backfill_range", &batches)?;
    holds(ended < BATCH, || format!("it ended after {ended:?}"))?;
    fill.ends(&format!("backfill resume --change {SHORT}"), 0, "may go on")?;
    to_the_end(&fill)
}

fn cancel(server: &Server) -> Result<(), String> {
    let fill = furnished(server, "cancel")?;
    let worker = fill.start("backfill run --workers 2")?;
    fill.batches(5)?;
    fill.ends(&format!("backfill cancel --change {SHORT}"), 0, "given up")?;
    let ended = worker.ends(8, BATCH)?;
    let told = ended.said.contains("given up") && ended.said.contains("begins anew");
    holds(told && !ended.said.contains("resume"), || ended.said)?;
    let verify = format!("backfill verify --change {SHORT}");
    fill.ends(&verify, 4, "never begun")?;
    fill.ends(&format!("backfill resume --change {SHORT}"), 6, "nothing")?;
    fill.ends("backfill status", 6, "no backfill was begun")?;
    // What was written stays, and is not written again.
    let written = fill.text("SELECT count(*) FROM audit")?;
    holds(written != "0", || "nothing was written".to_owned())?;
    to_the_end(&fill)
}

fn for_a_time(server: &Server) -> Result<(), String> {
    let fill = furnished(server, "for")?;
    let begun = Instant::now();
    let worker = fill.start("backfill run --workers 2 --for 2s")?;
    worker.ends(75, Duration::from_secs(2) + BATCH)?;
    holds(begun.elapsed() >= Duration::from_secs(2), || "it ended too soon".to_owned())?;
    nothing_is_held(&fill)?;
    to_the_end(&fill)
}

fn sigterm(server: &Server) -> Result<(), String> {
    let fill = furnished(server, "sigterm")?;
    let worker = fill.start("backfill run --workers 2")?;
    fill.batches(5)?;
    worker.signal("-TERM")?;
    worker.ends(75, BATCH)?;
    nothing_is_held(&fill)?;
    let soon = "SELECT count(*) FROM migrate.backfill_range WHERE not_before > clock_timestamp()";
    fill.gives(soon, "0")?;
    to_the_end(&fill)
}

fn freeze(server: &Server) -> Result<(), String> {
    let fill = furnished(server, "freeze")?;
    let both = [fill.start("backfill run --workers 2")?, fill.start("backfill run --workers 2")?];
    fill.batches(5)?;
    fill.ends("freeze --reason fire", 0, "frozen")?;
    let batches = fill.text("SELECT sum(batches) FROM migrate.backfill_range")?;
    for one in both {
        let ended = one.ends(8, BATCH)?;
        holds(ended.said.contains("fire"), || ended.said)?;
    }
    nothing_is_held(&fill)?;
    // Each of the four came to the end of what it was at.
    let after = format!("SELECT sum(batches) <= {batches} + 4 FROM migrate.backfill_range");
    fill.gives(&after, "t")?;
    let batches = fill.text("SELECT sum(batches) FROM migrate.backfill_range")?;
    fill.ends("backfill run", 8, "fire")?;
    fill.gives("SELECT sum(batches) FROM migrate.backfill_range", &batches)?;
    fill.ends("unfreeze --reason out", 0, "")?;
    to_the_end(&fill)
}

/// Rows that came behind the cursor, and after the end: the proof fails, and there is a way on.
fn what_came_behind_it(server: &Server) -> Result<(), String> {
    let fill = furnished(server, "behind")?;
    to_the_end(&fill)?;
    fill.sql(
        "INSERT INTO users VALUES (0, 'Late@Example.com', ''), (-1, 'Later@Example.com', '')",
    )?;
    let verify = format!("backfill verify --change {SHORT}");
    fill.ends(&verify, 4, "next: migrate backfill run")?;
    fill.ends("backfill run", 0, "done")?;
    fill.is_exact(ROWS + 2)
}

/// Who edits what was begun has to say what is to become of that: no other try is of any help.
fn edited_since(server: &Server) -> Result<(), String> {
    let fill = furnished(server, "edited")?;
    fill.ends("backfill run --for 1s", 75, "stopped before its end")?;
    let edited = FILL_IN.replace("lower(email)", "lower(email || '')");
    fill.file(&format!("migrations/{CHANGE}/migrate.sql"), &edited)?;
    fill.ends("backfill run", 8, "is not the one that was registered")?;
    fill.ends(&format!("ledger register {SHORT} --reason edited"), 0, "")?;
    fill.ends("backfill run", 8, "was edited after its backfill began")?;
    fill.ends(&format!("backfill cancel --change {SHORT}"), 0, "`migrate backfill run` begins")?;
    to_the_end(&fill)
}

/// While another run is at work, what writes no rows waits for its turn, and is to be run again.
fn out_of_turn(server: &Server) -> Result<(), String> {
    let fill = furnished(server, "turn")?;
    let whole = format!("{FILL_IN}\nANALYZE users;\n");
    fill.file(&format!("migrations/{CHANGE}/migrate.sql"), &whole)?;
    fill.ends(&format!("ledger register {SHORT} --reason edited"), 0, "")?;
    let other = fill.another(server)?;
    let asked = |what: &str| other.run(&format!("SELECT pg_advisory_{what}({LOCK})"));
    asked("lock").map_err(|error| reason(&error))?;
    fill.sql("DROP TRIGGER slowed ON users")?;
    fill.ends("backfill run --outage 1s", 9, "another run is at work")?;
    asked("unlock").map_err(|error| reason(&error))?;
    fill.ends("backfill run", 0, "done")?;
    fill.is_exact(ROWS)
}
