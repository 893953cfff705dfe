//! What is drawn while a step takes long: a bar on a terminal, lines elsewhere.

use super::Test;
use super::holds;
use super::project::Project;
use super::project::comes;
use super::project::database;
use super::said;
use crate::server::Server;
use crate::server::reason;
use std::process::Command;
use std::process::Stdio;
use std::time::Duration;

pub(super) const TESTS: &[(&str, Test)] = &[
    ("drawn::a_bar_on_a_terminal", a_bar_on_a_terminal),
    ("drawn::lines_on_one_that_takes_nothing_back", lines_on_one_that_takes_nothing_back),
    ("drawn::lines_and_json_elsewhere", lines_and_json_elsewhere),
];

/// Whether the program is there that gives others a terminal, and is the one of Linux.
pub(super) fn can_be_seen() -> bool {
    let version = Command::new("script").arg("--version").output();
    version.is_ok_and(|output| String::from_utf8_lossy(&output.stdout).contains("util-linux"))
}

const SQL: &str = "
CREATE TABLE shop (id bigint PRIMARY KEY, name text);
CREATE INDEX CONCURRENTLY i ON shop (name);";

/// What `migrate expand` says while its second step waits for a transaction of somebody else.
fn waits(
    server: &Server,
    name: &str,
    begin: impl Fn(&Project, &str) -> Command,
) -> Result<(String, String), String> {
    let project = Project::new(&[("01_shop", SQL)]);
    let (address, session) = database(server, name)?;
    let holder = server.session(name).map_err(|error| reason(&error))?;
    let snapshot = "BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1";
    holder.run(snapshot).map_err(|error| reason(&error))?;
    let mut command = begin(&project, &address);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = command.spawn().map_err(said)?;
    let building = "SELECT count(*) FROM pg_stat_progress_create_index
                    WHERE datname = current_database() AND phase LIKE 'waiting%'";
    comes(&session, building, "1")?;
    std::thread::sleep(Duration::from_secs(3));
    holder.run("COMMIT").map_err(|error| reason(&error))?;
    let output = child.wait_with_output().map_err(said)?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (out, err) = (text(&output.stdout), text(&output.stderr));
    holds(output.status.success(), || format!("{out}{err}"))?;
    Ok((out, err))
}

/// The same on a terminal of some kind: all that it is sent.
fn on_terminal(server: &Server, name: &str, kind: &str) -> Result<String, String> {
    let begin = |project: &Project, address: &str| {
        // Its settings, with the program below another that gives it a terminal.
        let plain = project.expand(address, &[]);
        let mut command = Command::new("script");
        let program = format!("{} expand --actor tester", env!("CARGO_BIN_EXE_migrate"));
        command.args(["-qec", &program, "/dev/null"]);
        command.current_dir(plain.get_current_dir().expect("it runs in its project"));
        command.env("TERM", kind).env("DATABASE_URL", address);
        command
    };
    waits(server, name, begin).map(|(out, _)| out)
}

fn a_bar_on_a_terminal(server: &Server) -> Result<(), String> {
    let out = on_terminal(server, "drawn_bar", "xterm")?;
    let step = "20240101000001_shop expand 2/2: waiting for";
    let bar = out.split('\r').any(|line| line.contains(" % ") && line.contains(step));
    holds(bar && out.contains("\u{1b}["), || format!("no bar: {out:?}"))?;
    holds(!out.contains("at work for"), || format!("lines, too: {out:?}"))?;
    // The bar is gone before a line is written, and the first step is too short for one.
    let done = out.split('\n').any(|line| {
        let shown = line.rsplit('\r').find(|part| !part.is_empty()).unwrap_or_default();
        shown.trim_start_matches("\u{1b}[2K").starts_with("20240101000001_shop expand 2/2: done in")
    });
    holds(done, || format!("no line of its own: {out:?}"))?;
    holds(!out.contains("1/2: |") && !out.contains("\u{1b}[3"), || format!("{out:?}"))
}

fn lines_on_one_that_takes_nothing_back(server: &Server) -> Result<(), String> {
    let out = on_terminal(server, "drawn_dumb", "dumb")?;
    let lines = out.contains("at work for") && out.contains("waiting for");
    holds(lines && !out.contains('\u{1b}'), || format!("{out:?}"))
}

fn lines_and_json_elsewhere(server: &Server) -> Result<(), String> {
    let (out, err) = waits(server, "drawn_lines", |project, address| project.expand(address, &[]))?;
    let lines = err.contains("at work for") && err.contains("waiting for");
    holds(lines && !(out + &err).contains('\u{1b}'), || err)?;
    let json = |project: &Project, address: &str| project.expand(address, &["--format", "json"]);
    let (out, _) = waits(server, "drawn_json", json)?;
    let working = out.lines().find(|line| line.contains("\"working\"")).unwrap_or_default();
    let told =
        working.contains("\"fraction\":0.0") && working.contains("\"progress\":\"waiting for");
    holds(told && !out.contains('\u{1b}'), || out)
}
