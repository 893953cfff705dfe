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
    /// Not yet: what it waits for is said, and when that can be there.
    Blocked,
    /// A gate failed. Kept for gates on telemetry: nothing ends with it yet.
    GateFailed,
    /// There is no data to decide by.
    NoData,
    /// The ledger is not whole, or of another database.
    Integrity,
    /// A rule of the house says no.
    Refused,
    /// Somebody else was first, or a lock was not got.
    Conflict,
    /// The database does not answer, or a run was stopped before its end: it is to be run again.
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
Exit codes: 0 nothing to say, or done; 1 unexpected error; 2 usage or configuration; 3 findings; \
4 blocked, not stable yet; 5 kept for gates on telemetry; 6 no data to decide by; 7 the ledger is \
not whole, or of another database; 8 refused by policy; 9 conflict, or a lock was not got; 75 no \
database answers, or stopped before its end";
