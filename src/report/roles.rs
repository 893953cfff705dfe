//! What each file of a change set is to a release, and why.

use crate::rules::ChangedFile;
use std::io;
use std::io::Write;

/// Writes a line for each file: what became of it, what it is, and why.
pub fn roles(files: &[ChangedFile], out: &mut dyn Write) -> io::Result<()> {
    for file in files {
        let (fate, role) = (file.fate.word(), file.role.word());
        let before = file.before.as_ref().map(|before| format!(" (was {before})"));
        let before = before.unwrap_or_default();
        writeln!(out, "{}{before}: {fate}, {role}: {}", file.shown, file.why)?;
    }
    Ok(())
}
