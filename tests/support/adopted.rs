//! `migrate status` on databases that other tools migrate: their tables as they make them, their
//! rows as they write them, and nothing that is changed by looking.

use crate::golden;
use crate::server::Server;
use crate::server::Session;
use crate::server::reason;
use libtest_mimic::Failed;
use libtest_mimic::Trial;
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use tempfile::TempDir;

/// A database and a project beside it.
#[derive(Deserialize)]
struct Case {
    sql: String,
    files: BTreeMap<String, String>,
    expected: BTreeMap<String, String>,
}

/// What a run of the program said.
struct Run {
    code: i32,
    out: String,
    err: String,
}

type Test = fn(&Server) -> Result<(), String>;

const FOLDER: &str = "tests/data/status";

/// A trial a tool, and some of what no tool does.
pub(crate) fn trials(
    major: u8,
    start: &(impl Fn() -> Arc<Server> + Clone + Send + 'static),
) -> Vec<Trial> {
    let mut trials = Vec::new();
    for name in names() {
        let start = start.clone();
        let case = name.clone();
        let run = move || is_told(&start(), &case).map_err(Failed::from);
        trials.push(Trial::test(format!("adopted::{name}::{major}"), run));
    }
    let tests: [(&str, Test); 8] = [
        ("json", json_is_as_it_was),
        ("blanks", blanks_are_told_by_what_git_keeps),
        ("closed", a_table_that_may_not_be_read),
        ("schemas", the_table_that_speaks_of_the_files),
        ("native", our_own_has_no_ledger_yet),
        ("nowhere", nobody_answers),
        ("planned", a_plan_says_what_is_dirty),
        ("trunk", what_comes_next_names_a_branch_that_is_there),
    ];
    for (name, test) in tests {
        let start = start.clone();
        let run = move || test(&start()).map_err(Failed::from);
        trials.push(Trial::test(format!("adopted::{name}::{major}"), run));
    }
    trials
}

fn names() -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(FOLDER);
    let entries = fs::read_dir(folder).expect("the data is there").flatten();
    let names = entries.filter_map(|entry| {
        let name = entry.file_name().into_string().expect("a name in ASCII");
        name.strip_suffix(".toml").map(str::to_owned)
    });
    let mut names: Vec<String> = names.collect();
    names.sort();
    names
}

fn case(name: &str) -> Case {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(FOLDER).join(format!("{name}.toml"));
    let text = fs::read_to_string(path).expect("the data is there");
    toml::from_str(&text).expect("the data is TOML of this form")
}

fn write(folder: &TempDir, files: &BTreeMap<String, String>) -> Result<(), String> {
    for (path, text) in files {
        let path = folder.path().join(path);
        let parent = path.parent().expect("a file stands in a folder");
        fs::create_dir_all(parent).map_err(|error| error.to_string())?;
        fs::write(path, text).map_err(|error| error.to_string())?;
    }
    Ok(())
}

fn folder() -> Result<TempDir, String> {
    tempfile::tempdir().map_err(|error| error.to_string())
}

fn status(folder: &TempDir, address: &str, words: &[&str]) -> Result<Run, String> {
    migrate(folder, address, &[&["status"], words].concat())
}

fn migrate(folder: &TempDir, address: &str, words: &[&str]) -> Result<Run, String> {
    let output = Command::new(env!("CARGO_BIN_EXE_migrate"))
        .args(words)
        .current_dir(folder.path())
        .env("DATABASE_URL", address)
        .output()
        .map_err(|error| error.to_string())?;
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    let code = output.status.code().ok_or("a signal ended it")?;
    Ok(Run { code, out: text(output.stdout), err: text(output.stderr) })
}

/// A new database with what a tool has written.
fn database(server: &Server, name: &str, sql: &str) -> Result<Session, String> {
    let name = name.replace('-', "_");
    let session = server.database(&format!("adopted_{name}")).map_err(|error| reason(&error))?;
    session.run(sql).map_err(|error| reason(&error))?;
    Ok(session)
}

