//! Our own: `<utc timestamp>_<name>/{expand,migrate,contract}.sql`.

use super::Entry;
use super::Layout;
use super::SPLIT;
use super::Sighting;
use super::Strength;
use crate::effect::Phase;
use crate::migration::survey::Survey;
use crate::migration::survey::join;

pub(super) struct Native;

/// Whether a folder's name is one that `migrate new` makes: 14 digits, an underscore, a name.
fn is_change(name: &str) -> bool {
    let digits = name.bytes().take_while(u8::is_ascii_digit).count();
    digits == 14 && name.as_bytes().get(digits) == Some(&b'_')
}

impl Layout for Native {
    fn id(&self) -> &'static str {
        "native"
    }

    fn find(&self, survey: &Survey) -> Vec<Sighting> {
        let mut roots: Vec<(&str, &str)> = Vec::new();
        for phase in Phase::ALL {
            let file = format!("{phase}.sql");
            for (root, names) in super::numbered::nested(survey, &file) {
                let known = roots.iter().any(|(known, _)| *known == root);
                if !known && let Some(name) = names.iter().find(|name| is_change(name)) {
                    roots.push((root, name));
                }
            }
        }
        let sighting = |(root, name): (&str, &str)| {
            Sighting::new(root, Strength::Hard, format!("`{name}` holds files named after phases"))
        };
        roots.into_iter().map(sighting).collect()
    }

    fn list(&self, survey: &Survey, root: &str) -> Vec<Entry> {
        let mut entries = Vec::new();
        for change in survey.children(root).into_iter().filter(|name| is_change(name)) {
            let folder = join(root, change);
            for phase in Phase::ALL {
                let path = join(&folder, &format!("{phase}.sql"));
                if survey.has(&path) {
                    entries.push(Entry { phase: Some(phase), ..Entry::new(change, path, SPLIT) });
                }
            }
        }
        entries
    }
}
