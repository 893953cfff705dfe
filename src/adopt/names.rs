//! Tools that keep the names of the files that ran: sql-migrate and node-pg-migrate.

use super::table::Table;
use super::tool::Answer;
use super::tool::Applied;
use super::tool::Files;
use super::tool::Late;
use super::tool::Ran;
use super::tool::Tool;
use super::tool::Wanted;
use super::tool::rows;
use super::tool::text;
use super::tool::value;
use std::cmp::Ordering;

/// A tool with a list of names.
pub(super) struct Names {
    name: &'static str,
    layouts: &'static [&'static str],
    tables: &'static [&'static str],
    /// The columns with the name and the time.
    column: &'static str,
    time: &'static str,
    up: &'static str,
    late: Late,
}

pub(super) const SQL_MIGRATE: Names = Names {
    name: "sql-migrate",
    layouts: &["sql-migrate"],
    tables: &["gorp_migrations"],
    column: "id",
    time: "applied_at",
    up: "sql-migrate up",
    late: Late { does: "sql-migrate runs it all the same", command: Some("sql-migrate up") },
};

pub(super) const NODE_PG_MIGRATE: Names = Names {
    name: "node-pg-migrate",
    layouts: &["node-pg-migrate"],
    tables: &["pgmigrations"],
    column: "name",
    time: "run_on",
    up: "node-pg-migrate up",
    late: Late {
        does: "node-pg-migrate refuses it, unless `--no-check-order` is given",
        command: Some("node-pg-migrate up --no-check-order"),
    },
};

impl Tool for Names {
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
        table.has(&[self.column, self.time])
    }

    fn questions(&self, table: &Table, _all: &[Table]) -> Vec<String> {
        let (name, time) = (table.text(self.column), table.time(self.time));
        vec![format!("SELECT {name}, {time} FROM {}", table.sql())]
    }

    fn read(&self, _table: &Table, _files: &Files, answers: &[Answer]) -> Ran {
        let applied = rows(answers, 0).iter();
        let applied = applied.map(|row| Applied::done(text(row, 0), text(row, 0), value(row, 1)));
        Ran { applied: applied.collect(), ..Ran::default() }
    }

    fn wanted(&self, files: &Files) -> Vec<Wanted> {
        files.each(|file| file.entry.version.clone())
    }

    fn order(&self, one: &str, other: &str) -> Option<Ordering> {
        let number = |name: &str| {
            let end = name.bytes().take_while(u8::is_ascii_digit).count();
            name[..end].parse::<u128>().ok()
        };
        Some(number(one)?.cmp(&number(other)?))
    }

    fn up(&self) -> &'static str {
        self.up
    }

    fn late(&self) -> Late {
        self.late
    }
}
