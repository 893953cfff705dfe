//! pop and popx: `<number>_<title>[.<dialect>][.autocommit].up.sql`, where the file of a dialect
//! stands in for the one of none.

use super::Entry;
use super::Layout;
use super::ONE_MESSAGE;
use super::Outside;
use super::Sighting;
use super::Strength;
use super::WRAPPED;
use super::numbered;
use super::numbered::Numbered;
use crate::migration::dialect;
use crate::migration::survey::Survey;
use crate::migration::survey::Tree;
use crate::migration::survey::join;
use std::collections::HashSet;

pub(super) struct Pop;

fn words<'a>(found: &Numbered<'a>) -> impl Iterator<Item = &'a str> {
    found.infix.split('.')
}

fn is_ours(found: &Numbered) -> bool {
    words(found).any(|word| ["postgres", "postgresql", "pg"].contains(&word))
}

fn has_dialect(found: &Numbered) -> bool {
    is_ours(found)
        || words(found).any(|word| dialect::other_server(word).is_some() || word == "autocommit")
}

impl Layout for Pop {
    fn id(&self) -> &'static str {
        "pop"
    }

    fn find(&self, survey: &Survey) -> Vec<Sighting> {
        let mut found = Vec::new();
        for root in numbered::folders_with_up(survey) {
            let files = survey.names(root).iter().filter_map(|name| numbered::parse(name));
            if let Some(file) = files.into_iter().find(has_dialect) {
                let why = format!("`{}` names a dialect", file.name);
                found.push(Sighting::new(root, Strength::Content, why));
            } else if let Some(file) = survey.above(root, &["go.mod"], &["gobuffalo/pop"]) {
                let why = format!("`.up.sql` files, and `{file}` names pop");
                found.push(Sighting::new(root, Strength::Content, why));
            }
        }
        found
    }

    fn list(&self, survey: &Survey, root: &str) -> Vec<Entry> {
        let up: Vec<Numbered> =
            numbered::list(survey, root).into_iter().filter(Numbered::is_up).collect();
        let own: HashSet<&str> =
            up.iter().filter(|found| is_ours(found)).map(|found| found.digits).collect();
        let runs = up.iter().filter(|found| is_ours(found) || !own.contains(found.digits));
        let entry = |found: &Numbered| {
            let alone = words(found).any(|word| word == "autocommit");
            let delivery = if alone { ONE_MESSAGE } else { WRAPPED };
            Entry::new(found.digits, join(root, found.name), delivery)
        };
        runs.map(entry).collect()
    }

    fn outside(&self, _tree: &dyn Tree, _text: &str, _entry: &Entry) -> Outside {
        Outside::Never("the file has to be called `….autocommit.up.sql` for that")
    }
}
