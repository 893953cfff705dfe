//! golang-migrate: `<number>_<title>.up.sql`, sent whole, never wrapped.

use super::Entry;
use super::Layout;
use super::ONE_MESSAGE;
use super::Sighting;
use super::Strength;
use super::numbered;
use crate::migration::survey::Survey;
use crate::migration::survey::join;

pub(super) struct GolangMigrate;

impl Layout for GolangMigrate {
    fn id(&self) -> &'static str {
        "golang-migrate"
    }

    fn find(&self, survey: &Survey) -> Vec<Sighting> {
        let folders = numbered::folders_with_up(survey).into_iter();
        let sighting = |root| match survey.above(root, &["go.mod"], &["golang-migrate"]) {
            Some(file) => {
                let why = format!("`.up.sql` files, and `{file}` names golang-migrate");
                Sighting::new(root, Strength::Content, why)
            }
            None => Sighting::new(root, Strength::Name, "numbered `.up.sql` files"),
        };
        folders.map(sighting).collect()
    }

    fn list(&self, survey: &Survey, root: &str) -> Vec<Entry> {
        let up = numbered::list(survey, root).into_iter().filter(numbered::Numbered::is_up);
        up.map(|found| Entry::new(found.digits, join(root, found.name), ONE_MESSAGE)).collect()
    }
}
