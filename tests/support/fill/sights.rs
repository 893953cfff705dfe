//! What is told of a backfill: metrics, the proof that it may run twice, and the proof that no row
//! is left, which sees every row or is none.

use super::Test;
use super::world::CHANGE;
use super::world::EXPAND;
use super::world::FILL_IN;
use super::world::Fill;
use super::world::SHORT;
use super::world::holds;
use super::world::said;
use super::world::slowed;
use crate::server::Server;
use std::io::Read;
use std::io::Write;
use std::net::TcpListener;
use std::net::TcpStream;
use std::time::Duration;
use std::time::Instant;

pub(super) const TESTS: &[(&str, Test)] = &[
    ("sights::metrics", metrics),
    ("sights::proven_by_doing", proven_by_doing),
    ("sights::lines_for_programs", lines_for_programs),
    ("sights::partitions_that_come_and_go", partitions_that_come_and_go),
    ("sights::rows_that_a_policy_hides", rows_that_a_policy_hides),
    ("sights::a_plan_of_what_is_there", a_plan_of_what_is_there),
    ("sights::rows_that_do_not_show_it", rows_that_do_not_show_it),
];

/// A port that nobody listens on.
fn free_port() -> Result<u16, String> {
    let listener = TcpListener::bind("127.0.0.1:0").map_err(said)?;
    Ok(listener.local_addr().map_err(said)?.port())
}

fn get(port: u16, path: &str) -> Result<String, String> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).map_err(said)?;
    write!(stream, "GET {path} HTTP/1.0\r\n\r\n").map_err(said)?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).map_err(said)?;
    Ok(answer)
}

fn metrics(server: &Server) -> Result<(), String> {
    let fill = Fill::users(server, "metrics", (60_000, 570), "least = 200\nmost = 200\n")?;
    fill.sql(&slowed("users", "0.03"))?;
    let port = free_port()?;
    let worker = fill.start(&format!("backfill run --metrics-addr 127.0.0.1:{port}"))?;
    fill.batches(5)?;
    let begun = Instant::now();
    let rows = format!(
        "migrate_backfill_rows_written_total{{change=\"{CHANGE}\",statement=\"1\",table=\"users\"}}"
    );
    let written = loop {
        let text = get(port, "/metrics")?;
        let line = text.lines().find_map(|line| line.strip_prefix(rows.as_str()));
        if let Some(number) = line.and_then(|number| number.trim().parse::<f64>().ok()) {
            break number;
        }
        holds(begun.elapsed() < Duration::from_secs(10), || text)?;
        std::thread::sleep(Duration::from_millis(100));
    };
    holds(written >= 200.0, || format!("{written} rows are told"))?;
    let health = get(port, "/healthz")?;
    holds(health.starts_with("HTTP/1.") && health.contains(" 200 "), || health)?;
    let nothing = get(port, "/else")?;
    holds(nothing.contains(" 404 "), || nothing)?;
    worker.signal("-TERM")?;
    worker.ends(75, Duration::from_secs(10)).map(drop)
}

/// A plan tells how each table would be walked, by what is there and what is set; nothing begins.
fn a_plan_of_what_is_there(server: &Server) -> Result<(), String> {
    let fill = Fill::users(server, "preview", (50_000, 1000), "")?;
    let plan = format!("backfill plan --change {SHORT}");
    let told = fill.ends(&plan, 0, "-- users: about 50,000 rows, ")?;
    holds(told.contains("MiB; by key (id), 16 ranges\n"), || told.clone())?;
    let set = |settings: &str| fill.change(CHANGE, EXPAND, FILL_IN, settings);
    set("walk = \"blocks\"\nstripes = 10\n")?;
    fill.ends(&plan, 0, "MiB; block by block, and once more for rows that move meanwhile, in 10")?;
    set("key = [\"email\"]\n")?;
    fill.ends(&plan, 2, "has no unique index of columns that are never null on (email)")?;
    fill.gives("SELECT to_regclass('migrate.backfill_job') IS NOT NULL", "t")?;
    fill.gives("SELECT count(*) FROM migrate.backfill_job", "0")
}

/// A line of JSON for all that is said, also of a change that has nothing but data to fill in.
fn lines_for_programs(server: &Server) -> Result<(), String> {
    let fill = Fill::empty(server, "lines")?;
    fill.sql(&super::world::users(500, 10))?;
    fill.sql(EXPAND)?;
    let other = "migrations/20250101000000_other/expand.sql";
    fill.file(other, "CREATE TABLE other (id int);")?;
    fill.ends("expand", 0, "")?;
    fill.file(&format!("migrations/{CHANGE}/migrate.sql"), FILL_IN)?;
    for (options, code, outcome) in [("--prove", 0, "proven"), ("", 0, "done"), ("", 0, "done")] {
        let run = format!("backfill run --format json {options}");
        let out = fill.ends(run.trim_end(), code, outcome)?;
        for line in out.lines() {
            let value: serde_json::Value =
                serde_json::from_str(line).map_err(|error| format!("{line}: {error}"))?;
            holds(value["event"].is_string(), || line.to_owned())?;
        }
    }
    fill.ends("backfill verify --change lower", 0, "")?;
    let out = fill.ends("backfill run --format json", 0, "")?;
    holds(out.is_empty(), || out)
}

