//! node-pg-migrate's SQL files: `-- Up Migration` and `-- Down Migration` in one file, or a pair.

use super::Entry;
use super::Layout;
use super::Outside;
use super::Sighting;
use super::Strength;
use super::WRAPPED;
use super::numbered;
use crate::migration::forward;
use crate::migration::forward::Forward;
use crate::migration::forward::Mark;
use crate::migration::survey::Survey;
use crate::migration::survey::Tree;
use crate::migration::survey::join;

pub(super) struct NodePgMigrate;

fn mark(line: &str) -> Mark {
    let text =
        forward::comment(line).map(|text| text.trim_start_matches(['-', ' ']).to_ascii_lowercase());
    match text {
        Some(text) if text.starts_with("up migration") => Mark::Up,
        Some(text) if text.starts_with("down migration") => Mark::Down,
        _ => Mark::None,
    }
}

impl Layout for NodePgMigrate {
    fn id(&self) -> &'static str {
        "node-pg-migrate"
    }

    fn find(&self, survey: &Survey) -> Vec<Sighting> {
        let marked = |text: &str| text.lines().any(|line| matches!(mark(line), Mark::Up));
        let mut found: Vec<Sighting> = numbered::sniffed(survey, marked)
            .into_iter()
            .map(|(root, file)| {
                Sighting::new(root, Strength::Content, format!("`{file}` holds `-- Up Migration`"))
            })
            .collect();
        for root in numbered::folders(survey) {
            if let Some(file) = survey.above(root, &["package.json"], &["\"node-pg-migrate\""]) {
                let why = format!("`{file}` names node-pg-migrate");
                found.push(Sighting::new(root, Strength::Content, why));
            }
        }
        found
    }

    fn list(&self, survey: &Survey, root: &str) -> Vec<Entry> {
        let files = numbered::list(survey, root).into_iter();
        let version = |name: &str| name.trim_end_matches(".sql").trim_end_matches(".up").to_owned();
        files
            .map(|found| Entry::new(version(found.name), join(root, found.name), WRAPPED))
            .collect()
    }

    fn forward(&self, text: &str, entry: &Entry) -> Forward {
        let has_up = text.lines().any(|line| matches!(mark(line), Mark::Up));
        Forward { parts: forward::marked(text, !has_up, mark), delivery: entry.delivery }
    }

    fn outside(&self, _tree: &dyn Tree, _text: &str, _entry: &Entry) -> Outside {
        Outside::Never("node-pg-migrate wraps every SQL file")
    }
}
