//! Sourcegraph's migrator: a folder a migration with `up.sql` and `metadata.yaml`.

use super::Entry;
use super::Layout;
use super::Outside;
use super::SPLIT;
use super::Sighting;
use super::Strength;
use super::WRAPPED;
use super::numbered;
use crate::migration::survey::Survey;
use crate::migration::survey::Tree;
use crate::migration::survey::join;
use crate::migration::survey::parent;

pub(super) struct Sourcegraph;

fn is_number(name: &str) -> bool {
    let digits = name.split('_').next().unwrap_or_default();
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}

impl Layout for Sourcegraph {
    fn id(&self) -> &'static str {
        "sourcegraph"
    }

    fn find(&self, survey: &Survey) -> Vec<Sighting> {
        let described = |root: &str, name: &&&str| {
            survey.has(&join(&join(root, name), "metadata.yaml")) && is_number(name)
        };
        let nested = numbered::nested(survey, "up.sql").into_iter();
        let found = nested.filter_map(|(root, names)| {
            let name = names.iter().find(|name| described(root, name))?;
            let why = format!("`{name}` holds `metadata.yaml` beside `up.sql`");
            Some(Sighting::new(root, Strength::Hard, why))
        });
        found.collect()
    }

    fn list(&self, survey: &Survey, root: &str) -> Vec<Entry> {
        let mut entries: Vec<Entry> = Vec::new();
        for name in survey.children(root).into_iter().filter(|name| is_number(name)) {
            let folder = join(root, name);
            let path = join(&folder, "up.sql");
            if !survey.has(&path) {
                continue;
            }
            let metadata = survey.text(&join(&folder, "metadata.yaml")).unwrap_or_default();
            let alone = metadata.lines().any(|line| {
                line.trim_start().starts_with("createIndexConcurrently:") && line.contains("true")
            });
            let version = name.split('_').next().unwrap_or(name);
            entries.push(Entry::new(version, path, if alone { SPLIT } else { WRAPPED }));
        }
        // Parents in `metadata.yaml` make a graph, in which numbers rise.
        entries.sort_by_key(|entry| (entry.version.len(), entry.version.clone()));
        entries
    }

    fn outside(&self, tree: &dyn Tree, _text: &str, entry: &Entry) -> Outside {
        let path = join(parent(&entry.path).unwrap_or_default(), "metadata.yaml");
        let mut text = tree.text(&path).unwrap_or_default();
        if text.contains("createIndexConcurrently") {
            return Outside::Never("its `metadata.yaml` says that it runs in a transaction");
        }
        if !text.is_empty() && !text.ends_with('\n') {
            text.push('\n');
        }
        text.push_str("createIndexConcurrently: true\n");
        Outside::Beside { path, text }
    }
}
