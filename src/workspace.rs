//! Files, from the disk or from git: the only place that reads and writes them.

mod disk;
mod git;
mod hook;
mod memory;
mod overlay;
mod place;
mod write;

pub use disk::DiskTree;
pub use disk::text_at;
pub use git::Change;
pub use git::ChangeKind;
pub use git::ChangeSet;
pub use git::CommitTree;
pub use git::Git;
pub use git::GitError;
pub use git::Node;
pub use git::Range;
pub use git::WorkTree;
pub use hook::Hooks;
pub use hook::HooksOwner;
pub use hook::write_program;
pub use memory::MemoryTree;
pub use overlay::OverlayTree;
pub use place::BadPattern;
pub use place::Patterns;
pub use place::absolute;
pub use place::root_of;
pub use place::shown;
pub use write::WriteError;
pub use write::replace;
pub use write::unchanged;

use crate::sql::NO_TEXT;

/// The largest file that is read, in bytes.
pub const FILE_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// The text of a file. Bytes that are no UTF-8 become [`NO_TEXT`], one for one, so that every
/// offset holds, and that whoever runs the text can refuse it.
pub fn text_of(bytes: Vec<u8>) -> String {
    let mut bytes = bytes;
    loop {
        match String::from_utf8(bytes) {
            Ok(text) => return text,
            Err(error) => {
                let start = error.utf8_error().valid_up_to();
                let length = error.utf8_error().error_len();
                bytes = error.into_bytes();
                let end = length.map_or(bytes.len(), |length| start + length);
                bytes[start..end].fill(NO_TEXT);
                // One pass over the rest: the next fault is found from where this one ended.
                if let Some(text) = replace_rest(&mut bytes, end) {
                    return text;
                }
            }
        }
    }
}

/// Replaces every fault after `from`.
fn replace_rest(bytes: &mut Vec<u8>, mut from: usize) -> Option<String> {
    loop {
        match std::str::from_utf8(&bytes[from..]) {
            Ok(_) => return String::from_utf8(std::mem::take(bytes)).ok(),
            Err(error) => {
                let start = from + error.valid_up_to();
                let end = error.error_len().map_or(bytes.len(), |length| start + length);
                bytes[start..end].fill(NO_TEXT);
                from = end;
            }
        }
    }
}
