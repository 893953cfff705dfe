//! Liquibase's formatted SQL: `--changeset` lines cut a file into changesets.

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

pub(super) struct Liquibase;

const WRAPPED_SPLIT: Delivery = Delivery { wrapped: true, one_message: false };

fn is_header(line: &str) -> bool {
    let words: Vec<String> = line.split_whitespace().map(str::to_ascii_lowercase).collect();
    let text = words.join(" ");
    text.starts_with("--liquibase formatted sql") || text.starts_with("-- liquibase formatted sql")
}

fn is_formatted(text: &str) -> bool {
    text.trim_start_matches('\u{feff}')
        .lines()
        .find(|line| !line.trim().is_empty())
        .is_some_and(is_header)
}

/// What a line says: `--changeset`, `--rollback` and the other words of Liquibase.
fn word(line: &str) -> Option<String> {
    let text = forward::comment(line)?;
    let word = text.split([' ', ':']).next()?.to_ascii_lowercase();
    [
        "changeset",
        "rollback",
        "ignorelines",
        "precondition",
        "preconditions",
        "comment",
        "property",
        "validchecksum",
    ]
    .contains(&word.as_str())
    .then_some(word)
}

impl Layout for Liquibase {
    fn id(&self) -> &'static str {
        "liquibase"
    }

    fn find(&self, survey: &Survey) -> Vec<Sighting> {
        let found = numbered::sniffed(survey, is_formatted).into_iter();
        let sighting = |(root, file)| {
            Sighting::new(root, Strength::Content, format!("`{file}` is Liquibase's formatted SQL"))
        };
        found.map(sighting).collect()
    }

    fn list(&self, survey: &Survey, root: &str) -> Vec<Entry> {
        let mut names: Vec<&str> =
            survey.names(root).iter().copied().filter(|name| is_sql(name)).collect();
        names.retain(|name| survey.text(&join(root, name)).is_some_and(|text| is_formatted(&text)));
        names.sort_by_cached_key(|name| {
            let number = numbered::parse(name).map(|found| found.key());
            (number.is_none(), number, *name)
        });
        names.into_iter().map(|name| Entry::new(name, join(root, name), WRAPPED_SPLIT)).collect()
    }

    fn forward(&self, text: &str, entry: &Entry) -> Forward {
        let mut ignoring = false;
        let mut other = false;
        let parts = forward::marked(text, false, |line| {
            if ["/", "//", "go"].contains(&line.trim().to_ascii_lowercase().as_str()) {
                return Mark::Cut;
            }
            match word(line).as_deref() {
                Some("changeset") => {
                    let dbms = line.to_ascii_lowercase();
                    other = dbms.contains("dbms:") && !dbms.contains("postgresql");
                    if other { Mark::Down } else { Mark::Up }
                }
                Some("ignorelines") => {
                    ignoring = line.contains("start");
                    if ignoring || other { Mark::Down } else { Mark::Up }
                }
                _ => Mark::None,
            }
        });
        let lines: Vec<&str> =
            text.lines().filter(|line| word(line).as_deref() == Some("changeset")).collect();
        let alone = |line: &&str| line.to_ascii_lowercase().contains("runintransaction:false");
        let alone = !lines.is_empty() && lines.iter().all(alone);
        Forward { parts, delivery: if alone { SPLIT } else { entry.delivery } }
    }

    fn outside(&self, _tree: &dyn Tree, text: &str, _entry: &Entry) -> Outside {
        let is_set = |line: &str| word(line).as_deref() == Some("changeset");
        if text.to_ascii_lowercase().contains("runintransaction") {
            return Outside::Never("a changeset says already how it runs");
        }
        forward::behind_line(text, " runInTransaction:false", is_set)
    }
}
