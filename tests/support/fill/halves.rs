//! Workers who find all ranges held: each takes half of one, and every row is written once.

use super::Test;
use super::process::Process;
use super::world::CHANGE;
use super::world::EXPAND;
use super::world::FILL_IN;
use super::world::Fill;
use super::world::QUICK;
use super::world::SHORT;
use super::world::SOON;
use super::world::counted;
use super::world::holds;
use super::world::slowed;
use super::world::users;
use crate::server::Server;
use std::time::Duration;
use std::time::Instant;

pub(super) const TESTS: &[(&str, Test)] = &[
    ("halves::of_numbers", |server| shared(server, "numbers", NUMBERS, "")),
    ("halves::of_texts_in_an_order_of_their_own", |server| shared(server, "texts", TEXTS, "")),
    ("halves::of_several_columns", |server| shared(server, "several", SEVERAL, "")),
    ("halves::in_stripes", |server| shared(server, "stripes", NUMBERS, "stripes = 4\n")),
    ("halves::of_blocks", of_blocks),
    ("halves::while_the_holder_stands_still", while_the_holder_stands_still),
    ("halves::not_more_than_may_be_there", not_more_than_may_be_there),
    ("halves::the_last_first", the_last_first),
];

const ROWS: u32 = 24_000;

const NUMBERS: &str = "CREATE TABLE users (id bigint PRIMARY KEY, email text);
    INSERT INTO users SELECT n * n, 'A' || n FROM generate_series(1, 24000) AS n;";

/// An order that is not the database's: upper case comes first.
const TEXTS: &str = "CREATE TABLE users (id text COLLATE \"C\" PRIMARY KEY, email text);
    INSERT INTO users SELECT CASE WHEN n % 2 = 0 THEN upper(md5(n::text)) ELSE md5(n::text) END,
        'A' || n FROM generate_series(1, 24000) AS n;";

const SEVERAL: &str = "CREATE TABLE users (a int, b text, id int, email text, PRIMARY KEY (b, a));
    INSERT INTO users SELECT n, (n % 3)::text, n, 'A' || n
        FROM generate_series(1, 24000) AS n;";

/// Batches that take 20 ms each, of a table that is small enough to be one range.
fn slow(server: &Server, name: &str, script: &str, more: &str) -> Result<Fill, String> {
    sized(server, name, script, 100, more)
}

/// The same, of so many rows each.
fn sized(server: &Server, name: &str, script: &str, rows: u32, more: &str) -> Result<Fill, String> {
    let fill = Fill::empty(server, &format!("halves_{name}"))?;
    fill.sql(script)?;
    fill.sql("ANALYZE users")?;
    let settings = format!("target = \"20ms\"\nleast = {rows}\nmost = {rows}\n{more}");
    fill.change(CHANGE, EXPAND, FILL_IN, &settings)?;
    fill.ends("expand", 0, "")?;
    fill.sql(
        "CREATE TABLE hands (pid int PRIMARY KEY);
         CREATE FUNCTION hand() RETURNS trigger LANGUAGE plpgsql AS
            'BEGIN INSERT INTO hands VALUES (pg_backend_pid()) ON CONFLICT DO NOTHING;
                RETURN NULL; END';
         CREATE TRIGGER hand AFTER UPDATE ON users FOR EACH STATEMENT EXECUTE FUNCTION hand()",
    )?;
    Ok(fill)
}

const RANGES: &str = "SELECT count(*) FROM migrate.backfill_range";

/// Two processes with two workers each at the one range of a table.
fn shared(server: &Server, name: &str, script: &str, more: &str) -> Result<(), String> {
    let fill = slow(server, name, script, more)?;
    fill.sql(&counted("users", "0.01"))?;
    let both = [fill.start("backfill run --workers 2")?, fill.start("backfill run --workers 2")?];
    for one in both {
        one.ends(0, SOON)?;
    }
    let ranges: u32 = fill.text(RANGES)?.parse().map_err(super::world::said)?;
    holds(ranges >= 3, || format!("{ranges} ranges"))?;
    fill.gives("SELECT count(*) >= 3 FROM hands", "t")?;
    fill.was_counted("users", ROWS)
}

/// Pairs of ranges that share places.
const OVERLAPS: &str = "SELECT count(*) FROM migrate.backfill_range a
    JOIN migrate.backfill_range b ON a.seq < b.seq
        AND coalesce(a.lo[1]::tid, '(0,0)') < b.hi[1]::tid
        AND coalesce(b.lo[1]::tid, '(0,0)') < a.hi[1]::tid";

