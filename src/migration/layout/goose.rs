//! goose: `-- +goose Up` and `-- +goose Down` in one file, statements sent one by one.

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
use crate::migration::survey::join;

pub(super) struct Goose;

/// The runner begins a transaction and sends statements one by one.
const WRAPPED_SPLIT: Delivery = Delivery { wrapped: true, one_message: false };

/// What follows `+goose` on a line, in lower case.
fn annotation(line: &str) -> Option<String> {
    let text = forward::comment(line)?.strip_prefix("+goose")?;
    Some(text.trim().to_ascii_lowercase())
}

fn mark(line: &str) -> Mark {
    match annotation(line).as_deref() {
        Some("up") => Mark::Up,
        Some("down") => Mark::Down,
        Some("statementbegin" | "statementend") => Mark::Cut,
        _ => Mark::None,
    }
}

impl Layout for Goose {
    fn id(&self) -> &'static str {
        "goose"
    }

    fn find(&self, survey: &Survey) -> Vec<Sighting> {
        let marked = |text: &str| text.lines().any(|line| annotation(line).is_some());
        let found = numbered::sniffed(survey, marked).into_iter();
        let sighting = |(root, file)| {
            Sighting::new(root, Strength::Content, format!("`{file}` holds `-- +goose`"))
        };
        found.map(sighting).collect()
    }

    fn list(&self, survey: &Survey, root: &str) -> Vec<Entry> {
        let files = numbered::list(survey, root).into_iter();
        files.map(|found| Entry::new(found.digits, join(root, found.name), WRAPPED_SPLIT)).collect()
    }

    fn forward(&self, text: &str, entry: &Entry) -> Forward {
        let alone = text.lines().any(|line| annotation(line).as_deref() == Some("no transaction"));
        let delivery = if alone { SPLIT } else { entry.delivery };
        Forward { parts: forward::marked(text, false, mark), delivery }
    }

    fn outside(&self, _tree: &dyn Tree, text: &str, _entry: &Entry) -> Outside {
        // It holds for both directions.
        let down = forward::lines(text).find(|(_, line)| matches!(mark(line), Mark::Down));
        if down.is_some_and(|(offset, _)| forward::holds_several(&text[offset..])) {
            return Outside::Never("the mark would hold for the part that runs backward too");
        }
        match forward::only_line(text, |line| matches!(mark(line), Mark::Up)) {
            Some((offset, _)) => {
                Outside::Mark { offset, text: "-- +goose NO TRANSACTION\n".to_owned() }
            }
            None => Outside::Never("several parts of the file run forward"),
        }
    }

    fn following(&self, last: &Entry, word: &str, sql: &str) -> Option<(String, String)> {
        Some((numbered::following(last, word)?, format!("-- +goose Up\n{sql}")))
    }
}
