//! `migrate rehearse` on each major: what passes, what does not and why, and what is kept of it.

use crate::server::Install;
use crate::server::Server;
use libtest_mimic::Failed;
use libtest_mimic::Trial;
use migrate::ledger::Moment;
use migrate::plan::Rehearsal;
use serde_json::Value;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;
use tempfile::TempDir;

/// A test for the major of an install.
pub(crate) fn trials(install: Option<&Install>) -> Vec<Trial> {
    let major = install.map_or(0, |install| install.major);
    let install = install.cloned();
    let run = move || {
        let install = install.clone().ok_or("an ignored test does not run")?;
        all(&install).map_err(Failed::from)
    };
    vec![Trial::test(format!("rehearsal::there_and_back::{major}"), run)]
}

const USERS: &str = "\
CREATE TABLE users (id bigint PRIMARY KEY, fax text, name text);
CREATE TABLE audit (id bigint);
INSERT INTO users VALUES (1, 'f', 'n');
CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE 'LOCK TABLE audit';
  RETURN NEW;
END $$;
CREATE TRIGGER note BEFORE UPDATE ON users FOR EACH ROW EXECUTE FUNCTION note();
";

/// A folder of changes, and the server that they are rehearsed on.
struct Stage<'a> {
    home: TempDir,
    bin: &'a Path,
}

/// What a run did.
struct Run {
    code: Option<i32>,
    out: String,
    err: String,
}

impl Stage<'_> {
    fn new(bin: &Path) -> Result<Stage<'_>, String> {
        let home = tempfile::tempdir().map_err(|error| error.to_string())?;
        let stage = Stage { home, bin };
        stage.file("20260101000000_users/expand.sql", USERS);
        Ok(stage)
    }

    fn file(&self, name: &str, text: &str) {
        let path = self.home.path().join("migrations").join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("it can be made");
        fs::write(path, text).expect("it can be written");
    }

    fn run(&self, words: &[&str]) -> Result<Run, String> {
        let output = Command::new(env!("CARGO_BIN_EXE_migrate"))
            .args(words)
            .current_dir(self.home.path())
            .env_remove("DATABASE_URL")
            .output()
            .map_err(|error| error.to_string())?;
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        Ok(Run { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) })
    }

    /// Rehearses on a server of its own; gives the exit code and what is said as JSON.
    fn rehearse(&self, words: &[&str]) -> Result<(Option<i32>, Value), String> {
        let bin = self.bin.display().to_string();
        let all = [&["rehearse", "--format", "json", "--postgres-bin", bin.as_str()], words];
        let run = self.run(&all.concat())?;
        let value = serde_json::from_str(&run.out)
            .map_err(|error| format!("{error}: {}{}", run.out, run.err))?;
        Ok((run.code, value))
    }
}

fn must(so: bool, what: &str, seen: &impl std::fmt::Debug) -> Result<(), String> {
    if so { Ok(()) } else { Err(format!("{what}: {seen:#?}")) }
}

fn all(install: &Install) -> Result<(), String> {
    let initdb = install.program("initdb").ok_or("a server has initdb")?;
    let bin = initdb.parent().ok_or("it stands in a folder")?;
    passes_and_is_kept(bin)?;
    leaves_something(bin)?;
    has_no_way_back(bin)?;
    does_what_nobody_foretold(bin)?;
    stops_at_a_fault(bin)?;
    let server = Server::start(install).map_err(|error| error.to_string())?;
    in_a_database_that_is_named(bin, &server)?;
    goes_on_record(bin, &server)
}

const CHANGE: &str = "20260201000000_phone";

/// A change with ways back; its contract drops a column in the midst of its table.
fn phone(stage: &Stage) {
    let file = |name: &str, text: &str| stage.file(&format!("{CHANGE}/{name}"), text);
    file(
        "expand.sql",
        "ALTER TABLE users ADD COLUMN phone text;\n\
         CREATE INDEX CONCURRENTLY users_phone ON users (phone);\n",
    );
    file(
        "expand.undo.sql",
        "DROP INDEX CONCURRENTLY users_phone;\nALTER TABLE users DROP COLUMN phone;\n",
    );
    file("migrate.sql", "UPDATE audit SET id = 2 WHERE id = 1;\n");
    file("contract.sql", "ALTER TABLE users DROP COLUMN fax;\n");
    file("contract.undo.sql", "ALTER TABLE users ADD COLUMN fax text;\n");
}

