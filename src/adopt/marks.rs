//! Tools that keep the newest version and no list: golang-migrate and tern.

use super::table::Table;
use super::tool::Answer;
use super::tool::Applied;
use super::tool::Files;
use super::tool::Late;
use super::tool::Mark;
use super::tool::Ran;
use super::tool::State;
use super::tool::Tool;
use super::tool::Trouble;
use super::tool::number;
use super::tool::rows;
use super::tool::text;

/// A tool with one row.
pub(super) struct Newest {
    name: &'static str,
    layouts: &'static [&'static str],
    tables: &'static [&'static str],
    /// The columns of the table, and no others.
    columns: &'static [&'static str],
    up: &'static str,
    why: &'static str,
    note: &'static str,
}

pub(super) const GOLANG_MIGRATE: Newest = Newest {
    name: "golang-migrate",
    layouts: &["golang-migrate"],
    tables: &["schema_migrations"],
    columns: &["version", "dirty"],
    up: "migrate -path DIR -database URL up",
    why: "it is not newer than the version that golang-migrate keeps",
    note: "golang-migrate keeps the newest version and no list: a file that was added below it was \
           never run, and nothing tells",
};

pub(super) const TERN: Newest = Newest {
    name: "tern",
    layouts: &["tern"],
    tables: &["schema_version"],
    columns: &["version"],
    up: "tern migrate",
    why: "it is not newer than the version that tern keeps",
    note: "tern keeps the newest version and no list: a file that was added below it was never \
           run, and nothing tells",
};

impl Newest {
    /// What to do about a version that was begun.
    fn dirty(&self, version: &str) -> Trouble {
        let before = version.parse::<u64>().unwrap_or_default().saturating_sub(1);
        Trouble {
            why: format!("{} began version {version}, and did not see it end", self.name),
            repair: format!(
                "see how much of it is in the database, then `migrate -path DIR -database URL \
                 force {version}` (golang-migrate) if all of it is there; undo by hand what is, \
                 and force the version before it, such as {before}, to run it anew"
            ),
        }
    }
}

impl Tool for Newest {
    fn name(&self) -> &'static str {
        self.name
    }

    fn layouts(&self) -> &'static [&'static str] {
        self.layouts
    }

    fn tables(&self) -> &'static [&'static str] {
        self.tables
    }

    fn owns(&self, table: &Table, _all: &[Table]) -> bool {
        let number = ["bigint", "integer"];
        table.has(self.columns)
            && table.columns.len() == self.columns.len()
            && table.type_of("version").is_some_and(|kind| number.contains(&kind))
            && table.schema != "hdb_catalog"
    }

    fn questions(&self, table: &Table, _all: &[Table]) -> Vec<String> {
        let (version, dirty) = (table.text("version"), table.text("dirty"));
        vec![format!("SELECT {version}, {dirty} FROM {}", table.sql())]
    }

    fn read(&self, _table: &Table, _files: &Files, answers: &[Answer]) -> Ran {
        let mut ran = Ran { note: Some(self.note), ..Ran::default() };
        let Some(row) = rows(answers, 0).first() else { return ran };
        let version = text(row, 0);
        // tern begins at zero, golang-migrate below it.
        let none = if self.name == "tern" { version == "0" } else { version.starts_with('-') };
        if none {
            return ran;
        }
        let mut applied = Applied::done(number(&version), version.clone(), None);
        if ["true", "t"].contains(&text(row, 1).as_str()) {
            applied.state = State::Dirty(self.dirty(&version));
        }
        ran.mark = Some(Mark { key: applied.key.clone(), why: self.why });
        ran.applied = vec![applied];
        ran
    }

    fn up(&self) -> &'static str {
        self.up
    }

    fn late(&self) -> Late {
        Late { does: "it is never run", command: None }
    }
}
