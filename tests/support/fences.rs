//! The SQL fences of the rule pages, and what the analyser says of them.

use migrate::effect::Phase;
use migrate::examine;
use migrate::examine::Examined;
use migrate::examine::Options;
use migrate::examine::Scope;
use migrate::migration;
use migrate::rules;
use migrate::rules::Fence;
use migrate::rules::Rule;
use migrate::sql;
use migrate::version::Major;
use migrate::workspace::MemoryTree;
use std::fs;
use std::ops::Range;
use std::path::Path;

/// A fence of a page, with all that stands before it.
pub(crate) struct Case {
    pub(crate) rule: &'static Rule,
    pub(crate) section: Section,
    /// It stands in the page; else in `tests/rules/`, with what would crowd the page.
    pub(crate) in_page: bool,
    /// The line of its first line of code, in the page.
    pub(crate) line: usize,
    pub(crate) code: String,
    pub(crate) setting: Setting,
    /// What was deployed before it, one file each.
    pub(crate) history: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Section {
    Unsafe,
    Safe,
    Allowed,
}

/// How a fence is delivered, in the words after `sql`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Setting {
    /// `expand`, `migrate`, `contract`: the file of that phase of a native migration.
    pub(crate) phase: Option<Phase>,
    /// `wrapped`: the runner wraps it in a transaction.
    pub(crate) wrapped: bool,
    /// `postgres=18`: the oldest server that matters.
    pub(crate) postgres: Major,
}

impl Case {
    /// The name of its test: the rule, the section and the line in the page.
    pub(crate) fn name(&self) -> String {
        let section = format!("{:?}", self.section).to_lowercase();
        let edge = if self.in_page { "" } else { "edge::" };
        format!("{}::{edge}{section}::{}", self.rule.id, self.line)
    }
}

/// Reads the words after the backticks of a fence; `None` if it is no SQL to judge.
pub(crate) fn setting(info: &str) -> Option<Result<Setting, String>> {
    let mut words = info.split(' ');
    if words.next() != Some("sql") {
        return None;
    }
    let mut setting = Setting { phase: None, wrapped: false, postgres: Major::DEFAULT };
    for word in words {
        match word {
            "expand" => setting.phase = Some(Phase::Expand),
            "migrate" => setting.phase = Some(Phase::Migrate),
            "contract" => setting.phase = Some(Phase::Contract),
            "wrapped" => setting.wrapped = true,
            _ => {
                let number = word.strip_prefix("postgres=").and_then(|number| number.parse().ok());
                match number.and_then(Major::new) {
                    Some(major) => setting.postgres = major,
                    None => return Some(Err(format!("`{word}` says nothing after ```sql"))),
                }
            }
        }
    }
    Some(Ok(setting))
}

/// All cases of a rule: those of its page, and those that would crowd it.
pub(crate) fn cases(rule: &'static Rule) -> Result<Vec<Case>, String> {
    let mut cases = cases_of(rule, &rule.page().fences, true)?;
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/rules/{}.md", rule.id));
    if path.exists() {
        let text = fs::read_to_string(path).map_err(|error| error.to_string())?;
        let fences = rules::fences(&text).map_err(|error| error.to_string())?;
        cases.extend(cases_of(rule, &fences, false)?);
    }
    Ok(cases)
}

fn cases_of(rule: &'static Rule, fences: &[Fence], in_page: bool) -> Result<Vec<Case>, String> {
    let mut cases: Vec<Case> = Vec::new();
    let mut givens: Vec<(&str, &str)> = Vec::new();
    for fence in fences {
        if fence.info == "sql given" {
            givens.push((&fence.section, &fence.code));
            continue;
        }
        // Edge cases stand under headings of their own: `Unsafe: a view`.
        let section = match fence.section.split(':').next().unwrap_or_default() {
            "Unsafe" => Section::Unsafe,
            "Safe" => Section::Safe,
            "Allowed" => Section::Allowed,
            _ => continue,
        };
        let Some(setting) = setting(&fence.info) else { continue };
        let setting = setting.map_err(|why| format!("line {}: {why}", fence.line))?;
        let mut history: Vec<String> = givens
            .iter()
            .filter(|(of, _)| of.is_empty() || *of == fence.section)
            .map(|(_, code)| (*code).to_owned())
            .collect();
        if section == Section::Safe {
            // One fence after the other: each was deployed before the next.
            let before = cases.iter().filter(|case| case.section == Section::Safe);
            history.extend(before.map(|case| case.code.clone()));
        }
        let code = fence.code.clone();
        cases.push(Case { rule, section, in_page, line: fence.line, code, setting, history });
    }
    Ok(cases)
}

fn whole(text: &str) -> Range<usize> {
    0..text.len()
}

/// What the analyser says of a case.
pub(crate) fn examine(case: &Case) -> Examined {
    let name = case.setting.phase.map_or("case".to_owned(), |phase| phase.to_string());
    let path = format!("20260101000000_case/{name}.sql");
    let tree = MemoryTree::new(vec![(path.clone(), case.code.clone())]);
    let mut project = match case.setting.phase {
        Some(_) => migration::detect(&tree, &[]).projects.remove(0),
        None => migration::loose(migration::plain(), &[path]),
    };
    project.root.clear();
    let history: Vec<_> = case.history.iter().map(|text| sql::read(text, &[whole(text)])).collect();
    let options = Options {
        postgres: case.setting.postgres,
        scope: Scope::ALL,
        wrapped: case.setting.wrapped.then_some(true),
        history: &history,
        catalog: None,
    };
    let mut files = Vec::new();
    examine::examine(&tree, &project, &options, str::to_owned, |file| files.push(file));
    files.remove(0)
}
