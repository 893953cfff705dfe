//! A process of the program: signalled, killed and waited for.

use crate::process::ends;
use std::fs;
use std::io::Read;
use std::process::Child;
use std::process::Command;
use std::process::Stdio;
use std::time::Duration;
use tempfile::TempPath;

/// A process; it does not live longer than its test.
pub(super) struct Process {
    child: Child,
    says: TempPath,
}

/// How a process ended.
#[derive(Debug)]
pub(super) struct Ended {
    /// Its exit code; `None` if a signal ended it.
    pub(super) code: Option<i32>,
    /// All that it said.
    pub(super) said: String,
}

impl Process {
    /// Starts a command. What it says goes to a file: nobody need read it meanwhile.
    pub(super) fn start(mut command: Command) -> Result<Process, String> {
        let file = tempfile::NamedTempFile::new().map_err(said)?;
        let (file, says) = file.into_parts();
        let other = file.try_clone().map_err(said)?;
        let child = command.stdin(Stdio::null()).stdout(other).stderr(file).spawn();
        Ok(Process { child: child.map_err(said)?, says })
    }

    pub(super) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Sends it a signal: `-TERM`, `-STOP`, `-CONT`.
    pub(super) fn signal(&self, signal: &str) -> Result<(), String> {
        let sent = Command::new("kill").args([signal, &self.id().to_string()]).status();
        let sent = sent.map_err(said)?.success();
        if sent { Ok(()) } else { Err(format!("{} gets no {signal}", self.id())) }
    }

    pub(super) fn is_over(&mut self) -> Result<bool, String> {
        Ok(self.child.try_wait().map_err(said)?.is_some())
    }

    /// Kills it, as nothing can be warned of.
    pub(super) fn kill(&mut self) -> Result<(), String> {
        self.child.kill().map_err(said)?;
        self.child.wait().map(drop).map_err(said)
    }

    /// Waits for its end, which has to come by then.
    pub(super) fn end(mut self, longest: Duration) -> Result<Ended, String> {
        let status = ends(&mut self.child, longest)?;
        let said = self.said()?;
        let status = status.ok_or_else(|| format!("it does not end in {longest:?}: {said}"))?;
        Ok(Ended { code: status.code(), said })
    }

    /// The same, with this code.
    pub(super) fn ends(self, code: i32, longest: Duration) -> Result<Ended, String> {
        let ended = self.end(longest)?;
        if ended.code == Some(code) { Ok(ended) } else { Err(format!("not {code}: {ended:?}")) }
    }

    pub(super) fn said(&self) -> Result<String, String> {
        let mut text = String::new();
        let mut file = fs::File::open(&self.says).map_err(said)?;
        file.read_to_string(&mut text).map_err(said)?;
        Ok(text)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended before.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn said(error: impl std::fmt::Display) -> String {
    error.to_string()
}
