//! graphile-migrate: `graphile_migrate.migrations`, a chain of hashes, each over the one before it.

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
use super::tool::number;
use super::tool::rows;
use super::tool::text;
use super::tool::value;

pub(super) struct Graphile;

/// A header of a committed file.
fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.lines().find_map(|line| Some(line.strip_prefix(name)?.trim()))
}

impl Tool for Graphile {
    fn name(&self) -> &'static str {
        "graphile-migrate"
    }

    fn layouts(&self) -> &'static [&'static str] {
        &["graphile-migrate"]
    }

    fn tables(&self) -> &'static [&'static str] {
        &["migrations"]
    }

    fn owns(&self, table: &Table, _all: &[Table]) -> bool {
        table.has(&["hash", "previous_hash", "filename"])
    }

    fn questions(&self, table: &Table, _all: &[Table]) -> Vec<String> {
        let time = table.time("date");
        vec![format!("SELECT filename::text, {time}, hash::text FROM {}", table.sql())]
    }

    fn read(&self, _table: &Table, _files: &Files, answers: &[Answer]) -> Ran {
        let applied = rows(answers, 0).iter().map(|row| {
            // The table has the number alone, and the file's name may say more.
            let name = text(row, 0);
            let digits = name.bytes().take_while(u8::is_ascii_digit).count();
            let done = Applied::done(number(&name[..digits]), name.clone(), value(row, 1));
            Applied { sum: value(row, 2), ..done }
        });
        Ran { applied: applied.collect(), ..Ran::default() }
    }

    fn wanted(&self, files: &Files) -> Vec<Wanted> {
        let mut wanted = files.each(|file| number(&file.entry.version));
        // What is current is run again and again, and kept nowhere.
        wanted.retain(|one| one.version != "current");
        wanted
    }

    fn same(&self, _scene: &Scene, _file: &File, text: &str, sum: &str) -> Option<bool> {
        let (head, body) = text.split_once("\n\n")?;
        let previous = header(head, "--! Previous:").filter(|hash| *hash != "-");
        let whole = format!("{}\n{body}", previous.unwrap_or_default());
        Some(format!("sha1:{}", checksum::sha1(&format!("{}\n", whole.trim()))) == sum)
    }

    fn up(&self) -> &'static str {
        "graphile-migrate migrate"
    }

    fn late(&self) -> Late {
        Late { does: "graphile-migrate never runs it", command: None }
    }
}
