//! The SQL fences of the rule pages, and what the analyser says of them.

use migrate::effect::Phase;
use migrate::examine;
use migrate::examine::Examined;
use migrate::examine::Options;
use migrate::examine::Scope;
use migrate::migration;
use migrate::migration::Arrival;
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
    /// `together`: its files ship as one change.
    pub(crate) together: bool,
    /// `edited` or `early`: how its first file came among those that are deployed.
    pub(crate) arrival: Option<&'static str>,
    /// `postgres=18`: the oldest server that matters.
    pub(crate) postgres: Major,
}

impl Setting {
    /// That of a fence of which nothing is said.
    pub(crate) fn plain(postgres: Major) -> Setting {
        Setting { phase: None, wrapped: false, together: false, arrival: None, postgres }
    }
}

/// The line between the files of a fence.
const NEXT_FILE: &str = "-- next file";

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
    let mut setting = Setting::plain(Major::DEFAULT);
    for word in words {
        match word {
            "expand" => setting.phase = Some(Phase::Expand),
            "migrate" => setting.phase = Some(Phase::Migrate),
            "contract" => setting.phase = Some(Phase::Contract),
            "wrapped" => setting.wrapped = true,
            "together" => setting.together = true,
            "edited" => setting.arrival = Some("edited"),
            "early" => setting.arrival = Some("early"),
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

/// The files of a fence: each is all of it, with blanks in the place of the others.
fn files(code: &str) -> Vec<String> {
    let count = 1 + code.lines().filter(|line| *line == NEXT_FILE).count();
    let mut files = vec![String::new(); count];
    let mut current = 0;
    for line in code.split_inclusive('\n') {
        let ends = line.trim_end() == NEXT_FILE;
        for (number, file) in files.iter_mut().enumerate() {
            if number == current && !ends {
                file.push_str(line);
            } else {
                file.extend(line.chars().map(|c| if c == '\n' { '\n' } else { ' ' }));
            }
        }
        current += usize::from(ends);
    }
    files
}

/// What the analyser says of the files of a case, in order.
pub(crate) fn examine(case: &Case) -> Vec<Examined> {
    let name = case.setting.phase.map_or("case".to_owned(), |phase| phase.to_string());
    let texts = files(&case.code).into_iter().enumerate();
    let texts: Vec<(String, String)> = texts
        .map(|(number, text)| (format!("2026010100000{number}_case/{name}.sql"), text))
        .collect();
    let paths: Vec<String> = texts.iter().map(|(path, _)| path.clone()).collect();
    let tree = MemoryTree::new(texts);
    let mut project = match case.setting.phase {
        Some(_) => migration::detect(&tree, &[]).projects.remove(0),
        None => migration::loose(migration::plain(), &paths),
    };
    project.root.clear();
    let history: Vec<_> = case.history.iter().map(|text| sql::read(text, &[whole(text)])).collect();
    let arrival = match case.setting.arrival {
        Some("edited") => Some(Arrival::Edited),
        Some(_) => Some(Arrival::Before("20260202000000_orders".to_owned())),
        None => None,
    };
    let arrivals = arrival.map(|arrival| (paths[0].clone(), arrival)).into_iter().collect();
    let options = Options {
        postgres: case.setting.postgres,
        scope: Scope { together: case.setting.together, arrivals, ..Scope::all() },
        wrapped: case.setting.wrapped.then_some(true),
        history: &history,
        alone: false,
        adopted: false,
        catalog: None,
    };
    let mut files = Vec::new();
    examine::examine(&tree, &project, &options, str::to_owned, |file| files.push(file));
    files.sort_by_key(|file| file.place);
    files
}
