//! goose: a row a step in `goose_db_version`; the newest row of a version says whether it is there.

use super::table::Table;
use super::tool::Answer;
use super::tool::Applied;
use super::tool::Files;
use super::tool::Late;
use super::tool::Ran;
use super::tool::State;
use super::tool::Tool;
use super::tool::number;
use super::tool::rows;
use super::tool::text;
use super::tool::value;

pub(super) struct Goose;

impl Tool for Goose {
    fn name(&self) -> &'static str {
        "goose"
    }

    fn layouts(&self) -> &'static [&'static str] {
        &["goose"]
    }

    fn tables(&self) -> &'static [&'static str] {
        &["goose_db_version"]
    }

    fn owns(&self, table: &Table, _all: &[Table]) -> bool {
        table.has(&["id", "is_applied"]) && table.type_of("version_id") == Some("bigint")
    }

    fn questions(&self, table: &Table, _all: &[Table]) -> Vec<String> {
        // Version 0 stands for the table itself.
        vec![format!(
            "SELECT DISTINCT ON (version_id) version_id::text, is_applied::text, {}
             FROM {} WHERE version_id <> 0 ORDER BY version_id, id DESC",
            table.time("tstamp"),
            table.sql()
        )]
    }

    fn read(&self, _table: &Table, _files: &Files, answers: &[Answer]) -> Ran {
        let applied = rows(answers, 0).iter().map(|row| {
            let version = text(row, 0);
            let mut applied = Applied::done(number(&version), version, value(row, 2));
            if text(row, 1) != "true" {
                applied.state = State::Undone("goose took it back");
            }
            applied
        });
        Ran { applied: applied.collect(), ..Ran::default() }
    }

    fn up(&self) -> &'static str {
        "goose up"
    }

    fn late(&self) -> Late {
        Late {
            does: "goose refuses it, unless `-allow-missing` is given",
            command: Some("goose -allow-missing up"),
        }
    }
}
