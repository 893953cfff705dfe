//! The texts that a file had in earlier commits.

use super::Git;
use super::GitError;
use super::revision::Revisions;
use crate::workspace::FILE_BYTES_MAX;
use crate::workspace::text_of;
use gix::hash::ObjectId;

/// How many commits are looked into: a file that did not change costs little in each.
const COMMITS_MAX: usize = 20_000;

/// How many texts are given.
const TEXTS_MAX: usize = 50;

impl Git {
    /// The texts that a file had in the commits that led to HEAD, the newest first, each once. The
    /// path is relative to the root of the repository.
    pub fn past(&self, path: &str) -> Result<Vec<String>, GitError> {
        let fault = |cause: String| GitError::NoCommit { revision: "HEAD".to_owned(), cause };
        let Some(head) = Revisions(&self.repository).head()? else { return Ok(Vec::new()) };
        let walk = self.repository.rev_walk([head]).all();
        let walk = walk.map_err(|cause| fault(cause.to_string()))?;
        let mut seen: Vec<ObjectId> = Vec::new();
        for commit in walk.take(COMMITS_MAX) {
            // A shallow clone ends where its commits do.
            let Some(id) = commit.ok().and_then(|commit| self.blob_in(commit.id, path)) else {
                continue;
            };
            if !seen.contains(&id) {
                seen.push(id);
            }
            if seen.len() == TEXTS_MAX {
                break;
            }
        }
        Ok(seen.into_iter().filter_map(|id| self.blob_text(id)).collect())
    }

    fn blob_in(&self, commit: ObjectId, path: &str) -> Option<ObjectId> {
        let commit = self.repository.find_commit(commit).ok()?;
        let entry = commit.tree().ok()?.lookup_entry_by_path(path).ok()??;
        entry.mode().is_blob().then(|| entry.object_id())
    }

    fn blob_text(&self, id: ObjectId) -> Option<String> {
        if FILE_BYTES_MAX < self.repository.find_header(id).ok()?.size() {
            return None;
        }
        Some(text_of(self.repository.find_object(id).ok()?.detach().data))
    }
}
