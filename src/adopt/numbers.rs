//! Tools that keep a row for each version and nothing else: dbmate, Diesel, pop, Rails, Ecto.

use super::table::Table;
use super::tool::Answer;
use super::tool::Applied;
use super::tool::Files;
use super::tool::Late;
use super::tool::Ran;
use super::tool::Tool;
use super::tool::number;
use super::tool::rows;
use super::tool::text;
use super::tool::value;

/// A tool with a list of versions.
pub(super) struct Versions {
    name: &'static str,
    layouts: &'static [&'static str],
    /// The table, and those that the tool makes beside it.
    tables: &'static [&'static str],
    /// The column that says when a row was made, if there is one.
    time: Option<&'static str>,
    /// `version` is a number there, and no text.
    counts: bool,
    up: &'static str,
    late: Late,
}

const RUNS: Late = Late { does: "it is run all the same", command: None };

pub(super) const DBMATE: Versions = Versions {
    name: "dbmate",
    layouts: &["dbmate"],
    tables: &["schema_migrations"],
    time: None,
    counts: false,
    up: "dbmate up",
    late: Late {
        does: "dbmate runs it all the same, unless `--strict` is given",
        command: Some("dbmate up"),
    },
};

pub(super) const DIESEL: Versions = Versions {
    name: "Diesel",
    layouts: &["diesel"],
    tables: &["__diesel_schema_migrations"],
    time: Some("run_on"),
    counts: false,
    up: "diesel migration run",
    late: Late { does: "Diesel runs it all the same", command: Some("diesel migration run") },
};

pub(super) const POP: Versions = Versions {
    name: "pop",
    layouts: &["pop"],
    tables: &["schema_migration"],
    time: None,
    counts: false,
    up: "soda migrate up",
    late: Late { does: "pop runs it all the same", command: Some("soda migrate up") },
};

pub(super) const RAILS: Versions = Versions {
    name: "Rails",
    layouts: &["plain"],
    tables: &["schema_migrations", "ar_internal_metadata"],
    time: None,
    counts: false,
    up: "bin/rails db:migrate",
    late: RUNS,
};

pub(super) const ECTO: Versions = Versions {
    name: "Ecto",
    layouts: &["plain"],
    tables: &["schema_migrations"],
    time: Some("inserted_at"),
    counts: true,
    up: "mix ecto.migrate",
    late: RUNS,
};

impl Tool for Versions {
    fn name(&self) -> &'static str {
        self.name
    }

    fn layouts(&self) -> &'static [&'static str] {
        self.layouts
    }

    fn tables(&self) -> &'static [&'static str] {
        self.tables
    }

    fn owns(&self, table: &Table, all: &[Table]) -> bool {
        let Some(kind) = table.type_of("version") else { return false };
        let counts = ["bigint", "integer"].contains(&kind);
        let timed = match self.time {
            Some(time) => table.has(&[time]),
            // popx has a column more.
            None => table.columns.len() == 1 || self.name == "pop",
        };
        let beside = self.tables.iter().skip(1).all(|name| {
            all.iter().any(|other| other.schema == table.schema && other.name == *name)
        });
        table.name == self.tables[0] && counts == self.counts && timed && beside
    }

    fn questions(&self, table: &Table, _all: &[Table]) -> Vec<String> {
        let time = self.time.map_or("NULL".to_owned(), |time| table.time(time));
        vec![format!("SELECT {}, {time} FROM {}", table.text("version"), table.sql())]
    }

    fn read(&self, _table: &Table, _files: &Files, answers: &[Answer]) -> Ran {
        let applied = rows(answers, 0).iter().map(|row| {
            let version = text(row, 0);
            Applied::done(number(&version), version, value(row, 1))
        });
        Ran { applied: applied.collect(), ..Ran::default() }
    }

    fn up(&self) -> &'static str {
        self.up
    }

    fn late(&self) -> Late {
        self.late
    }
}
