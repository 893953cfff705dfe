//! Why git has no answer, and what to do about it.

use std::path::PathBuf;

/// Why git has no answer.
#[derive(Debug, thiserror::Error)]
pub enum GitError {
    /// There is no repository here.
    #[error("`{0}` is in no git repository")]
    NoRepository(PathBuf),
    /// There is one, which cannot be opened.
    #[error(
        "the git repository of `{folder}`, or the one that GIT_DIR names in its place, cannot be \
         opened: {cause}"
    )]
    Unopened {
        /// Where it was looked for.
        folder: PathBuf,
        /// What git says.
        cause: String,
    },
    /// The repository has no working tree.
    #[error("the git repository of `{0}` has no working tree")]
    Bare(PathBuf),
    /// A revision is not known.
    #[error(
        "git does not know `{revision}`{}; {}fetch it first ({fetch}, or fetch-depth: 0 in the \
         checkout step)",
        told_near(.near.as_deref()), in_shallow(*.shallow)
    )]
    Unknown {
        /// What was asked for.
        revision: String,
        /// A name like it that is known.
        near: Option<String>,
        /// Whether the clone is shallow.
        shallow: bool,
        /// The command that brings it.
        fetch: String,
    },
    /// What a revision names is no commit, or cannot be read.
    #[error("`{revision}` names no commit that git can read: {cause}")]
    NoCommit {
        /// What was asked for.
        revision: String,
        /// What git says.
        cause: String,
    },
    /// There is no commit to compare with.
    #[error("HEAD has no commit yet: there is nothing that could have left `{0}`")]
    Unborn(String),
    /// Two revisions have no common ancestor in what was fetched.
    #[error(
        "`{one}` and {other} have no common ancestor in this clone, which is shallow; fetch more \
         of the history first ({fetch}, or git fetch --unshallow, or fetch-depth: 0 in the \
         checkout step)"
    )]
    CutOff {
        /// The one.
        one: String,
        /// The other.
        other: String,
        /// The command that brings more.
        fetch: String,
    },
    /// Two revisions have no common ancestor.
    #[error("`{0}` and {1} have no common ancestor: each is a history of its own; name another")]
    Unrelated(String, String),
    /// A range is none.
    #[error("`{0}` is no range of commits: write A..B, or A...B for what B did since it left A")]
    NoRange(String),
    /// The index cannot be read.
    #[error("the git index cannot be read: {0}")]
    Index(String),
    /// A file is in conflict.
    #[error("`{0}` is in conflict, and nothing of it is staged; resolve it, then git add it")]
    Unmerged(String),
    /// The list of the files of a commit cannot be read.
    #[error(
        "git cannot list the files of {commit}: {cause}; in a partial clone, fetch them first \
         (git fetch --refetch --no-filter origin)"
    )]
    Unlisted {
        /// The commit or tree.
        commit: String,
        /// What git says.
        cause: String,
    },
    /// The text of a file is not here.
    #[error(
        "git has no text of `{0}` from before the change: it was not fetched with this partial \
         clone; fetch it first (git fetch --refetch --no-filter origin)"
    )]
    NotFetched(String),
    /// The setting `core.hooksPath` cannot be read.
    #[error("the setting core.hooksPath cannot be read: {0}")]
    HooksPath(String),
    /// The working tree cannot be compared with the index.
    #[error("git cannot tell what changed in the working tree: {0}")]
    WorkTree(String),
}

fn told_near(near: Option<&str>) -> String {
    near.map_or_else(String::new, |near| format!(", but `{near}`: write that if it is meant"))
}

fn in_shallow(shallow: bool) -> &'static str {
    if shallow { "this clone is shallow: " } else { "else " }
}
