//! Why there is no throw-away server: what, why, and what to do.

use crate::version::Major;
use std::io;
use std::path::Path;
use std::path::PathBuf;

/// Why there is no throw-away server.
#[derive(Debug, thiserror::Error)]
pub enum ShadowError {
    /// None was found.
    #[error(
        "no PostgreSQL server is installed on this machine; `{command}` installs one, and \
         --postgres-bin or MIGRATE_POSTGRES_BIN names the folder of one that is elsewhere"
    )]
    NoServer {
        /// What installs one here.
        command: &'static str,
    },
    /// None is where it was said to be.
    #[error(
        "no PostgreSQL server is in {}: it has no `initdb` and `postgres` that can be run; name \
         the folder that `pg_config --bindir` prints",
        .0.display()
    )]
    NotThere(PathBuf),
    /// Of this version nothing is known.
    #[error(
        "{} is PostgreSQL {found}, and facts are known of {} to {}; name one of these",
        folder.display(),
        Major::OLDEST,
        Major::NEWEST
    )]
    Version {
        /// Where it is.
        folder: PathBuf,
        /// The version, as the server says it.
        found: String,
    },
    /// PostgreSQL refuses to run as root, and there is nobody else.
    #[error(
        "PostgreSQL refuses to run as root, and /etc/passwd has neither `postgres` nor `nobody` to \
         run it as; run this as another user"
    )]
    OnlyRoot,
    /// There are no sockets for it.
    #[error("throw-away servers need Unix sockets; run this on Linux or macOS")]
    Platform,
    /// A file or folder says no.
    #[error("the throw-away server has no place: {}: {why}", path.display())]
    Place {
        /// The file or folder.
        path: PathBuf,
        /// What stands in the way.
        why: io::Error,
    },
    /// A program of PostgreSQL does not run.
    #[error("{} does not run{}: {why}", program.display(), of_user(user.as_deref()))]
    Program {
        /// The program.
        program: PathBuf,
        /// Who it runs as, where that is not the user.
        user: Option<String>,
        /// What stands in the way.
        why: io::Error,
    },
    /// `initdb` fails.
    #[error("`initdb` of PostgreSQL {major} makes no cluster: {said}")]
    Cluster {
        /// The server's version.
        major: Major,
        /// What it says.
        said: String,
    },
    /// The server ends while it starts.
    #[error("the throw-away PostgreSQL {major} does not start; it says:\n{log}")]
    Ended {
        /// The server's version.
        major: Major,
        /// The last of what it says.
        log: String,
    },
    /// The server takes too long.
    #[error(
        "the throw-away PostgreSQL {major} is not ready after {seconds} seconds; try again when \
         this machine has less to do; it says:\n{log}"
    )]
    Slow {
        /// The server's version.
        major: Major,
        /// How long it was waited for.
        seconds: u64,
        /// The last of what it says.
        log: String,
    },
}

/// Who a program runs as, where that may be why it does not.
fn of_user(user: Option<&str>) -> String {
    user.map_or_else(String::new, |user| {
        format!(" as `{user}`, as PostgreSQL refuses root; let them reach it, or be another user")
    })
}

impl ShadowError {
    /// The fault of a file or folder.
    pub(super) fn place(path: &Path) -> impl FnOnce(io::Error) -> ShadowError {
        move |why| ShadowError::Place { path: path.to_owned(), why }
    }
}
