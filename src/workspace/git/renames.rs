//! Which files that are new were there under another name: those with the same text, then those
//! with most of it.

use super::likeness::Prints;
use super::listing::Node;
use crate::workspace::FILE_BYTES_MAX;
use gix::ObjectId;
use gix::bstr::BStr;
use gix::bstr::ByteSlice;
use std::cmp::Reverse;
use std::collections::HashMap;

/// A file that is gone, or one that is new.
pub(super) struct Candidate<'a> {
    /// Its place among them.
    pub(super) at: usize,
    pub(super) path: &'a BStr,
    pub(super) node: Node,
    pub(super) id: ObjectId,
}

/// How many pairs are compared at most; with more, only the same text is a rename. As in git.
const PAIRS_MAX: usize = 1_000 * 1_000;

/// For each new file the one that it was, if any. No file becomes two.
pub(super) fn find(
    repository: &gix::Repository,
    deleted: &[Candidate],
    added: &[Candidate],
) -> Vec<Option<usize>> {
    let mut origins = same(deleted, added);
    let mut taken = vec![false; deleted.len()];
    for origin in origins.iter().flatten() {
        taken[*origin] = true;
    }
    let rest = |free: bool, node: Node| free && node == Node::File;
    let sources: Vec<usize> =
        (0..deleted.len()).filter(|at| rest(!taken[*at], deleted[*at].node)).collect();
    let targets: Vec<usize> =
        (0..added.len()).filter(|at| rest(origins[*at].is_none(), added[*at].node)).collect();
    if sources.is_empty() || PAIRS_MAX < sources.len().saturating_mul(targets.len()) {
        return origins;
    }
    let prints_of = |file: &Candidate| prints(repository, file.id);
    let before: Vec<Option<Prints>> = sources.iter().map(|at| prints_of(&deleted[*at])).collect();
    let mut pairs = Vec::new();
    for target in targets {
        let Some(after) = prints_of(&added[target]) else { continue };
        for (source, before) in sources.iter().zip(&before) {
            let alike = before.as_ref().and_then(|before| before.most_is_in(&after));
            let named = name(deleted[*source].path) == name(added[target].path);
            pairs.extend(alike.map(|alike| (alike, named, *source, target)));
        }
    }
    // The most alike first, whichever file it is asked for; of equals the one of the same name.
    pairs.sort_by_key(|(alike, named, source, target)| {
        (Reverse(*alike), Reverse(*named), *target, *source)
    });
    for (_, _, source, target) in pairs {
        if !taken[source] && origins[target].is_none() {
            taken[source] = true;
            origins[target] = Some(source);
        }
    }
    origins
}

/// For each new file one that had the same text, of the same name if there is such.
fn same(deleted: &[Candidate], added: &[Candidate]) -> Vec<Option<usize>> {
    let mut by_text: HashMap<ObjectId, Vec<usize>> = HashMap::new();
    for (at, file) in deleted.iter().enumerate() {
        by_text.entry(file.id).or_default().push(at);
    }
    let mut origins = vec![None; added.len()];
    for named in [true, false] {
        for (file, origin) in added.iter().zip(&mut origins) {
            let Some(free) = by_text.get_mut(&file.id).filter(|_| origin.is_none()) else {
                continue;
            };
            let fits = |at: &usize| {
                let old = &deleted[*at];
                old.node == file.node && (!named || name(old.path) == name(file.path))
            };
            *origin = free.iter().position(fits).map(|at| free.remove(at));
        }
    }
    origins
}

/// The last part of a path.
fn name(path: &BStr) -> &[u8] {
    path.rfind_byte(b'/').map_or(path.as_bytes(), |slash| &path[slash + 1..])
}

/// What is compared of a text; `None` if it is not here or is too large.
fn prints(repository: &gix::Repository, id: ObjectId) -> Option<Prints> {
    let size = repository.find_header(id).ok()?.size();
    if FILE_BYTES_MAX < size {
        return None;
    }
    Some(Prints::of(&repository.find_object(id).ok()?.detach().data))
}
