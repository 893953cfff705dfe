//! A database that is there, read by `--database-url` and by `--schema` from a dump of it: what is
//! said of further statements is the same as with the history that led to it, and what the server
//! does.

use crate::server::Install;
use crate::server::Server;
use crate::server::Session;
use crate::server::reason;
use libtest_mimic::Failed;
use libtest_mimic::Trial;
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;
use tempfile::TempDir;

#[derive(Deserialize)]
struct Cases {
    case: Vec<Case>,
}

#[derive(Clone, Deserialize)]
struct Case {
    #[serde(default)]
    setup: String,
    #[serde(default)]
    session: String,
    sql: String,
    #[serde(default)]
    min_version: u8,
}

/// Statements that meet the same database.
type Group = (String, Vec<Case>);

/// The statement shapes, by what is done to the base schema before them.
fn groups(major: u8) -> Vec<Group> {
    let cases: Cases = toml::from_str(&data("cases.toml")).expect("the data is TOML of this form");
    let mut groups: BTreeMap<String, Vec<Case>> = BTreeMap::new();
    for case in cases.case.into_iter().filter(|case| case.min_version <= major) {
        groups.entry(case.setup.clone()).or_default().push(case);
    }
    groups.into_iter().collect()
}

fn data(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/locks").join(name);
    fs::read_to_string(path).expect("the data is there")
}

/// How many tests the groups are dealt out to. Each server gets every third group, another third
/// than the next version.
const HANDS: usize = 4;
const SHARE: usize = 3;

/// How the program learns of a database.
#[derive(Clone)]
enum Way {
    Connection,
    Dump(PathBuf),
}

/// A test that needs a server only.
type Test = fn(&Server) -> Result<(), String>;

