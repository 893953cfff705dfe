//! sqlx: `<number>_<title>.sql` or `.up.sql`, each file in a transaction unless it says
//! `-- no-transaction` first.

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
use crate::migration::survey::join;

pub(super) struct Sqlx;

const NO_TRANSACTION: &str = "-- no-transaction";

impl Layout for Sqlx {
    fn id(&self) -> &'static str {
        "sqlx"
    }

    fn find(&self, survey: &Survey) -> Vec<Sighting> {
        let mut found = Vec::new();
        for root in numbered::folders(survey) {
            let marks: &[&str] = &["sqlx"];
            let why = if let Some(file) = survey.above(root, &["sqlx.toml"], &[]) {
                Some((Strength::Hard, format!("`{file}`")))
            } else if let Some(file) = survey.above(root, &["Cargo.toml"], marks) {
                Some((Strength::Content, format!("`{file}` names sqlx")))
            } else {
                let file = survey.sniff(root, |text| text.starts_with(NO_TRANSACTION));
                file.map(|file| {
                    (Strength::Content, format!("`{file}` starts with `{NO_TRANSACTION}`"))
                })
            };
            found.extend(why.map(|(strength, why)| Sighting::new(root, strength, why)));
        }
        found
    }

    fn list(&self, survey: &Survey, root: &str) -> Vec<Entry> {
        let files = numbered::list(survey, root).into_iter();
        files.map(|found| Entry::new(found.digits, join(root, found.name), WRAPPED)).collect()
    }

    fn forward(&self, text: &str, entry: &Entry) -> Forward {
        let alone = text.starts_with(NO_TRANSACTION);
        Forward::whole(text, if alone { ONE_MESSAGE } else { entry.delivery })
    }

    fn outside(&self, _tree: &dyn Tree, _text: &str, _entry: &Entry) -> Outside {
        forward::first_line(NO_TRANSACTION)
    }

    fn following(&self, last: &Entry, word: &str, sql: &str) -> Option<(String, String)> {
        Some((numbered::following(last, word)?, sql.to_owned()))
    }
}
