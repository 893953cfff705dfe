//! Drizzle: `drizzle.__drizzle_migrations`, a row a file, known by the time that the journal has.

use super::checksum;
use super::table::Table;
use super::tool::Answer;
use super::tool::Applied;
use super::tool::File;
use super::tool::Files;
use super::tool::Late;
use super::tool::Ran;
use super::tool::Scene;
use super::tool::Tool;
use super::tool::Wanted;
use super::tool::rows;
use super::tool::text;
use super::tool::value;
use serde::Deserialize;
use std::collections::HashMap;

pub(super) struct Drizzle;

#[derive(Deserialize)]
struct Journal {
    entries: Vec<Line>,
}

#[derive(Deserialize)]
struct Line {
    tag: String,
    when: i64,
}

/// When each migration was made, in milliseconds, as the journal says.
fn journal(files: &Files) -> HashMap<String, i64> {
    let folder = if files.root.is_empty() { String::new() } else { format!("{}/", files.root) };
    let text = files.tree.text(&format!("{folder}meta/_journal.json")).unwrap_or_default();
    let journal: Option<Journal> = serde_json::from_str(&text).ok();
    let lines = journal.into_iter().flat_map(|journal| journal.entries);
    lines.map(|line| (line.tag, line.when)).collect()
}

/// The milliseconds of a folder's name, `20250131235959_title`, in UTC.
fn milliseconds(name: &str) -> Option<i64> {
    let part = |from: usize, to: usize| name.get(from..to)?.parse::<i64>().ok();
    let (year, month, day) = (part(0, 4)?, part(4, 6)?, part(6, 8)?);
    let (hour, minute, second) = (part(8, 10)?, part(10, 12)?, part(12, 14)?);
    // Days since 1970 in the Gregorian calendar, whose years begin in March here.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days = 365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + day;
    let days = days - 719_469;
    Some((((days * 24 + hour) * 60 + minute) * 60 + second) * 1_000)
}

impl Tool for Drizzle {
    fn name(&self) -> &'static str {
        "Drizzle"
    }

    fn layouts(&self) -> &'static [&'static str] {
        &["drizzle"]
    }

    fn tables(&self) -> &'static [&'static str] {
        &["__drizzle_migrations"]
    }

    fn owns(&self, table: &Table, _all: &[Table]) -> bool {
        table.has(&["hash"]) && table.type_of("created_at") == Some("bigint")
    }

    fn questions(&self, table: &Table, _all: &[Table]) -> Vec<String> {
        vec![format!(
            "SELECT created_at::text, hash::text,
                 to_char(to_timestamp(created_at / 1000), 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')
             FROM {} ORDER BY created_at",
            table.sql()
        )]
    }

    fn read(&self, _table: &Table, files: &Files, answers: &[Answer]) -> Ran {
        let names: HashMap<i64, String> =
            journal(files).into_iter().map(|(tag, when)| (when, tag)).collect();
        let applied = rows(answers, 0).iter().map(|row| {
            let made = text(row, 0);
            // The table has the time at which the file was made, and not that at which it ran.
            let name = made.parse().ok().and_then(|when: i64| names.get(&when).cloned());
            let done = Applied::done(made.clone(), name.unwrap_or(made), None);
            Applied { sum: value(row, 1), ..done }
        });
        Ran { applied: applied.collect(), ..Ran::default() }
    }

    fn wanted(&self, files: &Files) -> Vec<Wanted> {
        let journal = journal(files);
        files.each(|file| {
            let version = &file.entry.version;
            let when = journal.get(version).copied().or_else(|| milliseconds(version));
            when.map_or_else(|| version.clone(), |when| when.to_string())
        })
    }

    fn same(&self, _scene: &Scene, _file: &File, text: &str, sum: &str) -> Option<bool> {
        Some(checksum::sha256(text) == sum)
    }

    fn up(&self) -> &'static str {
        "drizzle-kit migrate"
    }

    fn late(&self) -> Late {
        Late { does: "Drizzle never runs it, and says nothing", command: None }
    }
}
