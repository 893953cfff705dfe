//! tern: what stands above `---- create above / drop below ----` runs forward.

use super::Entry;
use super::Layout;
use super::Outside;
use super::SPLIT;
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

pub(super) struct Tern;

const SEPARATOR: &str = "---- create above / drop below ----";
const NO_TRANSACTION: &str = "---- tern: disable-tx ----";

impl Layout for Tern {
    fn id(&self) -> &'static str {
        "tern"
    }

    fn find(&self, survey: &Survey) -> Vec<Sighting> {
        let mut found: Vec<Sighting> = numbered::sniffed(survey, |text| text.contains(SEPARATOR))
            .into_iter()
            .map(|(root, file)| {
                Sighting::new(root, Strength::Content, format!("`{file}` holds `{SEPARATOR}`"))
            })
            .collect();
        for root in survey.folders_of("tern.conf") {
            if !numbered::list(survey, root).is_empty() {
                let why = format!("`{}`", join(root, "tern.conf"));
                found.push(Sighting::new(root, Strength::Hard, why));
            }
        }
        found
    }

    fn list(&self, survey: &Survey, root: &str) -> Vec<Entry> {
        let files = numbered::list(survey, root).into_iter();
        files.map(|found| Entry::new(found.digits, join(root, found.name), WRAPPED)).collect()
    }

    fn forward(&self, text: &str, entry: &Entry) -> Forward {
        let alone = text.lines().any(|line| line.trim() == NO_TRANSACTION);
        let mark = |line: &str| if line.trim() == SEPARATOR { Mark::Down } else { Mark::None };
        let delivery = if alone { SPLIT } else { entry.delivery };
        Forward { parts: forward::marked(text, true, mark), delivery }
    }

    fn outside(&self, _tree: &dyn Tree, _text: &str, _entry: &Entry) -> Outside {
        forward::first_line(NO_TRANSACTION)
    }

    fn following(&self, last: &Entry, word: &str, sql: &str) -> Option<(String, String)> {
        Some((numbered::following(last, word)?, sql.to_owned()))
    }
}
