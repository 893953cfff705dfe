//! A column that gets another name while old and new code write all the time, from `migrate new` to
//! the contract, by the command line alone: nobody sees an error, and no row differs.
//!
//! `MIGRATE_TEST_SECONDS` says for how long both write, six seconds without it, and has the test
//! tell what they did.

use super::Test;
use super::world::Alive;
use super::world::Life;
use super::world::ONE;
use super::world::another;
use super::world::ended;
use super::world::finish;
use super::world::holds;
use super::world::said;
use crate::server::Server;
use crate::server::Session;
use crate::server::reason;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;
use std::thread::JoinHandle;
use std::time::Duration;
use std::time::Instant;

pub(super) const TESTS: &[(&str, Test)] = &[("renamed::while_all_write", while_all_write)];

const ROWS: u64 = 20_000;

/// How many rows all write that are nobody's own.
const SHARED: u64 = 2_000;

/// What the change is called.
const NAME: &str = "rename_users_a_to_b";

/// Rows in which both columns differ.
const DIVERGED: &str = "SELECT count(*) FROM users WHERE b IS DISTINCT FROM a";

/// For how long both write, if somebody wants to know more than a test does.
fn seconds() -> Result<Option<Duration>, String> {
    let Ok(told) = std::env::var("MIGRATE_TEST_SECONDS") else { return Ok(None) };
    let span = told.parse().map(Duration::from_secs);
    span.map(Some).map_err(|why| format!("`{told}`: {why}"))
}

/// Code that knows one of the two names.
struct Writer {
    session: Session,
    number: u64,
    column: &'static str,
}

/// What a writer did.
#[derive(Debug, Default)]
struct Did {
    statements: u64,
    longest: Duration,
}

impl Writer {
    /// A round: it writes rows that all write, and rows of its own, which it reads again as it
    /// wrote them.
    fn round(&self, round: u64, did: &mut Did) -> Result<(), String> {
        let Writer { number, column, .. } = self;
        let id = 1 + (round * 7_919 + number * 104_729) % SHARED;
        let own = ROWS + 1 + number * 1_000 + round % 1_000;
        let old = SHARED + 1 + number * 1_000 + round % 1_000;
        let value = format!("{number}-{round}");
        let upsert = |id: u64| {
            format!(
                "INSERT INTO users (id, {column}) VALUES ({id}, '{value}')
                 ON CONFLICT (id) DO UPDATE SET {column} = excluded.{column}"
            )
        };
        match round % 4 {
            0 => self.run(&format!("UPDATE users SET {column} = '{value}' WHERE id = {id}"), did),
            1 => self.run(&upsert(id), did),
            2 => {
                self.run(&format!("DELETE FROM users WHERE id = {own}"), did)?;
                self.run(&upsert(own), did)?;
                self.reads(own, &value, did)
            }
            _ => {
                let sql = format!("UPDATE users SET {column} = '{value}' WHERE id = {old}");
                self.run(&sql, did)?;
                self.reads(old, &value, did)
            }
        }
    }

    fn run(&self, sql: &str, did: &mut Did) -> Result<(), String> {
        let asked = Instant::now();
        self.session.run(sql).map_err(|error| format!("{sql}: {}", reason(&error)))?;
        did.statements += 1;
        did.longest = did.longest.max(asked.elapsed());
        Ok(())
    }

    /// Sees that a row of its own is as it wrote it.
    fn reads(&self, id: u64, value: &str, did: &mut Did) -> Result<(), String> {
        let sql = format!("SELECT {} FROM users WHERE id = {id}", self.column);
        let found =
            self.session.text(&sql).map_err(|error| format!("{sql}: {}", reason(&error)))?;
        did.statements += 1;
        holds(found.trim_end() == value, || format!("{sql} gives {found}, not {value}"))
    }
}

/// Several of them at work.
struct Writers {
    over: Arc<AtomicBool>,
    threads: Vec<JoinHandle<Result<Did, String>>>,
}

impl Writers {
    fn start(
        server: &Server,
        life: &Life,
        column: &'static str,
        numbers: std::ops::Range<u64>,
    ) -> Result<Writers, String> {
        let over = Arc::new(AtomicBool::new(false));
        let mut threads = Vec::new();
        for number in numbers {
            let writer = Writer { session: another(server, life)?, number, column };
            let seen = over.clone();
            threads.push(std::thread::spawn(move || {
                let (mut did, mut round) = (Did::default(), 0);
                while !seen.load(Ordering::SeqCst) {
                    writer.round(round, &mut did)?;
                    round += 1;
                }
                Ok(did)
            }));
        }
        Ok(Writers { over, threads })
    }

    /// Ends them; none may have seen an error.
    fn end(mut self) -> Result<Did, String> {
        self.over.store(true, Ordering::SeqCst);
        let mut all = Did::default();
        for thread in self.threads.drain(..) {
            let did = thread.join().map_err(|_| "a writer died")??;
            all.statements += did.statements;
            all.longest = all.longest.max(did.longest);
        }
        holds(all.statements > 500, || format!("they hardly wrote: {all:?}"))?;
        Ok(all)
    }
}