/// Rows that move are found by another walk, so that no row is counted.
fn of_blocks(server: &Server) -> Result<(), String> {
    let script = format!("{}; ALTER TABLE users DROP CONSTRAINT users_pkey", users(ROWS, 1000));
    let more = "walk = \"blocks\"\nworkers = 20\n";
    let fill = slow(server, "blocks", &script, more)?;
    fill.sql(&slowed("users", "0.1"))?;
    let worker = fill.start("backfill run --workers 20")?;
    worker.ends(0, SOON)?;
    let ranges: u32 = fill.text(RANGES)?.parse().map_err(super::world::said)?;
    holds(ranges > 16, || format!("{ranges} ranges, of 16"))?;
    fill.gives("SELECT count(*) FROM users WHERE email_lower IS NULL", "0")?;
    fill.is_proven()?;
    // Opened again, the range that goes furthest goes to the end of the table, and no other does.
    fill.sql("UPDATE users SET email_lower = NULL WHERE id % 100 = 0")?;
    fill.ends(&format!("backfill verify --change {SHORT}"), 4, "are left")?;
    fill.gives(OVERLAPS, "0")?;
    fill.sql(QUICK)?;
    fill.ends("backfill run", 0, "done")?;
    fill.is_proven()
}

/// Who stands still keeps only little from being done, long before its range can be taken.
fn while_the_holder_stands_still(server: &Server) -> Result<(), String> {
    let fill = sized(server, "still", NUMBERS, 200, "")?;
    fill.sql(&counted("users", "0.05"))?;
    // Commits take a while, too.
    fill.sql(
        "CREATE FUNCTION late() RETURNS trigger LANGUAGE plpgsql AS
            'BEGIN PERFORM pg_sleep(0.03); RETURN NULL; END';
         CREATE CONSTRAINT TRIGGER late AFTER UPDATE ON users DEFERRABLE INITIALLY DEFERRED
            FOR EACH ROW WHEN (OLD.id % 10000 = 0) EXECUTE FUNCTION late()",
    )?;
    let holder = fill.start("backfill run --workers 1")?;
    // What is left is worth to be cut by how large its batches are, which it tells each second.
    fill.comes("SELECT count(*) FROM migrate.backfill_worker WHERE size > 0", "1")?;
    stop_between_batches(&fill, &holder)?;
    fill.sql(QUICK)?;
    fill.sql("DROP TRIGGER late ON users")?;
    let other = fill.start("backfill run --workers 1")?;
    let begun = Instant::now();
    let few = ROWS - 2_000;
    fill.gives(&format!("SELECT sum(written) < {few} / 2 FROM migrate.backfill_range"), "t")?;
    fill.comes(&format!("SELECT sum(written) > {few} FROM migrate.backfill_range"), "t")?;
    let after = begun.elapsed();
    holds(after < Duration::from_secs(16), || format!("only after {after:?}"))?;
    let ranges: u32 = fill.text(RANGES)?.parse().map_err(super::world::said)?;
    holds(ranges >= 3, || format!("{ranges} ranges"))?;
    holder.signal("-CONT")?;
    holder.ends(0, SOON)?;
    other.ends(0, SOON)?;
    fill.was_counted("users", ROWS)
}

/// Stops the holder of the only range in a moment in which it is at no batch: who is stopped within
/// one loses its session soon, and the range with it.
fn stop_between_batches(fill: &Fill, holder: &Process) -> Result<(), String> {
    let begun = Instant::now();
    while begun.elapsed() < SOON {
        holder.signal("-STOP")?;
        // What it asked last is answered meanwhile.
        std::thread::sleep(Duration::from_millis(300));
        let state = "SELECT a.state FROM migrate.backfill_range r
            JOIN pg_stat_activity a ON a.pid = r.owner_pid";
        if fill.text(state)? == "idle" {
            return Ok(());
        }
        holder.signal("-CONT")?;
        std::thread::sleep(Duration::from_millis(7));
    }
    Err("it is always at a batch".to_owned())
}

/// Nobody cuts a range where no other worker may be at the table.
fn not_more_than_may_be_there(server: &Server) -> Result<(), String> {
    let fill = slow(server, "limit", NUMBERS, "workers = 1\n")?;
    fill.sql(&counted("users", "0.01"))?;
    let worker = fill.start("backfill run --workers 3")?;
    worker.ends(0, SOON)?;
    fill.gives(RANGES, "1")?;
    fill.gives("SELECT count(*) FROM hands", "1")?;
    fill.was_counted("users", ROWS)
}

/// What is newest is done first, range by range.
fn the_last_first(server: &Server) -> Result<(), String> {
    let more = "walk = \"blocks\"\norder = \"descending\"\n";
    let fill = slow(server, "last", &users(ROWS, 1000), more)?;
    fill.sql(&slowed("users", "0.1"))?;
    let worker = fill.start("backfill run --workers 1")?;
    fill.batches(2)?;
    fill.ends(&format!("backfill pause --change {SHORT}"), 0, "")?;
    worker.ends(4, Duration::from_secs(20))?;
    let first = format!("SELECT min(id) > {ROWS} / 2 FROM users WHERE email_lower IS NOT NULL");
    fill.gives(&first, "t")?;
    fill.sql(QUICK)?;
    fill.ends(&format!("backfill resume --change {SHORT}"), 0, "")?;
    fill.ends("backfill run", 0, "done")?;
    fill.gives("SELECT count(*) FROM users WHERE email_lower IS NULL", "0")
}
