//! The password of a database's address is in no output: of no command, with a server that refuses
//! it, and with one that takes it.

use super::world::SHORT;
use super::world::finish;
use super::world::holds;
use super::world::said;
use crate::server::Install;
use crate::server::Server;
use crate::server::reason;
use std::collections::BTreeSet;
use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;
use std::process::Stdio;
use tempfile::TempDir;

/// The password, as it is, and as a URL has it.
const PASSWORD: &str = "s3cr%t/word";
const IN_URL: &str = "s3cr%25t%2Fword";

/// Every command that knows a database, with arguments that make sense; the address takes the place
/// of `URL`, or comes last. Together they go through all of them; those that a build does not have
/// are left out.
const COMMANDS: &[&str] = &[
    "lint",
    "plan",
    "status",
    "ledger install",
    "expand",
    "release declare web@v1",
    "rollout start web@v1",
    "rollout step web@v1 --weight 50",
    "rollout pause web@v1 --reason so",
    "rollout resume web@v1 --reason so",
    "rollout heartbeat web@v1",
    "rollout status",
    "rollout finish web@v1",
    "rollout start web@v2",
    "rollout abort web@v2 --reason so",
    "rollout rollback --service web --to v0 --reason so",
    "check-version web@v1",
    "rollback-targets --service web",
    "backfill plan --change email",
    "backfill run --change email --prove",
    "backfill run --change email",
    "backfill status",
    "backfill pause --change email",
    "backfill resume --change email --without-replica r1",
    "backfill retry --change email",
    "backfill cancel --change email",
    "backfill run --change email",
    "backfill verify --change email --query VALUES(0)",
    "contract --check",
    "contract",
    "override grant --change email --check K5 --reason so",
    "override revoke 1 --reason so",
    "review --url https://example.com",
    "approve consumers --reason so",
    "freeze --reason so",
    "unfreeze --reason so",
    "ledger verify",
    "ledger export",
    "ledger checkpoint",
    "ledger rebind --reason so",
    "ledger register email --reason so",
    "undo",
    "guard --database-url URL -- echo done",
    "rehearse --shadow-url URL",
];

/// Commands that never come near a database.
const OTHERS: &[&str] =
    &["check", "demo", "explain", "new", "init", "config", "completions", "man", "help"];

/// Runs a command with an address; gives all that it says, and its code.
fn run(folder: &Path, arguments: &str, address: &str) -> Result<(String, Option<i32>), String> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_migrate"));
    let words = arguments.split(' ');
    command.args(words.map(|word| if word == "URL" { address } else { word }));
    if !arguments.contains("URL") {
        command.args(["--database-url", address]);
    }
    command
        .current_dir(folder)
        .env_clear()
        .env("HOME", folder)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let run = finish(command.spawn().map_err(said)?)?;
    Ok((format!("{}{}", run.out, run.err), run.code))
}

fn keeps_it(arguments: &str, text: &str) -> Result<(), String> {
    let told = [PASSWORD, IN_URL].iter().any(|secret| text.contains(secret));
    holds(!told, || format!("`{arguments}` tells it:\n{text}"))
}

/// The commands that the program says it has, or those below one of them.
fn listed(above: &[&str]) -> Result<BTreeSet<String>, String> {
    let output = Command::new(env!("CARGO_BIN_EXE_migrate")).args(above).arg("--help").output();
    let text = String::from_utf8_lossy(&output.map_err(said)?.stdout).into_owned();
    let lines = text.lines().skip_while(|line| !line.starts_with("Commands:")).skip(1);
    let lines = lines.take_while(|line| line.starts_with("  "));
    let entries = lines.filter(|line| !line.starts_with("   "));
    let words = entries.filter_map(|line| line.split_whitespace().next().map(str::to_owned));
    Ok(words.collect())
}

/// Those to try; all that the program has must be among them.
fn commands() -> Result<Vec<&'static str>, String> {
    let first = |command: &&'static str| command.split(' ').next().unwrap_or_default();
    let all = listed(&[])?;
    let told: BTreeSet<&str> = COMMANDS.iter().map(first).chain(OTHERS.to_vec()).collect();
    for name in &all {
        holds(told.contains(name.as_str()), || format!("`migrate {name}` is not tried"))?;
    }
    for above in ["rollout", "ledger", "override", "release", "backfill"] {
        for name in listed(&[above])?.iter().filter(|name| *name != "help") {
            let whole = format!("{above} {name}");
            let tried = COMMANDS.iter().any(|command| command.starts_with(&whole));
            holds(tried, || format!("`migrate {whole}` is not tried"))?;
        }
    }
    Ok(COMMANDS.iter().copied().filter(|command| all.contains(first(command))).collect())
}

