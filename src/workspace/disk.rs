//! A tree of files on the disk.

use super::FILE_BYTES_MAX;
use super::text_of;
use crate::migration::Tree;
use ignore::WalkBuilder;
use std::ffi::OsStr;
use std::fs;
use std::fs::File;
use std::io;
use std::io::Read;
use std::path::Path;
use std::path::PathBuf;
use std::sync::OnceLock;

/// Files below a folder.
#[derive(Debug)]
pub struct DiskTree {
    root: PathBuf,
    paths: Vec<String>,
    /// What was read, in the order of the paths: layouts ask for the same files one by one.
    texts: Vec<OnceLock<Option<String>>>,
    faults: Vec<String>,
}

/// Folders that hold nothing of the project's own.
const LEFT_OUT: &[&str] =
    &[".git", ".hg", ".svn", ".venv", "build", "dist", "node_modules", "target", "vendor"];

fn is_left_out(name: &OsStr) -> bool {
    name.to_str().is_some_and(|name| LEFT_OUT.contains(&name))
}

/// How deep folders are followed below where the walk starts.
const DEPTH_MAX: usize = 16;

/// Names of files that stand in a folder of their own for each migration.
const NESTED: &[&str] = &["up", "migration", "expand", "migrate", "contract"];

/// The name of a folder for what a tool notes about the files beside it.
const JOURNALS: &str = "meta";

impl DiskTree {
    /// All files below `root` that git would not ignore.
    pub fn walk(root: &Path) -> DiskTree {
        DiskTree::around(root, &[root.to_owned()])
    }

    /// The files below `root` that matter to `targets`, which are files or folders in it: what is
    /// below a folder; the migrations beside a file; for either the files of the folders above,
    /// which say what tool they are of.
    pub fn around(root: &Path, targets: &[PathBuf]) -> DiskTree {
        let mut tree = DiskTree {
            root: root.to_owned(),
            paths: Vec::new(),
            texts: Vec::new(),
            faults: Vec::new(),
        };
        let mut starts: Vec<Start> = targets.iter().map(|target| start_for(root, target)).collect();
        // A journal stands in a folder beside the files that it lists.
        let journals = starts.iter().map(|start| start.folder.join(JOURNALS));
        let journals: Vec<PathBuf> = journals.filter(|folder| folder.is_dir()).collect();
        starts.extend(journals.into_iter().map(|folder| Start { folder, depth: 1, named: true }));
        starts.sort();
        starts.dedup();
        for start in &starts {
            tree.add_below(start);
            let above = start.folder.ancestors().skip(1);
            for folder in above.take_while(|above| above.starts_with(root)) {
                tree.add_below(&Start { folder: folder.to_owned(), depth: 1, named: true });
            }
        }
        tree.paths.sort();
        tree.paths.dedup();
        tree.texts.resize_with(tree.paths.len(), OnceLock::new);
        tree
    }

    /// What could not be looked into, each with the reason.
    pub fn faults(&self) -> &[String] {
        &self.faults
    }

    /// The files of a folder that was named, and of none below it: no rule of git is asked.
    fn add_in(&mut self, folder: &Path) {
        let entries = match fs::read_dir(folder) {
            Ok(entries) => entries,
            Err(fault) => return self.faults.push(format!("{}: {fault}", folder.display())),
        };
        for entry in entries {
            match entry.and_then(|entry| Ok((entry.file_type()?, entry))) {
                Ok((kind, entry)) if kind.is_file() && !is_left_out(&entry.file_name()) => {
                    self.add(&entry.path());
                }
                Ok(_) => {}
                Err(fault) => self.faults.push(format!("{}: {fault}", folder.display())),
            }
        }
    }

    fn add_below(&mut self, start: &Start) {
        if start.named && start.depth == 1 {
            return self.add_in(&start.folder);
        }
        let walk = WalkBuilder::new(&start.folder)
            // What is named is wanted, whatever git thinks of it; and its folder need not be asked.
            .standard_filters(!start.named)
            .hidden(false)
            .require_git(false)
            .max_depth(Some(start.depth))
            .filter_entry(|entry| entry.depth() == 0 || !is_left_out(entry.file_name()))
            .build();
        for entry in walk {
            match entry {
                Ok(entry) if entry.file_type().is_some_and(|kind| kind.is_file()) => {
                    self.add(entry.path());
                }
                Ok(_) => {}
                Err(fault) => self.faults.push(fault.to_string()),
            }
        }
    }

    fn add(&mut self, path: &Path) {
        let Ok(relative) = path.strip_prefix(&self.root) else { return };
        let parts = relative.components().map(|part| part.as_os_str().to_string_lossy());
        let path = parts.collect::<Vec<_>>().join("/");
        if !path.is_empty() {
            self.paths.push(path);
        }
    }

    /// Where a path of the tree is on the disk.
    pub fn locate(&self, path: &str) -> PathBuf {
        self.root.join(path)
    }
}

impl Tree for DiskTree {
    fn paths(&self) -> &[String] {
        &self.paths
    }

    fn text(&self, path: &str) -> Option<String> {
        let at = self.paths.binary_search_by(|known| known.as_str().cmp(path)).ok()?;
        self.texts[at].get_or_init(|| read(&self.locate(path))).clone()
    }
}

/// The text of a file; `None` if it cannot be read or is too large.
fn read(path: &Path) -> Option<String> {
    text_at(path).ok()
}

/// The text of a file that stands anywhere on the disk.
pub fn text_at(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    let size = file.metadata()?.len();
    if FILE_BYTES_MAX < size {
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, "it is larger than 64 MiB"));
    }
    let mut bytes = Vec::new();
    bytes.try_reserve(usize::try_from(size).unwrap_or_default().saturating_add(1))?;
    file.read_to_end(&mut bytes)?;
    Ok(text_of(bytes))
}

/// Where a walk starts.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Start {
    folder: PathBuf,
    /// How deep it goes.
    depth: usize,
    /// Files in it were named, or it stands above what was: what git ignores counts too.
    named: bool,
}

/// Where the walk for a target starts.
fn start_for(root: &Path, target: &Path) -> Start {
    let start = |folder: &Path, depth: usize| {
        let named = target != folder;
        Start { folder: folder.to_owned(), depth, named }
    };
    if target.is_dir() {
        return start(target, DEPTH_MAX);
    }
    let folder = target.parent().unwrap_or(root);
    let inside = |folder: &&Path| folder.starts_with(root) && *folder != root;
    // Tools look for migrations in folders below one that is called after them.
    let named = folder.ancestors().take_while(inside).filter(|folder| {
        let name = folder.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        name.to_ascii_lowercase().contains("migrat")
    });
    if let Some(outermost) = named.last() {
        return start(outermost, DEPTH_MAX);
    }
    let stem = target.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
    let nested = NESTED.contains(&stem) && inside(&folder);
    match folder.parent().filter(|_| nested) {
        Some(above) => start(above, 2),
        None => start(folder, 1),
    }
}
