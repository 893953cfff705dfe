//! The surroundings of the program: its variables, the user's files, its account.

use crate::db::Environment;
use crate::db::Kept;
use std::io;
use std::path::Path;

/// Those of this process.
pub(super) struct Surroundings;

impl Environment for Surroundings {
    fn variable(&self, name: &str) -> Option<String> {
        std::env::var(name).ok()
    }

    fn file(&self, path: &Path) -> io::Result<Kept> {
        let metadata = std::fs::metadata(path)?;
        if !metadata.is_file() {
            return Err(io::Error::other("it is no file"));
        }
        Ok(Kept { text: std::fs::read_to_string(path)?, open: is_open(&metadata) })
    }

    fn user(&self) -> Option<String> {
        whoami::username().ok()
    }
}

impl Surroundings {
    /// The name of this machine.
    pub(super) fn host() -> String {
        whoami::hostname().unwrap_or_else(|_| "somewhere".to_owned())
    }
}

/// Whether others than the owner may do anything with a file.
#[cfg(unix)]
fn is_open(metadata: &std::fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt;
    metadata.permissions().mode() & 0o077 != 0
}

/// Here the folder of the user's settings keeps others out, as libpq has it.
#[cfg(not(unix))]
fn is_open(_: &std::fs::Metadata) -> bool {
    false
}