/// All tables, and all rows of those that are no system's.
fn contents(session: &Session) -> Result<String, String> {
    let text = |sql: &str| session.text(sql).map_err(|error| reason(&error));
    let mut all = text("SELECT oid, relname, relfilenode, relnatts FROM pg_class ORDER BY oid")?;
    let tables = session.rows(
        "SELECT format('%I.%I', nspname, relname) FROM pg_class c
         JOIN pg_namespace n ON n.oid = relnamespace
         WHERE relkind = 'r' AND nspname !~ '^(pg_|information_schema)' ORDER BY 1",
    )?;
    for table in tables.iter().flatten() {
        all.push_str(&text(&format!("SELECT t::text, xmin FROM {table} t ORDER BY 1"))?);
    }
    Ok(all)
}

fn holds(condition: bool, said: impl FnOnce() -> String) -> Result<(), String> {
    if condition { Ok(()) } else { Err(said()) }
}

/// What is said of a case: each migration stands where it should, all words are as they were, and
/// the database is as it was.
fn is_told(server: &Server, name: &str) -> Result<(), String> {
    let case = case(name);
    let session = database(server, name, &case.sql)?;
    let folder = folder()?;
    write(&folder, &case.files)?;
    let before = contents(&session)?;
    let address = server.address(&format!("adopted_{}", name.replace('-', "_")));
    let run = status(&folder, &address, &["--format", "json"])?;
    let json: Value = serde_json::from_str(&run.out)
        .map_err(|error| format!("{error}: {}{}", run.out, run.err))?;
    let projects = json["projects"].as_array().ok_or("no projects")?;
    holds(projects.len() == 1, || format!("one project: {}", run.out))?;
    let migrations = projects[0]["migrations"].as_array().ok_or("no migrations")?;
    let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let found: BTreeMap<String, String> = migrations
        .iter()
        .map(|migration| (word(&migration["version"]), word(&migration["status"])))
        .collect();
    holds(found == case.expected, || format!("{found:#?} is not {:#?}", case.expected))?;
    holds(found.len() == migrations.len(), || format!("each once: {}", run.out))?;
    let somebody = found.values().any(|word| !["applied", "pending"].contains(&word.as_str()));
    let code = if somebody || name == "others" { 3 } else { 0 };
    holds(run.code == code, || format!("{} is not {code}", run.code))?;
    let run = status(&folder, &address, &[])?;
    let (place, rest) = run.out.split_once('\n').ok_or("no output")?;
    holds(place.starts_with("database `adopted_"), || place.to_owned())?;
    holds(run.code == code && run.err.is_empty(), || format!("{} {}", run.code, run.err))?;
    golden::check(&format!("{FOLDER}/{name}.txt"), rest)?;
    let last = rest.trim_end().lines().last().unwrap_or_default();
    holds(last.starts_with("next: "), || last.to_owned())?;
    holds(contents(&session)? == before, || "the database changed".to_owned())
}

/// The stable output, whole.
fn json_is_as_it_was(server: &Server) -> Result<(), String> {
    let case = case("sqlx");
    let _session = database(server, "json", &case.sql)?;
    let folder = folder()?;
    write(&folder, &case.files)?;
    let address = server.address("adopted_json");
    let run = status(&folder, &address, &["--format", "json", "migrations"])?;
    let mut json: Value = serde_json::from_str(&run.out).map_err(|error| error.to_string())?;
    json["database"] = Value::from("database `adopted_json`");
    let text = serde_json::to_string_pretty(&json).map_err(|error| error.to_string())?;
    golden::check(&format!("{FOLDER}/status.json"), &format!("{text}\n"))
}

fn git(folder: &TempDir, words: &[&str]) -> Result<(), String> {
    let output = Command::new("git")
        .args(["-c", "user.name=t", "-c", "user.email=t@t", "-c", "commit.gpgsign=false"])
        .args(words)
        .current_dir(folder.path())
        .output()
        .map_err(|error| error.to_string())?;
    holds(output.status.success(), || String::from_utf8_lossy(&output.stderr).into_owned())
}

