//! The files of a repository as the layouts look at them: folders, names and first lines.

use std::collections::BTreeMap;
use std::ops::Bound;

/// A tree of files. Paths are relative to its root, with `/` between their parts.
pub trait Tree: Sync {
    /// All paths, sorted.
    fn paths(&self) -> &[String];

    /// The text of a file; each byte that is no UTF-8 is [`crate::sql::NO_TEXT`]. `None` if it
    /// cannot be read.
    fn text(&self, path: &str) -> Option<String>;
}

/// A tree with its folders indexed.
pub struct Survey<'a> {
    tree: &'a dyn Tree,
    /// File names by folder; the root is "".
    folders: BTreeMap<&'a str, Vec<&'a str>>,
}

/// How much of a file is read to recognise its layout, in bytes.
const SNIFF_BYTES: usize = 4_096;

/// How many files of a folder are looked into to recognise its layout.
const SNIFF_FILES: usize = 5;

impl<'a> Survey<'a> {
    /// Indexes a tree.
    pub fn new(tree: &'a dyn Tree) -> Survey<'a> {
        let mut folders: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for path in tree.paths() {
            let (folder, name) = split(path);
            folders.entry(folder).or_default().push(name);
        }
        Survey { tree, folders }
    }

    /// The tree itself.
    pub fn tree(&self) -> &'a dyn Tree {
        self.tree
    }

    /// All folders that hold files, with the names of these.
    pub fn folders(&self) -> impl Iterator<Item = (&'a str, &[&'a str])> {
        self.folders.iter().map(|(folder, names)| (*folder, names.as_slice()))
    }

    /// The names of the files in a folder, sorted.
    pub fn names(&self, folder: &str) -> &[&'a str] {
        self.folders.get(folder).map_or(&[], Vec::as_slice)
    }

    /// Whether a file is there.
    pub fn has(&self, path: &str) -> bool {
        let (folder, name) = split(path);
        self.names(folder).binary_search(&name).is_ok()
    }

    /// The folders directly in a folder that hold files, by name, sorted.
    pub fn children(&self, folder: &str) -> Vec<&'a str> {
        let prefix = if folder.is_empty() { String::new() } else { format!("{folder}/") };
        let inside =
            self.folders.range::<str, _>((Bound::Included(prefix.as_str()), Bound::Unbounded));
        let mut names: Vec<&'a str> = Vec::new();
        for (path, _) in inside {
            let Some(rest) = path.strip_prefix(prefix.as_str()) else { break };
            let name = rest.split('/').next().unwrap_or(rest);
            if !name.is_empty() && names.last() != Some(&name) {
                names.push(name);
            }
        }
        names
    }

    /// Files of this name, with the folders they stand in.
    pub fn folders_of(&self, name: &str) -> Vec<&'a str> {
        let holds = self.folders.iter().filter(|(_, names)| names.binary_search(&name).is_ok());
        holds.map(|(folder, _)| *folder).collect()
    }

    /// The text of a file.
    pub fn text(&self, path: &str) -> Option<String> {
        self.tree.text(path)
    }

    /// Whether a file in this folder, or in one it stands in, has one of these names and a text
    /// that holds one of these words.
    pub fn above(&self, folder: &str, names: &[&str], words: &[&str]) -> Option<String> {
        let mut folder = Some(folder);
        while let Some(here) = folder {
            for name in names {
                let path = join(here, name);
                if self.has(&path) && (words.is_empty() || self.mentions(&path, words)) {
                    return Some(path);
                }
            }
            folder = parent(here);
        }
        None
    }

    fn mentions(&self, path: &str, words: &[&str]) -> bool {
        let text = self.tree.text(path).unwrap_or_default();
        words.iter().any(|word| text.contains(word))
    }

    /// The first of a few files in a folder whose beginning satisfies `test`.
    pub fn sniff(&self, folder: &str, test: impl Fn(&str) -> bool) -> Option<String> {
        let names = self.names(folder).iter().filter(|name| is_sql(name));
        let mut paths = names.take(SNIFF_FILES).map(|name| join(folder, name));
        paths.find(|path| {
            let whole = self.tree.text(path).unwrap_or_default();
            test(beginning(&whole))
        })
    }
}

/// The first few kilobytes of a text.
pub(super) fn beginning(text: &str) -> &str {
    let end = (0..=SNIFF_BYTES.min(text.len())).rev().find(|&at| text.is_char_boundary(at));
    &text[..end.unwrap_or(0)]
}

/// Whether a file is SQL, going by its name.
#[expect(
    clippy::case_sensitive_file_extension_comparisons,
    reason = "the tools look for lower case, and so do we"
)]
pub fn is_sql(name: &str) -> bool {
    name.ends_with(".sql")
}

/// The folder and the name of a path.
pub(super) fn split(path: &str) -> (&str, &str) {
    path.rsplit_once('/').unwrap_or(("", path))
}

/// The folder that a folder stands in; `None` for the root.
pub(super) fn parent(folder: &str) -> Option<&str> {
    if folder.is_empty() { None } else { Some(split(folder).0) }
}

/// A path from a folder and a name.
pub(super) fn join(folder: &str, name: &str) -> String {
    if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") }
}
