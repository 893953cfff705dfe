//! A tree of texts that are no files: standard input, and tests.

use crate::migration::Tree;

/// Texts by their paths.
#[derive(Debug, Default)]
pub struct MemoryTree {
    paths: Vec<String>,
    texts: Vec<String>,
}

impl MemoryTree {
    /// A tree of these paths and texts.
    pub fn new(mut files: Vec<(String, String)>) -> MemoryTree {
        files.sort();
        let (paths, texts) = files.into_iter().unzip();
        MemoryTree { paths, texts }
    }
}

impl Tree for MemoryTree {
    fn paths(&self) -> &[String] {
        &self.paths
    }

    fn text(&self, path: &str) -> Option<String> {
        let at = self.paths.binary_search_by(|known| known.as_str().cmp(path)).ok()?;
        Some(self.texts[at].clone())
    }
}
