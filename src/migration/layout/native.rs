//! Our own: `<utc timestamp>_<name>/{expand,migrate,contract}.sql`.

use super::Entry;
use super::Layout;
use super::SPLIT;
use super::Sighting;
use super::Strength;
use crate::effect::Phase;
use crate::migration::survey::Survey;
use crate::migration::survey::is_sql;
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

    fn stray(&self, survey: &Survey, root: &str) -> Vec<(String, String)> {
        let mut stray = Vec::new();
        for folder in survey.children(root) {
            let path = join(root, folder);
            let names = survey.names(&path).iter().filter(|name| is_sql(name));
            let names: Vec<&str> = names.copied().filter(|name| is_meant(folder, name)).collect();
            stray.extend(names.into_iter().map(|name| (join(&path, name), why(folder))));
        }
        let loose = survey.names(root).iter().filter(|name| is_sql(name));
        let loose = loose.filter(|name| name.starts_with(|first: char| first.is_ascii_digit()));
        stray.extend(loose.map(|name| {
            let why = "each change is a folder with an expand.sql, a migrate.sql or a contract.sql";
            (join(root, name), why.to_owned())
        }));
        stray
    }
}

/// Whether a file may be meant to run, and does not.
fn is_meant(folder: &str, name: &str) -> bool {
    let (stem, _) = name.split_once('.').unwrap_or((name, ""));
    let of_phase = Phase::ALL.iter().any(|phase| phase.word() == stem);
    if is_change(folder) {
        let undo = name.strip_suffix(".undo.sql") == Some(stem);
        return !of_phase || !(undo || name == format!("{stem}.sql"));
    }
    of_phase || folder.starts_with(|first: char| first.is_ascii_digit())
}

fn why(folder: &str) -> String {
    if is_change(folder) {
        "a change has expand.sql, migrate.sql, contract.sql, and what takes them back, as \
         expand.undo.sql"
            .to_owned()
    } else {
        "the folder of a change is named by 14 digits, an underscore and a name".to_owned()
    }
}
