//! Where things are: absolute paths, the root of a tree, and paths as the user would write them.

use crate::migration;
use ignore::gitignore::Gitignore;
use ignore::gitignore::GitignoreBuilder;
use std::path::Component;
use std::path::Path;
use std::path::PathBuf;

/// A path without `.` and `..`, going from `here` where it is relative. Links are not followed.
pub fn absolute(here: &Path, path: &Path) -> PathBuf {
    let mut whole = PathBuf::new();
    for part in here.join(path).components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                whole.pop();
            }
            part => whole.push(part),
        }
    }
    whole
}

/// The root of the tree that a file or folder stands in: its repository; else the folder of the
/// configuration above it; else the current folder, if it is in there; else the folder itself. What
/// is called after migrations is never a root: its name says what is in it.
pub fn root_of(here: &Path, target: &Path) -> PathBuf {
    let folder = if target.is_dir() { target } else { target.parent().unwrap_or(target) };
    let holding = |name: &str| folder.ancestors().find(|folder| folder.join(name).exists());
    let marked = holding(".git").or_else(|| holding("migrate.toml"));
    let root = match marked {
        Some(root) => return root.to_owned(),
        None if folder.starts_with(here) => here,
        None => folder,
    };
    let named = |folder: &&Path| {
        let name = folder.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        migration::is_called_after_migrations(name)
    };
    let outermost = root.ancestors().take_while(named).last();
    outermost.and_then(Path::parent).unwrap_or(root).to_owned()
}

/// A path as the user would write it: relative to the current folder where it is in there.
pub fn shown(here: &Path, path: &Path) -> String {
    let shown = path.strip_prefix(here).unwrap_or(path).display().to_string();
    if shown.is_empty() { ".".to_owned() } else { shown }
}

/// Files that patterns match, as in `.gitignore`.
#[derive(Debug)]
pub struct Patterns(Option<Gitignore>);

/// A pattern that cannot be understood.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{pattern}` is no pattern: {cause}")]
pub struct BadPattern {
    /// Its place in the list.
    pub index: usize,
    /// The pattern.
    pub pattern: String,
    /// What is wrong with it.
    pub cause: String,
}

impl Patterns {
    /// Those that match nothing.
    pub const NOTHING: Patterns = Patterns(None);

    /// Reads patterns that go from `folder`.
    pub fn new(folder: &Path, patterns: &[String]) -> Result<Patterns, Vec<BadPattern>> {
        if patterns.is_empty() {
            return Ok(Patterns::NOTHING);
        }
        let mut builder = GitignoreBuilder::new(folder);
        let mut bad = Vec::new();
        for (index, pattern) in patterns.iter().enumerate() {
            if let Err(cause) = builder.add_line(None, pattern) {
                bad.push(BadPattern { index, pattern: pattern.clone(), cause: cause.to_string() });
            }
        }
        match builder.build() {
            Ok(built) if bad.is_empty() => Ok(Patterns(Some(built))),
            Ok(_) => Err(bad),
            Err(cause) => {
                let pattern = patterns.join(", ");
                bad.push(BadPattern { index: 0, pattern, cause: cause.to_string() });
                Err(bad)
            }
        }
    }

    /// Whether a file, by its absolute path, is matched.
    pub fn covers(&self, path: &Path) -> bool {
        let Some(patterns) = &self.0 else { return false };
        path.starts_with(patterns.path())
            && patterns.matched_path_or_any_parents(path, false).is_ignore()
    }
}
