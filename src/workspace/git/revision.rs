//! What a user calls commits: names to ids, and where two of them meet.

use super::fault::GitError;
use crate::nearest::nearest;
use gix::ObjectId;

/// The revisions of a repository.
pub(super) struct Revisions<'a>(pub(super) &'a gix::Repository);

/// How much more of a history is fetched, as a first try.
const DEEPEN: usize = 1_000;

impl Revisions<'_> {
    /// The commit that is checked out; `None` before the first.
    pub(super) fn head(&self) -> Result<Option<ObjectId>, GitError> {
        let fault = |cause: String| GitError::NoCommit { revision: "HEAD".to_owned(), cause };
        let head = self.0.head().map_err(|cause| fault(cause.to_string()))?;
        let id = head.try_into_peeled_id().map_err(|cause| fault(cause.to_string()))?;
        Ok(id.map(gix::Id::detach))
    }

    /// The commit of this name.
    pub(super) fn commit(&self, name: &str) -> Result<ObjectId, GitError> {
        let Ok(id) = self.0.rev_parse_single(name) else {
            return Err(self.unknown(name));
        };
        let fault = |cause: String| GitError::NoCommit { revision: name.to_owned(), cause };
        // A full id is taken for one, whether it is here or not.
        let Ok(object) = id.object() else { return Err(self.unknown(name)) };
        let commit = object.peel_to_commit().map_err(|cause| fault(cause.to_string()))?;
        Ok(commit.id)
    }

    /// Both ends of `A..B` or `A...B`; an end that is left out is HEAD.
    pub(super) fn ends(&self, range: &str) -> Result<(ObjectId, ObjectId), GitError> {
        let no_range = || GitError::NoRange(range.to_owned());
        let (one, other, meeting) = match range.split_once("...") {
            Some((one, other)) => (one, other, true),
            None => range
                .split_once("..")
                .map(|(one, other)| (one, other, false))
                .ok_or_else(no_range)?,
        };
        if other.contains("..") || other.starts_with('.') || (one.is_empty() && other.is_empty()) {
            return Err(no_range());
        }
        let name = |end: &str| if end.is_empty() { "HEAD".to_owned() } else { end.to_owned() };
        let (one, other) = (name(one.trim()), name(other.trim()));
        let (from, to) = (self.commit(&one)?, self.commit(&other)?);
        if !meeting {
            return Ok((from, to));
        }
        let from = self.merge_base((&one, from), (&format!("`{other}`"), to))?;
        Ok((from, to))
    }

    /// Where two named commits meet.
    pub(super) fn merge_base(
        &self,
        one: (&str, ObjectId),
        other: (&str, ObjectId),
    ) -> Result<ObjectId, GitError> {
        match self.0.merge_base(one.1, other.1) {
            Ok(Some(id)) => Ok(id.detach()),
            // A shallow clone may end before the two meet.
            _ if self.is_shallow() => Err(GitError::CutOff {
                one: one.0.to_owned(),
                other: other.0.to_owned(),
                fetch: format!("git fetch --deepen={DEEPEN} {}", self.source_of(one.0).0),
            }),
            _ => Err(GitError::Unrelated(one.0.to_owned(), other.0.to_owned())),
        }
    }

    /// The id of a commit as people write it.
    pub(super) fn short(&self, id: ObjectId) -> String {
        gix::prelude::ObjectIdExt::attach(id, self.0).shorten_or_id().to_string()
    }

    fn is_shallow(&self) -> bool {
        self.0.is_shallow().unwrap_or_default()
    }

    fn unknown(&self, name: &str) -> GitError {
        let names = self.names();
        let (source, target) = self.source_of(name);
        let depth = if self.is_shallow() { format!("--depth={DEEPEN} ") } else { String::new() };
        let target = target.map(|target| format!(":{target}")).unwrap_or_default();
        GitError::Unknown {
            revision: name.to_owned(),
            near: near(name, &names).map(str::to_owned),
            shallow: self.is_shallow(),
            fetch: format!("git fetch {depth}{source}{target}"),
        }
    }

    /// The remote and the branch that a name would come from, and where it would be kept.
    fn source_of(&self, name: &str) -> (String, Option<String>) {
        let remotes = self.0.remote_names();
        let known =
            |remote: &str| remotes.iter().any(|known| known.as_ref() as &[u8] == remote.as_bytes());
        if let Some((remote, branch)) = name.split_once('/').filter(|(remote, _)| known(remote)) {
            return (format!("{remote} {branch}"), Some(format!("refs/remotes/{remote}/{branch}")));
        }
        (format!("origin {name}"), None)
    }

    /// The names of all branches and tags.
    fn names(&self) -> Vec<String> {
        let Ok(references) = self.0.references() else { return Vec::new() };
        let kinds = [references.local_branches(), references.remote_branches(), references.tags()];
        let references = kinds.into_iter().flatten().flatten().flatten();
        references.map(|reference| reference.name().shorten().to_string()).collect()
    }
}

/// The name that is meant: the same branch here or of a remote; else the one most like it.
fn near<'a>(asked: &str, names: &'a [String]) -> Option<&'a str> {
    let below =
        |name: &str, branch: &str| name.split_once('/').is_some_and(|(_, below)| below == branch);
    let same = names.iter().find(|name| below(asked, name) || below(name, asked));
    same.map(String::as_str).or_else(|| nearest(asked, names.iter().map(String::as_str)))
}
