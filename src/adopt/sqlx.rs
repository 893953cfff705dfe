//! sqlx: `_sqlx_migrations`, with the SHA-384 of each file, and whether it was seen to end.

use super::checksum;
use super::table::Table;
use super::tool::Answer;
use super::tool::Applied;
use super::tool::File;
use super::tool::Files;
use super::tool::Late;
use super::tool::Ran;
use super::tool::Scene;
use super::tool::State;
use super::tool::Tool;
use super::tool::Trouble;
use super::tool::number;
use super::tool::rows;
use super::tool::text;
use super::tool::value;

pub(super) struct Sqlx;

impl Tool for Sqlx {
    fn name(&self) -> &'static str {
        "sqlx"
    }

    fn layouts(&self) -> &'static [&'static str] {
        &["sqlx"]
    }

    fn tables(&self) -> &'static [&'static str] {
        &["_sqlx_migrations"]
    }

    fn owns(&self, table: &Table, _all: &[Table]) -> bool {
        table.has(&["version", "success"]) && table.type_of("checksum") == Some("bytea")
    }

    fn questions(&self, table: &Table, _all: &[Table]) -> Vec<String> {
        vec![format!(
            "SELECT version::text, {}, success::text, encode(checksum, 'hex') FROM {}",
            table.time("installed_on"),
            table.sql()
        )]
    }

    fn read(&self, table: &Table, _files: &Files, answers: &[Answer]) -> Ran {
        let applied = rows(answers, 0).iter().map(|row| {
            let version = text(row, 0);
            let done = Applied::done(number(&version), version.clone(), value(row, 1));
            let mut applied = Applied { sum: value(row, 3), ..done };
            if text(row, 2) != "true" {
                applied.state = State::Dirty(failed(&version, table));
            }
            applied
        });
        Ran { applied: applied.collect(), ..Ran::default() }
    }

    fn same(&self, _scene: &Scene, _file: &File, text: &str, sum: &str) -> Option<bool> {
        Some(checksum::sha384(text) == sum)
    }

    fn up(&self) -> &'static str {
        "sqlx migrate run"
    }

    fn late(&self) -> Late {
        Late { does: "sqlx runs it all the same", command: Some("sqlx migrate run") }
    }
}

/// What to do about a migration that was begun outside of a transaction.
fn failed(version: &str, table: &Table) -> Trouble {
    let table = table.sql();
    Trouble {
        why: format!("sqlx began version {version}, and did not see it end"),
        repair: format!(
            "see how much of it is in the database; if all, `UPDATE {table} SET success = true \
             WHERE version = {version}`; else undo it by hand, `DELETE FROM {table} WHERE \
             version = {version}`, and `sqlx migrate run` runs it anew"
        ),
    }
}
