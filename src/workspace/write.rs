//! Files written as a whole or not at all.

use std::fs;
use std::fs::File;
use std::io;
use std::io::Write;
use std::path::Path;
use std::path::PathBuf;

/// Why a file was left as it is.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// It is not what was judged any more, or not text.
    #[error("what is on the disk is not what was judged")]
    Changed,
    /// The disk says no.
    #[error("{0}")]
    Disk(#[from] io::Error),
}

/// Sees that a file still holds a text; `None` stands for no file.
pub fn unchanged(path: &Path, before: Option<&str>) -> Result<(), WriteError> {
    let there = match fs::read(path) {
        Ok(bytes) => Some(bytes),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(error.into()),
    };
    if there.as_deref() == before.map(str::as_bytes) { Ok(()) } else { Err(WriteError::Changed) }
}

/// Gives a file another text, if it still holds the one before.
///
/// The text is written beside it and takes its place in one step, so that nobody reads half of it.
pub fn replace(path: &Path, before: Option<&str>, after: &str) -> Result<(), WriteError> {
    unchanged(path, before)?;
    let beside = beside(path);
    let written = write_new(&beside, path, after).and_then(|()| fs::rename(&beside, path));
    if written.is_err() {
        // What is left of it is of no use to anybody.
        let _ = fs::remove_file(&beside);
    }
    written.map_err(WriteError::from)
}

/// A name in the same folder that no tool takes for a migration.
fn beside(path: &Path) -> PathBuf {
    let name = path.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
    path.with_file_name(format!(".{name}.migrate-new"))
}

fn write_new(path: &Path, of: &Path, text: &str) -> io::Result<()> {
    let mut file = File::create(path)?;
    file.write_all(text.as_bytes())?;
    if let Ok(metadata) = fs::metadata(of) {
        file.set_permissions(metadata.permissions())?;
    }
    file.sync_all()
}
