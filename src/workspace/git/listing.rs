//! What a commit or the index holds: every path in order, with what it is and the id of its text.

use super::fault::GitError;
use gix::ObjectId;
use gix::bstr::BStr;
use gix::bstr::BString;
use gix::index::entry::Flags;
use gix::index::entry::Mode;
use gix::objs::tree::EntryKind;
use gix::objs::tree::EntryMode;

/// What stands at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Node {
    /// A file, executable or not.
    File,
    /// A symbolic link. It has no text: what it names stands elsewhere.
    Link,
    /// Another repository. It has no text.
    Submodule,
}

/// A path with what stands there.
#[derive(Clone, Debug)]
pub(super) struct Listed {
    pub(super) path: BString,
    pub(super) node: Node,
    /// The id of its text; `None` where it stands on the disk alone.
    pub(super) id: Option<ObjectId>,
}

/// All that a commit holds.
pub(super) fn of_commit(
    repository: &gix::Repository,
    commit: ObjectId,
) -> Result<Vec<Listed>, GitError> {
    let fault = |cause: String| GitError::Unlisted { commit: commit.to_string(), cause };
    let commit = repository.find_commit(commit).map_err(|cause| fault(cause.to_string()))?;
    let tree = commit.tree_id().map_err(|cause| fault(cause.to_string()))?;
    let mut listing = below(repository, BStr::new(""), tree.detach())?;
    listing.sort_unstable_by(|one, other| one.path.cmp(&other.path));
    Ok(listing)
}

/// All that is staged.
pub(super) fn of_index(repository: &gix::Repository) -> Result<Vec<Listed>, GitError> {
    let index = repository.index_or_empty();
    let index = index.map_err(|cause| GitError::Index(cause.to_string()))?;
    let mut listing = Vec::with_capacity(index.entries().len());
    for entry in index.entries() {
        let path = entry.path(&index);
        if entry.stage_raw() != 0 {
            return Err(GitError::Unmerged(path.to_string()));
        }
        // Such an entry says that a file will be staged, and holds no text of it.
        if entry.flags.contains(Flags::INTENT_TO_ADD) {
            continue;
        }
        if entry.mode.is_sparse() {
            listing.extend(below(repository, path, entry.id)?);
        } else if let Some(node) = node_of_entry(entry.mode) {
            listing.push(Listed { path: path.to_owned(), node, id: Some(entry.id) });
        }
    }
    listing.sort_unstable_by(|one, other| one.path.cmp(&other.path));
    Ok(listing)
}

/// All that a tree holds, where the tree stands at `prefix`, which ends in a slash if it is any.
pub(super) fn below(
    repository: &gix::Repository,
    prefix: &BStr,
    tree: ObjectId,
) -> Result<Vec<Listed>, GitError> {
    let fault = |cause: String| GitError::Unlisted { commit: tree.to_string(), cause };
    let found = repository.find_tree(tree).map_err(|cause| fault(cause.to_string()))?;
    let entries = found.traverse().breadthfirst.files();
    let entries = entries.map_err(|cause| fault(cause.to_string()))?.into_iter();
    let listed = entries.filter_map(|entry| {
        let node = node_of(entry.mode)?;
        let mut path = prefix.to_owned();
        path.extend_from_slice(&entry.filepath);
        Some(Listed { path, node, id: Some(entry.oid) })
    });
    Ok(listed.collect())
}

/// What an entry of the index is; `None` for a folder.
pub(super) fn node_of_entry(mode: Mode) -> Option<Node> {
    mode.to_tree_entry_mode().and_then(node_of)
}

/// What an entry of a tree is; `None` for a folder.
fn node_of(mode: EntryMode) -> Option<Node> {
    match mode.kind() {
        EntryKind::Blob | EntryKind::BlobExecutable => Some(Node::File),
        EntryKind::Link => Some(Node::Link),
        EntryKind::Commit => Some(Node::Submodule),
        EntryKind::Tree => None,
    }
}
