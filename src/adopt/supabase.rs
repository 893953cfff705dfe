//! Supabase: `supabase_migrations.schema_migrations`, with the statements that ran.

use super::compare;
use super::table::Table;
use super::tool::Answer;
use super::tool::Applied;
use super::tool::File;
use super::tool::Files;
use super::tool::Late;
use super::tool::Ran;
use super::tool::Scene;
use super::tool::Tool;
use super::tool::number;
use super::tool::rows;
use super::tool::text;
use super::tool::value;

pub(super) struct Supabase;

impl Tool for Supabase {
    fn name(&self) -> &'static str {
        "Supabase"
    }

    fn layouts(&self) -> &'static [&'static str] {
        &["supabase"]
    }

    fn tables(&self) -> &'static [&'static str] {
        &["schema_migrations"]
    }

    fn owns(&self, table: &Table, _all: &[Table]) -> bool {
        table.schema == "supabase_migrations" && table.has(&["version"])
    }

    fn questions(&self, table: &Table, _all: &[Table]) -> Vec<String> {
        // What ran is told with its semicolons again, and a blank line between.
        let statements = if table.has(&["statements"]) {
            "array_to_string(statements, E'\\n;\\n')"
        } else {
            "NULL"
        };
        vec![format!("SELECT version::text, {statements} FROM {}", table.sql())]
    }

    fn read(&self, _table: &Table, _files: &Files, answers: &[Answer]) -> Ran {
        let applied = rows(answers, 0).iter().map(|row| {
            let version = text(row, 0);
            let done = Applied::done(number(&version), version, None);
            Applied { sum: value(row, 1).filter(|sum| !sum.is_empty()), ..done }
        });
        Ran { applied: applied.collect(), ..Ran::default() }
    }

    fn same(&self, _scene: &Scene, _file: &File, text: &str, sum: &str) -> Option<bool> {
        let words = |text: &str| compare::words(text, std::slice::from_ref(&(0..text.len())));
        Some(words(text) == words(sum))
    }

    fn up(&self) -> &'static str {
        "supabase db push"
    }

    fn late(&self) -> Late {
        Late {
            does: "Supabase refuses it, unless `--include-all` is given",
            command: Some("supabase db push --include-all"),
        }
    }
}
