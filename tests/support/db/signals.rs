//! Signals, in a process of their own: this test's program, run once more.

use super::sessions::said;
use super::world::World;
use super::world::holds;
use crate::server::Server;
use libtest_mimic::Failed;
use libtest_mimic::Trial;
use migrate::db::DbError;
use migrate::db::Go;
use migrate::db::Session;
use migrate::db::Settings;
use std::io::BufRead;
use std::io::BufReader;
use std::io::Read;
use std::io::Write;
use std::os::unix::process::ExitStatusExt;
use std::process::Child;
use std::process::Command;
use std::process::ExitCode;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;
use std::time::Instant;

/// Tells the child where to connect, and by being there that it is one.
const VARIABLE: &str = "MIGRATE_TEST_OF_SIGNALS";

pub(super) fn trials(
    major: u8,
    start: &(impl Fn() -> Arc<Server> + Clone + Send + 'static),
) -> Vec<Trial> {
    let once = start.clone();
    let twice = start.clone();
    vec![
        Trial::test(format!("db::signals::the_first_cancels::{major}"), move || {
            let server = once();
            for (name, expected) in [("INT", "SIGINT"), ("TERM", "SIGTERM")] {
                the_first_cancels(&server, name, expected).map_err(Failed::from)?;
            }
            Ok(())
        }),
        Trial::test(format!("db::signals::the_second_ends::{major}"), move || {
            the_second_ends(&twice()).map_err(Failed::from)
        }),
    ]
}

/// What the child does, if this is one.
pub(crate) fn child() -> Option<ExitCode> {
    let words = std::env::var(VARIABLE).ok()?;
    match work(&words) {
        Ok(()) => Some(ExitCode::SUCCESS),
        Err(why) => {
            say(&why);
            Some(ExitCode::FAILURE)
        }
    }
}

fn say(text: &str) {
    let mut out = std::io::stdout();
    writeln!(out, "{text}").and_then(|()| out.flush()).expect("the parent listens");
}

/// Works until a signal comes; then once more without a look at signals.
fn work(words: &str) -> Result<(), String> {
    let address = World::new()?.resolve(Some(words)).map_err(said)?;
    let session = Session::open(&address, &Settings::default()).map_err(said)?;
    session.catch_signals().map_err(said)?;
    let every = Duration::from_mins(1);
    let (mut first, mut done) = (true, false);
    let answer = session.watched("SELECT pg_sleep(60)", Duration::from_millis(30), &mut || {
        if first {
            say("at work");
        }
        first = false;
        Go::On
    });
    match answer {
        Err(DbError::Interrupted { signal, begun: true, .. }) => say(&format!("{signal} came")),
        other => return Err(format!("{other:?}")),
    }
    let more = session.watched("SELECT 1", every, &mut || {
        done = true;
        Go::On
    });
    match more {
        Err(DbError::Interrupted { begun: false, .. }) if !done => say("nothing more is begun"),
        other => return Err(format!("{other:?}")),
    }
    holds(session.interrupted().is_some(), || "no signal is remembered".to_owned())?;
    holds(session.pause(every).is_err(), || "it paused".to_owned())?;
    session.rows("SELECT 1").map_err(said)?;
    say("tidied up");
    session.rows("SELECT pg_sleep(3)").map_err(said)?;
    say("done");
    Ok(())
}

/// The child, at work.
fn begin(server: &Server) -> Result<(Child, impl BufRead), String> {
    let program = std::env::current_exe().map_err(|error| error.to_string())?;
    let mut child = Command::new(program)
        .env(VARIABLE, server.address("postgres"))
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| error.to_string())?;
    let mut out = BufReader::new(child.stdout.take().ok_or("it says nothing")?);
    expect(&mut out, "at work")?;
    Ok((child, out))
}

fn expect(out: &mut impl BufRead, expected: &str) -> Result<(), String> {
    let mut line = String::new();
    out.read_line(&mut line).map_err(|error| error.to_string())?;
    holds(line.trim_end() == expected, || format!("`{line}` is not `{expected}`"))
}

fn send(child: &Child, signal: &str) -> Result<(), String> {
    let sent = Command::new("kill").args([format!("-{signal}"), child.id().to_string()]).status();
    holds(sent.is_ok_and(|status| status.success()), || "no signal is sent".to_owned())
}

/// A statement ends at once; who ran it can still tidy up.
fn the_first_cancels(server: &Server, signal: &str, expected: &str) -> Result<(), String> {
    let (mut child, mut out) = begin(server)?;
    let began = Instant::now();
    send(&child, signal)?;
    expect(&mut out, &format!("{expected} came"))?;
    expect(&mut out, "nothing more is begun")?;
    expect(&mut out, "tidied up")?;
    holds(began.elapsed() < Duration::from_secs(3), || "it took long".to_owned())?;
    expect(&mut out, "done")?;
    let status = child.wait().map_err(|error| error.to_string())?;
    holds(status.success(), || status.to_string())
}

/// Who is asked twice ends as if nothing had been caught.
fn the_second_ends(server: &Server) -> Result<(), String> {
    let (mut child, mut out) = begin(server)?;
    send(&child, "INT")?;
    expect(&mut out, "SIGINT came")?;
    expect(&mut out, "nothing more is begun")?;
    expect(&mut out, "tidied up")?;
    send(&child, "TERM")?;
    let status = child.wait().map_err(|error| error.to_string())?;
    let mut rest = String::new();
    out.read_to_string(&mut rest).map_err(|error| error.to_string())?;
    holds(status.signal() == Some(15) && rest.is_empty(), || format!("{status}: {rest}"))
}
