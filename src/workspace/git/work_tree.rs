//! What stands in the working tree: files that git tracks, and new ones that it does not ignore.

use super::commit_tree::CommitTree;
use super::fault::GitError;
use super::listing;
use super::listing::Listed;
use super::listing::Node;
use crate::migration::Tree;
use crate::workspace::FILE_BYTES_MAX;
use crate::workspace::text_at;
use gix::ObjectId;
use gix::bstr::BStr;
use gix::bstr::BString;
use gix::bstr::ByteSlice;
use gix::dir::entry::Kind;
use gix::dir::entry::Status;
use gix::index::entry::Flags;
use gix::status::Submodule;
use gix::status::UntrackedFiles;
use gix::status::index_worktree::Item;
use gix::status::plumbing::index_as_worktree::Change;
use gix::status::plumbing::index_as_worktree::EntryStatus;
use gix::submodule::config::Ignore;
use std::collections::BTreeMap;
use std::path::Path;
use std::path::PathBuf;
use std::sync::OnceLock;

/// The files of the working tree. Links and submodules have no text, and are not in it.
pub struct WorkTree {
    /// Files that are tracked but not checked out, as the index has them.
    kept: CommitTree,
    paths: Vec<String>,
    files: Vec<File>,
}

struct File {
    /// Where it stands; `None` if it is kept in the index.
    place: Option<PathBuf>,
    /// What was read: layouts ask for the same files one by one.
    text: OnceLock<Option<String>>,
}

impl Tree for WorkTree {
    fn paths(&self) -> &[String] {
        &self.paths
    }

    fn text(&self, path: &str) -> Option<String> {
        let at = self.paths.binary_search_by(|known| known.as_str().cmp(path)).ok()?;
        let file = &self.files[at];
        let read = || match &file.place {
            Some(place) => text_at(place).ok(),
            None => self.kept.text(path),
        };
        file.text.get_or_init(read).clone()
    }
}

/// What is known of a path.
struct Found {
    node: Node,
    /// The id of its text; `None` where it has to be read from the disk.
    id: Option<ObjectId>,
    /// It is not looked for on the disk.
    kept: bool,
}

/// The files of the working tree, in order of their paths, and the tree of their texts.
pub(super) fn read(
    repository: &gix::Repository,
    root: &Path,
) -> Result<(Vec<Listed>, WorkTree), GitError> {
    let mut found = tracked(repository)?;
    let fault = |cause: String| GitError::WorkTree(cause);
    let status = repository.status(gix::progress::Discard);
    let status = status.map_err(|cause| fault(cause.to_string()))?;
    let items = status
        .untracked_files(UntrackedFiles::Files)
        .index_worktree_rewrites(None)
        .index_worktree_submodules(Submodule::Given { ignore: Ignore::Dirty, check_dirty: true })
        .into_index_worktree_iter(Vec::new());
    for item in items.map_err(|cause| fault(cause.to_string()))? {
        learn(item.map_err(|cause| fault(cause.to_string()))?, root, &mut found);
    }
    let files = found.iter().filter(|(_, found)| found.node == Node::File);
    let mut files: Vec<(String, Option<PathBuf>)> = files
        .map(|(path, found)| {
            (path.to_string(), (!found.kept).then(|| place_of(root, path.as_ref())))
        })
        .collect();
    files.sort_unstable();
    files.dedup_by(|(one, _), (other, _)| one == other);
    let (paths, places): (Vec<String>, Vec<Option<PathBuf>>) = files.into_iter().unzip();
    let files = places.into_iter().map(|place| File { place, text: OnceLock::new() }).collect();
    let kept = found.iter().filter(|(_, found)| found.kept);
    let kept = kept.map(|(path, found)| listed(path, found)).collect();
    let listing = found.iter().map(|(path, found)| listed(path, found)).collect();
    Ok((listing, WorkTree { kept: CommitTree::new(repository, kept), paths, files }))
}

fn listed(path: &BString, found: &Found) -> Listed {
    Listed { path: path.clone(), node: found.node, id: found.id }
}

