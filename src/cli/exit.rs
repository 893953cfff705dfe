//! Exit codes: a promise, and the only place that makes them.

use std::process::ExitCode;

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Nothing to say, or done.
    Done,
    /// Something went wrong that is nobody's decision: a file cannot be read.
    Unexpected,
    /// The arguments or the configuration make no sense.
    Usage,
    /// There are findings.
    Findings,
}

impl Exit {
    /// All of them, by their numbers.
    pub const ALL: [Exit; 4] = [Exit::Done, Exit::Unexpected, Exit::Usage, Exit::Findings];

    /// The number that the shell sees.
    pub fn code(self) -> u8 {
        match self {
            Exit::Done => 0,
            Exit::Unexpected => 1,
            Exit::Usage => 2,
            Exit::Findings => 3,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(exit.code())
    }
}

/// The codes as `--help` lists them.
pub(super) const HELP: &str = "\
Exit codes: 0 nothing to say, or done; 1 unexpected error; 2 usage or configuration; 3 findings";