/// Commands of a backfill that have to come to their end: what they say on the way is looked at.
const FILLS: &[&str] = &["backfill plan", "backfill run", "backfill verify"];

/// A folder with a change that has all phases.
fn project() -> Result<TempDir, String> {
    let folder = tempfile::tempdir().map_err(said)?;
    let change = folder.path().join(format!("migrations/20260101000000_{SHORT}"));
    fs::create_dir_all(&change).map_err(said)?;
    let write = |name: &str, text: &str| fs::write(change.join(name), text).map_err(said);
    write("expand.sql", "ALTER TABLE users ADD COLUMN email text;")?;
    write("migrate.sql", "UPDATE users SET email = email_old WHERE email IS NULL;")?;
    write("expand.undo.sql", "ALTER TABLE users DROP COLUMN email;")?;
    write("contract.sql", "ALTER TABLE users DROP COLUMN email_old;")?;
    Ok(folder)
}

pub(super) fn no_output_has_the_password(install: &Install) -> Result<(), String> {
    let commands = commands()?;
    let port = TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr());
    let port = port.map_err(said)?.port();
    let access = "local all all trust\nhost all clerk 127.0.0.1/32 scram-sha-256\n\
                  host all rogue 127.0.0.1/32 reject\n";
    let settings = "listen_addresses = '127.0.0.1'\nlog_statement = all\n";
    let files = [("postgresql.conf", settings), ("pg_hba.conf", access)];
    let server = Server::start_with(install, port, &files).map_err(said)?;
    let admin = server.session("postgres").map_err(|error| reason(&error))?;
    admin.run_each(&format!(
        "SET password_encryption = 'scram-sha-256';
         CREATE ROLE clerk LOGIN SUPERUSER PASSWORD '{PASSWORD}'; CREATE ROLE rogue LOGIN;
         CREATE TABLE users (id int PRIMARY KEY, email_old text);
         INSERT INTO users VALUES (1, 'a@b.c');"
    ))?;
    let folder = project()?;
    let url = |user: &str, password: &str, more: &str| {
        format!("postgresql://{user}:{password}@127.0.0.1:{port}/postgres{more}")
    };
    let refused = [
        (url("rogue", IN_URL, ""), "refused by name"),
        (url("clerk", &format!("{IN_URL}x"), ""), "a wrong password"),
        (url("clerk", IN_URL, "?sslmode=require"), "no encryption"),
        (url("clerk", IN_URL, "").replace("/postgres", "/nowhere"), "no such database"),
        (url("clerk", IN_URL, "").replace(&port.to_string(), "1"), "nobody listens"),
        (url("clerk", IN_URL, "?port=no"), "a mistake in it"),
    ];
    for command in &commands {
        for (address, what) in &refused {
            let arguments = format!("{command} ({what})");
            let (text, code) = run(folder.path(), command, address)?;
            keeps_it(&arguments, &text)?;
            holds(code != Some(0), || format!("{arguments} ends well:\n{text}"))?;
        }
    }
    let (mut ends, good) = (BTreeSet::new(), url("clerk", IN_URL, ""));
    for command in &commands {
        let (text, code) = run(folder.path(), command, &good)?;
        keeps_it(command, &text)?;
        let ends_well = FILLS.iter().any(|begins| command.starts_with(begins));
        holds(!ends_well || code == Some(0), || format!("{command}: {code:?} {text}"))?;
        holds(code.is_some_and(|code| code != 75), || format!("{command}: {code:?} {text}"))?;
        ends.extend(code);
    }
    // It came as far as to work.
    holds(ends.contains(&0) && ends.len() > 2, || format!("codes {ends:?}"))?;
    let kept = admin.text("SELECT string_agg(body || actor || kind, '') FROM migrate.ledger");
    keeps_it("the ledger", &kept.map_err(|error| reason(&error))?)
}
