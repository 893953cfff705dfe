//! Another tool's command, run to its end: a signal that comes meanwhile is passed on to it.

use super::error::Error;
use super::ui::Ui;
use crate::db::DbError;
use crate::db::Session;
use crate::db::Signal;
use std::process::Child;
use std::process::Command;
use std::process::ExitStatus;
use std::time::Duration;

/// How often is looked whether it has ended.
const LOOK: Duration = Duration::from_millis(50);

/// How a tool ended.
pub(super) struct Ended {
    /// What it says of itself.
    pub(super) status: ExitStatus,
    /// The signal that came while it ran.
    pub(super) signal: Option<Signal>,
}

/// Runs it to its end, which a signal does not shorten: what it does then is the tool's own.
pub(super) fn run(program: &str, words: &[String], session: &Session) -> Result<Ended, Error> {
    let mut tool = Command::new(program).args(words).spawn().map_err(Error::file(program))?;
    loop {
        if let Some(status) = tool.try_wait().map_err(Error::file(program))? {
            return Ok(Ended { status, signal: session.interrupted() });
        }
        match session.pause(LOOK) {
            Ok(()) => {}
            Err(DbError::Interrupted { signal, .. }) => {
                pass_on(&tool, program, signal);
                let status = tool.wait().map_err(Error::file(program))?;
                return Ok(Ended { status, signal: Some(signal) });
            }
            Err(error) => return Err(error.into()),
        }
    }
}

/// Passes a signal on, unless the terminal has given it to the tool as well.
fn pass_on(tool: &Child, program: &str, signal: Signal) {
    let shared = signal == Signal::Interrupt && is_of_the_terminal();
    if !shared && let Err(why) = send(tool, signal) {
        Ui::note(&format!("warning: {signal} is not passed on to `{program}`: {why}"));
    }
    Ui::note(&format!(
        "guard: {signal} came; the end of `{program}` is waited for, and what it ran goes on record"
    ));
}

/// Whether the keys of a terminal reach this program and those that it began.
#[cfg(unix)]
fn is_of_the_terminal() -> bool {
    let terminal = std::fs::File::open("/dev/tty");
    let group = terminal.ok().and_then(|terminal| rustix::termios::tcgetpgrp(terminal).ok());
    group == Some(rustix::process::getpgrp())
}

#[cfg(unix)]
fn send(tool: &Child, signal: Signal) -> Result<(), String> {
    use rustix::process::Pid;
    use rustix::process::Signal as Raw;
    let raw = match signal {
        Signal::Interrupt => Raw::INT,
        Signal::Terminate => Raw::TERM,
    };
    let number = i32::try_from(tool.id()).map_err(|why| why.to_string())?;
    let process = Pid::from_raw(number).ok_or("it has no process")?;
    rustix::process::kill_process(process, raw).map_err(|why| why.to_string())
}

#[cfg(not(unix))]
fn is_of_the_terminal() -> bool {
    true
}

#[cfg(not(unix))]
fn send(_: &Child, _: Signal) -> Result<(), String> {
    Ok(())
}
