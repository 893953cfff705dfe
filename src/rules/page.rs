//! A rule's page: Markdown that is documentation, metadata and tests in one.

use crate::effect::Phase;
use serde::Deserialize;

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing; never fails a run unless asked to.
    Info,
    /// May do harm.
    Warning,
    /// Does harm on a table that is in use.
    Error,
}

impl Severity {
    /// The word for it in output and configuration.
    pub fn word(self) -> &'static str {
        match self {
            Severity::Info => "info",
            Severity::Warning => "warning",
            Severity::Error => "error",
        }
    }

    /// The severity with this word.
    pub fn from_word(word: &str) -> Option<Severity> {
        [Severity::Info, Severity::Warning, Severity::Error].into_iter().find(|s| s.word() == word)
    }
}

/// What kind of harm a rule is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Category {
    /// Others wait.
    Lock,
    /// Code that runs beside the change fails.
    Break,
    /// Data is gone.
    Loss,
    /// The server refuses.
    Refused,
    /// It comes at the wrong time, or together with what it should not.
    Order,
    /// It is hard to run, to watch or to repeat.
    Operability,
    /// It opens what was closed.
    Security,
    /// A matter of taste.
    Style,
}

impl Category {
    /// The word for it in output.
    pub fn word(self) -> &'static str {
        match self {
            Category::Lock => "lock",
            Category::Break => "break",
            Category::Loss => "loss",
            Category::Refused => "refused",
            Category::Order => "order",
            Category::Operability => "operability",
            Category::Security => "security",
            Category::Style => "style",
        }
    }
}

/// Where a rule stands in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "the names say it")]
pub enum Status {
    Preview,
    Stable,
    Deprecated,
    Removed,
}

/// The settings block under a page's title.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// How bad a finding is, unless the user says otherwise.
    pub severity: Severity,
    /// What kind of harm it is.
    pub category: Category,
    /// The phase that the harm belongs to, where it is always the same.
    pub phase: Option<PagePhase>,
    /// The version that brought the rule.
    pub since: String,
    /// Where it stands in its life.
    pub status: Status,
    /// It says nothing unless it is turned on.
    #[serde(default)]
    pub opt_in: bool,
    /// What it costs is time, and grows with the table: it is less bad on a small one.
    #[serde(default)]
    pub grows_with_table: bool,
    /// A comment can allow what it finds.
    #[serde(default = "allowable")]
    pub allowable: bool,
}

fn allowable() -> bool {
    true
}

/// A phase as a page writes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "the names say it")]
pub enum PagePhase {
    Expand,
    Migrate,
    Contract,
}

impl From<PagePhase> for Phase {
    fn from(phase: PagePhase) -> Phase {
        match phase {
            PagePhase::Expand => Phase::Expand,
            PagePhase::Migrate => Phase::Migrate,
            PagePhase::Contract => Phase::Contract,
        }
    }
}

/// A page, taken apart.
#[derive(Clone, Debug)]
pub struct Page {
    /// The title without its backticks: the rule's id.
    pub title: String,
    /// The settings.
    pub settings: Settings,
    /// The first line of prose: what happens to the live database.
    pub summary: String,
    /// Headings of the second level, in order.
    pub headings: Vec<String>,
    /// Code fences.
    pub fences: Vec<Fence>,
}

/// A code fence of a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fence {
    /// The heading it stands under; empty above the first.
    pub section: String,
    /// What stands after the backticks: `sql`, `sql given`, `toml rule`.
    pub info: String,
    /// The line of its first line of code, from one.
    pub line: usize,
    /// What it holds.
    pub code: String,
}

/// What is wrong with a page.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {reason}")]
pub struct PageError {
    /// The line, from one.
    pub line: usize,
    /// What is wrong.
    pub reason: String,
}

/// The fences of a text in the form of a page, settings or not.
pub fn fences(text: &str) -> Result<Vec<Fence>, PageError> {
    let mut page = Skeleton::default();
    for (number, line) in text.lines().enumerate() {
        page.line(number + 1, line);
    }
    match page.open {
        None => Ok(page.fences),
        Some(open) => Err(PageError { line: open.line, reason: "this is never closed".to_owned() }),
    }
}

/// What stands after the backticks of the settings.
const SETTINGS: &str = "toml rule";

impl Settings {
    /// Reads the settings of a page, and nothing else of it.
    pub fn parse(text: &str) -> Result<Settings, PageError> {
        let mut page = Skeleton::default();
        let mut lines = text.lines().enumerate();
        let fence = loop {
            let Some((number, line)) = lines.next() else {
                let reason = "there is no ```toml rule block".to_owned();
                return Err(PageError { line: 1, reason });
            };
            page.line(number + 1, line);
            if let Some(at) = page.fences.iter().position(|fence| fence.info == SETTINGS) {
                break page.fences.remove(at);
            }
        };
        let error = |cause: toml::de::Error| PageError {
            line: fence.line,
            reason: cause.message().to_owned(),
        };
        toml::from_str(&fence.code).map_err(error)
    }
}

impl Page {
    /// Takes a page apart.
    pub fn parse(text: &str) -> Result<Page, PageError> {
        let error = |line: usize, reason: &str| PageError { line, reason: reason.to_owned() };
        let title = text.lines().next().and_then(|line| line.strip_prefix("# `"));
        let title = title.and_then(|line| line.strip_suffix('`'));
        let title = title.ok_or_else(|| error(1, "the first line is no title: # `rule-id`"))?;
        let mut page = Skeleton::default();
        for (number, line) in text.lines().enumerate().skip(1) {
            page.line(number + 1, line);
        }
        if page.open.is_some() {
            return Err(error(text.lines().count(), "a fence is never closed"));
        }
        page.fences.retain(|fence| fence.info != SETTINGS);
        let settings = Settings::parse(text)?;
        Ok(Page {
            title: title.to_owned(),
            settings,
            summary: page.summary.ok_or_else(|| error(1, "there is no summary"))?,
            headings: page.headings,
            fences: page.fences,
        })
    }
}

#[derive(Default)]
struct Skeleton {
    section: String,
    summary: Option<String>,
    headings: Vec<String>,
    fences: Vec<Fence>,
    open: Option<Fence>,
}

impl Skeleton {
    fn line(&mut self, number: usize, line: &str) {
        if let Some(mut fence) = self.open.take() {
            if line == "```" {
                self.fences.push(fence);
            } else {
                fence.code.push_str(line);
                fence.code.push('\n');
                self.open = Some(fence);
            }
        } else if let Some(info) = line.strip_prefix("```") {
            self.open = Some(Fence {
                section: self.section.clone(),
                info: info.to_owned(),
                line: number + 1,
                code: String::new(),
            });
        } else if let Some(heading) = line.strip_prefix("## ") {
            heading.clone_into(&mut self.section);
            self.headings.push(heading.to_owned());
        } else if self.summary.is_none() && self.section.is_empty() && !line.trim().is_empty() {
            self.summary = Some(line.to_owned());
        }
    }
}
