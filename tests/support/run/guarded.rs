//! Another tool's command behind the ledger: refused before the rollout is proven, run and put on
//! record after it.

use super::Test;
use super::holds;
use super::project::database;
use super::said;
use crate::server::Server;
use crate::server::reason;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::process::Stdio;
use std::thread::sleep;
use std::time::Duration;

pub(super) const TESTS: &[(&str, Test)] = &[("guarded::another_tool_runs_when_it_may", runs)];

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
    ends(folder, &address, &["freeze", "--reason", "a holiday"], 0, "frozen")?;
    ends(folder, &address, &guard, 8, "a holiday")
}
