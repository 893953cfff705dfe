//! refinery: `V<number>__<title>.sql` and `U<number>__<title>.sql`, both forward, always wrapped.

use super::Entry;
use super::Layout;
use super::Outside;
use super::Sighting;
use super::Strength;
use super::WRAPPED;
use super::flyway::Versioned;
use super::flyway::versioned;
use super::numbered;
use crate::migration::survey::Survey;
use crate::migration::survey::Tree;
use crate::migration::survey::join;
use crate::migration::survey::split;

pub(super) struct Refinery;

fn is_own(found: &Versioned) -> bool {
    matches!(found.kind, 'V' | 'U') && found.parts.len() <= 2
}

impl Layout for Refinery {
    fn id(&self) -> &'static str {
        "refinery"
    }

    fn find(&self, survey: &Survey) -> Vec<Sighting> {
        let mut found = Vec::new();
        for (root, names) in survey.folders() {
            let files: Vec<Versioned> = names.iter().filter_map(|name| versioned(name)).collect();
            if !files.iter().any(is_own) {
                continue;
            }
            let lone = files.iter().find(|file| {
                file.kind == 'U'
                    && !files.iter().any(|other| other.kind == 'V' && other.parts == file.parts)
            });
            if let Some(file) = survey.above(root, &["refinery.toml"], &[]) {
                found.push(Sighting::new(root, Strength::Hard, format!("`{file}`")));
            } else if let Some(file) = survey.above(root, &["Cargo.toml"], &["refinery"]) {
                let why = format!("`V…__` files, and `{file}` names refinery");
                found.push(Sighting::new(root, Strength::Hard, why));
            } else if let Some(file) = lone {
                let why = format!("`{}` is a `U` file without its `V` file", file.name);
                found.push(Sighting::new(root, Strength::Content, why));
            }
        }
        found
    }

    fn list(&self, survey: &Survey, root: &str) -> Vec<Entry> {
        let names = survey.names(root).iter().filter_map(|name| versioned(name));
        let mut files: Vec<Versioned> = names.filter(is_own).collect();
        files.sort_by(|one, other| one.parts.cmp(&other.parts));
        files.iter().map(|file| Entry::new(file.version, join(root, file.name), WRAPPED)).collect()
    }

    fn outside(&self, _tree: &dyn Tree, _text: &str, _entry: &Entry) -> Outside {
        Outside::Never("refinery wraps every file")
    }

    fn following(&self, last: &Entry, word: &str, sql: &str) -> Option<(String, String)> {
        let whole = versioned(split(&last.path).1)?.version.bytes().all(|c| c.is_ascii_digit());
        Some((numbered::following(last, word).filter(|_| whole)?, sql.to_owned()))
    }
}
