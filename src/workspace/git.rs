//! What git knows of the files: which are new or changed, and how they are staged.

use super::text_of;
use crate::migration::Tree;
use std::collections::BTreeMap;
use std::path::Path;
use std::path::PathBuf;

/// A repository.
pub struct Git {
    repository: gix::Repository,
    /// The root of the working tree.
    root: PathBuf,
}

/// Why git has no answer.
#[derive(Debug, thiserror::Error)]
pub enum GitError {
    /// There is no repository here.
    #[error("`{0}` is in no git repository")]
    NoRepository(PathBuf),
    /// The repository has no working tree.
    #[error("the git repository of `{0}` has no working tree")]
    Bare(PathBuf),
    /// A revision is not known.
    #[error(
        "git does not know `{revision}`: {cause}; in a shallow clone, fetch it first (git fetch \
         origin {revision}, or fetch-depth: 0 in the checkout step)"
    )]
    Unknown {
        /// What was asked for.
        revision: String,
        /// What git says.
        cause: String,
    },
    /// Two revisions have no common ancestor here.
    #[error(
        "`{0}` and HEAD have no common ancestor in this clone; in a shallow clone, fetch more of \
        the history first (git fetch --unshallow, or fetch-depth: 0 in the checkout step)"
    )]
    Unrelated(String),
    /// The index cannot be read.
    #[error("the git index cannot be read: {0}")]
    Index(String),
    /// The setting `core.hooksPath` cannot be read.
    #[error("the setting core.hooksPath cannot be read: {0}")]
    HooksPath(String),
}

impl Git {
    /// The repository that a folder stands in.
    pub fn discover(folder: &Path) -> Result<Git, GitError> {
        let repository =
            gix::discover(folder).map_err(|_| GitError::NoRepository(folder.to_owned()))?;
        let root = repository.workdir().ok_or_else(|| GitError::Bare(folder.to_owned()))?;
        let root = std::path::absolute(root).unwrap_or_else(|_| root.to_owned());
        Ok(Git { repository, root })
    }

    /// The root of the working tree.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Of these files, given by their paths from the root with their texts, those that the branch
    /// adds or edits: what differs from where it left `base`. Of each is said whether it was there.
    pub fn changed_since<'a>(
        &self,
        base: &str,
        files: impl Iterator<Item = (&'a str, &'a str)>,
    ) -> Result<Vec<(&'a str, bool)>, GitError> {
        let unknown = |cause: String| GitError::Unknown { revision: base.to_owned(), cause };
        let base_commit = self
            .repository
            .rev_parse_single(base)
            .and_then(|id| id.object())
            .and_then(gix::Object::peel_to_commit)
            .map_err(|cause| unknown(cause.to_string()))?;
        let head = self.repository.head_id().map_err(|cause| unknown(cause.to_string()))?;
        // A shallow clone may end before the two meet.
        let Ok(Some(ancestor)) = self.repository.merge_base(base_commit.id, head) else {
            return Err(GitError::Unrelated(base.to_owned()));
        };
        let tree = ancestor
            .object()
            .map_err(|cause| unknown(cause.to_string()))?
            .peel_to_tree()
            .map_err(|cause| unknown(cause.to_string()))?;
        let changed = files.filter_map(|(path, text)| {
            let before = tree.lookup_entry_by_path(path).ok().flatten();
            let was_there = before.is_some();
            let before = before.and_then(|entry| entry.object().ok());
            let differs = before.is_none_or(|object| {
                let object = object.detach();
                !same_text(&object.data, text)
            });
            differs.then_some((path, was_there))
        });
        Ok(changed.collect())
    }

    /// The files as they are staged.
    pub fn staged(&self) -> Result<IndexTree, GitError> {
        let index = self.repository.index_or_empty();
        let index = index.map_err(|cause| GitError::Index(cause.to_string()))?;
        let head = self.repository.head_tree().ok();
        let mut tree = IndexTree::default();
        for entry in index.entries() {
            let path = entry.path(&index).to_string();
            let before =
                head.as_ref().and_then(|head| head.lookup_entry_by_path(&path).ok().flatten());
            let was_there = before.is_some();
            if before.is_none_or(|before| before.object_id() != entry.id) {
                tree.changed.push((path.clone(), was_there));
            }
            tree.blobs.insert(path, entry.id);
        }
        tree.paths = tree.blobs.keys().cloned().collect();
        tree.repository = Some(self.repository.clone().into_sync());
        Ok(tree)
    }
}

/// Line ends that a checkout turned do not count as a change.
fn same_text(blob: &[u8], text: &str) -> bool {
    if blob == text.as_bytes() {
        return true;
    }
    let blob = String::from_utf8_lossy(blob);
    blob.lines().eq(text.lines())
}

/// The files of the index, with the texts that are staged.
#[derive(Default)]
pub struct IndexTree {
    repository: Option<gix::ThreadSafeRepository>,
    blobs: BTreeMap<String, gix::ObjectId>,
    paths: Vec<String>,
    changed: Vec<(String, bool)>,
}

impl IndexTree {
    /// The files whose staged text differs from that of the last commit, and whether it has them.
    pub fn changed(&self) -> &[(String, bool)] {
        &self.changed
    }
}

impl Tree for IndexTree {
    fn paths(&self) -> &[String] {
        &self.paths
    }

    fn text(&self, path: &str) -> Option<String> {
        let id = self.blobs.get(path)?;
        let repository = self.repository.as_ref()?.to_thread_local();
        let object = repository.find_object(*id).ok()?;
        Some(text_of(object.detach().data))
    }
}