/// What the index says of the working tree.
fn tracked(repository: &gix::Repository) -> Result<BTreeMap<BString, Found>, GitError> {
    let index = repository.index_or_empty();
    let index = index.map_err(|cause| GitError::Index(cause.to_string()))?;
    let mut found = BTreeMap::new();
    for entry in index.entries() {
        let path = entry.path(&index);
        if entry.mode.is_sparse() {
            let below = listing::below(repository, path, entry.id)?.into_iter();
            found.extend(below.map(|listed| {
                (listed.path, Found { node: listed.node, id: listed.id, kept: true })
            }));
        } else if let Some(node) = listing::node_of_entry(entry.mode) {
            let kept = entry.flags.intersects(Flags::SKIP_WORKTREE | Flags::ASSUME_VALID);
            found.insert(path.to_owned(), Found { node, id: Some(entry.id), kept });
        }
    }
    Ok(found)
}

/// Takes in where the disk differs from the index.
fn learn(item: Item, root: &Path, found: &mut BTreeMap<BString, Found>) {
    match item {
        Item::Modification { rela_path, status, .. } => match status {
            EntryStatus::Change(Change::SubmoduleModification(status)) => {
                if let (Some(known), Some(head)) =
                    (found.get_mut(&rela_path), status.checked_out_head_id)
                {
                    known.id = Some(head);
                }
            }
            // An executable bit is no part of a migration.
            EntryStatus::NeedsUpdate(_)
            | EntryStatus::Change(Change::Modification { content_change: None, .. }) => {}
            EntryStatus::Conflict { .. } | EntryStatus::IntentToAdd | EntryStatus::Change(_) => {
                look(rela_path, root, found);
            }
        },
        Item::DirectoryContents { entry, .. } => {
            let file = matches!(entry.disk_kind, Some(Kind::File | Kind::Symlink));
            if entry.status == Status::Untracked && file {
                look(entry.rela_path, root, found);
            }
        }
        Item::Rewrite { dirwalk_entry, .. } => look(dirwalk_entry.rela_path, root, found),
    }
}

/// Takes in what stands on the disk at a path.
fn look(path: BString, root: &Path, found: &mut BTreeMap<BString, Found>) {
    let node = place_of(root, path.as_ref()).symlink_metadata().ok().and_then(|data| {
        let link = data.is_symlink().then_some(Node::Link);
        link.or_else(|| data.is_file().then_some(Node::File))
    });
    match node {
        Some(node) => found.insert(path, Found { node, id: None, kept: false }),
        None => found.remove(&path),
    };
}

fn place_of(root: &Path, path: &BStr) -> PathBuf {
    match gix::path::from_bstr(path) {
        Ok(path) => root.join(path),
        Err(_) => root.join(path.to_string()),
    }
}

/// Makes objects of files, as `git add` would, but in memory.
pub(super) struct Store<'a> {
    root: &'a Path,
    filters: gix::filter::Pipeline<'a>,
    index: gix::worktree::IndexPersistedOrInMemory,
}

impl<'a> Store<'a> {
    /// Goes from a repository that keeps new objects in memory.
    pub(super) fn new(
        repository: &'a gix::Repository,
        root: &'a Path,
    ) -> Result<Store<'a>, GitError> {
        let filters = repository.filter_pipeline(None);
        let (filters, index) = filters.map_err(|cause| GitError::WorkTree(cause.to_string()))?;
        Ok(Store { root, filters, index })
    }

    /// The id of what stands on the disk at a path; `None` if it cannot be read or is too large.
    pub(super) fn object_of(&mut self, path: &BStr) -> Option<ObjectId> {
        let size = place_of(self.root, path).symlink_metadata().ok()?.len();
        if FILE_BYTES_MAX < size {
            return None;
        }
        let object = self.filters.worktree_file_to_object(path.as_bstr(), &self.index);
        object.ok().flatten().map(|(id, ..)| id)
    }
}
