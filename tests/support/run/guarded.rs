//! Another tool's command behind the ledger: refused before the rollout is proven, run and put on
//! record after it.

use super::Test;
use super::holds;
use super::project::database;
use super::project::send;
use super::said;
use crate::server::Server;
use crate::server::Session;
use crate::server::reason;
use std::fs;
use std::path::Path;
use std::process::Child;
use std::process::Command;
use std::process::Stdio;
use std::thread::sleep;
use std::time::Duration;
use std::time::Instant;
use tempfile::TempDir;

pub(super) const TESTS: &[(&str, Test)] = &[
    ("guarded::another_tool_runs_when_it_may", runs),
    ("guarded::what_nobody_can_tell_of_is_refused", what_nobody_can_tell_of),
    ("guarded::a_signal_is_passed_on_and_what_ran_goes_on_record", a_signal_is_passed_on),
    ("guarded::what_a_killed_run_left_goes_on_record_first", what_a_killed_run_left),
    ("guarded::what_did_not_run_is_no_longer_announced", what_did_not_run),
    ("guarded::what_did_not_run_may_become_a_contract", what_became_a_contract),
    ("guarded::what_the_paths_leave_out_is_told", what_the_paths_leave_out),
    ("guarded::nobody_tells_what_ran", nobody_tells),
    ("guarded::all_are_the_files_of_the_tool", all_are_the_files),
    ("guarded::what_comes_next_can_be_run", what_comes_next),
];

/// The tool: it says that it was called, and waits until its work was done for it.
const TOOL: &str = "touch called\nwhile [ ! -e done ]; do sleep 0.05; done\n";

const TOML: &str = "\
[soak]\nwindow = \"2s\"\n[[consumer]]\nservice = \"web\"\ninterval = \"1s\"\n";

