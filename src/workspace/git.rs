//! A git repository, and the change sets that it tells of.

mod changes;
mod commit_tree;
mod fault;
mod likeness;
mod listing;
mod past;
mod renames;
mod revision;
mod work_tree;

pub use changes::Change;
pub use changes::ChangeKind;
pub use changes::ChangeSet;
pub use commit_tree::CommitTree;
pub use fault::GitError;
pub use listing::Node;
pub use work_tree::WorkTree;

use revision::Revisions;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;

/// A repository.
pub struct Git {
    repository: gix::Repository,
    /// Where it was looked for.
    folder: PathBuf,
    /// The root of the working tree, if there is one.
    root: Option<PathBuf>,
}

/// What the branch that changes are told from is called, the nearest first.
const TRUNKS: [&str; 5] = ["main", "master", "origin/HEAD", "origin/main", "origin/master"];

/// Which change is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Range {
    /// From where HEAD left this revision to what stands in the working tree.
    Base(String),
    /// From HEAD to the index.
    Staged,
    /// `A..B`: from commit to commit; `A...B`: from where B left A to B.
    Between(String),
}

impl Git {
    /// The repository that a folder stands in, or that the environment of a hook names.
    pub fn discover(folder: &Path) -> Result<Git, GitError> {
        let options = gix::discover::upwards::Options {
            match_ceiling_dir_or_error: false,
            ..gix::discover::upwards::Options::default()
        };
        let repository = gix::ThreadSafeRepository::discover_with_environment_overrides_opts(
            folder,
            options,
            gix::sec::trust::Mapping::default(),
        );
        let repository: gix::Repository = match repository {
            Ok(repository) => repository.into(),
            Err(_) if gix::discover::upwards(folder).is_err() => {
                return Err(GitError::NoRepository(folder.to_owned()));
            }
            Err(cause) => {
                let (folder, cause) = (folder.to_owned(), cause.to_string());
                return Err(GitError::Unopened { folder, cause });
            }
        };
        let root = repository.workdir();
        let root = root.map(|root| std::path::absolute(root).unwrap_or_else(|_| root.to_owned()));
        Ok(Git { repository, folder: folder.to_owned(), root })
    }

    /// The root of the working tree.
    pub fn root(&self) -> Result<&Path, GitError> {
        self.root.as_deref().ok_or_else(|| GitError::Bare(self.folder.clone()))
    }

    /// The branch that changes are told from, by its usual names; `None` where none is here.
    pub fn trunk(&self) -> Option<String> {
        let revisions = Revisions(&self.repository);
        let here = |name: &&str| revisions.commit(name).is_ok();
        TRUNKS.iter().copied().find(here).map(str::to_owned)
    }

    /// What changed, with the files before and after.
    pub fn change_set(&self, range: &Range) -> Result<ChangeSet, GitError> {
        match range {
            Range::Base(base) => self.since(base),
            Range::Staged => self.staged(),
            Range::Between(range) => self.between(range),
        }
    }

    fn since(&self, base: &str) -> Result<ChangeSet, GitError> {
        let root = self.root()?;
        let revisions = Revisions(&self.repository);
        let head = revisions.head()?.ok_or_else(|| GitError::Unborn(base.to_owned()))?;
        let from = revisions.merge_base((base, revisions.commit(base)?), ("HEAD", head))?;
        // What stands only on the disk is compared as an object, which is never written.
        let repository = self.repository.clone().with_object_memory();
        let before = listing::of_commit(&repository, from)?;
        let mut store = work_tree::Store::new(&repository, root)?;
        let (after, tree) = work_tree::read(&repository, root)?;
        let mut object_of = |path: &gix::bstr::BStr| store.object_of(path);
        let changes = changes::compare(&repository, &before, &after, &mut object_of)?;
        Ok(ChangeSet {
            changes,
            before: CommitTree::new(&self.repository, before),
            after: Arc::new(tree),
            from: revisions.short(from),
            to: "the working tree".to_owned(),
        })
    }

    fn staged(&self) -> Result<ChangeSet, GitError> {
        let revisions = Revisions(&self.repository);
        let head = revisions.head()?;
        let before = match head {
            Some(head) => listing::of_commit(&self.repository, head)?,
            None => Vec::new(),
        };
        let after = listing::of_index(&self.repository)?;
        let changes = changes::compare(&self.repository, &before, &after, &mut |_| None)?;
        Ok(ChangeSet {
            changes,
            before: CommitTree::new(&self.repository, before),
            after: Arc::new(CommitTree::new(&self.repository, after)),
            from: head.map_or_else(|| "no commit".to_owned(), |head| revisions.short(head)),
            to: "the index".to_owned(),
        })
    }

    fn between(&self, range: &str) -> Result<ChangeSet, GitError> {
        let revisions = Revisions(&self.repository);
        let (from, to) = revisions.ends(range)?;
        let before = listing::of_commit(&self.repository, from)?;
        let after = listing::of_commit(&self.repository, to)?;
        let changes = changes::compare(&self.repository, &before, &after, &mut |_| None)?;
        Ok(ChangeSet {
            changes,
            before: CommitTree::new(&self.repository, before),
            after: Arc::new(CommitTree::new(&self.repository, after)),
            from: revisions.short(from),
            to: revisions.short(to),
        })
    }
}
