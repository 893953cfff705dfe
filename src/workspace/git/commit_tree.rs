//! A tree of files as git keeps them: of a commit, or of the index.

use super::listing::Listed;
use super::listing::Node;
use crate::migration::Tree;
use crate::workspace::FILE_BYTES_MAX;
use crate::workspace::text_of;
use gix::ObjectId;
use std::sync::OnceLock;

/// The files of a commit that was made, or of the index. Links and submodules have no text, and are
/// not in it.
pub struct CommitTree {
    repository: gix::ThreadSafeRepository,
    paths: Vec<String>,
    files: Vec<File>,
}

struct File {
    id: ObjectId,
    /// What was read: layouts ask for the same files one by one.
    text: OnceLock<Option<String>>,
}

impl CommitTree {
    pub(super) fn new(repository: &gix::Repository, listing: Vec<Listed>) -> CommitTree {
        let files = listing.into_iter().filter(|listed| listed.node == Node::File);
        let mut files: Vec<(String, ObjectId)> =
            files.filter_map(|file| Some((file.path.to_string(), file.id?))).collect();
        files.sort_unstable();
        files.dedup_by(|(one, _), (other, _)| one == other);
        let (paths, ids): (Vec<String>, Vec<ObjectId>) = files.into_iter().unzip();
        let files = ids.into_iter().map(|id| File { id, text: OnceLock::new() }).collect();
        CommitTree { repository: repository.clone().into_sync(), paths, files }
    }

    fn read(&self, id: ObjectId) -> Option<String> {
        let repository = self.repository.to_thread_local();
        if FILE_BYTES_MAX < repository.find_header(id).ok()?.size() {
            return None;
        }
        Some(text_of(repository.find_object(id).ok()?.detach().data))
    }
}

impl Tree for CommitTree {
    fn paths(&self) -> &[String] {
        &self.paths
    }

    fn text(&self, path: &str) -> Option<String> {
        let at = self.paths.binary_search_by(|known| known.as_str().cmp(path)).ok()?;
        let file = &self.files[at];
        file.text.get_or_init(|| self.read(file.id)).clone()
    }
}
