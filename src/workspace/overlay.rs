//! A tree with some texts changed, and nothing written.

use crate::migration::Tree;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A tree under changes.
#[derive(Clone)]
pub struct OverlayTree {
    base: Arc<dyn Tree + Send>,
    paths: Vec<String>,
    texts: BTreeMap<String, String>,
}

impl OverlayTree {
    /// A tree without changes.
    pub fn new(base: Arc<dyn Tree + Send>) -> OverlayTree {
        let paths = base.paths().to_vec();
        OverlayTree { base, paths, texts: BTreeMap::new() }
    }

    /// Gives a file another text, or makes one.
    pub fn set(&mut self, path: &str, text: String) {
        if let Err(at) = self.paths.binary_search_by(|known| known.as_str().cmp(path)) {
            self.paths.insert(at, path.to_owned());
        }
        self.texts.insert(path.to_owned(), text);
    }

    /// What changed: each file with its text before, if it was there, and after.
    pub fn changes(&self) -> impl Iterator<Item = (&str, Option<String>, &str)> {
        let texts = self.texts.iter();
        texts.map(|(path, text)| (path.as_str(), self.base.text(path), text.as_str()))
    }
}

impl Tree for OverlayTree {
    fn paths(&self) -> &[String] {
        &self.paths
    }

    fn text(&self, path: &str) -> Option<String> {
        self.texts.get(path).cloned().or_else(|| self.base.text(path))
    }
}
