//! The hooks of a repository: where git looks for one, and how it is put there.

use super::git::GitError;
use super::place::absolute;
use std::fs::OpenOptions;
use std::io;
use std::io::Write;
use std::path::Path;
use std::path::PathBuf;

/// Where git looks for the hooks of a repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hooks {
    /// The folder.
    pub folder: PathBuf,
    /// Whose it is.
    pub owner: HooksOwner,
}

/// Whose a folder of hooks is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HooksOwner {
    /// This repository's, and that of all its working trees.
    Repository,
    /// Husky's, which writes it anew.
    Husky,
    /// Outside of this repository: other repositories may share it.
    Others,
}

impl Hooks {
    /// The hooks of the repository that a folder stands in.
    pub fn discover(folder: &Path) -> Result<Hooks, GitError> {
        let repository =
            gix::discover(folder).map_err(|_| GitError::NoRepository(folder.to_owned()))?;
        let here = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
        let common = absolute(&here, repository.common_dir());
        let root = repository.workdir().map(|root| absolute(&here, root));
        let told = repository.config_snapshot().trusted_path("core.hooksPath");
        let told = told.map_err(|cause| GitError::HooksPath(cause.to_string()))?;
        let Some(told) = told else {
            return Ok(Hooks { folder: common.join("hooks"), owner: HooksOwner::Repository });
        };
        // Git runs hooks in the root of the working tree, and a path goes from there.
        let folder = absolute(root.as_ref().unwrap_or(&common), &told);
        let inside = |of: &Path| folder.starts_with(of);
        let owner = if folder.ends_with(".husky/_") {
            HooksOwner::Husky
        } else if inside(&common) || root.as_deref().is_some_and(inside) {
            HooksOwner::Repository
        } else {
            HooksOwner::Others
        };
        Ok(Hooks { folder, owner })
    }
}

/// Writes a file that can be run. It fails if something is there: nothing is overwritten.
pub fn write_program(path: &Path, text: &str) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let mut file = runnable().write(true).create_new(true).open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

#[cfg(unix)]
fn runnable() -> OpenOptions {
    use std::os::unix::fs::OpenOptionsExt;
    let mut options = OpenOptions::new();
    options.mode(0o755);
    options
}

#[cfg(not(unix))]
fn runnable() -> OpenOptions {
    OpenOptions::new()
}
