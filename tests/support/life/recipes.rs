//! What `migrate new` writes for a column that gets another name or type, on a real server: who
//! writes what into which column, a change of type under load, and from the expand to the contract.
//! A rename under load is `renamed`.

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

pub(super) const TESTS: &[(&str, Test)] = &[
    ("recipes::two_names_of_a_column", two_names_of_a_column),
    ("recipes::two_types_of_a_column", two_types_of_a_column),
    ("recipes::values_that_are_equal_and_not_alike", values_that_are_equal_and_not_alike),
    ("recipes::a_type_under_load", a_type_under_load),
    ("recipes::a_column_that_takes_no_null", a_column_that_takes_no_null),
];

/// A project with a table, and a change that a recipe writes from the catalog.
pub(super) fn life(
    server: &Server,
    name: &str,
    table: &str,
    recipe: &[&str],
) -> Result<Life, String> {
    let life = Life::new(server, name, ONE)?;
    life.sql(table)?;
    life.ends("expand", 0, "1 step")?;
    cook(&life, recipe)?;
    Ok(life)
}

/// Runs a recipe.
pub(super) fn cook(life: &Life, recipe: &[&str]) -> Result<(), String> {
    let mut command = life.command("new");
    command.args(recipe);
    let run = finish(command.spawn().map_err(said)?)?;
    ended(run, &recipe.join(" "), 0, "change.toml").map(drop)
}

/// Runs statements one after the other; the last one is a query with its answer.
fn comes_to(life: &Life, cases: &[(&str, &str, &str)]) -> Result<(), String> {
    for (what, sql, wanted) in cases {
        life.sql("TRUNCATE t; ALTER TABLE t DISABLE TRIGGER USER")?;
        // A row that was there before the expand.
        life.sql("INSERT INTO t (id, a) VALUES (1, 'old'); ALTER TABLE t ENABLE TRIGGER USER")?;
        life.sql(sql).map_err(|error| format!("{what}: {error}"))?;
        let found = life.text("SELECT id, a, b FROM t ORDER BY id")?;
        holds(found == *wanted, || format!("{what}: {sql} gives `{found}`, not `{wanted}`"))?;
    }
    Ok(())
}

fn two_names_of_a_column(server: &Server) -> Result<(), String> {
    let table = "CREATE TABLE t (id int PRIMARY KEY, a text NOT NULL DEFAULT 'd', other int)";
    let life = life(server, "names", table, &["--rename-column", "t.a", "b"])?;
    life.ends("expand", 0, "done")?;
    comes_to(
        &life,
        &[
            ("old code inserts", "INSERT INTO t (id, a) VALUES (2, 'x')", "1|old|∅\n2|x|x"),
            ("new code inserts", "INSERT INTO t (id, b) VALUES (2, 'x')", "1|old|∅\n2|x|x"),
            ("neither is given", "INSERT INTO t (id) VALUES (2)", "1|old|∅\n2|d|d"),
            ("both, alike", "INSERT INTO t (id, a, b) VALUES (2, 'x', 'x')", "1|old|∅\n2|x|x"),
            (
                "both, and new wins",
                "INSERT INTO t (id, a, b) VALUES (2, 'x', 'y')",
                "1|old|∅\n2|y|y",
            ),
            ("old code updates", "UPDATE t SET a = 'x'", "1|x|x"),
            ("new code updates", "UPDATE t SET b = 'x'", "1|x|x"),
            ("both at once, and new wins", "UPDATE t SET a = 'x', b = 'y'", "1|y|y"),
            ("a row that is touched heals", "UPDATE t SET other = 1", "1|old|old"),
            (
                "old code upserts",
                "INSERT INTO t (id, a) VALUES (1, 'x')
                 ON CONFLICT (id) DO UPDATE SET a = excluded.a",
                "1|x|x",
            ),
            (
                "new code upserts",
                "INSERT INTO t (id, b) VALUES (1, 'x')
                 ON CONFLICT (id) DO UPDATE SET b = excluded.b",
                "1|x|x",
            ),
            (
                "an explicit NULL is what the old column has",
                "INSERT INTO t (id, b) VALUES (2, NULL)",
                "1|old|∅\n2|d|d",
            ),
            (
                "the backfill fills, and twice is as once",
                "UPDATE t SET b = a WHERE b IS DISTINCT FROM a;
                 UPDATE t SET b = a WHERE b IS DISTINCT FROM a",
                "1|old|old",
            ),
        ],
    )?;
    life.sql("UPDATE t SET b = a")?;
    let null = life.sql("UPDATE t SET b = NULL");
    holds(null.as_ref().is_err_and(|why| why.contains("23502")), || format!("{null:?}"))?;
    life.ends("undo", 0, "is taken back")?;
    life.gives("SELECT count(*) FROM pg_trigger WHERE tgname LIKE 'zzz%'", "0")?;
    life.gives("SELECT count(*) FROM pg_proc WHERE proname LIKE 'migrate_sync%'", "0")
}

