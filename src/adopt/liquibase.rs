//! Liquibase: `databasechangelog`, compared by presence, and the lock that a killed run leaves.

use super::table::Table;
use super::tool::Answer;
use super::tool::Applied;
use super::tool::File;
use super::tool::Files;
use super::tool::Late;
use super::tool::Ran;
use super::tool::State;
use super::tool::Tool;
use super::tool::Trouble;
use super::tool::Wanted;
use super::tool::rows;
use super::tool::text;
use super::tool::value;
use std::cmp::Ordering;

pub(super) struct Liquibase;

/// `author:id` of each changeset of a file, in order.
fn changesets(file: &File) -> Vec<String> {
    let found = file.text.lines().filter_map(|line| {
        let line = line.trim_start().strip_prefix("--")?.trim_start();
        let word = line.get(..9)?;
        let rest = line.get(9..).filter(|_| word.eq_ignore_ascii_case("changeset"))?;
        rest.split_whitespace().next().map(str::to_owned)
    });
    found.collect()
}

fn key(file: &str, author: &str, id: &str) -> String {
    let file = file.rsplit('/').next().unwrap_or(file);
    format!("{file} {author}:{id}")
}

impl Tool for Liquibase {
    fn name(&self) -> &'static str {
        "Liquibase"
    }

    fn layouts(&self) -> &'static [&'static str] {
        &["liquibase"]
    }

    fn tables(&self) -> &'static [&'static str] {
        &["databasechangelog", "databasechangeloglock"]
    }

    fn owns(&self, table: &Table, _all: &[Table]) -> bool {
        table.has(&["id", "author", "filename", "exectype"])
    }

    fn questions(&self, table: &Table, all: &[Table]) -> Vec<String> {
        let mut questions = vec![format!(
            "SELECT filename::text, author::text, id::text, {}, exectype::text
             FROM {} ORDER BY orderexecuted",
            table.time("dateexecuted"),
            table.sql()
        )];
        let lock = all.iter().find(|other| {
            other.schema == table.schema
                && other.has(&["lockgranted", "lockedby"])
                && other.type_of("locked") == Some("boolean")
        });
        questions.extend(lock.map(|lock| {
            let since = lock.time("lockgranted");
            format!("SELECT {since}, lockedby::text FROM {} WHERE locked", lock.sql())
        }));
        questions
    }

    fn read(&self, _table: &Table, _files: &Files, answers: &[Answer]) -> Ran {
        let mut ran = Ran::default();
        for row in rows(answers, 0) {
            let (file, author, id) = (text(row, 0), text(row, 1), text(row, 2));
            let mut applied =
                Applied::done(key(&file, &author, &id), format!("{author}:{id}"), value(row, 3));
            match text(row, 4).as_str() {
                "FAILED" => applied.state = State::Dirty(failed(&file, &author, &id)),
                "SKIPPED" => applied.state = State::Undone("Liquibase skipped it"),
                _ => {}
            }
            ran.applied.retain(|known| known.key != applied.key);
            ran.applied.push(applied);
        }
        ran.troubles.extend(rows(answers, 1).iter().map(|row| locked(row)));
        ran
    }

    fn wanted(&self, files: &Files) -> Vec<Wanted> {
        let mut wanted = Vec::new();
        for (at, file) in files.list.iter().enumerate() {
            for set in changesets(file) {
                let (author, id) = set.split_once(':').unwrap_or(("", &set));
                wanted.push(Wanted {
                    file: at,
                    key: key(file.name(), author, id),
                    version: set.clone(),
                    repeatable: false,
                    anytime: false,
                });
            }
        }
        wanted
    }

    fn order(&self, _one: &str, _other: &str) -> Option<Ordering> {
        None
    }

    fn up(&self) -> &'static str {
        "liquibase update"
    }

    fn late(&self) -> Late {
        Late { does: "Liquibase runs it all the same", command: Some("liquibase update") }
    }
}

fn failed(file: &str, author: &str, id: &str) -> Trouble {
    Trouble {
        why: format!("the changeset {author}:{id} of `{file}` failed"),
        repair: "see how much of it is in the database, undo it by hand, then `liquibase update`"
            .to_owned(),
    }
}

/// What to do about a lock: it stays when who took it is killed.
fn locked(row: &[Option<String>]) -> Trouble {
    let by = value(row, 1).unwrap_or_else(|| "nobody that is named".to_owned());
    let since = value(row, 0).map(|since| format!(" since {since}")).unwrap_or_default();
    Trouble {
        why: format!("Liquibase's lock is held by {by}{since}"),
        repair: "if no Liquibase is running there any more, `liquibase release-locks`".to_owned(),
    }
}
