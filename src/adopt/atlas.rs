//! Atlas: `atlas_schema_revisions`, with the hash of each file and how many of its statements ran.

use super::checksum::Running;
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
use super::tool::by_number;
use super::tool::number;
use super::tool::rows;
use super::tool::text;
use super::tool::value;
use std::cmp::Ordering;

pub(super) struct Atlas;

/// What a row's type says: all up to it counts as run.
const BASELINE: u32 = 1;

impl Tool for Atlas {
    fn name(&self) -> &'static str {
        "Atlas"
    }

    fn layouts(&self) -> &'static [&'static str] {
        &["atlas"]
    }

    fn tables(&self) -> &'static [&'static str] {
        &["atlas_schema_revisions"]
    }

    fn owns(&self, table: &Table, _all: &[Table]) -> bool {
        table.has(&["version", "type", "applied", "total", "hash"])
    }

    fn questions(&self, table: &Table, _all: &[Table]) -> Vec<String> {
        // Rows whose version starts with a dot are Atlas's own.
        vec![format!(
            "SELECT version::text, {}, applied::text, total::text, {}, hash::text, type::text
             FROM {} WHERE version NOT LIKE '.%' ORDER BY version",
            table.time("executed_at"),
            table.text("error"),
            table.sql()
        )]
    }

    fn read(&self, _table: &Table, _files: &Files, answers: &[Answer]) -> Ran {
        let mut ran = Ran::default();
        for row in rows(answers, 0) {
            let version = text(row, 0);
            let number_at = |at: usize| text(row, at).parse::<u32>().unwrap_or_default();
            let mut applied = Applied::done(number(&version), version.clone(), value(row, 1));
            applied.sum = value(row, 5).filter(|hash| !hash.is_empty());
            if number_at(6) & BASELINE != 0 {
                ran.mark = Some(Mark {
                    key: applied.key.clone(),
                    why: "it is not newer than the baseline that Atlas was told",
                });
            }
            if number_at(2) < number_at(3) {
                applied.state = State::Dirty(partial(&version, number_at(2), number_at(3), row));
            }
            ran.applied.push(applied);
        }
        ran
    }

    fn same(&self, scene: &Scene, file: &File, text: &str, sum: &str) -> Option<bool> {
        if is_behind_a_gap(scene, file) {
            return None;
        }
        // A hash hangs on all files that were there before its own: a file that came late, and did
        // not run, was not.
        let all = sum_of(scene, file, text, |_| true);
        let ran = sum_of(scene, file, text, |other| row(scene, other).is_some());
        let same = [&all, &ran].into_iter().any(|found| found.as_deref() == Some(sum));
        if same { Some(true) } else { all.or(ran).map(|_| false) }
    }

    fn up(&self) -> &'static str {
        "atlas migrate apply"
    }

    fn late(&self) -> Late {
        Late {
            does: "Atlas refuses it, unless `--exec-order` allows it",
            command: Some("atlas migrate apply --exec-order non-linear"),
        }
    }
}

/// What the table says of a file.
fn row<'a>(scene: &Scene<'a>, file: &File) -> Option<&'a Applied> {
    let key = number(&file.entry.version);
    scene.ran.applied.iter().find(|applied| applied.key == key)
}

/// Whether a file that ran before is gone: what its hash was taken of is not known then.
fn is_behind_a_gap(scene: &Scene, file: &File) -> bool {
    let there =
        |key: &str| scene.files.list.iter().any(|other| number(&other.entry.version) == key);
    let own = number(&file.entry.version);
    let gone = scene.ran.applied.iter().filter(|row| !there(&row.key));
    gone.into_iter().any(|row| by_number(&row.key, &own) == Some(Ordering::Less))
}

/// The hash of a file with this text, over those before it that count; `None` where an edit before
/// it shows in its hash as well.
fn sum_of(
    scene: &Scene,
    file: &File,
    text: &str,
    counts: impl Fn(&File) -> bool,
) -> Option<String> {
    let mut running = Running::default();
    for other in &scene.files.list {
        if other.entry.path == file.entry.path {
            running.add(other.name());
            running.add(text);
            return Some(running.sum());
        }
        if !counts(other) {
            continue;
        }
        running.add(other.name());
        running.add(&other.text);
        let sum = row(scene, other).and_then(|row| row.sum.as_ref());
        if sum.is_some_and(|sum| *sum != running.sum()) {
            return None;
        }
    }
    None
}

/// What to do about a file of which only some statements ran.
fn partial(version: &str, applied: u32, total: u32, row: &[Option<String>]) -> Trouble {
    let error = value(row, 4).filter(|error| !error.is_empty());
    let error = error.map(|error| format!(": {error}")).unwrap_or_default();
    Trouble {
        why: format!("{applied} of {total} statements of {version} ran{error}"),
        repair: format!(
            "put right statement {} of the file, leave those before it as they are, and \
             `atlas migrate apply` goes on with it",
            applied + 1
        ),
    }
}
