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
    /// There are findings, or something that a person has to look at.
    Findings,
    /// A gate is closed.
    Blocked,
    /// A gate looked, and what it saw is not as it should be.
    GateFailed,
    /// What a decision hangs on is not known.
    NoData,
    /// The ledger contradicts itself, or was changed behind its back.
    Integrity,
    /// The rules of the project refuse it.
    Refused,
    /// Somebody else is at it.
    Conflict,
    /// The database cannot be reached now.
    Unreachable,
}

impl Exit {
    /// All of them, by their numbers.
    pub const ALL: [Exit; 11] = [
        Exit::Done,
        Exit::Unexpected,
        Exit::Usage,
        Exit::Findings,
        Exit::Blocked,
        Exit::GateFailed,
        Exit::NoData,
        Exit::Integrity,
        Exit::Refused,
        Exit::Conflict,
        Exit::Unreachable,
    ];

    /// The number that the shell sees.
    pub fn code(self) -> u8 {
        match self {
            Exit::Done => 0,
            Exit::Unexpected => 1,
            Exit::Usage => 2,
            Exit::Findings => 3,
            Exit::Blocked => 4,
            Exit::GateFailed => 5,
            Exit::NoData => 6,
            Exit::Integrity => 7,
            Exit::Refused => 8,
            Exit::Conflict => 9,
            // As in sysexits.h: a failure that may pass.
            Exit::Unreachable => 75,
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
Exit codes: 0 nothing to say, or done; 1 unexpected error; 2 usage or configuration; 3 findings, \
or a person has to look; 4 a gate is closed; 5 a gate failed; 6 what is needed is not known; 7 the \
ledger is damaged; 8 refused by the project's rules; 9 somebody else is at it; 75 the database \
cannot be reached now";
