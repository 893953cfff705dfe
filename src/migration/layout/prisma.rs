//! Prisma: a folder a migration with `migration.sql`, beside a `migration_lock.toml`.

use super::Entry;
use super::Layout;
use super::ONE_MESSAGE;
use super::Sighting;
use super::Strength;
use super::numbered;
use crate::migration::survey::Survey;
use crate::migration::survey::join;

pub(super) struct Prisma;

const FILE: &str = "migration.sql";

fn provider(text: &str) -> Option<&str> {
    let line = text.lines().find(|line| line.trim_start().starts_with("provider"))?;
    line.split('"').nth(1)
}

impl Layout for Prisma {
    fn id(&self) -> &'static str {
        "prisma"
    }

    fn find(&self, survey: &Survey) -> Vec<Sighting> {
        let mut found = Vec::new();
        for (root, names) in numbered::nested(survey, FILE) {
            let lock = join(root, "migration_lock.toml");
            if let Some(text) = survey.text(&lock).filter(|_| survey.has(&lock)) {
                let mut sighting = Sighting::new(root, Strength::Hard, format!("`{lock}`"));
                sighting.foreign = provider(&text)
                    .filter(|provider| !["postgresql", "postgres"].contains(provider))
                    .map(|provider| format!("`{lock}` says `{provider}`"));
                found.push(sighting);
            } else if let Some(name) = names.iter().find(|name| {
                14 < name.len() && name.bytes().take(14).all(|byte| byte.is_ascii_digit())
            }) {
                found.push(Sighting::new(root, Strength::Name, format!("`{name}/{FILE}`")));
            }
        }
        found
    }

    fn list(&self, survey: &Survey, root: &str) -> Vec<Entry> {
        let folders = survey.children(root).into_iter();
        let with_file = folders.map(|name| (name, join(&join(root, name), FILE)));
        let with_file = with_file.filter(|(_, path)| survey.has(path));
        with_file.map(|(name, path)| Entry::new(name, path, ONE_MESSAGE)).collect()
    }
}
