//! What an address is filled up from: variables, files and the name of the account.

use std::io;
use std::path::Path;
use std::path::PathBuf;

/// What surrounds the program, as far as addresses are looked up in it.
pub trait Environment {
    /// A variable, if it is set and is text.
    fn variable(&self, name: &str) -> Option<String>;

    /// A file of the user; relative names start where the program runs.
    fn file(&self, path: &Path) -> io::Result<Kept>;

    /// The name of the account that the program runs as.
    fn user(&self) -> Option<String>;
}

/// A file with secrets in it.
#[derive(Clone, Debug)]
pub struct Kept {
    /// Its text.
    pub text: String,
    /// Whether its group or others may do anything with it.
    pub open: bool,
}

/// The user's own folder.
pub(super) fn home(environment: &dyn Environment) -> Option<PathBuf> {
    environment.variable("HOME").filter(|home| !home.is_empty()).map(PathBuf::from)
}

/// No surroundings: what an address does not say, nothing else says.
pub struct Nowhere;

impl Environment for Nowhere {
    fn variable(&self, _: &str) -> Option<String> {
        None
    }

    fn file(&self, _: &Path) -> io::Result<Kept> {
        Err(io::ErrorKind::NotFound.into())
    }

    fn user(&self) -> Option<String> {
        None
    }
}
