//! refinery: `refinery_schema_history`, with a checksum of name, version and text.

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

pub(super) struct Refinery;

impl Tool for Refinery {
    fn name(&self) -> &'static str {
        "refinery"
    }

    fn layouts(&self) -> &'static [&'static str] {
        &["refinery"]
    }

    fn tables(&self) -> &'static [&'static str] {
        &["refinery_schema_history"]
    }

    fn owns(&self, table: &Table, _all: &[Table]) -> bool {
        table.has(&["version", "name", "checksum"])
    }

    fn questions(&self, table: &Table, _all: &[Table]) -> Vec<String> {
        vec![format!(
            "SELECT version::text, {}, checksum::text FROM {}",
            table.time("applied_on"),
            table.sql()
        )]
    }

    fn read(&self, _table: &Table, _files: &Files, answers: &[Answer]) -> Ran {
        let applied = rows(answers, 0).iter().map(|row| {
            let version = text(row, 0);
            let done = Applied::done(number(&version), version, value(row, 1));
            Applied { sum: value(row, 2), ..done }
        });
        Ran { applied: applied.collect(), ..Ran::default() }
    }

    fn wanted(&self, files: &Files) -> Vec<Wanted> {
        let mut wanted = files.each(|file| number(&file.entry.version));
        for one in &mut wanted {
            one.anytime = files.list[one.file].name().starts_with('U');
        }
        wanted
    }

    fn same(&self, _scene: &Scene, file: &File, text: &str, sum: &str) -> Option<bool> {
        let version: i64 = file.entry.version.parse().ok()?;
        let (_, name) = file.name().trim_end_matches(".sql").split_once("__")?;
        // Versions are 32 bits wide, unless refinery is built with `int8-versions`.
        let short = i32::try_from(version).ok().map(|version| version.to_le_bytes().to_vec());
        let mut widths = short.into_iter().chain([version.to_le_bytes().to_vec()]);
        Some(widths.any(|bytes| checksum::siphash(name, &bytes, text).to_string() == sum))
    }

    fn up(&self) -> &'static str {
        "refinery migrate"
    }

    fn late(&self) -> Late {
        Late {
            does: "refinery refuses it, or leaves it out if told not to abort; only `U` files may \
                   come late",
            command: None,
        }
    }
}
