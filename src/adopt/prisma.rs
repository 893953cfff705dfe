//! Prisma: `_prisma_migrations`, a row an attempt, with the SHA-256 of each file.

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

pub(super) struct Prisma;

impl Tool for Prisma {
    fn name(&self) -> &'static str {
        "Prisma"
    }

    fn layouts(&self) -> &'static [&'static str] {
        &["prisma"]
    }

    fn tables(&self) -> &'static [&'static str] {
        &["_prisma_migrations"]
    }

    fn owns(&self, table: &Table, _all: &[Table]) -> bool {
        table.has(&["migration_name", "checksum", "finished_at", "rolled_back_at", "started_at"])
    }

    fn questions(&self, table: &Table, _all: &[Table]) -> Vec<String> {
        vec![format!(
            "SELECT migration_name::text, {}, checksum::text, {}, {}
             FROM {} ORDER BY started_at, migration_name",
            table.time("finished_at"),
            table.time("rolled_back_at"),
            table.text("logs"),
            table.sql()
        )]
    }

    fn read(&self, _table: &Table, _files: &Files, answers: &[Answer]) -> Ran {
        let mut ran = Ran::default();
        for row in rows(answers, 0) {
            let name = text(row, 0);
            let mut applied = Applied::done(name.clone(), name.clone(), value(row, 1));
            applied.sum = value(row, 2);
            if value(row, 3).is_some() {
                applied.state = State::Undone("Prisma was told that it is rolled back");
            } else if value(row, 1).is_none() {
                applied.state = State::Dirty(failed(&name, value(row, 4).as_deref()));
            }
            // A later attempt says more than an earlier one, unless that one ended well.
            let known = ran.applied.iter().position(|known: &Applied| known.key == name);
            match known {
                Some(at) if ran.applied[at].state == State::Done => {}
                Some(at) => ran.applied[at] = applied,
                None => ran.applied.push(applied),
            }
        }
        ran
    }

    fn wanted(&self, files: &Files) -> Vec<Wanted> {
        files.each(|file| file.entry.version.clone())
    }

    fn same(&self, _scene: &Scene, _file: &File, text: &str, sum: &str) -> Option<bool> {
        // Prisma takes either end of lines for the same, and once wrote no zeros in front.
        let lf = text.replace("\r\n", "\n");
        let crlf = lf.replace('\n', "\r\n");
        let short = |sum: &str| sum.trim_start_matches('0').to_owned();
        let sum = short(sum);
        Some([text, &lf, &crlf].into_iter().any(|text| short(&checksum::sha256(text)) == sum))
    }

    fn order(&self, one: &str, other: &str) -> Option<Ordering> {
        Some(one.cmp(other))
    }

    fn up(&self) -> &'static str {
        "prisma migrate deploy"
    }

    fn late(&self) -> Late {
        Late { does: "Prisma runs it all the same", command: Some("prisma migrate deploy") }
    }
}

/// What to do about an attempt that has no end: Prisma's error P3009.
fn failed(name: &str, logs: Option<&str>) -> Trouble {
    let said = logs.and_then(|logs| logs.lines().find(|line| line.contains("ERROR")));
    let said = said.map(|line| format!(": {}", line.trim())).unwrap_or_default();
    Trouble {
        why: format!("`{name}` failed (P3009){said}"),
        repair: format!(
            "see how much of it is in the database; if all, `prisma migrate resolve --applied \
             {name}`; else undo it by hand, and `prisma migrate resolve --rolled-back {name}`"
        ),
    }
}