fn proven_by_doing(server: &Server) -> Result<(), String> {
    let fill = Fill::users(server, "proven", (5000, 10), "")?;
    fill.ends("backfill status", 6, "no backfill was begun")?;
    fill.ends("backfill run --prove", 0, "400 rows are the same when it runs again")?;
    fill.gives("SELECT count(*) FROM users WHERE email_lower IS NOT NULL", "0")?;
    fill.gives("SELECT count(*) FROM migrate.backfill_job", "0")?;
    // What a trigger does comes out otherwise each time: no text shows that.
    fill.sql(
        "CREATE FUNCTION restless() RETURNS trigger LANGUAGE plpgsql AS
            'BEGIN NEW.pad := NEW.pad || ''!''; NEW.email_lower := NULL; RETURN NEW; END';
         CREATE TRIGGER restless BEFORE UPDATE ON users FOR EACH ROW EXECUTE FUNCTION restless()",
    )?;
    fill.ends("backfill run --prove", 3, "400 were written again")?;
    fill.gives("SELECT count(*) FROM users WHERE pad LIKE '%!'", "0")
}

fn partitions_that_come_and_go(server: &Server) -> Result<(), String> {
    let fill = Fill::empty(server, "come_and_go")?;
    fill.sql(
        "CREATE TABLE ev (id bigint, d int, a int, PRIMARY KEY (id, d)) PARTITION BY RANGE (d);
         CREATE TABLE ev1 PARTITION OF ev FOR VALUES FROM (0) TO (10);
         CREATE TABLE ev2 PARTITION OF ev FOR VALUES FROM (10) TO (20);
         INSERT INTO ev SELECT n, n % 20, n FROM generate_series(1, 10000) AS n",
    )?;
    let update = "UPDATE ev SET b = a + 1 WHERE b IS NULL;";
    fill.change(CHANGE, "ALTER TABLE ev ADD COLUMN b int;", update, "")?;
    fill.ends("expand", 0, "")?;
    fill.ends("backfill run --for 1ms", 75, "")?;
    let come = |at: u32| {
        format!(
            "CREATE TABLE ev_{at} PARTITION OF ev FOR VALUES FROM ({at}) TO ({});
             INSERT INTO ev SELECT n, {at}, n FROM generate_series(1, 500) AS n",
            at + 10
        )
    };
    fill.sql(&come(20))?;
    fill.sql("DROP TABLE ev2")?;
    fill.ends("backfill run", 0, "done")?;
    fill.gives("SELECT count(*) FROM ev WHERE b IS NULL", "0")?;
    // One that comes behind the end is no row that was proven done.
    fill.sql(&come(30))?;
    fill.ends(&format!("backfill verify --change {SHORT}"), 4, "is not at its end")?;
    fill.ends("backfill run", 0, "done")?;
    fill.gives("SELECT count(*) FROM ev WHERE b IS NULL", "0")?;
    fill.ends(&format!("backfill verify --change {SHORT}"), 0, "no row")?;
    fill.ends("backfill run", 0, "no change has data that is to be filled in").map(drop)
}

fn rows_that_a_policy_hides(server: &Server) -> Result<(), String> {
    let fill = Fill::users(server, "hidden", (2000, 10), "")?;
    fill.ends("backfill run", 0, "done")?;
    fill.sql(
        "UPDATE users SET email_lower = NULL WHERE id <= 49;
         ALTER TABLE users ENABLE ROW LEVEL SECURITY;
         CREATE POLICY half ON users USING (id > 49);
         DO 'BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = ''half_blind'') THEN
            CREATE ROLE half_blind; END IF; END';
         GRANT ALL ON ALL TABLES IN SCHEMA public, migrate TO half_blind;
         GRANT USAGE ON SCHEMA migrate TO half_blind;
         GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA migrate TO half_blind",
    )?;
    let verify = format!("backfill verify --change {SHORT}");
    fill.ends(&format!("{verify} --role half_blind"), 1, "row-level security")?;
    fill.ends(&verify, 4, "49 rows").map(drop)
}

fn rows_that_do_not_show_it(server: &Server) -> Result<(), String> {
    let fill = Fill::empty(server, "unseen")?;
    fill.sql(
        "CREATE TABLE src (id bigint PRIMARY KEY, a int);
         CREATE TABLE dst (id bigint PRIMARY KEY, a int);
         INSERT INTO src SELECT n, n FROM generate_series(1, 3000) AS n",
    )?;
    let insert = "INSERT INTO dst (id, a) SELECT id, a FROM src
        ON CONFLICT (id) DO UPDATE SET a = excluded.a;";
    fill.change(CHANGE, "ALTER TABLE dst ADD COLUMN b int;", insert, "")?;
    fill.ends("expand", 0, "")?;
    fill.ends("backfill run", 0, "done")?;
    fill.gives("SELECT count(*) FROM dst", "3000")?;
    let verify = format!("backfill verify --change {SHORT}");
    fill.ends(&verify, 2, "do not show that they are done").map(drop)
}