/// Tests of both ways on one server.
pub(crate) fn trials(
    major: u8,
    install: Option<&Install>,
    start: &(impl Fn() -> Arc<Server> + Clone + Send + 'static),
) -> Vec<Trial> {
    let mut trials = Vec::new();
    let pg_dump = install.and_then(|install| install.program("pg_dump"));
    let no_dump = pg_dump.is_none();
    let ways = [
        ("connection", Way::Connection, false),
        ("dump", Way::Dump(pg_dump.unwrap_or_default()), no_dump),
    ];
    for (name, way, ignored) in ways {
        for hand in 0..HANDS {
            let (start, way) = (start.clone(), way.clone());
            let run = move || says_the_same(&start(), &way, hand).map_err(Failed::from);
            let trial = Trial::test(format!("catalogs::{name}::{hand}::{major}"), run);
            trials.push(trial.with_ignored_flag(ignored));
        }
    }
    let tests: [(&str, Test); 4] = [
        ("counts_rows", counts_rows),
        ("waits_for_nobody", waits_for_nobody),
        ("a_role_that_may_nothing", a_role_that_may_nothing),
        ("says_what_is_wrong", says_what_is_wrong),
    ];
    for (name, test) in tests {
        let start = start.clone();
        let run = move || test(&start()).map_err(Failed::from);
        trials.push(Trial::test(format!("catalogs::{name}::{major}"), run));
    }
    if let Some(install) = install.cloned() {
        let run = move || is_encrypted(&install).map_err(Failed::from);
        trials.push(Trial::test(format!("catalogs::is_encrypted::{major}"), run));
    }
    trials
}

/// Numbers for the names of databases.
static DATABASES: AtomicUsize = AtomicUsize::new(0);

fn database(server: &Server) -> Result<(String, Session), String> {
    let name = format!("catalog_{}", DATABASES.fetch_add(1, Ordering::Relaxed));
    let session = server.database(&name).map_err(|error| reason(&error))?;
    Ok((name, session))
}

fn says_the_same(server: &Server, way: &Way, hand: usize) -> Result<(), String> {
    let mine = |at: &usize| {
        at % SHARE == usize::from(server.major) % SHARE && (at / SHARE) % HANDS == hand
    };
    let groups = groups(server.major).into_iter().enumerate().filter(|(at, _)| mine(at));
    let mut compared = 0;
    let mut wrong = String::new();
    for (_, (setup, cases)) in groups {
        let (name, session) = database(server)?;
        session.run_each(&data("base.sql"))?;
        // What an older server does not know, or needs a file or an extension, is left out.
        if session.run_each(&setup).is_err() {
            continue;
        }
        compared += cases.len();
        if let Err(why) = compare(server, way, &name, &session, &setup, &cases) {
            writeln!(wrong, "{setup}\n{why}").map_err(|error| error.to_string())?;
        }
    }
    if compared < 10 {
        return Err(format!("only {compared} statements were compared"));
    }
    if wrong.is_empty() { Ok(()) } else { Err(wrong) }
}

/// Each statement in a transaction of its own, which is rolled back.
fn script(cases: &[Case]) -> String {
    let one = |case: &Case| {
        let sql = case.sql.trim_end().trim_end_matches(';');
        let session = case.session.trim_end().trim_end_matches(';');
        format!("BEGIN;\n{session};\n{sql};\nROLLBACK;\n")
    };
    cases.iter().map(one).collect()
}

fn compare(
    server: &Server,
    way: &Way,
    name: &str,
    session: &Session,
    setup: &str,
    cases: &[Case],
) -> Result<(), String> {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let write = |name: &str, text: &str| {
        fs::write(folder.path().join(name), text).map_err(|error| error.to_string())
    };
    write("base.sql", &data("base.sql"))?;
    write("setup.sql", setup)?;
    write("case.sql", &script(cases))?;
    let address = server.address(name);
    let known = match way {
        Way::Connection => plan(&folder, server, &["--database-url", &address])?,
        Way::Dump(program) => {
            let output = Command::new(program)
                .args(["--schema-only", "--file", "dump.sql", &address])
                .current_dir(folder.path())
                .output()
                .map_err(|error| error.to_string())?;
            if !output.status.success() {
                return Err(String::from_utf8_lossy(&output.stderr).into_owned());
            }
            plan(&folder, server, &["--schema", "dump.sql"])?
        }
    };
    let replayed = plan(&folder, server, &["--history", "base.sql", "--history", "setup.sql"])?;
    same(&replayed, &known)?;
    let mut before = "";
    for statement in &known {
        let sql = statement["sql"].as_str().unwrap_or_default();
        // Rows that come over the connection are nothing that a message can hold.
        if sql.contains("STDIN") || sql.contains("STDOUT") {
            continue;
        }
        let answer = session.run(sql).map_err(|error| reason(&error));
        agrees(statement, &answer).map_err(|why| format!("{before}; {sql}: {why}"))?;
        before = sql;
    }
    Ok(())
}

fn program(folder: &TempDir, words: &[&str]) -> Result<(bool, String, String), String> {
    let output = Command::new(env!("CARGO_BIN_EXE_migrate"))
        .args(words)
        .current_dir(folder.path())
        .output()
        .map_err(|error| error.to_string())?;
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    Ok((output.status.success(), text(output.stdout), text(output.stderr)))
}

/// The statements of the plan; all that it stands on is understood.
fn plan(folder: &TempDir, server: &Server, known_by: &[&str]) -> Result<Vec<Value>, String> {
    let major = server.major.to_string();
    let words = ["plan", "--format", "json", "--postgres", &major, "--no-transaction"];
    let words: Vec<&str> = words.iter().chain(known_by).chain(&["case.sql"]).copied().collect();
    let (success, out, err) = program(folder, &words)?;
    if !success || !err.is_empty() {
        return Err(format!("{known_by:?}: {err}"));
    }
    let plan: Value = serde_json::from_str(&out).map_err(|error| error.to_string())?;
    let statements = plan["migrations"][0]["statements"].as_array();
    statements.cloned().ok_or_else(|| "no statements".to_owned())
}

/// What is read of a database is as good as its history: it may be known where that is assumed.
fn same(replayed: &[Value], known: &[Value]) -> Result<(), String> {
    if replayed.len() != known.len() {
        return Err("not the same statements".to_owned());
    }
    for (replayed, known) in replayed.iter().zip(known) {
        let mut known = known.clone();
        if replayed["confidence"] == "assumed" && known["confidence"] == "known" {
            known["confidence"] = replayed["confidence"].clone();
        }
        if *replayed != known {
            return Err(format!("the history: {replayed:#}\nthe database: {known:#}"));
        }
    }
    Ok(())
}

/// Whether the server refuses what we say that it refuses.
fn agrees(statement: &Value, answer: &Result<(), String>) -> Result<(), String> {
    let foretold = statement["error"]["sqlstate"].as_str();
    match (foretold, answer) {
        (Some(state), Err(why)) if why.starts_with(state) => Ok(()),
        (_, Err(why)) if why == "connection closed" => Err("the session is over".to_owned()),
        // The transaction is over: all that follows fails, and is not looked at.
        (_, Err(why)) if why.starts_with("25P02") => Ok(()),
        (Some(state), answer) => Err(format!("{state} foretold, the server says {answer:?}")),
        // Not every refusal can be foretold: the rows, files and what else runs have their say.
        (None, _) => Ok(()),
    }
}

/// The program says who it is, and does not wait for long.
fn waits_for_nobody(server: &Server) -> Result<(), String> {
    let (name, session) = database(server)?;
    session.run_each("CREATE TABLE t (a int); CREATE VIEW v AS SELECT a FROM t;")?;
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    fs::write(folder.path().join("case.sql"), "DROP TABLE t;").map_err(|why| why.to_string())?;
    let address = server.address(&name);
    let words = ["plan", "--format", "json", "--database-url", &address, "case.sql"];
    let (success, out, err) = program(&folder, &words)?;
    if !success || !out.contains("2BP01") {
        return Err(format!("the view stands on the table: {out}{err}"));
    }
    // A lock on a view stands in the way of its definition.
    session.run("BEGIN; LOCK TABLE v IN ACCESS EXCLUSIVE MODE").map_err(|error| reason(&error))?;
    let run = std::thread::scope(|scope| {
        let running = scope.spawn(|| program(&folder, &words));
        let other = server.session(&name).map_err(|error| reason(&error))?;
        let waits = "SELECT FROM pg_stat_activity WHERE application_name = 'migrate'
                     AND datname = current_database() AND wait_event_type = 'Lock'";
        while other.count(waits)? == 0 {
            if running.is_finished() {
                return Err("it did not wait, or not under its name".to_owned());
            }
        }
        running.join().map_err(|_| "the thread ended".to_owned())?
    });
    let (success, _, err) = run?;
    if success || !err.contains("lock timeout") || !err.contains("try again when it is done") {
        return Err(format!("a lock is waited for: {err}"));
    }
    Ok(())
}

/// Small tables are told from large ones by what ANALYZE counted.
fn counts_rows(server: &Server) -> Result<(), String> {
    let (name, session) = database(server)?;
    session.run_each(
        "CREATE TABLE small (a int); INSERT INTO small SELECT generate_series(1, 10);
         CREATE TABLE large (a int); INSERT INTO large SELECT generate_series(1, 20000);
         CREATE TABLE parts (a int) PARTITION BY LIST (a);
         CREATE TABLE part PARTITION OF parts DEFAULT; INSERT INTO parts SELECT 1; ANALYZE;
         CREATE TABLE never (a int); INSERT INTO never SELECT generate_series(1, 20000);",
    )?;
    let address = server.address(&name);
    for (table, severity) in
        [("small", "warning"), ("parts", "warning"), ("large", "error"), ("never", "error")]
    {
        let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
        let sql = format!("CREATE INDEX {table}_a ON {table} (a);");
        fs::write(folder.path().join("case.sql"), sql).map_err(|why| why.to_string())?;
        let words = ["lint", "--format", "json", "--database-url", &address];
        let words = words.iter().chain(&["--small-tables", "1000", "case.sql"]);
        let (_, out, err) = program(&folder, &words.copied().collect::<Vec<_>>())?;
        let report: Value =
            serde_json::from_str(&out).map_err(|error| format!("{error}: {err}"))?;
        if report["findings"][0]["severity"] != severity {
            return Err(format!("{table} is no {severity}: {report:#}"));
        }
    }
    Ok(())
}

/// The catalog is everybody's to read.
fn a_role_that_may_nothing(server: &Server) -> Result<(), String> {
    let (name, session) = database(server)?;
    session.run_each(
        "CREATE SCHEMA hidden; CREATE TABLE hidden.t (a int PRIMARY KEY, b text DEFAULT 'x');
         CREATE FUNCTION hidden.f() RETURNS int LANGUAGE sql AS 'SELECT 1';
         CREATE VIEW hidden.v AS SELECT a FROM hidden.t; REVOKE ALL ON SCHEMA public FROM PUBLIC;",
    )?;
    session.run_each(&format!("CREATE ROLE nobody_{name} LOGIN"))?;
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let sql = "ALTER TABLE hidden.t DROP COLUMN a;";
    fs::write(folder.path().join("case.sql"), sql).map_err(|why| why.to_string())?;
    let role = format!("user=nobody_{name}");
    let address = server.address(&name).replace("user=postgres", &role);
    let words = ["plan", "--format", "json", "--database-url", &address, "case.sql"];
    let (success, out, err) = program(&folder, &words)?;
    if success && out.contains("2BP01") { Ok(()) } else { Err(format!("{out}{err}")) }
}

/// What stands in the way is said, with what to do.
fn says_what_is_wrong(server: &Server) -> Result<(), String> {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    fs::write(folder.path().join("case.sql"), "SELECT 1;").map_err(|why| why.to_string())?;
    let address = server.address("postgres");
    let wrong = [
        (server.address("no_such_database"), "see that the database's name is right"),
        (address.replace("user=postgres", "user=no_such_role"), "user and password are right"),
        (address.replace("port=", "port=1"), "see that host, port and sslmode are right"),
    ];
    for (address, help) in wrong {
        let (success, out, err) =
            program(&folder, &["lint", "--database-url", &address, "case.sql"])?;
        if success || !err.contains(help) || !out.is_empty() {
            return Err(format!("{address}: {out}{err}"));
        }
    }
    Ok(())
}

/// A server that is spoken to over TLS only, with a certificate for `localhost`.
fn is_encrypted(install: &Install) -> Result<(), String> {
    let fault = |error: std::io::Error| error.to_string();
    let free = TcpListener::bind("127.0.0.1:0").map_err(fault)?;
    let port = free.local_addr().map_err(fault)?.port();
    drop(free);
    let tls = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/tls");
    let text = |name: &str| fs::read_to_string(tls.join(name)).map_err(fault);
    let server = Server::start_with(
        install,
        port,
        &[
            ("server.crt", &text("server.pem")?),
            ("server.key", &text("server.key")?),
            ("postgresql.conf", "ssl = on\nlisten_addresses = '127.0.0.1'\n"),
            ("pg_hba.conf", "hostssl all tester 127.0.0.1/32 scram-sha-256\nlocal all all trust\n"),
        ],
    );
    let server = server.map_err(fault)?;
    let session = server.session("postgres").map_err(|error| reason(&error))?;
    session.run_each(
        "SET password_encryption = 'scram-sha-256'; CREATE ROLE tester LOGIN PASSWORD 'p@ss';
         CREATE TABLE t (a int);",
    )?;
    let folder = tempfile::tempdir().map_err(fault)?;
    fs::write(folder.path().join("case.sql"), "DROP TABLE t;").map_err(fault)?;
    let roots = format!("&sslrootcert={}", tls.join("authority.pem").display());
    let cases = [
        ("localhost", "disable", "", Some("no encryption")),
        ("localhost", "prefer", "", None),
        ("localhost", "require", "", None),
        ("localhost", "verify-full", roots.as_str(), None),
        ("127.0.0.1", "verify-ca", roots.as_str(), None),
        ("127.0.0.1", "verify-full", roots.as_str(), Some("not valid for name")),
        ("localhost", "verify-full", "&sslrootcert=system", Some("certificate")),
    ];
    for (host, mode, roots, refused) in cases {
        let url = format!("postgres://tester:p%40ss@{host}:{port}/postgres?sslmode={mode}{roots}");
        let (success, out, err) =
            program(&folder, &["plan", "--format", "json", "--database-url", &url, "case.sql"])?;
        let as_it_should = match refused {
            Some(why) => !success && err.contains(why) && !err.contains("p@ss"),
            None => success && out.contains("\"known\""),
        };
        if !as_it_should {
            return Err(format!("{host} {mode}: {out}{err}"));
        }
    }
    Ok(())
}
