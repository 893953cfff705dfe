//! Sqitch: the schema `sqitch`, with the changes that are deployed and the events that led there.

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
use super::tool::Wanted;
use super::tool::rows;
use super::tool::text;
use super::tool::value;
use std::cmp::Ordering;
use std::collections::HashMap;

pub(super) struct Sqitch;

/// The name of the project, as its plan has it.
fn project(files: &Files) -> Option<String> {
    let folder = if files.root.is_empty() { String::new() } else { format!("{}/", files.root) };
    let plan = files.tree.text(&format!("{folder}sqitch.plan"))?;
    let line = plan.lines().find_map(|line| line.strip_prefix("%project="))?;
    Some(line.trim().to_owned())
}

/// The name of a change; the script of one that was reworked is called after a tag too.
fn name_of(version: &str) -> &str {
    version.split('@').next().unwrap_or(version)
}

/// A change that was reworked has its name several times: the first, the second.
fn key(name: &str, time: usize) -> String {
    format!("{name} {time}")
}

impl Tool for Sqitch {
    fn name(&self) -> &'static str {
        "Sqitch"
    }

    fn layouts(&self) -> &'static [&'static str] {
        &["sqitch"]
    }

    fn tables(&self) -> &'static [&'static str] {
        &["changes", "events"]
    }

    fn owns(&self, table: &Table, _all: &[Table]) -> bool {
        table.name == "changes"
            && table.has(&["change_id", "script_hash", "change", "project", "committed_at"])
    }

    fn questions(&self, table: &Table, all: &[Table]) -> Vec<String> {
        let mut questions = vec![format!(
            "SELECT change::text, {}, script_hash::text, project::text
             FROM {} ORDER BY committed_at, change_id",
            table.time("committed_at"),
            table.sql()
        )];
        let events = all.iter().find(|other| {
            other.schema == table.schema && other.name == "events" && other.has(&["event"])
        });
        // The last that happened to a change that is not deployed.
        questions.extend(events.map(|events| {
            format!(
                "SELECT DISTINCT ON (project, change) change::text, {}, event::text, project::text
                 FROM {} ORDER BY project, change, committed_at DESC",
                events.time("committed_at"),
                events.sql()
            )
        }));
        questions
    }

    fn read(&self, _table: &Table, files: &Files, answers: &[Answer]) -> Ran {
        let project = project(files);
        let is_ours = |row: &[Option<String>]| {
            project.as_ref().is_none_or(|project| text(row, 3) == *project)
        };
        let mut times: HashMap<String, usize> = HashMap::new();
        let mut ran = Ran::default();
        for row in rows(answers, 0).iter().filter(|row| is_ours(row)) {
            let name = text(row, 0);
            let time = times.entry(name.clone()).or_default();
            *time += 1;
            let done = Applied::done(key(&name, *time), name, value(row, 1));
            ran.applied.push(Applied { sum: value(row, 2), ..done });
        }
        for row in rows(answers, 1).iter().filter(|row| is_ours(row)) {
            let name = text(row, 0);
            if text(row, 2) != "fail" {
                continue;
            }
            // A revert that fails leaves no event.
            let time = times.get(&name).copied().unwrap_or_default() + 1;
            let done = Applied::done(key(&name, time), name.clone(), value(row, 1));
            ran.applied.push(Applied { state: State::Dirty(failed(&name)), ..done });
        }
        ran
    }

    fn wanted(&self, files: &Files) -> Vec<Wanted> {
        let mut wanted = files.each(|file| file.entry.version.clone());
        let mut times: HashMap<String, usize> = HashMap::new();
        for one in &mut wanted {
            let name = name_of(&one.key).to_owned();
            let time = times.entry(name.clone()).or_default();
            *time += 1;
            one.key = key(&name, *time);
        }
        wanted
    }

    fn same(&self, _scene: &Scene, _file: &File, text: &str, sum: &str) -> Option<bool> {
        Some(checksum::sha1(text) == sum)
    }

    fn order(&self, _one: &str, _other: &str) -> Option<Ordering> {
        None
    }

    fn up(&self) -> &'static str {
        "sqitch deploy"
    }

    fn late(&self) -> Late {
        Late {
            does: "Sqitch refuses a plan whose deployed changes are not its first",
            command: None,
        }
    }
}

/// What to do about a change whose script failed: psql commits each statement by itself.
fn failed(name: &str) -> Trouble {
    Trouble {
        why: format!("the last try to deploy `{name}` failed"),
        repair: format!(
            "see how much of `deploy/{name}.sql` is in the database, undo it by hand unless the \
             script is one transaction, then `sqitch deploy`"
        ),
    }
}