/// What ran is found among the commits: an edit of blanks and comments is told from one of
/// statements.
fn blanks_are_told_by_what_git_keeps(server: &Server) -> Result<(), String> {
    let mut case = case("sqlx");
    let _session = database(server, "blanks", &case.sql)?;
    let folder = folder()?;
    let [first, second] = ["migrations/20260101000001_a.sql", "migrations/20260101000002_b.sql"];
    case.files.insert(second.to_owned(), "CREATE TABLE b (id int);\n".to_owned());
    write(&folder, &case.files)?;
    git(&folder, &["init", "-q"])?;
    git(&folder, &["add", "-A"])?;
    git(&folder, &["commit", "-q", "-m", "as it ran"])?;
    let change = |path: &str, text: &str| {
        fs::write(folder.path().join(path), text).map_err(|error| error.to_string())
    };
    change(first, "-- users\nCREATE TABLE a (\n    id int /* a number */\n);\n")?;
    git(&folder, &["commit", "-q", "-a", "-m", "tidied up"])?;
    change(second, "CREATE TABLE b (id bigint);\n")?;
    let run = status(&folder, &server.address("adopted_blanks"), &["--format", "json"])?;
    let json: Value = serde_json::from_str(&run.out).map_err(|error| error.to_string())?;
    let migrations = json["projects"][0]["migrations"].as_array().ok_or("no migrations")?;
    let differs = |version: &str| {
        let found = migrations.iter().find(|migration| migration["version"] == version);
        found.map(|migration| migration["differs"].clone()).unwrap_or_default()
    };
    let found = [differs("20260101000001"), differs("20260101000002"), differs("20260101000005")];
    let expected = ["blanks-or-comments", "statements", "line-ends"].map(Value::from);
    holds(found == expected, || format!("{found:?}: {}", run.out))
}

/// A role that may not read the table is told what it needs.
fn a_table_that_may_not_be_read(server: &Server) -> Result<(), String> {
    let case = case("drizzle");
    let session = database(server, "closed", &case.sql)?;
    session.run("CREATE ROLE adopted_reader LOGIN").map_err(|error| reason(&error))?;
    let folder = folder()?;
    write(&folder, &case.files)?;
    let address = server.address("adopted_closed").replace("user=postgres", "user=adopted_reader");
    let run = status(&folder, &address, &[])?;
    let said = run.err.contains("may not read drizzle.__drizzle_migrations of Drizzle")
        && run.err.contains("GRANT SELECT ON \"drizzle\".\"__drizzle_migrations\"");
    holds(run.code == 1 && said && run.out.is_empty(), || format!("{} {}", run.out, run.err))?;
    session
        .run(
            "GRANT USAGE ON SCHEMA drizzle TO adopted_reader;
             GRANT SELECT ON drizzle.__drizzle_migrations TO adopted_reader",
        )
        .map_err(|error| reason(&error))?;
    let run = status(&folder, &address, &[])?;
    session
        .run("DROP OWNED BY adopted_reader; DROP ROLE adopted_reader")
        .map_err(|error| reason(&error))?;
    holds(run.code == 3, || format!("{} {}", run.out, run.err))
}

