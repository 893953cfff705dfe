//! A change set: what is new, edited, gone or renamed between two states of the files.

use super::commit_tree::CommitTree;
use super::fault::GitError;
use super::listing::Listed;
use super::listing::Node;
use super::renames;
use super::renames::Candidate;
use crate::migration::Tree;
use gix::ObjectId;
use gix::bstr::BStr;
use std::cmp::Ordering;
use std::collections::HashSet;
use std::sync::Arc;

/// All that changed, as one, with the files before and after.
pub struct ChangeSet {
    /// What changed, by path.
    pub changes: Vec<Change>,
    /// The files before; none where there was no commit.
    pub before: CommitTree,
    /// The files after: of the working tree, of the index, or of a commit.
    pub after: Arc<dyn Tree + Send + Sync>,
    /// The short id of the commit before, or "no commit".
    pub from: String,
    /// The short id of the commit after, or "the working tree" or "the index".
    pub to: String,
}

/// What changed at a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The path from the root of the repository: after the change, or before it for what is gone.
    pub path: String,
    /// Where a renamed file was before.
    pub before_path: Option<String>,
    /// What became of it.
    pub kind: ChangeKind,
    /// What stands there, or stood there before it was deleted.
    pub node: Node,
}

/// What became of a file. A changed executable bit is nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChangeKind {
    /// It was not there.
    Added,
    /// It was there, with another text, or was something else than a file.
    Edited,
    /// It is there no more.
    Deleted,
    /// It was there under another name, with the same text or most of it.
    Renamed,
}

/// Paths that were there before, and are there after, both in order.
struct Gathered<'a> {
    changes: Vec<Change>,
    deleted: Vec<&'a Listed>,
    added: Vec<&'a Listed>,
}

/// What changed between two listings. `object_of` makes an object of what stands on the disk alone.
pub(super) fn compare(
    repository: &gix::Repository,
    before: &[Listed],
    after: &[Listed],
    object_of: &mut dyn FnMut(&BStr) -> Option<ObjectId>,
) -> Result<Vec<Change>, GitError> {
    let Gathered { mut changes, deleted, added } = pair(repository, before, after, object_of)?;
    for listed in &deleted {
        held(repository, listed)?;
    }
    let origins = origins(repository, &deleted, &added, object_of);
    let moved: HashSet<usize> = origins.iter().flatten().copied().collect();
    let gone = deleted.iter().enumerate().filter(|(at, _)| !moved.contains(at));
    changes.extend(gone.map(|(_, listed)| change(listed, ChangeKind::Deleted)));
    for (listed, origin) in added.into_iter().zip(origins) {
        let kind = if origin.is_some() { ChangeKind::Renamed } else { ChangeKind::Added };
        let before_path = origin.map(|origin| deleted[origin].path.to_string());
        changes.push(Change { before_path, ..change(listed, kind) });
    }
    changes.sort_by(|one, other| one.path.cmp(&other.path));
    Ok(changes)
}

/// For each new path the deleted one that it was, if any.
fn origins(
    repository: &gix::Repository,
    deleted: &[&Listed],
    added: &[&Listed],
    object_of: &mut dyn FnMut(&BStr) -> Option<ObjectId>,
) -> Vec<Option<usize>> {
    let mut origins = vec![None; added.len()];
    // Nothing need be read where nothing can have been renamed.
    if deleted.is_empty() {
        return origins;
    }
    let gone: Vec<Candidate> =
        deleted.iter().enumerate().filter_map(|(at, old)| candidate(at, old, old.id)).collect();
    let come: Vec<Candidate> = added
        .iter()
        .enumerate()
        .filter_map(|(at, new)| candidate(at, new, new.id.or_else(|| object_of(new.path.as_ref()))))
        .collect();
    for (new, origin) in come.iter().zip(renames::find(repository, &gone, &come)) {
        origins[new.at] = origin.map(|origin| gone[origin].at);
    }
    origins
}

/// Sets two listings side by side: what is edited, what is only before, what is only after.
fn pair<'a>(
    repository: &gix::Repository,
    before: &'a [Listed],
    after: &'a [Listed],
    object_of: &mut dyn FnMut(&BStr) -> Option<ObjectId>,
) -> Result<Gathered<'a>, GitError> {
    let mut gathered = Gathered { changes: Vec::new(), deleted: Vec::new(), added: Vec::new() };
    let (mut before, mut after) = (before.iter().peekable(), after.iter().peekable());
    loop {
        let order = match (before.peek(), after.peek()) {
            (None, None) => return Ok(gathered),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(old), Some(new)) => old.path.cmp(&new.path),
        };
        match order {
            Ordering::Less => gathered.deleted.extend(before.next()),
            Ordering::Greater => gathered.added.extend(after.next()),
            Ordering::Equal => {
                let (Some(old), Some(new)) = (before.next(), after.next()) else { continue };
                if old.node == new.node && old.id == new.id {
                    continue;
                }
                held(repository, old)?;
                if old.node != new.node || differs(repository, old, new, object_of) {
                    gathered.changes.push(change(new, ChangeKind::Edited));
                }
            }
        }
    }
}

/// Whether two texts at one path differ. What is not known is a difference.
fn differs(
    repository: &gix::Repository,
    old: &Listed,
    new: &Listed,
    object_of: &mut dyn FnMut(&BStr) -> Option<ObjectId>,
) -> bool {
    if new.id.is_some() {
        return old.id != new.id;
    }
    let (Some(before), Some(after)) = (old.id, object_of(new.path.as_ref())) else { return true };
    before != after && !same_lines(repository, before, after).unwrap_or_default()
}

/// Whether nothing but line ends differs. On the disk these are what some checkout made of them,
/// perhaps one on another machine with other settings.
fn same_lines(repository: &gix::Repository, one: ObjectId, other: ObjectId) -> Option<bool> {
    let one = repository.find_object(one).ok()?.detach().data;
    let other = repository.find_object(other).ok()?.detach().data;
    let lines = |text: &[u8]| -> Vec<Vec<u8>> {
        let lines = text.split(|byte| *byte == b'\n');
        lines.map(|line| line.strip_suffix(b"\r").unwrap_or(line).to_vec()).collect()
    };
    Some(lines(&one) == lines(&other))
}

/// Whether the text from before is here: what is not fetched cannot be compared.
fn held(repository: &gix::Repository, listed: &Listed) -> Result<(), GitError> {
    let there =
        listed.node == Node::Submodule || listed.id.is_none_or(|id| repository.has_object(id));
    if there { Ok(()) } else { Err(GitError::NotFetched(listed.path.to_string())) }
}

fn candidate(at: usize, listed: &Listed, id: Option<ObjectId>) -> Option<Candidate<'_>> {
    Some(Candidate { at, path: listed.path.as_ref(), node: listed.node, id: id? })
}

fn change(listed: &Listed, kind: ChangeKind) -> Change {
    Change { path: listed.path.to_string(), before_path: None, kind, node: listed.node }
}
