//! pgroll: `pgroll.migrations`. Its files are no SQL, so that only its own state is told.

use super::table::Table;
use super::tool::Answer;
use super::tool::Applied;
use super::tool::Files;
use super::tool::Late;
use super::tool::Ran;
use super::tool::State;
use super::tool::Tool;
use super::tool::Trouble;
use super::tool::rows;
use super::tool::text;
use super::tool::value;

pub(super) struct Pgroll;

impl Tool for Pgroll {
    fn name(&self) -> &'static str {
        "pgroll"
    }

    fn layouts(&self) -> &'static [&'static str] {
        &[]
    }

    fn tables(&self) -> &'static [&'static str] {
        &["migrations"]
    }

    fn owns(&self, table: &Table, _all: &[Table]) -> bool {
        table.has(&["schema", "name", "migration", "parent", "done"])
    }

    fn questions(&self, table: &Table, _all: &[Table]) -> Vec<String> {
        vec![format!(
            "SELECT schema::text, name::text, done::text, {} FROM {} ORDER BY created_at",
            table.time("created_at"),
            table.sql()
        )]
    }

    fn read(&self, _table: &Table, _files: &Files, answers: &[Answer]) -> Ran {
        let applied = rows(answers, 0).iter().map(|row| {
            let name = format!("{}.{}", text(row, 0), text(row, 1));
            let mut applied = Applied::done(name.clone(), name.clone(), value(row, 3));
            if text(row, 2) != "true" {
                applied.state = State::Dirty(Trouble {
                    why: format!("`{name}` is started and not complete"),
                    repair: "`pgroll complete` ends it, `pgroll rollback` takes it back".to_owned(),
                });
            }
            applied
        });
        Ran { applied: applied.collect(), ..Ran::default() }
    }

    fn up(&self) -> &'static str {
        "pgroll migrate"
    }

    fn late(&self) -> Late {
        Late { does: "pgroll refuses it", command: None }
    }
}
