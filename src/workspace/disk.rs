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
}

/// Folders that hold nothing of the project's own.
const LEFT_OUT: &[&str] =
    &[".git", ".hg", ".svn", ".venv", "build", "dist", "node_modules", "target", "vendor"];

/// How deep folders are followed below where the walk starts.
const DEPTH_MAX: usize = 16;

impl DiskTree {
    /// All files below `root` that git would not ignore.
    pub fn walk(root: &Path) -> DiskTree {
        DiskTree::collect(root, &[root.to_owned()])
    }

    /// The files below `root` that matter to `targets`, which are files or folders in it: what is
    /// below a folder; for a file its neighbours; for either the files of the folders above.
    pub fn around(root: &Path, targets: &[PathBuf]) -> DiskTree {
        let mut starts = Vec::new();
        for target in targets {
            if target.is_dir() {
                starts.push(target.clone());
                continue;
            }
            let folder = target.parent().unwrap_or(root);
            // One folder a migration: its neighbours are the folder's.
            let nested = target.file_stem().and_then(|stem| stem.to_str()).is_some_and(|stem| {
                ["up", "migration", "expand", "migrate", "contract", "deploy"].contains(&stem)
            });
            let start = if nested { folder.parent().unwrap_or(folder) } else { folder };
            starts.push(if start.starts_with(root) { start } else { folder }.to_owned());
        }
        starts.sort();
        starts.dedup();
        DiskTree::collect(root, &starts)
    }

    fn collect(root: &Path, starts: &[PathBuf]) -> DiskTree {
        let mut tree = DiskTree { root: root.to_owned(), paths: Vec::new() };
        for start in starts {
            tree.add_below(start);
            let mut folder = start.as_path();
            while folder != root
                && let Some(parent) = folder.parent().filter(|parent| parent.starts_with(root))
            {
                tree.add_files_of(parent);
                folder = parent;
            }
        }
        tree.paths.sort();
        tree.paths.dedup();
        tree
    }

    fn add_below(&mut self, start: &Path) {
        let walk = WalkBuilder::new(start)
            .hidden(false)
            .require_git(false)
            .max_depth(Some(DEPTH_MAX))
            .filter_entry(|entry| {
                entry.depth() == 0
                    || !entry.file_name().to_str().is_some_and(|name| LEFT_OUT.contains(&name))
            })
            .build();
        for entry in walk.flatten() {
            if entry.file_type().is_some_and(|kind| kind.is_file()) {
                self.add(entry.path());
            }
        }
    }

    /// The files of one folder, and those in the folder of sqlx's that is looked for by name.
    fn add_files_of(&mut self, folder: &Path) {
        let Ok(entries) = std::fs::read_dir(folder) else { return };
        for entry in entries.flatten() {
            if entry.file_type().is_ok_and(|kind| kind.is_file()) {
                self.add(&entry.path());
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