fn passes_and_is_kept(bin: &Path) -> Result<(), String> {
    let stage = Stage::new(bin)?;
    phone(&stage);
    let (code, told) = stage.rehearse(&["--change", "phone", "--record"])?;
    must(code == Some(0) && told["passed"] == true && told["rollback"] == true, "passes", &told)?;
    let moves: Vec<String> = told["moves"].as_array().into_iter().flatten().map(word).collect();
    let course = [
        "expand",
        "expand undo",
        "expand again",
        "migrate",
        "contract",
        "contract undo",
        "contract again",
    ];
    must(moves == course, "there and back", &moves)?;
    let first = &told["moves"][0]["statements"];
    let lock = &first[0]["locks"][0];
    must(lock["relation"] == "public.users", "the lock of ADD COLUMN", first)?;
    must(lock["mode"] == "AccessExclusiveLock", "the lock of ADD COLUMN", first)?;
    must(first[1]["locks"].is_null(), "CONCURRENTLY runs alone", first)?;
    // What is kept counts until it expires or the SQL is edited, and names each statement.
    let folder = stage.home.path().join("migrations").join(CHANGE);
    let beside = |name: &str| fs::read_to_string(folder.join(name)).ok();
    let kept = Rehearsal::read(&beside(Rehearsal::FILE).ok_or("it is kept")?)?;
    let now = kept.date.after(Duration::from_mins(1));
    let counts = kept.counts(now, beside)?;
    must(counts.len() == 1, "one statement of the contract", &counts)?;
    let late = kept.date.after(Duration::from_hours(30 * 24));
    must(kept.counts(late, beside).is_err(), "it expires after 30 days", &kept)?;
    must(kept.counts(Moment(now.0), beside).is_ok(), "it counts until then", &kept)?;
    stage.file(&format!("{CHANGE}/contract.undo.sql"), "ALTER TABLE users ADD COLUMN fax int;");
    let edited = kept.counts(now, beside);
    must(edited.is_err(), "an edited way back is not what was rehearsed", &edited)
}

fn word(step: &Value) -> String {
    let phase = step["phase"].as_str().unwrap_or_default();
    let undo = if step["undo"] == true { " undo" } else { "" };
    let again = if step["again"] == true { " again" } else { "" };
    format!("{phase}{undo}{again}")
}

fn leaves_something(bin: &Path) -> Result<(), String> {
    let stage = Stage::new(bin)?;
    phone(&stage);
    stage.file(&format!("{CHANGE}/contract.undo.sql"), "ALTER TABLE users ADD COLUMN fax int;");
    let (code, told) = stage.rehearse(&["--record"])?;
    must(code == Some(3) && told["rollback"] == false, "another type is a difference", &told)?;
    let schema = &told["moves"][5]["schema"];
    let has = |side: &str, what: &str| schema[side].as_str().is_some_and(|it| it.contains(what));
    must(has("before", "fax text") && has("after", "fax integer"), "both are told", schema)?;
    let human = stage.run(&["rehearse", "--postgres-bin", &bin.display().to_string()])?;
    must(human.out.contains("-  fax text"), "what differs is shown", &human.out)?;
    must(human.out.contains("did not pass"), "and what it means", &human.out)?;
    let kept = stage.home.path().join("migrations").join(CHANGE).join(Rehearsal::FILE);
    let kept = fs::read_to_string(kept).map_err(|error| error.to_string())?;
    must(kept.contains("passed = false"), "a red result is kept as such", &kept)
}

