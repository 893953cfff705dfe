//! A tree of files on the disk.

use super::FILE_BYTES_MAX;
use super::text_of;
use crate::migration::Tree;
use ignore::WalkBuilder;
use std::path::Path;
use std::path::PathBuf;

/// Files below a folder.
#[derive(Debug)]
pub struct DiskTree {
    root: PathBuf,
    paths: Vec<String>,
    faults: Vec<String>,
}

/// Folders that hold nothing of the project's own.
const LEFT_OUT: &[&str] =
    &[".git", ".hg", ".svn", ".venv", "build", "dist", "node_modules", "target", "vendor"];

/// How deep folders are followed below where the walk starts.
const DEPTH_MAX: usize = 16;

/// Names of files that stand in a folder of their own for each migration.
const NESTED: &[&str] = &["up", "migration", "expand", "migrate", "contract"];

impl DiskTree {
    /// All files below `root` that git would not ignore.
    pub fn walk(root: &Path) -> DiskTree {
        DiskTree::around(root, &[root.to_owned()])
    }

    /// The files below `root` that matter to `targets`, which are files or folders in it: what is
    /// below a folder; the migrations beside a file; for either the files of the folders above,
    /// which say what tool they are of.
    pub fn around(root: &Path, targets: &[PathBuf]) -> DiskTree {
        let mut tree = DiskTree { root: root.to_owned(), paths: Vec::new(), faults: Vec::new() };
        let mut starts: Vec<(PathBuf, usize)> =
            targets.iter().map(|target| start_for(root, target)).collect();
        starts.sort();
        starts.dedup();
        for (start, depth) in &starts {
            tree.add_below(start, *depth);
            for above in start.ancestors().skip(1).take_while(|above| above.starts_with(root)) {
                tree.add_below(above, 1);
            }
        }
        tree.paths.sort();
        tree.paths.dedup();
        tree
    }

    /// What could not be looked into, each with the reason.
    pub fn faults(&self) -> &[String] {
        &self.faults
    }

    fn add_below(&mut self, start: &Path, depth: usize) {
        let walk = WalkBuilder::new(start)
            .hidden(false)
            .require_git(false)
            .max_depth(Some(depth))
            .filter_entry(|entry| {
                entry.depth() == 0
                    || !entry.file_name().to_str().is_some_and(|name| LEFT_OUT.contains(&name))
            })
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
        let path = self.locate(path);
        let small = std::fs::metadata(&path).is_ok_and(|meta| meta.len() <= FILE_BYTES_MAX);
        if small { std::fs::read(path).ok().map(text_of) } else { None }
    }
}

/// Where the walk for a target starts, and how deep it goes.
fn start_for(root: &Path, target: &Path) -> (PathBuf, usize) {
    if target.is_dir() {
        return (target.to_owned(), DEPTH_MAX);
    }
    let folder = target.parent().unwrap_or(root);
    let inside = |folder: &&Path| folder.starts_with(root) && *folder != root;
    // Tools look for migrations in folders below one that is called after them.
    let named = folder.ancestors().take_while(inside).filter(|folder| {
        let name = folder.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        name.to_ascii_lowercase().contains("migrat")
    });
    if let Some(outermost) = named.last() {
        return (outermost.to_owned(), DEPTH_MAX);
    }
    let stem = target.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
    let nested = NESTED.contains(&stem) && inside(&folder);
    match folder.parent().filter(|_| nested) {
        Some(above) => (above.to_owned(), 2),
        None => (folder.to_owned(), 1),
    }
}
