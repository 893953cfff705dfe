//! Flyway: `flyway_schema_history`, with versions, repeatable scripts, baselines and undoings.

use super::checksum;
use super::table::Table;
use super::tool::Answer;
use super::tool::Applied;
use super::tool::File;
use super::tool::Files;
use super::tool::Late;
use super::tool::Mark;
use super::tool::Ran;
use super::tool::Scene;
use super::tool::State;
use super::tool::Tool;
use super::tool::Trouble;
use super::tool::Wanted;
use super::tool::number;
use super::tool::rows;
use super::tool::text;
use super::tool::value;
use std::cmp::Ordering;

pub(super) struct Flyway;

/// A version without zeros that do not count: 1.0 is 1, and so is 01.
fn key(version: &str) -> String {
    let mut parts: Vec<String> = version.split(['.', '_']).map(number).collect();
    while parts.len() > 1 && parts.last().is_some_and(|part| part == "0") {
        parts.pop();
    }
    parts.join(".")
}

fn script_key(script: &str) -> String {
    format!("script {}", script.rsplit('/').next().unwrap_or(script))
}

impl Tool for Flyway {
    fn name(&self) -> &'static str {
        "Flyway"
    }

    fn layouts(&self) -> &'static [&'static str] {
        &["flyway"]
    }

    fn tables(&self) -> &'static [&'static str] {
        &["flyway_schema_history", "schema_version"]
    }

    fn owns(&self, table: &Table, _all: &[Table]) -> bool {
        table.has(&["installed_rank", "version", "type", "script", "checksum", "success"])
    }

    fn questions(&self, table: &Table, _all: &[Table]) -> Vec<String> {
        vec![format!(
            "SELECT version::text, script::text, type::text, checksum::text, success::text, {}
             FROM {} ORDER BY installed_rank",
            table.time("installed_on"),
            table.sql()
        )]
    }

    fn read(&self, table: &Table, _files: &Files, answers: &[Answer]) -> Ran {
        let mut ran = Ran::default();
        for row in rows(answers, 0) {
            let (version, script, kind) = (value(row, 0), text(row, 1), text(row, 2));
            let (key, shown) = match &version {
                Some(version) => (key(version), version.clone()),
                None => (script_key(&script), script.clone()),
            };
            let mut applied = Applied::done(key.clone(), shown, value(row, 5));
            applied.sum = value(row, 3);
            match kind.as_str() {
                // It made the schemas.
                "SCHEMA" => continue,
                "BASELINE" | "BASELINE_IN_PROGRESS" => {
                    let why = "it is not newer than the baseline that Flyway was told";
                    ran.mark = Some(Mark { key, why });
                    continue;
                }
                "DELETE" => {
                    ran.applied.retain(|known| known.key != key);
                    continue;
                }
                kind if kind.starts_with("UNDO") => {
                    applied.state = State::Undone("Flyway took it back");
                }
                _ => {}
            }
            if text(row, 4) != "true" {
                applied.state = State::Dirty(failed(&script, table));
            }
            ran.applied.retain(|known| known.key != key);
            ran.applied.push(applied);
        }
        ran
    }

    fn wanted(&self, files: &Files) -> Vec<Wanted> {
        let mut wanted = files.each(|file| {
            if file.entry.repeatable { script_key(file.name()) } else { key(&file.entry.version) }
        });
        // Callbacks run each time, and have no rows.
        wanted.retain(|one| !one.repeatable || files.list[one.file].name().starts_with("R__"));
        wanted
    }

    fn same(&self, _scene: &Scene, _file: &File, text: &str, sum: &str) -> Option<bool> {
        Some(checksum::crc32_of_lines(text).to_string() == sum)
    }

    fn order(&self, one: &str, other: &str) -> Option<Ordering> {
        let parts = |key: &str| -> Option<Vec<u64>> {
            key.split('.').map(|part| part.parse().ok()).collect()
        };
        Some(parts(one)?.cmp(&parts(other)?))
    }

    fn up(&self) -> &'static str {
        "flyway migrate"
    }

    fn late(&self) -> Late {
        Late {
            does: "Flyway leaves it out, unless `-outOfOrder=true` is given",
            command: Some("flyway -outOfOrder=true migrate"),
        }
    }

    fn accept(&self) -> Option<&'static str> {
        Some("flyway repair")
    }
}

/// What to do about a script that failed outside of a transaction.
fn failed(script: &str, table: &Table) -> Trouble {
    Trouble {
        why: format!("`{script}` failed, and what it did before is in the database"),
        repair: format!(
            "undo by hand what it did, then `flyway repair` takes its row out of {}",
            table.shown()
        ),
    }
}