fn two_types_of_a_column(server: &Server) -> Result<(), String> {
    let table = "CREATE TABLE t (id int PRIMARY KEY, a text NOT NULL DEFAULT '0', b int)";
    let words = ["--change-type", "t.a", "int", "--using", "nullif(a, 'old')::int"];
    let life = life(server, "types", table, &words)?;
    life.ends("expand", 0, "done")?;
    let same = |life: &Life, what: &str, sql: &str, wanted: &str| {
        life.sql("DELETE FROM t")?;
        life.sql(sql).map_err(|error| format!("{what}: {error}"))?;
        life.gives("SELECT a, a_new FROM t", wanted).map_err(|error| format!("{what}: {error}"))
    };
    same(&life, "it follows an INSERT", "INSERT INTO t (id, a) VALUES (1, '7')", "7|7")?;
    same(&life, "a default", "INSERT INTO t (id) VALUES (1)", "0|0")?;
    let upsert = "INSERT INTO t (id, a) VALUES (1, '7'); INSERT INTO t (id, a) VALUES (1, '8')
        ON CONFLICT (id) DO UPDATE SET a = excluded.a";
    same(&life, "an upsert", upsert, "8|8")?;
    let touch = "ALTER TABLE t DISABLE TRIGGER USER; INSERT INTO t (id, a) VALUES (1, '7');
        ALTER TABLE t ENABLE TRIGGER USER; UPDATE t SET b = 1";
    same(&life, "a touch heals", touch, "7|7")?;
    same(&life, "an UPDATE", "INSERT INTO t (id) VALUES (1); UPDATE t SET a = '9'", "9|9")?;
    let wrong = life.sql("UPDATE t SET a = 'nine'");
    holds(wrong.as_ref().is_err_and(|why| why.contains("22P02")), || format!("{wrong:?}"))
}

/// `1.0` and `1.00` are equal, and not the same.
fn values_that_are_equal_and_not_alike(server: &Server) -> Result<(), String> {
    let table = "CREATE TABLE t (id int PRIMARY KEY, a numeric)";
    let life = life(server, "alike", table, &["--rename-column", "t.a", "b"])?;
    life.ends("expand", 0, "done")?;
    life.sql("INSERT INTO t VALUES (1, 1.0); UPDATE t SET a = 1.00")?;
    life.gives("SELECT a, b FROM t", "1.00|1.00")?;
    life.sql("UPDATE t SET b = 1.000")?;
    life.gives("SELECT a, b FROM t", "1.000|1.000")
}

/// Somebody who writes all the time.
struct Writers {
    over: Arc<AtomicBool>,
    threads: Vec<JoinHandle<Result<u64, String>>>,
}

impl Writers {
    /// Eight of them: each runs what the function makes of its number and the number of its round.
    fn start(server: &Server, life: &Life, sql: fn(u64, u64) -> String) -> Result<Writers, String> {
        let over = Arc::new(AtomicBool::new(false));
        let mut threads = Vec::new();
        for number in 0..8 {
            let session = another(server, life)?;
            let set = session.run("SET enable_indexscan = on; SET synchronous_commit = off");
            set.map_err(|error| reason(&error))?;
            let seen = over.clone();
            threads.push(std::thread::spawn(move || write(&session, number, sql, &seen)));
        }
        Ok(Writers { over, threads })
    }

    /// Ends them; gives how many statements they ran, all without an error.
    fn end(self) -> Result<u64, String> {
        self.over.store(true, Ordering::SeqCst);
        let mut count = 0;
        for thread in self.threads {
            count += thread.join().map_err(|_| "a writer died")??;
        }
        Ok(count)
    }
}

fn write(
    session: &Session,
    number: u64,
    sql: fn(u64, u64) -> String,
    over: &AtomicBool,
) -> Result<u64, String> {
    let mut round = 0;
    while !over.load(Ordering::SeqCst) {
        let sql = sql(number, round);
        session.run(&sql).map_err(|error| format!("{sql}: {}", reason(&error)))?;
        round += 1;
    }
    Ok(round)
}

const ROWS: u64 = 4_000;

/// Fills a table in pieces, as a backfill would.
fn fill(life: &Life, set: &str, left: &str) -> Result<(), String> {
    for from in (1..=ROWS).step_by(100) {
        let to = from + 99;
        life.sql(&format!("UPDATE t SET {set} WHERE id BETWEEN {from} AND {to} AND {left}"))?;
        std::thread::sleep(Duration::from_millis(60));
    }
    Ok(())
}