fn migrate(folder: &Path, address: &str, words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_migrate"));
    command.args(words).current_dir(folder).env_clear().env("HOME", folder);
    command.env("DATABASE_URL", address).env("PATH", std::env::var_os("PATH").unwrap_or_default());
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn ends(folder: &Path, address: &str, words: &[&str], code: i32, says: &str) -> Result<(), String> {
    let output = migrate(folder, address, words).output().map_err(said)?;
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8_lossy(&text).into_owned();
    let as_said = output.status.code() == Some(code) && text.contains(says);
    holds(as_said, || format!("{words:?}: not {code} with `{says}`: {:?} {text}", output.status))
}

/// A project of dbmate's with migrations, by their versions and forward parts, and a database where
/// it keeps its list: the first of them ran.
fn dbmate(
    server: &Server,
    name: &str,
    migrations: &[(&str, &str)],
) -> Result<(TempDir, String, Session), String> {
    let (address, session) = database(server, name)?;
    let folder = tempfile::tempdir().map_err(said)?;
    let files = folder.path().join("db/migrations");
    fs::create_dir_all(&files).map_err(said)?;
    let write = |path: &Path, text: &str| fs::write(path, text).map_err(said);
    write(&folder.path().join("migrate.toml"), TOML)?;
    write(&folder.path().join("tool.sh"), TOOL)?;
    for (version, sql) in migrations {
        let text = format!("-- migrate:up\n{sql}\n-- migrate:down\n");
        write(&files.join(format!("{version}_it.sql")), &text)?;
    }
    let run = |sql: &str| session.run(sql).map_err(|error| reason(&error));
    run("CREATE TABLE schema_migrations (version varchar PRIMARY KEY)")?;
    if let Some((version, sql)) = migrations.first() {
        run(&format!("{sql} INSERT INTO schema_migrations VALUES ('{version}')"))?;
    }
    Ok((folder, address, session))
}

const USERS: &str = "CREATE TABLE users (email text);";

fn what_nobody_can_tell_of(server: &Server) -> Result<(), String> {
    let function = "CREATE FUNCTION gone() RETURNS void LANGUAGE plpgsql AS
        $$ BEGIN DROP TABLE users; END $$; SELECT gone();";
    let file = "db/migrations/2_it.sql";
    for (name, sql) in [
        ("guarded_dynamic", "DO $$ BEGIN EXECUTE 'DROP TABLE ' || 'users'; END $$;"),
        ("guarded_unread", "ALTER TABLE users FROB email;"),
        ("guarded_called", function),
    ] {
        let (folder, address, _session) = dbmate(server, name, &[("1", USERS), ("2", sql)])?;
        let folder = folder.path();
        let guard = ["guard", "--", "touch", "called"];
        let why = |error| format!("{sql}: {error}");
        ends(folder, &address, &guard, 8, "nothing is known of what").map_err(why)?;
        holds(!folder.join("called").exists(), || format!("{sql}: the tool was called"))?;
        ends(folder, &address, &["contract", "--check", file], 8, "--allow-opaque").map_err(why)?;
        let check = ["contract", "--check", "--allow-opaque", file];
        ends(folder, &address, &check, 0, "no contract is due").map_err(why)?;
        let guard = ["guard", "--allow-opaque", "--", "touch", "called"];
        ends(folder, &address, &guard, 0, "0 migrations ran").map_err(why)?;
        holds(folder.join("called").exists(), || format!("{sql}: the tool was not called"))?;
    }
    Ok(())
}

const GONE: &str = "ALTER TABLE users DROP COLUMN email;";

/// A project with a contract that may run.
fn ready(server: &Server, name: &str) -> Result<(TempDir, String, Session), String> {
    let (folder, address, session) = dbmate(server, name, &[("1", USERS), ("2", GONE)])?;
    let toml = TOML.replace("2s", "0s");
    fs::write(folder.path().join("migrate.toml"), toml).map_err(said)?;
    let finish = ["rollout", "finish", "web@v2", "--satisfies", "2"];
    ends(folder.path(), &address, &finish, 0, "web@v2 is everywhere")?;
    ends(folder.path(), &address, &["rollout", "heartbeat", "web@v2"], 0, "")?;
    Ok((folder, address, session))
}

/// Begins the tool behind the guard, and waits until it is at work.
fn at_work(folder: &Path, address: &str) -> Result<Child, String> {
    let guard = ["guard", "--", "sh", "tool.sh"];
    let guarded = migrate(folder, address, &guard).spawn().map_err(said)?;
    appears(&folder.join("called")).map(|()| guarded)
}

fn appears(path: &Path) -> Result<(), String> {
    let begun = Instant::now();
    while !path.exists() {
        holds(begun.elapsed() < Duration::from_secs(20), || format!("no {}", path.display()))?;
        sleep(Duration::from_millis(20));
    }
    Ok(())
}

/// Does what the tool would, and lets it end.
fn done(folder: &Path, session: &Session) -> Result<(), String> {
    let sql = format!("{GONE} INSERT INTO schema_migrations VALUES ('2')");
    session.run(&sql).map_err(|error| reason(&error))?;
    fs::write(folder.join("done"), "").map_err(said)
}

/// The kinds of the last events.
fn last(session: &Session, count: usize) -> Result<String, String> {
    let sql = format!(
        "SELECT string_agg(kind, ' ' ORDER BY seq) FROM
         (SELECT * FROM migrate.ledger ORDER BY seq DESC LIMIT {count}) AS last"
    );
    session.text(&sql).map(|text| text.trim().to_owned()).map_err(|error| reason(&error))
}

fn a_signal_is_passed_on(server: &Server) -> Result<(), String> {
    let (folder, address, session) = ready(server, "guarded_signal")?;
    let folder = folder.path();
    let v1 = ["check-version", "web@v1"];
    // One that dies of it is to be run again.
    let guarded = at_work(folder, &address)?;
    send(&guarded, "TERM")?;
    let output = guarded.wait_with_output().map_err(said)?;
    holds(output.status.code() == Some(75), || format!("{output:?}"))?;
    ends(folder, &address, &v1, 4, "never declared")?;
    fs::remove_file(folder.join("called")).map_err(said)?;
    // One that goes on is waited for.
    fs::write(folder.join("tool.sh"), format!("trap 'touch heard' TERM\n{TOOL}")).map_err(said)?;
    let guarded = at_work(folder, &address)?;
    send(&guarded, "TERM")?;
    appears(&folder.join("heard"))?;
    done(folder, &session)?;
    let output = guarded.wait_with_output().map_err(said)?;
    let out = String::from_utf8_lossy(&output.stdout).into_owned();
    holds(output.status.success() && out.contains("1 migration ran, and is on record"), || out)?;
    let kinds = last(&session, 4)?;
    holds(kinds == "step.started step.done floor.raised contract.executed", || kinds)?;
    ends(folder, &address, &v1, 8, "took away")
}

fn what_a_killed_run_left(server: &Server) -> Result<(), String> {
    let (folder, address, session) = ready(server, "guarded_killed")?;
    let folder = folder.path();
    let mut guarded = at_work(folder, &address)?;
    guarded.kill().map_err(said)?;
    guarded.wait().map_err(said)?;
    // What may be going on holds the floor.
    ends(folder, &address, &["check-version", "web@v1"], 8, "took away")?;
    done(folder, &session)?;
    let note = "does not have on record that 2 ran";
    ends(folder, &address, &["status"], 0, note)?;
    let check = ["contract", "--check", "db/migrations/2_it.sql"];
    ends(folder, &address, &check, 0, note)?;
    holds(last(&session, 1)? == "step.started", || "who reads has written".to_owned())?;
    let guard = ["guard", "--", "true"];
    ends(folder, &address, &guard, 0, "1 migration that an earlier run did not see end")?;
    let kinds = last(&session, 3)?;
    holds(kinds == "step.done floor.raised contract.executed", || kinds)?;
    ends(folder, &address, &["check-version", "web@v1"], 8, "took away")?;
    ends(folder, &address, &guard, 0, "0 migrations ran")?;
    ends(folder, &address, &["ledger", "verify"], 0, "whole")
}

fn what_did_not_run(server: &Server) -> Result<(), String> {
    let (folder, address, session) = ready(server, "guarded_failed")?;
    let folder = folder.path();
    let v1 = ["check-version", "web@v1"];
    ends(folder, &address, &["guard", "--", "false"], 1, "0 migrations ran")?;
    ends(folder, &address, &v1, 4, "never declared")?;
    ends(folder, &address, &["guard", "--", "not-there"], 1, "not-there")?;
    ends(folder, &address, &v1, 4, "never declared")?;
    let kinds = last(&session, 4)?;
    holds(kinds == "step.started step.failed step.started step.failed", || kinds)
}

/// A command that runs more than what was judged.
fn what_the_paths_leave_out(server: &Server) -> Result<(), String> {
    let files = [("1", USERS), ("2", GONE), ("3", "ALTER TABLE users ADD COLUMN name text;")];
    let (folder, address, session) = dbmate(server, "guarded_paths", &files)?;
    let folder = folder.path();
    ends(folder, &address, &["rollout", "finish", "web@v1"], 0, "")?;
    let guard = ["guard", "--path", "db/migrations/3_it.sql", "--", "sh", "tool.sh"];
    let guarded = migrate(folder, &address, &guard).spawn().map_err(said)?;
    appears(&folder.join("called"))?;
    let add = "ALTER TABLE users ADD COLUMN name text; INSERT INTO schema_migrations VALUES ('3')";
    session.run(add).map_err(|error| reason(&error))?;
    done(folder, &session)?;
    let output = guarded.wait_with_output().map_err(said)?;
    let out = String::from_utf8_lossy(&output.stdout).into_owned();
    let told = "nobody judged that: db/migrations/2_it.sql";
    holds(output.status.code() == Some(3) && out.contains(told), || out)?;
    ends(folder, &address, &["check-version", "web@v1"], 8, "took away")?;
    ends(folder, &address, &["guard", "--", "true"], 0, "0 migrations ran")
}

/// A tool that keeps its list elsewhere than the layout says.
fn nobody_tells(server: &Server) -> Result<(), String> {
    let (folder, address, session) = ready(server, "guarded_untold")?;
    let folder = folder.path();
    session.run("DROP TABLE schema_migrations").map_err(|error| reason(&error))?;
    fs::remove_file(folder.join("db/migrations/1_it.sql")).map_err(said)?;
    let guarded = at_work(folder, &address)?;
    session.run(GONE).map_err(|error| reason(&error))?;
    fs::write(folder.join("done"), "").map_err(said)?;
    let output = guarded.wait_with_output().map_err(said)?;
    let out = String::from_utf8_lossy(&output.stdout).into_owned();
    holds(output.status.code() == Some(3) && out.contains("nobody can tell what ran"), || out)?;
    // What may have run stays announced.
    ends(folder, &address, &["check-version", "web@v1"], 8, "took away")?;
    let kinds = last(&session, 1)?;
    holds(kinds == "step.started", || kinds)
}

fn what_became_a_contract(server: &Server) -> Result<(), String> {
    let files = [("1", USERS), ("2", "ALTER TABLE users ADD COLUMN name text;")];
    let (folder, address, session) = dbmate(server, "guarded_became", &files)?;
    let folder = folder.path();
    ends(folder, &address, &["guard", "--", "false"], 1, "0 migrations ran")?;
    let file = "db/migrations/2_it.sql";
    let text = format!("-- migrate:up\n{GONE}\n-- migrate:down\n");
    fs::write(folder.join(file), text).map_err(said)?;
    // It waits for the rollout, and for nothing that it was before.
    ends(folder, &address, &["contract", "--check", file], 4, "blocked: not yet")?;
    ends(folder, &address, &["guard", "--", "true"], 4, "guard: nothing was run")?;
    let kinds = last(&session, 2)?;
    holds(kinds == "phase.undone change.registered", || kinds)
}

fn all_are_the_files(server: &Server) -> Result<(), String> {
    let more = "ALTER TABLE users ADD COLUMN name text;";
    let files = [("1", USERS), ("2", GONE), ("3", more)];
    let (folder, address, session) = dbmate(server, "guarded_all", &files)?;
    let folder = folder.path();
    let finish = ["rollout", "finish", "web@v2", "--satisfies", "all", "--uses", "all"];
    ends(folder, &address, &finish, 0, "web@v2 is everywhere")?;
    let sql = "SELECT body::jsonb ->> 'satisfies', body::jsonb ->> 'uses' FROM migrate.ledger
               WHERE kind = 'release.declared'";
    let said = session.rows(sql)?;
    // What ran before there was a ledger is needed by all, and nobody has to say so.
    holds(said == [[r#"["2"]"#, r#"["3"]"#]], || format!("{said:?}"))
}

fn what_comes_next(server: &Server) -> Result<(), String> {
    let (folder, address, session) = ready(server, "guarded_next")?;
    let folder = folder.path();
    let file = "db/migrations/2_it.sql";
    let check = ["contract", "--check", file];
    ends(folder, &address, &check, 0, "next: migrate guard -- …")?;
    // What hangs on it is seen by the same command.
    let run = |sql: &str| session.run(sql).map_err(|error| reason(&error));
    run("CREATE VIEW seen AS SELECT email FROM users")?;
    ends(folder, &address, &check, 4, &format!("next: migrate contract --check {file}"))?;
    run("DROP VIEW seen")?;
    // One that was edited since it was judged is put on record anew.
    ends(folder, &address, &["guard", "--", "false"], 1, "0 migrations ran")?;
    let text = fs::read_to_string(folder.join(file)).map_err(said)?;
    let text = text.replace("email", "IF EXISTS email");
    fs::write(folder.join(file), text).map_err(said)?;
    ends(folder, &address, &check, 8, "next: migrate ledger register 2 --reason …")?;
    let register = ["ledger", "register", "2", "--reason", "it may be gone"];
    ends(folder, &address, &register, 0, "2 is on record as it is now")?;
    ends(folder, &address, &check, 0, "may run")
}

fn runs(server: &Server) -> Result<(), String> {
    let (address, session) = database(server, "guarded")?;
    let folder = tempfile::tempdir().map_err(said)?;
    let folder = folder.path();
    let files = folder.join("db/migrations");
    fs::create_dir_all(&files).map_err(said)?;
    let write = |path: &Path, text: &str| fs::write(path, text).map_err(said);
    write(&folder.join("migrate.toml"), TOML)?;
    write(&folder.join("tool.sh"), TOOL)?;
    let first =
        "-- migrate:up\nCREATE TABLE users (email text);\n-- migrate:down\nDROP TABLE users;\n";
    write(&files.join("20260101000000_users.sql"), first)?;
    let drop = "-- migrate:up\nALTER TABLE users DROP COLUMN email;\n-- migrate:down\n";
    write(&files.join("20260102000000_no_email.sql"), drop)?;
    let run = |sql: &str| session.run(sql).map_err(|error| reason(&error));
    run(
        "CREATE TABLE schema_migrations (version varchar PRIMARY KEY);
         CREATE TABLE users (email text); INSERT INTO schema_migrations VALUES ('20260101000000')",
    )?;
    ends(folder, &address, &["plan", "--against"], 0, "DROP COLUMN email")?;
    let guard = ["guard", "--", "sh", "tool.sh"];
    ends(folder, &address, &guard, 4, "guard: nothing was run")?;
    holds(!folder.join("called").exists(), || "the tool was called".to_owned())?;
    let finish = ["rollout", "finish", "web@v2", "--satisfies", "20260102000000"];
    ends(folder, &address, &finish, 0, "web@v2 is everywhere")?;
    for _ in 0..7 {
        ends(folder, &address, &["rollout", "heartbeat", "web@v2"], 0, "")?;
        sleep(Duration::from_millis(500));
    }
    let file = "db/migrations/20260102000000_no_email.sql";
    ends(folder, &address, &["contract", "--check", file], 0, "may run")?;
    let guarded = migrate(folder, &address, &guard).spawn().map_err(said)?;
    while !folder.join("called").exists() {
        sleep(Duration::from_millis(20));
    }
    run("ALTER TABLE users DROP COLUMN email;
         INSERT INTO schema_migrations VALUES ('20260102000000')")?;
    write(&folder.join("done"), "")?;
    let output = guarded.wait_with_output().map_err(said)?;
    let out = String::from_utf8_lossy(&output.stdout).into_owned();
    holds(output.status.success() && out.contains("1 migration ran, and is on record"), || out)?;
    ends(folder, &address, &["check-version", "web@v1"], 8, "took away")?;
    ends(folder, &address, &["ledger", "verify"], 0, "whole")?;
    ends(folder, &address, &["plan", "--against"], 0, "nothing is pending")?;
    ends(folder, &address, &["contract", "--check", file], 0, "no contract is due")?;
    ends(folder, &address, &["freeze", "--reason", "a holiday"], 0, "frozen")?;
    ends(folder, &address, &guard, 8, "a holiday")
}
