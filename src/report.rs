//! Findings and plans as people and machines read them: the only module that renders.

mod backfill;
mod backfills;
mod bar;
mod demo;
mod diff;
mod events;
mod excerpt;
mod explain;
mod github;
mod gitlab;
mod history;
mod human;
mod json;
mod junit;
mod markdown;
mod metrics;
mod mistakes;
mod news;
mod plan;
mod rehearsal;
mod roles;
mod rollouts;
mod sarif;
mod stats;
mod status;
mod verdict;

pub use backfill::backfill_refused;
pub use backfill::backfill_work;
pub use backfills::Said as BackfillSaid;
pub use backfills::backfill_drawn;
pub use backfills::backfill_ended;
pub use backfills::backfill_progress;
pub use backfills::backfills_human;
pub use backfills::backfills_json;
pub use bar::Bar;
pub use bar::Working;
pub use demo::scene;
pub use diff::diff;
pub use diff::schema_diff;
pub use events::events;
pub use explain::page as explain_page;
pub use explain::rules as explain_rules;
pub use history::history;
pub use metrics::backfill_metrics;
pub use mistakes::mistakes;
pub use news::expanded;
pub use news::news_drawn;
pub use news::news_human;
pub use news::news_json;
pub use plan::Foretold;
pub use plan::human as plan_human;
pub use plan::json as plan_json;
pub use rehearsal::human as rehearsal_human;
pub use rehearsal::json as rehearsal_json;
pub use roles::roles;
pub use rollouts::rollouts;
pub use stats::Read;
pub use stats::stats;
pub use status::Beside;
pub use status::human as status_human;
pub use status::json as status_json;
pub use verdict::nothing_to_contract;
pub use verdict::verdict;

use crate::lint::Counts;
use crate::lint::Finding;
use crate::lint::Linted;
use crate::rules::ChangedFile;
use crate::rules::Related;
use crate::rules::Role;
use crate::rules::Severity;
use crate::rules::Shipped;
use crate::version::Major;
use std::fmt::Write as _;
use std::io;
use std::io::Write;

/// The version of all machine output: it grows when a field goes or changes its meaning.
pub const SCHEMA_VERSION: u32 = 1;

/// A form of the findings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// For people, with the source.
    Human,
    /// Our own JSON, a promise.
    Json,
    /// SARIF 2.1.0, for code scanning.
    Sarif,
    /// Workflow commands, which GitHub shows beside the lines.
    Github,
    /// GitLab's Code Quality report.
    Gitlab,
    /// JUnit's XML, a test case for each file.
    Junit,
    /// Markdown, for a comment on a pull request or the summary of a job.
    Markdown,
}

/// How people see it.
#[derive(Clone, Copy, Debug)]
pub struct Style {
    /// With colours.
    pub color: bool,
    /// The width of a line, in characters.
    pub width: usize,
}

/// What was found.
pub struct Report<'a> {
    /// The oldest server that matters.
    pub postgres: Major,
    /// The files that were judged, with their findings.
    pub files: &'a [Linted],
    /// How many findings the baseline knew.
    pub known: usize,
    /// Folders that were left out, each with the reason.
    pub skipped: &'a [(String, String)],
    /// The change set, where one was judged as a whole.
    pub change: Option<&'a Ships>,
}

/// What ships together, for a report of it.
pub struct Ships {
    /// The commit before, in short.
    pub from: String,
    /// What stands after it: a commit, the index, the working tree.
    pub to: String,
    /// Its files, each with what it is to a release.
    pub files: Vec<ChangedFile>,
    /// Its migrations, in the order in which they run.
    pub migrations: Vec<Shipped>,
}

impl Report<'_> {
    fn findings(&self) -> impl Iterator<Item = (&Linted, &Finding)> {
        self.files.iter().flat_map(|file| file.findings.iter().map(move |found| (file, found)))
    }

    fn count(&self, severity: Severity) -> usize {
        self.findings().filter(|(_, finding)| finding.severity == severity).count()
    }

    fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        for file in self.files {
            counts.add(file.counts);
        }
        counts
    }
}

impl Ships {
    /// What ships, in a sentence without its end.
    fn words(&self) -> String {
        let count = |role: Role| self.files.iter().filter(|file| file.role == role).count();
        format!(
            "from {} to {}: {}, {} of application code, {} beside them",
            self.from,
            self.to,
            plural(self.migrations.len(), "migration file"),
            plural(count(Role::Code), "file"),
            plural(count(Role::Neither), "file"),
        )
    }
}

/// Writes a report.
pub fn write(report: &Report, format: Format, style: Style, out: &mut dyn Write) -> io::Result<()> {
    match format {
        Format::Human => human::write(report, style, out),
        Format::Json => json::write(report, out),
        Format::Sarif => sarif::write(report, out),
        Format::Github => github::write(report, out),
        Format::Gitlab => gitlab::write(report, out),
        Format::Junit => junit::write(report, out),
        Format::Markdown => markdown::write(report, out),
    }
}

/// Writes a value as JSON, for people's eyes too.
fn write_json(value: &impl serde::Serialize, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, value)?;
    out.write_all(b"\n")
}

/// `one file`, `3 files`.
pub fn plural(count: usize, word: &str) -> String {
    format!("{count} {word}{}", if count == 1 { "" } else { "s" })
}

/// What to do, with the safe statements: for formats that have one text for it all.
fn advice(finding: &Finding) -> String {
    let mut text = finding.help.clone().unwrap_or_default();
    if !finding.safe.is_empty() {
        if !text.is_empty() {
            text.push_str(":\n");
        }
        text.push_str(&finding.safe.join("\n"));
    }
    for Related { at, label } in &finding.related {
        let source = at.text.trim();
        let _ = write!(text, "\n{}:{}: {label}: {source}", at.path, at.line);
    }
    text
}
