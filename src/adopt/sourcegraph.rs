//! Sourcegraph: `migration_logs`, a row an attempt; the newest row of a version says how it is.

use super::table::Table;
use super::tool::Answer;
use super::tool::Applied;
use super::tool::Files;
use super::tool::Late;
use super::tool::Ran;
use super::tool::State;
use super::tool::Tool;
use super::tool::Trouble;
use super::tool::number;
use super::tool::rows;
use super::tool::text;
use super::tool::value;

pub(super) struct Sourcegraph;

impl Tool for Sourcegraph {
    fn name(&self) -> &'static str {
        "Sourcegraph"
    }

    fn layouts(&self) -> &'static [&'static str] {
        &["sourcegraph"]
    }

    fn tables(&self) -> &'static [&'static str] {
        &["migration_logs"]
    }

    fn owns(&self, table: &Table, _all: &[Table]) -> bool {
        table.has(&["id", "schema", "version", "up", "success", "started_at"])
    }

    fn questions(&self, table: &Table, _all: &[Table]) -> Vec<String> {
        vec![format!(
            "SELECT DISTINCT ON (schema, version) version::text, {}, up::text, success::text,
                 schema::text, {}
             FROM {} ORDER BY schema, version, id DESC",
            table.time("finished_at"),
            table.text("error_message"),
            table.sql()
        )]
    }

    fn read(&self, _table: &Table, files: &Files, answers: &[Answer]) -> Ran {
        // The table is of several databases; the folder is called after its own.
        let folder = files.root.rsplit('/').next().unwrap_or_default();
        let named = rows(answers, 0).iter().any(|row| text(row, 4) == folder);
        let ours = rows(answers, 0).iter().filter(|row| !named || text(row, 4) == folder);
        let applied = ours.map(|row| {
            let version = text(row, 0);
            let mut applied = Applied::done(number(&version), version.clone(), value(row, 1));
            applied.state = match (text(row, 2).as_str(), text(row, 3).as_str()) {
                ("true", "true") => State::Done,
                (_, "true") => State::Undone("it was taken back"),
                (_, success) => State::Dirty(failed(&version, success, &text(row, 5))),
            };
            applied
        });
        Ran { applied: applied.collect(), ..Ran::default() }
    }

    fn up(&self) -> &'static str {
        "migrator up"
    }

    fn late(&self) -> Late {
        Late { does: "the migrator runs it all the same", command: Some("migrator up") }
    }
}

fn failed(version: &str, success: &str, error: &str) -> Trouble {
    let why = if success.is_empty() {
        format!("version {version} is running, or its runner died")
    } else {
        format!("version {version} failed: {error}")
    };
    Trouble {
        why,
        repair: format!(
            "if nothing is running, see how much of it is in the database; if all, `migrator \
             add-log -version={version}`; else undo it by hand, then `migrator up \
             -ignore-single-dirty-log`"
        ),
    }
}
