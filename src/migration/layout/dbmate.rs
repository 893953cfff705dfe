//! dbmate: `-- migrate:up` and `-- migrate:down` in one file.

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
use crate::migration::forward::Mark;
use crate::migration::survey::Survey;
use crate::migration::survey::Tree;
use crate::migration::survey::join;

pub(super) struct Dbmate;

fn mark(line: &str) -> Mark {
    match forward::comment(line).and_then(|text| text.strip_prefix("migrate:")) {
        Some(text) if text.starts_with("up") => Mark::Up,
        Some(text) if text.starts_with("down") => Mark::Down,
        _ => Mark::None,
    }
}

impl Layout for Dbmate {
    fn id(&self) -> &'static str {
        "dbmate"
    }

    fn find(&self, survey: &Survey) -> Vec<Sighting> {
        let marked = |text: &str| text.lines().any(|line| matches!(mark(line), Mark::Up));
        let found = numbered::sniffed(survey, marked).into_iter();
        let sighting = |(root, file)| {
            Sighting::new(root, Strength::Content, format!("`{file}` holds `-- migrate:up`"))
        };
        found.map(sighting).collect()
    }

    fn list(&self, survey: &Survey, root: &str) -> Vec<Entry> {
        // dbmate sorts by file name, not by number.
        let mut names: Vec<_> =
            survey.names(root).iter().filter_map(|name| numbered::parse(name)).collect();
        names.sort_by_key(|found| found.name);
        names
            .iter()
            .map(|found| Entry::new(found.digits, join(root, found.name), WRAPPED))
            .collect()
    }

    fn forward(&self, text: &str, entry: &Entry) -> Forward {
        let alone = text.lines().any(|line| {
            matches!(mark(line), Mark::Up) && line.replace(' ', "").contains("transaction:false")
        });
        let delivery = if alone { ONE_MESSAGE } else { entry.delivery };
        Forward { parts: forward::marked(text, false, mark), delivery }
    }

    fn outside(&self, _tree: &dyn Tree, text: &str, _entry: &Entry) -> Outside {
        let is_up = |line: &str| matches!(mark(line), Mark::Up);
        forward::behind_line(text, " transaction:false", is_up)
    }

    fn following(&self, last: &Entry, word: &str, sql: &str) -> Option<(String, String)> {
        let text = format!("-- migrate:up\n{sql}\n-- migrate:down\n");
        Some((numbered::following(last, word)?, text))
    }
}
