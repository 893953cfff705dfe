//! Hasura: a folder a migration, named by milliseconds, with `up.sql`.

use super::Entry;
use super::Layout;
use super::ONE_MESSAGE;
use super::Sighting;
use super::Strength;
use super::numbered;
use crate::migration::survey::Survey;
use crate::migration::survey::join;

pub(super) struct Hasura;

fn version(name: &str) -> Option<&str> {
    let digits = name.bytes().take_while(u8::is_ascii_digit).count();
    let separated = matches!(name.as_bytes().get(digits), Some(b'_') | None);
    (digits > 0 && separated).then(|| &name[..digits])
}

impl Layout for Hasura {
    fn id(&self) -> &'static str {
        "hasura"
    }

    fn find(&self, survey: &Survey) -> Vec<Sighting> {
        let mut found = Vec::new();
        for (root, names) in numbered::nested(survey, "up.sql") {
            if !names.iter().any(|name| version(name).is_some()) {
                continue;
            }
            let milliseconds =
                names.iter().find(|name| version(name).is_some_and(|v| v.len() == 13));
            if let Some(file) = survey.above(root, &["config.yaml"], &["metadata_directory"]) {
                found.push(Sighting::new(root, Strength::Hard, format!("`{file}` is Hasura's")));
            } else if let Some(name) = milliseconds {
                let why = format!("`{name}/up.sql` is numbered by milliseconds");
                found.push(Sighting::new(root, Strength::Content, why));
            }
        }
        found
    }

    fn list(&self, survey: &Survey, root: &str) -> Vec<Entry> {
        let mut entries: Vec<Entry> = Vec::new();
        for name in survey.children(root) {
            let path = join(&join(root, name), "up.sql");
            let Some(version) = version(name).filter(|_| survey.has(&path)) else { continue };
            entries.push(Entry::new(version, path, ONE_MESSAGE));
        }
        entries.sort_by_key(|entry| (entry.version.len(), entry.version.clone()));
        entries
    }
}
