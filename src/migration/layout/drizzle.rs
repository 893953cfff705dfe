//! Drizzle: files in the order of `meta/_journal.json`, or a folder each with a `snapshot.json`;
//! all that is pending runs in one transaction.

use super::Entry;
use super::Layout;
use super::Outside;
use super::Sighting;
use super::Strength;
use super::numbered;
use crate::effect::Delivery;
use crate::migration::forward::Forward;
use crate::migration::survey::Survey;
use crate::migration::survey::Tree;
use crate::migration::survey::join;
use crate::migration::survey::parent;
use serde::Deserialize;

pub(super) struct Drizzle;

/// All pending files run in one transaction, statement by statement.
const WRAPPED_SPLIT: Delivery = Delivery { wrapped: true, one_message: false };

#[derive(Deserialize)]
struct Journal {
    dialect: Option<String>,
    entries: Vec<JournalEntry>,
}

#[derive(Deserialize)]
struct JournalEntry {
    tag: String,
}

fn journal(survey: &Survey, root: &str) -> Option<Journal> {
    let text = survey.text(&join(root, "meta/_journal.json"))?;
    serde_json::from_str(&text).ok()
}

fn is_ours(dialect: &str) -> bool {
    ["postgresql", "pg", "postgres"].contains(&dialect)
}

impl Layout for Drizzle {
    fn id(&self) -> &'static str {
        "drizzle"
    }

    fn find(&self, survey: &Survey) -> Vec<Sighting> {
        let mut found = Vec::new();
        for meta in survey.folders_of("_journal.json") {
            let Some(root) = parent(meta).filter(|_| meta.ends_with("meta")) else { continue };
            let Some(journal) = journal(survey, root) else { continue };
            let why = format!("`{}`", join(root, "meta/_journal.json"));
            let mut sighting = Sighting::new(root, Strength::Hard, why);
            sighting.foreign = journal
                .dialect
                .filter(|dialect| !is_ours(dialect))
                .map(|dialect| format!("the journal says `{dialect}`"));
            found.push(sighting);
        }
        for (root, names) in numbered::nested(survey, "migration.sql") {
            let folder = |name: &&str| join(&join(root, name), "snapshot.json");
            if let Some(name) = names.iter().find(|name| survey.has(&folder(name))) {
                let text = survey.text(&folder(name)).unwrap_or_default();
                let why = format!("`{name}` holds `snapshot.json` beside `migration.sql`");
                let mut sighting = Sighting::new(root, Strength::Hard, why);
                let dialect = ["mysql", "sqlite", "turso", "singlestore", "mssql"]
                    .into_iter()
                    .find(|dialect| text.contains(&format!("\"dialect\": \"{dialect}\"")));
                sighting.foreign = dialect.map(|dialect| format!("the snapshot says `{dialect}`"));
                found.push(sighting);
            }
        }
        found
    }

    fn list(&self, survey: &Survey, root: &str) -> Vec<Entry> {
        if let Some(journal) = journal(survey, root) {
            let files = journal
                .entries
                .into_iter()
                .map(|entry| (entry.tag.clone(), join(root, &format!("{}.sql", entry.tag))));
            let there = files.filter(|(_, path)| survey.has(path));
            return there.map(|(tag, path)| Entry::new(tag, path, WRAPPED_SPLIT)).collect();
        }
        let folders = survey.children(root).into_iter();
        let files = folders.map(|name| (name, join(&join(root, name), "migration.sql")));
        let there = files.filter(|(_, path)| survey.has(path));
        there.map(|(name, path)| Entry::new(name, path, WRAPPED_SPLIT)).collect()
    }

    fn forward(&self, text: &str, entry: &Entry) -> Forward {
        // The mark often stands at the end of a statement's last line.
        let mark = "--> statement-breakpoint";
        let mut parts = Vec::new();
        let mut start = 0;
        for (at, found) in text.match_indices(mark) {
            parts.push(start..at);
            start = at + found.len();
        }
        parts.push(start..text.len());
        Forward { parts, delivery: entry.delivery }
    }

    fn outside(&self, _tree: &dyn Tree, _text: &str, _entry: &Entry) -> Outside {
        Outside::Never("Drizzle runs all that is pending in one transaction")
    }
}
