//! `migrate demo` on each major: it comes to its end, in time, and tells what it is for. Run by
//! root it does so as the account of the server, and as root itself.

use crate::server::Install;
use crate::server::as_user;
use crate::server::user;
use libtest_mimic::Failed;
use libtest_mimic::Trial;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::process::Stdio;
use std::time::Duration;
use std::time::Instant;

/// How long it may take: what is optimised is promised to be done in 20 seconds.
const LONGEST: Duration = Duration::from_secs(if cfg!(debug_assertions) { 120 } else { 20 });

/// What it tells, in this order.
const TELLS: &[&str] = &[
    "1. The rename in one statement is refused",
    "error[rename-column]",
    "2. The same in three phases",
    "expand.sql",
    "migrate.sql",
    "contract.sql",
    "DROP COLUMN nickname",
    "3. Expand, under live traffic",
    "web@v1 (nickname): ",
    " 0 errors",
    "web@v2 (display_name): ",
    " 0 errors",
    "4. Migrate: ",
    "batches by two workers",
    "0 of 2",
    "5. The contract does not run yet",
    "`web` v1 is full, and needs it; v2 is at 50 %",
    "`web` v1 is connected now",
    "soak",
    "6. The rollout ends, and soaks",
    "web@v1 (nickname): ",
    "7. Contract, under live traffic",
    "`users.nickname` is gone",
    " 0 errors",
    "refused: `web` v1 needs what the contract",
    "8. The ledger",
    "ledger.opened",
    "floor.raised",
    "contract.executed",
    "whole: ",
    "next: migrate init",
];

/// A test for the major of an install.
pub(crate) fn trials(install: Option<&Install>) -> Vec<Trial> {
    let major = install.map_or(0, |install| install.major);
    let folder = install.and_then(|install| Some(install.program("initdb")?.parent()?.to_owned()));
    let run =
        move || run(folder.as_deref().ok_or("an ignored test does not run")?).map_err(Failed::from);
    vec![Trial::test(format!("demo::is_played::{major}"), run)]
}

fn run(bin: &Path) -> Result<(), String> {
    let program = Path::new(env!("CARGO_BIN_EXE_migrate"));
    play(Command::new(program), bin)?;
    let Some(user) = user().map_err(|error| error.to_string())? else { return Ok(()) };
    // Not every account may go to the folder that this was built in.
    let home = tempfile::tempdir().map_err(|error| error.to_string())?;
    let copy = home.path().join("migrate");
    fs::copy(program, &copy).map_err(|error| error.to_string())?;
    crate::server::give_away(home.path(), Some(user)).map_err(|error| error.to_string())?;
    let mut command = as_user(&copy, Some(user));
    command.current_dir(home.path()).env("HOME", home.path());
    play(command, bin)
}

fn play(mut command: Command, bin: &Path) -> Result<(), String> {
    let began = Instant::now();
    command.arg("demo").arg("--postgres-bin").arg(bin).stdin(Stdio::null());
    // What the user has set for other servers is nothing to this one.
    command.env("PGHOST", "192.0.2.1").env("PGSSLMODE", "verify-full").env("PGUSER", "nobody");
    let output = command.output().map_err(|error| error.to_string())?;
    let took = began.elapsed();
    let text = String::from_utf8_lossy(&output.stdout);
    let said = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() || !said.is_empty() {
        return Err(format!("it ended with {}:\n{text}{said}", output.status));
    }
    let mut rest = text.as_ref();
    for told in TELLS {
        let (_, after) =
            rest.split_once(told).ok_or(format!("no `{told}` in its place:\n{text}"))?;
        rest = after;
    }
    if took > LONGEST {
        return Err(format!("it took {took:?}"));
    }
    Ok(())
}
