//! sql-migrate: `-- +migrate Up` and `-- +migrate Down`, as often as need be, in one file.

use super::Entry;
use super::Layout;
use super::Outside;
use super::SPLIT;
use super::Sighting;
use super::Strength;
use super::numbered;
use crate::effect::Delivery;
use crate::migration::forward;
use crate::migration::forward::Forward;
use crate::migration::forward::Mark;
use crate::migration::survey::Survey;
use crate::migration::survey::Tree;
use crate::migration::survey::is_sql;
use crate::migration::survey::join;

pub(super) struct SqlMigrate;

const WRAPPED_SPLIT: Delivery = Delivery { wrapped: true, one_message: false };

fn annotation(line: &str) -> Option<String> {
    let text = forward::comment(line)?.strip_prefix("+migrate")?;
    Some(text.trim().to_ascii_lowercase())
}

fn mark(line: &str) -> Mark {
    match annotation(line).as_deref() {
        Some(text) if text.starts_with("up") => Mark::Up,
        Some(text) if text.starts_with("down") => Mark::Down,
        Some("statementbegin" | "statementend") => Mark::Cut,
        _ => Mark::None,
    }
}

impl Layout for SqlMigrate {
    fn id(&self) -> &'static str {
        "sql-migrate"
    }

    fn find(&self, survey: &Survey) -> Vec<Sighting> {
        let marked = |text: &str| text.lines().any(|line| annotation(line).is_some());
        let found = numbered::sniffed(survey, marked).into_iter();
        let sighting = |(root, file)| {
            Sighting::new(root, Strength::Content, format!("`{file}` holds `-- +migrate`"))
        };
        found.map(sighting).collect()
    }

    fn list(&self, survey: &Survey, root: &str) -> Vec<Entry> {
        // Any SQL file counts; those with a number come in its order, the others after them.
        let mut names: Vec<&str> =
            survey.names(root).iter().copied().filter(|name| is_sql(name)).collect();
        names.sort_by_cached_key(|name| {
            let number = numbered::parse(name).map(|found| found.key());
            (number.is_none(), number, *name)
        });
        names.into_iter().map(|name| Entry::new(name, join(root, name), WRAPPED_SPLIT)).collect()
    }

    fn forward(&self, text: &str, entry: &Entry) -> Forward {
        let alone = text.lines().any(|line| {
            annotation(line)
                .is_some_and(|text| text.starts_with("up") && text.contains("notransaction"))
        });
        let delivery = if alone { SPLIT } else { entry.delivery };
        Forward { parts: forward::marked(text, false, mark), delivery }
    }

    fn outside(&self, _tree: &dyn Tree, text: &str, _entry: &Entry) -> Outside {
        forward::behind_line(text, " notransaction", |line| matches!(mark(line), Mark::Up))
    }

    fn following(&self, last: &Entry, word: &str, sql: &str) -> Option<(String, String)> {
        Some((numbered::following(last, word)?, format!("-- +migrate Up\n{sql}")))
    }
}