fn table(column: &str) -> String {
    format!(
        "CREATE TABLE t (id int PRIMARY KEY, {column}, other int);
         CREATE INDEX t_a ON t (a);
         INSERT INTO t (id, a) SELECT n, n FROM generate_series(1, {ROWS}) n;"
    )
}

/// Brings a change to its contract: released, filled, verified, soaked.
fn through(server: &Server, life: &Life, change: &str) -> Result<(), String> {
    life.ends(&format!("backfill run --change {change}"), 0, "")?;
    life.ends("rollout finish web@v1", 0, "web@v1 is everywhere")?;
    life.ends("rollout finish web@v2 --satisfies all", 0, "web@v2 is everywhere")?;
    life.soak(&["web@v2"])?;
    life.ends(&format!("backfill verify --change {change}"), 0, "no row of")?;
    let _alive = Alive::of(server, life, &["web@v2"])?;
    life.ends(&format!("contract --change {change} --wait 20s"), 0, "executed").map(drop)
}

/// Code that is content with either type: text in, and text out.
fn same_name(number: u64, round: u64) -> String {
    let id = 1 + (round * 7_919 + number * 104_729) % (ROWS + 1_000);
    match round % 3 {
        0 => format!("UPDATE t SET a = {round} WHERE id = {id}"),
        1 => format!(
            "INSERT INTO t (id, a) VALUES ({id}, {round})
             ON CONFLICT (id) DO UPDATE SET a = excluded.a"
        ),
        _ => format!("UPDATE t SET other = {round} WHERE id = {id}"),
    }
}

fn a_type_under_load(server: &Server) -> Result<(), String> {
    let table = table("a int NOT NULL DEFAULT 7");
    let life = life(server, "retyped", &table, &["--change-type", "t.a", "bigint"])?;
    life.sql(
        "CREATE FUNCTION names_it() RETURNS bigint LANGUAGE sql AS 'SELECT max(a) FROM public.t'",
    )?;
    life.ends("expand", 0, "done")?;
    let writers = Writers::start(server, &life, same_name)?;
    fill(&life, "a_new = a::bigint", "a_new IS DISTINCT FROM a::bigint")?;
    life.gives("SELECT count(*) FROM t WHERE a_new IS DISTINCT FROM a", "0")?;
    // The cut-over runs while all write.
    through(server, &life, "change_type_t_a")?;
    std::thread::sleep(Duration::from_secs(1));
    let count = writers.end()?;
    holds(count > 1_000, || format!("only {count} statements ran"))?;
    life.gives("SELECT count(*) FROM t WHERE a IS DISTINCT FROM a_old", "0")?;
    let column = "SELECT format_type(atttypid, -1), attnotnull FROM pg_attribute
        WHERE attrelid = 't'::regclass AND attname = 'a'";
    life.gives(column, "bigint|t")?;
    life.sql("INSERT INTO t (id) VALUES (0)")?;
    life.gives("SELECT a, a_old FROM t WHERE id = 0", "7|7")?;
    // And then the old column goes.
    std::thread::sleep(Duration::from_millis(1_100));
    cook(&life, &["--drop-old", "t.a_old"])?;
    life.ends("expand", 0, "")?;
    life.ends("rollout finish web@v3 --satisfies all --wait 20s", 0, "web@v3 is everywhere")?;
    life.long_ago("web@v2", "2 minutes")?;
    let _alive = Alive::of(server, &life, &["web@v3"])?;
    life.ends("contract --change drop_t_a_old --wait 20s", 0, "executed")?;
    life.sql("UPDATE t SET a = 5000000000 WHERE id = 0")?;
    life.gives("SELECT count(*) FROM pg_proc WHERE proname LIKE 'migrate_sync%'", "0")
}

fn a_column_that_takes_no_null(server: &Server) -> Result<(), String> {
    let table = "CREATE TABLE t (id int PRIMARY KEY, a text); INSERT INTO t VALUES (1), (2)";
    let life = life(server, "filled", table, &["--set-not-null", "t.a", "--fill", "'n' || id"])?;
    life.ends("expand", 0, "done")?;
    life.sql("INSERT INTO t VALUES (3, NULL), (4, 'x'); INSERT INTO t (id) VALUES (5)")?;
    life.sql("UPDATE t SET a = NULL WHERE id = 4")?;
    through(server, &life, "set_not_null_t_a")?;
    life.gives("SELECT string_agg(a, ',' ORDER BY id) FROM t", "n1,n2,n3,n4,n5")?;
    let null = life.sql("INSERT INTO t (id) VALUES (6)");
    holds(null.as_ref().is_err_and(|why| why.contains("23502")), || format!("{null:?}"))
}
