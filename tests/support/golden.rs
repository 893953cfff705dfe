//! Files that hold what the program says: compared, or written anew with `UPDATE=1`.

use similar::TextDiff;
use std::fs;
use std::path::Path;

/// Compares a file of the repository with what it should hold.
#[expect(clippy::print_stderr, reason = "who rewrites files wants to know which")]
pub(crate) fn check(path: &str, expected: &str) -> Result<(), String> {
    let place = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    let actual = fs::read_to_string(&place).unwrap_or_default();
    if actual == expected {
        return Ok(());
    }
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&place, expected).map_err(|error| format!("{path}: {error}"))?;
        eprintln!("wrote {path}");
        return Ok(());
    }
    let diff = TextDiff::from_lines(actual.as_str(), expected);
    let diff = diff.unified_diff().header("as it is", "as it should be").to_string();
    Err(format!("{path} is out of date: UPDATE=1 rewrites it\n{diff}"))
}
