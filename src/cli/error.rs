//! What stops a command, and the exit code it stops with.

use super::exit::Exit;
use crate::backfill::BackfillError;
use crate::config::Mistake;
use crate::db::CatalogError;
use crate::db::DbError;
use crate::demo::DemoError;
use crate::gather::DumpError;
use crate::gather::GatherError;
use crate::job;
use crate::ledger::Refusal;
use crate::ledger::Refused;
use crate::lint::BaselineError;
use crate::recipe::Unfit;
use crate::rehearse::RehearseError;
use crate::runner::RunError;
use crate::shadow::ShadowError;
use crate::store::StoreError;
use crate::workspace::BadPattern;
use crate::workspace::WriteError;
use std::io;
use std::path::PathBuf;

/// Why a command stopped.
#[derive(Debug, thiserror::Error)]
pub(super) enum Error {
    /// What is asked for makes no sense.
    #[error("{0}")]
    Usage(String),
    /// The configuration holds mistakes.
    #[error("{} holds mistakes", .path.display())]
    Config { path: PathBuf, text: String, mistakes: Vec<Mistake> },
    /// Patterns of the configuration cannot be understood.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Patterns(Vec<BadPattern>),
    /// There is nothing to judge.
    #[error(transparent)]
    Gather(#[from] GatherError),
    /// The database cannot be used.
    #[error(transparent)]
    Database(#[from] DbError),
    /// What a tool keeps in the database cannot be read.
    #[error("this role may not read {table} of {tool}: {grant}")]
    Closed { tool: &'static str, table: String, grant: String },
    /// The baseline cannot be used.
    #[error("{}: {cause}", .path.display())]
    Baseline { path: PathBuf, cause: BaselineError },
    /// A file cannot be read or written.
    #[error("{}: {cause}", .path.display())]
    File { path: PathBuf, cause: io::Error },
    /// A file is not fixed.
    #[error("{} is not fixed: {cause}", .path.display())]
    Write { path: PathBuf, cause: WriteError },
    /// Steps stopped.
    #[error(transparent)]
    Run(#[from] RunError),
    /// What is on record does not allow it.
    #[error("{}; {}", .0.why, .0.next)]
    Refused(#[from] Refusal),
    /// The ledger cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A backfill does not go on.
    #[error(transparent)]
    Backfill(#[from] BackfillError),
    /// Statements cannot be run batch by batch.
    #[error("{} cannot be run batch by batch", .path)]
    Unbatchable { path: String, text: String, refused: Vec<job::Refused> },
    /// The demonstration ended before its end.
    #[error(transparent)]
    Demo(#[from] DemoError),
    /// There is no throw-away server.
    #[error(transparent)]
    Shadow(#[from] ShadowError),
    /// A rehearsal did not come to its end.
    #[error(transparent)]
    Rehearse(#[from] RehearseError),
    /// A recipe does not fit what is there.
    #[error(transparent)]
    Unfit(#[from] Unfit),
    /// The output cannot be written.
    #[error("the output cannot be written: {0}")]
    Output(#[from] io::Error),
}

impl Error {
    pub(super) fn file(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Error {
        let path = path.into();
        move |cause| Error::File { path, cause }
    }

    pub(super) fn exit(&self) -> Exit {
        match self {
            Error::Database(error) => of_database(error),
            Error::Run(error) => of_run(error),
            Error::Refused(refusal) => match refusal.class {
                Refused::Usage => Exit::Usage,
                Refused::Blocked => Exit::Blocked,
                Refused::Policy => Exit::Refused,
                Refused::Conflict => Exit::Conflict,
            },
            Error::Store(error) => of_store(error),
            Error::Backfill(error) => of_backfill(error),
            Error::Gather(GatherError::Catalog(CatalogError::Db(error)))
                if of_database(error) == Exit::Unreachable =>
            {
                Exit::Unreachable
            }
            Error::Shadow(error) | Error::Demo(DemoError::Shadow(error)) => of_shadow(error),
            Error::Rehearse(error) => of_rehearsal(error),
            Error::Demo(_)
            | Error::Gather(
                GatherError::Unread(_)
                | GatherError::Catalog(_)
                | GatherError::Dump(DumpError::File { .. }),
            )
            | Error::File { .. }
            | Error::Write { .. }
            | Error::Output(_)
            | Error::Closed { .. } => Exit::Unexpected,
            Error::Usage(_)
            | Error::Unbatchable { .. }
            | Error::Unfit(_)
            | Error::Config { .. }
            | Error::Patterns(_)
            | Error::Baseline { .. }
            | Error::Gather(_) => Exit::Usage,
        }
    }
}

fn of_database(error: &DbError) -> Exit {
    match error {
        DbError::Address(_) => Exit::Usage,
        DbError::Pooler { .. } => Exit::Refused,
        // What it was in the midst of is found by the next run.
        DbError::Interrupted { .. } | DbError::Lost { .. } => Exit::Unreachable,
        error if error.is_unreachable() => Exit::Unreachable,
        _ => Exit::Unexpected,
    }
}

fn of_backfill(error: &BackfillError) -> Exit {
    match error {
        BackfillError::Db(error) => of_database(error),
        BackfillError::Store(error) => of_store(error),
        BackfillError::Unfit { .. } => Exit::Usage,
        BackfillError::Edited { .. } | BackfillError::Frozen(_) => Exit::Refused,
        BackfillError::Failed { .. } => Exit::Findings,
        BackfillError::Elsewhere(_) => Exit::Integrity,
        BackfillError::Gone(_) => Exit::Unreachable,
        BackfillError::Malformed(_) | BackfillError::Died => Exit::Unexpected,
    }
}

fn of_store(error: &StoreError) -> Exit {
    match error {
        StoreError::Db(error) => of_database(error),
        StoreError::Chain(_) | StoreError::Elsewhere { .. } | StoreError::Malformed(_) => {
            Exit::Integrity
        }
        StoreError::Moved | StoreError::Key(_) => Exit::Conflict,
        StoreError::Absent => Exit::NoData,
        StoreError::Newer { .. } | StoreError::Unknown(_) => Exit::Refused,
    }
}

fn of_shadow(error: &ShadowError) -> Exit {
    match error {
        ShadowError::NoServer { .. }
        | ShadowError::NotThere(_)
        | ShadowError::Version { .. }
        | ShadowError::OnlyRoot
        | ShadowError::Platform => Exit::Usage,
        ShadowError::Place { .. }
        | ShadowError::Program { .. }
        | ShadowError::Cluster { .. }
        | ShadowError::Ended { .. }
        | ShadowError::Slow { .. } => Exit::Unexpected,
    }
}

fn of_rehearsal(error: &RehearseError) -> Exit {
    match error {
        RehearseError::NotEmpty(_) | RehearseError::Unrunnable(_) => Exit::Usage,
        RehearseError::Before { .. } => Exit::Findings,
        RehearseError::Db(error) => of_database(error),
        RehearseError::Catalog(_) => Exit::Unexpected,
    }
}

fn of_run(error: &RunError) -> Exit {
    match error {
        RunError::Store(error) => of_store(error),
        RunError::Drift(_)
        | RunError::HalfUndone(_)
        | RunError::Frozen(_)
        | RunError::Misplaced { .. }
        | RunError::Moving { .. }
        | RunError::Opaque { .. } => Exit::Refused,
        RunError::Busy { .. } | RunError::Lock { .. } | RunError::Building { .. } => Exit::Conflict,
        RunError::Unsettled(_) => Exit::NoData,
        RunError::Step { error, .. } => of_database(error),
        RunError::Taken { .. } | RunError::Unproven(_) => Exit::Unexpected,
        RunError::Standby | RunError::NoSuchStep { .. } => Exit::Usage,
    }
}