fn has_no_way_back(bin: &Path) -> Result<(), String> {
    let stage = Stage::new(bin)?;
    stage.file("20260201000000_no_fax/contract.sql", "ALTER TABLE users DROP COLUMN fax;");
    let (code, told) = stage.rehearse(&[])?;
    must(code == Some(0) && told["rollback"].is_null(), "nothing was taken back", &told)?;
    let human = stage.run(&["rehearse", "--postgres-bin", &bin.display().to_string()])?;
    must(human.out.contains("counts as no rehearsed rollback"), "that is said", &human.out)
}

fn does_what_nobody_foretold(bin: &Path) -> Result<(), String> {
    let stage = Stage::new(bin)?;
    stage.file("20260201000000_x/migrate.sql", "UPDATE users SET name = 'm' WHERE id = 1;");
    let (code, told) = stage.rehearse(&[])?;
    let said = &told["moves"][0]["statements"][0]["differences"][0];
    let wanted = "its lock on public.audit is AccessExclusiveLock, and none was foretold";
    must(code == Some(3) && said == wanted, "a trigger locks what nobody knows of", &told)
}

fn stops_at_a_fault(bin: &Path) -> Result<(), String> {
    let stage = Stage::new(bin)?;
    stage.file("20260201000000_x/expand.sql", "ALTER TABLE nothing ADD COLUMN a int;");
    stage.file("20260201000000_x/contract.sql", "DROP TABLE audit;");
    let (code, told) = stage.rehearse(&[])?;
    let moves = told["moves"].as_array().map_or(0, Vec::len);
    must(code == Some(3) && moves == 1, "it ends where the server says no", &told)?;
    stage.file("20260301000000_y/expand.sql", "SELECT 1;");
    let run = stage.run(&["rehearse", "--postgres-bin", &bin.display().to_string()])?;
    must(run.code == Some(3), "an earlier change does not run", &run.err)?;
    must(run.err.contains("20260201000000_x/expand.sql does not run"), "it is named", &run.err)
}

fn in_a_database_that_is_named(bin: &Path, server: &Server) -> Result<(), String> {
    let stage = Stage::new(bin)?;
    phone(&stage);
    let session = server.session("postgres").map_err(|error| error.to_string())?;
    session.run("CREATE DATABASE shadow TEMPLATE template0").map_err(|error| error.to_string())?;
    let url = server.address("shadow");
    let run = stage.run(&["rehearse", "--shadow-url", &url])?;
    must(run.code == Some(0) && run.out.contains("passed"), "an empty one is taken", &run.err)?;
    let run = stage.run(&["rehearse", "--shadow-url", &url])?;
    must(run.code == Some(2), "one that is not is refused", &run.err)?;
    must(run.err.contains("is not empty, it holds public."), "with what it holds", &run.err)
}

fn goes_on_record(bin: &Path, server: &Server) -> Result<(), String> {
    let stage = Stage::new(bin)?;
    phone(&stage);
    let session = server.session("postgres").map_err(|error| error.to_string())?;
    session.run("CREATE DATABASE told").map_err(|error| error.to_string())?;
    let url = server.address("told");
    let folder = bin.display().to_string();
    let words = ["rehearse", "--postgres-bin", &folder, "--database-url", &url];
    let run = stage.run(&words)?;
    must(run.code == Some(0) && run.err.contains("there is no ledger"), "it is said", &run.err)?;
    let made = stage.run(&["ledger", "install", "--database-url", &url])?;
    must(made.code == Some(0), "a ledger is made", &made.err)?;
    let run = stage.run(&words)?;
    must(run.code == Some(0) && run.err.contains("recorded as event"), "it is told", &run.err)?;
    let events = stage.run(&["ledger", "export", "--database-url", &url])?;
    let drill = events.out.lines().find(|line| line.contains("drill.recorded"));
    let drill: Value = serde_json::from_str(drill.ok_or("an event of the drill")?)
        .map_err(|error| error.to_string())?;
    let body = &drill["body"];
    must(body["what"] == "rollback" && body["passed"] == true, "what it says", body)?;
    must(body["change"] == CHANGE, "of which change", body)?;
    let users = session.count("SELECT FROM pg_class WHERE relname = 'users'");
    must(users == Ok(0), "the target itself was not touched", &users)
}