impl Drop for Writers {
    fn drop(&mut self) {
        self.over.store(true, Ordering::SeqCst);
    }
}

/// A project with a table of which a column is to be called otherwise, expanded.
fn expanded(server: &Server) -> Result<Life, String> {
    let life = Life::new(server, "renamed", ONE)?;
    let name = life.text("SELECT current_database()")?;
    for way in ["indexscan", "indexonlyscan", "bitmapscan"] {
        life.sql(&format!("ALTER DATABASE {name} SET enable_{way} = on"))?;
    }
    life.sql(&format!(
        "ALTER TABLE users ADD COLUMN a text NOT NULL DEFAULT 'd' CHECK (a <> '');
         CREATE INDEX users_a ON users (a);
         INSERT INTO users (id, a) SELECT n, n FROM generate_series(2, {ROWS}) AS n;
         ANALYZE users"
    ))?;
    life.ends("expand", 0, "1 step")?;
    let mut new = life.command("new");
    let run = finish(new.args(["--rename-column", "users.a", "b"]).spawn().map_err(said)?)?;
    ended(run, "new", 0, "change.toml")?;
    life.ends("expand", 0, "done")?;
    Ok(life)
}

fn while_all_write(server: &Server) -> Result<(), String> {
    let life = expanded(server)?;
    life.ends("rollout finish web@v1", 0, "web@v1 is everywhere")?;
    let told = seconds()?;
    let span = told.unwrap_or(Duration::from_secs(6));
    let begun = Instant::now();
    let old = Writers::start(server, &life, "a", 0..4)?;
    let new = Writers::start(server, &life, "b", 4..8)?;
    life.ends("backfill run --workers 2", 0, "done; next: migrate backfill verify")?;
    let filled = begun.elapsed();
    life.gives(DIVERGED, "0")?;
    let contract = format!("contract --change {NAME}");
    let run = life.ends(&contract, 4, "K9")?;
    holds(run.out.contains("no proof says that no row is left"), || run.out.clone())?;
    while begun.elapsed() < span {
        life.gives(DIVERGED, "0")?;
        std::thread::sleep(Duration::from_millis(200));
    }
    // The old code goes, and the new one stays at work until the end.
    let old = old.end()?;
    life.ends("rollout finish web@v2 --satisfies all --wait 20s", 0, "web@v2 is everywhere")?;
    life.soak(&["web@v2"])?;
    let alive = Alive::of(server, &life, &["web@v2"])?;
    let run = life.ends(&format!("{contract} --check"), 4, "K9")?;
    holds(run.out.contains("no proof says that no row is left"), || run.out.clone())?;
    life.gives(DIVERGED, "0")?;
    life.ends(&format!("backfill verify --change {NAME}"), 0, "no row of")?;
    life.ends(&format!("{contract} --check"), 0, "may run")?;
    life.gives(DIVERGED, "0")?;
    life.ends(&format!("{contract} --wait 20s"), 0, "executed")?;
    std::thread::sleep(Duration::from_millis(500));
    let new = new.end()?;
    drop(alive);
    if told.is_some() {
        eprintln!("{span:?}: filled in after {filled:?}; old code: {old:?}; new code: {new:?}");
    }
    looks_right(&life)
}

/// Sees that the schema is as if the column had always been called so, and that no row is lost.
fn looks_right(life: &Life) -> Result<(), String> {
    life.gives(
        "SELECT attname, attnotnull FROM pg_attribute WHERE attrelid = 'users'::regclass
             AND attnum > 0 AND NOT attisdropped ORDER BY attname",
        "b|t\nemail|f\nemail_old|f\nid|t\nname|f",
    )?;
    life.gives("SELECT count(*) FROM pg_trigger WHERE tgname LIKE 'zzz%'", "0")?;
    life.gives("SELECT count(*) FROM pg_proc WHERE proname LIKE 'migrate_sync%'", "0")?;
    life.gives("SELECT indisvalid FROM pg_index WHERE indexrelid = 'users_b'::regclass", "t")?;
    life.gives("SELECT to_regclass('users_a') IS NULL", "t")?;
    let check = "SELECT pg_get_constraintdef(oid), convalidated FROM pg_constraint
        WHERE conrelid = 'users'::regclass AND contype = 'c'";
    life.gives(check, "CHECK ((b <> ''::text))|t")?;
    life.gives(&format!("SELECT count(*) FROM users WHERE id <= {ROWS}"), &ROWS.to_string())?;
    // What nobody wrote has the value that it had; the first row was there with its default.
    let untouched = SHARED + 8_000;
    let same = format!(
        "SELECT count(*) FROM users WHERE id BETWEEN {untouched} + 1 AND {ROWS}
        AND b = id::text"
    );
    life.gives(&same, &(ROWS - untouched).to_string())?;
    life.sql("INSERT INTO users (id) VALUES (0)")?;
    life.gives("SELECT b FROM users WHERE id = 0", "d")?;
    life.ends("ledger verify", 0, "whole").map(drop)
}
