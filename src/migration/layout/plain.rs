//! Ordered SQL files of no tool in particular.

use super::Entry;
use super::Layout;
use super::SPLIT;
use super::Sighting;
use super::Strength;
use super::numbered;
use crate::migration::dialect;
use crate::migration::survey::Survey;
use crate::migration::survey::is_sql;
use crate::migration::survey::join;
use crate::migration::survey::split;

pub(super) struct Plain;

/// Whether a folder of this name is called after migrations.
pub fn is_called_after_migrations(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name.contains("migration") || name == "migrate"
}

/// Folders that hold SQL for other ends than migrations.
fn is_for_other_ends(folder: &str) -> bool {
    const NAMES: &[&str] = &[
        "data",
        "demo",
        "example",
        "examples",
        "fixtures",
        "initdb.d",
        "queries",
        "query",
        "revert",
        "sample",
        "samples",
        "seed",
        "seeds",
        "snapshots",
        "spec",
        "stub",
        "stubs",
        "test",
        "tests",
        "verify",
    ];
    folder.split('/').any(|name| NAMES.contains(&name))
}

/// The number that a name starts with: `0012_users.sql`, `V0012.Users.sql`.
fn number(name: &str) -> Option<numbered::Numbered<'_>> {
    numbered::parse(name.strip_prefix(['V', 'v']).unwrap_or(name))
}

impl Layout for Plain {
    fn id(&self) -> &'static str {
        "plain"
    }

    fn find(&self, survey: &Survey) -> Vec<Sighting> {
        let mut found = Vec::new();
        for (folder, names) in survey.folders() {
            if is_for_other_ends(folder) {
                continue;
            }
            let files = names.iter().filter(|name| is_sql(name)).count();
            let numbered = names.iter().filter(|name| number(name).is_some()).count();
            let called = folder.split('/').any(is_called_after_migrations);
            // Where it is clear what they are, an odd name among many changes nothing.
            let (least, odd) = if called { (1, numbered / 4) } else { (2, 0) };
            if is_called_after_migrations(split(folder).1) && files > 0 {
                let why = "the folder is called after migrations";
                found.push(Sighting::new(folder, Strength::Name, why));
            } else if least <= numbered && files <= numbered + odd {
                found.push(Sighting::new(folder, Strength::Name, "its SQL files are numbered"));
            }
        }
        found
    }

    fn list(&self, survey: &Survey, root: &str) -> Vec<Entry> {
        let mut names: Vec<&str> = survey
            .names(root)
            .iter()
            .copied()
            .filter(|name| is_sql(name) && dialect::of_name(name).is_none())
            .filter(|name| {
                !["down", "rollback", "undo"].iter().any(|word| name.contains(&format!(".{word}.")))
            })
            .collect();
        names.sort_by_cached_key(|name| {
            let number = number(name).map(|found| found.key());
            (number.is_none(), number, *name)
        });
        let version = |name: &str| match number(name) {
            Some(found) => found.digits.to_owned(),
            None => name.trim_end_matches(".sql").to_owned(),
        };
        names.iter().map(|name| Entry::new(version(name), join(root, name), SPLIT)).collect()
    }

    fn following(&self, last: &Entry, word: &str, sql: &str) -> Option<(String, String)> {
        Some((numbered::following(last, word)?, sql.to_owned()))
    }
}
