//! graphile-migrate: `committed/<six digits>.sql`, then the current migration.

use super::Entry;
use super::Layout;
use super::ONE_MESSAGE;
use super::Outside;
use super::Sighting;
use super::Strength;
use super::WRAPPED;
use super::numbered;
use crate::migration::forward;
use crate::migration::forward::Forward;
use crate::migration::survey::Survey;
use crate::migration::survey::Tree;
use crate::migration::survey::is_sql;
use crate::migration::survey::join;
use crate::migration::survey::parent;

pub(super) struct Graphile;

impl Layout for Graphile {
    fn id(&self) -> &'static str {
        "graphile-migrate"
    }

    fn find(&self, survey: &Survey) -> Vec<Sighting> {
        let mut found = Vec::new();
        for (folder, _) in survey.folders() {
            let Some(root) = parent(folder).filter(|_| folder.ends_with("committed")) else {
                continue;
            };
            if let Some(file) = survey.above(root, &[".gmrc", ".gmrc.js"], &[]) {
                found.push(Sighting::new(root, Strength::Hard, format!("`{file}`")));
            } else if let Some(file) =
                survey.sniff(folder, |text| text.starts_with("--! Previous:"))
            {
                let why = format!("`{file}` starts with `--! Previous:`");
                found.push(Sighting::new(root, Strength::Hard, why));
            }
        }
        found
    }

    fn list(&self, survey: &Survey, root: &str) -> Vec<Entry> {
        let committed = join(root, "committed");
        let files = numbered::list(survey, &committed).into_iter();
        let mut entries: Vec<Entry> = files
            .map(|found| Entry::new(found.digits, join(&committed, found.name), WRAPPED))
            .collect();
        let current = join(root, "current.sql");
        if survey.has(&current) {
            entries.push(Entry::new("current", current, WRAPPED));
        }
        let folder = join(root, "current");
        let parts = survey.names(&folder).iter().filter(|name| is_sql(name));
        entries.extend(parts.map(|name| Entry {
            group: Some("current".to_owned()),
            ..Entry::new("current", join(&folder, name), WRAPPED)
        }));
        entries
    }

    fn forward(&self, text: &str, entry: &Entry) -> Forward {
        let alone = text.lines().take_while(|line| line.starts_with("--!") || line.is_empty());
        let alone = alone.into_iter().any(|line| line.trim() == "--! no-transaction");
        Forward::whole(text, if alone { ONE_MESSAGE } else { entry.delivery })
    }

    fn outside(&self, _tree: &dyn Tree, text: &str, _entry: &Entry) -> Outside {
        if text.starts_with("--!") {
            return Outside::Never("it has a header of its own");
        }
        forward::first_line("--! no-transaction")
    }

    fn sealed(&self, entry: &Entry) -> Option<&'static str> {
        (entry.version != "current").then_some("it is committed, and its hash stands in it")
    }
}