/// Of several tables, in schemas of tenants, the one that speaks of the files is taken; where all
/// speak of them, the one that is found first by the search path.
fn the_table_that_speaks_of_the_files(server: &Server) -> Result<(), String> {
    let case = case("dbmate");
    let sql = "CREATE SCHEMA aside; CREATE SCHEMA tenant;
        CREATE TABLE aside.schema_migrations (version varchar(128) PRIMARY KEY);
        CREATE TABLE tenant.schema_migrations (version varchar(128) PRIMARY KEY);
        CREATE TABLE public.schema_migrations (version bigint, dirty boolean);
        INSERT INTO aside.schema_migrations VALUES ('77');
        INSERT INTO public.schema_migrations VALUES (8, false);
        INSERT INTO tenant.schema_migrations VALUES ('1')";
    let session = database(server, "schemas", sql)?;
    let folder = folder()?;
    write(&folder, &case.files)?;
    let table = || -> Result<String, String> {
        let address = server.address("adopted_schemas");
        let run = status(&folder, &address, &["--format", "json"])?;
        let json: Value = serde_json::from_str(&run.out).map_err(|error| error.to_string())?;
        Ok(json["projects"][0]["table"].as_str().unwrap_or(&run.err).to_owned())
    };
    let found = table()?;
    holds(found == "tenant.schema_migrations", || found.clone())?;
    let run = |sql: &str| session.run(sql).map_err(|error| reason(&error));
    run("INSERT INTO aside.schema_migrations VALUES ('1');
         DELETE FROM aside.schema_migrations WHERE version = '77';
         ALTER DATABASE adopted_schemas SET search_path = tenant, aside")?;
    let found = table()?;
    holds(found == "tenant.schema_migrations", || found.clone())?;
    run("ALTER DATABASE adopted_schemas SET search_path = aside, tenant")?;
    let found = table()?;
    holds(found == "aside.schema_migrations", || found.clone())
}

/// A project in our own layout, before anything ran.
fn our_own_has_no_ledger_yet(server: &Server) -> Result<(), String> {
    let _session = database(server, "native", "SELECT 1")?;
    let folder = folder()?;
    let file = ("migrations/20260101000000_users/expand.sql", "CREATE TABLE users (id int);\n");
    write(&folder, &BTreeMap::from([(file.0.to_owned(), file.1.to_owned())]))?;
    let run = status(&folder, &server.address("adopted_native"), &[])?;
    let said = run.out.contains("no ledger in this database yet: `migrate expand` makes it")
        && run.out.contains("pending       20260101000000_users");
    holds(run.code == 0 && said, || format!("{} {}", run.out, run.err))
}

/// Two migrations of golang-migrate's, the second of which was begun.
fn begun(server: &Server, name: &str) -> Result<(TempDir, String, Session), String> {
    let sql = "CREATE TABLE schema_migrations (version bigint, dirty boolean);
               INSERT INTO schema_migrations VALUES (2, true)";
    let session = database(server, name, sql)?;
    let folder = folder()?;
    let files = ["1_a.up", "1_a.down", "2_b.up", "2_b.down"];
    let file = |name: &str| (format!("migrations/{name}.sql"), "SELECT 1;\n".to_owned());
    write(&folder, &files.map(file).into_iter().collect())?;
    Ok((folder, server.address(&format!("adopted_{name}")), session))
}

/// What was begun and is not known to have ended is pending to nobody, and no plan is right.
fn a_plan_says_what_is_dirty(server: &Server) -> Result<(), String> {
    let (folder, address, session) = begun(server, "planned")?;
    let run = migrate(&folder, &address, &["plan", "--against"])?;
    let said = run.err.contains("golang-migrate began version 2, and did not see it end");
    holds(run.code == 3 && said && run.out.is_empty(), || format!("{} {}", run.out, run.err))?;
    let run = migrate(&folder, &address, &["plan", "--against", "--format", "json"])?;
    let json: Value = serde_json::from_str(&run.out).map_err(|error| error.to_string())?;
    let major = "SELECT current_setting('server_version_num')::int / 10000";
    let major = session.text(major).map_err(|error| reason(&error))?;
    let same = json["postgres"].as_u64() == major.trim().parse().ok();
    holds(run.code == 3 && same, || format!("{} {}", run.out, run.err))?;
    let run = migrate(&folder, &address, &["plan", "--against", "env:NOT_SET_AT_ALL"])?;
    let said = run.err.contains("--against: the variable `NOT_SET_AT_ALL` is not set");
    holds(run.code == 2 && said, || run.err)
}

fn what_comes_next_names_a_branch_that_is_there(server: &Server) -> Result<(), String> {
    let (folder, address, session) = begun(server, "trunk")?;
    let clean = "UPDATE schema_migrations SET dirty = false";
    session.run(clean).map_err(|error| reason(&error))?;
    let next = |command: &str| {
        let run = status(&folder, &address, &[])?;
        let says = format!("next: nothing is pending; `{command}` judges the next change");
        holds(run.code == 0 && run.out.contains(&says), || format!("{} {}", run.out, run.err))
    };
    next("migrate lint")?;
    git(&folder, &["init", "-q", "-b", "master"])?;
    next("migrate lint")?;
    git(&folder, &["add", "-A"])?;
    git(&folder, &["commit", "-q", "-m", "as it ran"])?;
    next("migrate check --base master")?;
    git(&folder, &["branch", "main"])?;
    next("migrate check --base main")
}

/// A database that is not reached now may be reached later.
fn nobody_answers(server: &Server) -> Result<(), String> {
    let folder = folder()?;
    let files = [("migrations/1_a.sql".to_owned(), "SELECT 1;\n".to_owned())];
    write(&folder, &BTreeMap::from(files))?;
    let address = server.address("postgres").replace("port=", "port=1");
    let run = status(&folder, &address, &[])?;
    holds(run.code == 75 && run.err.contains("no connection to"), || {
        format!("{} {} {}", run.code, run.out, run.err)
    })
}
