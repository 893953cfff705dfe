//! Findings as Markdown, for a comment on a pull request: what ships by phase, what is refused and
//! why, and what to do next.

use super::Report;
use super::Ships;
use super::plural;
use crate::effect::Phase;
use crate::lint::Finding;
use crate::lint::Linted;
use crate::rules::Severity;
use std::collections::BTreeSet;
use std::io;
use std::io::Write;

/// How much of a statement is shown in a table, in characters.
const STATEMENT_MAX: usize = 90;

/// How many lines of code are shown with a finding.
const LINES_MAX: usize = 5;

pub(super) fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let refused = report.count(Severity::Error);
    let warned = report.count(Severity::Warning);
    let verdict = match (refused, warned) {
        (0, 0) => "nothing to say".to_owned(),
        (0, warned) => plural(warned, "warning"),
        (refused, _) => format!("**refused**, {}", plural(refused, "reason")),
    };
    writeln!(out, "### migrate: {verdict}\n")?;
    if let Some(ships) = report.change {
        shipped(report, ships, out)?;
    }
    findings(report, Severity::Error, "Refused", out)?;
    findings(report, Severity::Warning, "Warnings", out)?;
    findings(report, Severity::Info, "Worth knowing", out)?;
    next(report, out)
}

/// A table of the statements that ship, by phase.
fn shipped(report: &Report, ships: &Ships, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "Changed {}.\n", ships.words())?;
    let mut rows = rows(report, ships);
    if rows.is_empty() {
        return Ok(());
    }
    rows.sort_by_key(|row| row.phase);
    writeln!(out, "| phase | statement | where | verdict |")?;
    writeln!(out, "|---|---|---|---|")?;
    for Row { phase, statement, place, verdict } in rows {
        writeln!(out, "| {phase} | {statement} | {place} | {verdict} |")?;
    }
    writeln!(out)
}

struct Row {
    phase: Phase,
    statement: String,
    place: String,
    verdict: String,
}

fn rows(report: &Report, ships: &Ships) -> Vec<Row> {
    let mut rows = Vec::new();
    for shipped in &ships.migrations {
        let Some(file) = report.files.iter().find(|file| file.path == shipped.path) else {
            continue;
        };
        for fact in &shipped.facts {
            let span = fact.analysis.span;
            let Some(phase) = fact.analysis.phase() else { continue };
            let about = |finding: &&Finding| span.contains(finding.span.offset);
            let about: Vec<&Finding> = file.findings.iter().filter(about).collect();
            let line = 1 + file.text[..span.offset].matches('\n').count();
            rows.push(Row {
                phase,
                statement: code(&cut(span.of(&file.text))),
                place: code(&format!("{}:{line}", file.shown)),
                verdict: verdict(&about),
            });
        }
    }
    rows
}

/// The rules that say the worst of a statement.
fn verdict(findings: &[&Finding]) -> String {
    let Some(worst) = findings.iter().map(|finding| finding.severity).max() else {
        return "fine".to_owned();
    };
    let rules: BTreeSet<&str> = findings
        .iter()
        .filter(|finding| finding.severity == worst)
        .map(|finding| finding.rule)
        .collect();
    let word = match worst {
        Severity::Error => "**refused**",
        Severity::Warning => "warning",
        Severity::Info => "info",
    };
    let rules: Vec<String> = rules.into_iter().map(code).collect();
    format!("{word}: {}", rules.join(", "))
}

fn findings(
    report: &Report,
    severity: Severity,
    title: &str,
    out: &mut dyn Write,
) -> io::Result<()> {
    let found: Vec<(&Linted, &Finding)> =
        report.findings().filter(|(_, finding)| finding.severity == severity).collect();
    if found.is_empty() {
        return Ok(());
    }
    writeln!(out, "#### {title}\n")?;
    for (file, finding) in found {
        let place = code(&format!("{}:{}", file.shown, finding.start.line));
        writeln!(out, "- {} {place}: {}", code(finding.rule), text(&finding.message))?;
        for related in finding.related.iter().take(LINES_MAX) {
            let at = &related.at;
            let place = code(&format!("{}:{}", at.shown, at.line));
            let source = code(at.text.trim());
            writeln!(out, "  - {place}: {source} ({})", text(&related.label))?;
        }
        if !finding.safe.is_empty() {
            writeln!(out, "\n  <details><summary>the safe way</summary>\n\n  ```sql")?;
            for line in finding.safe.iter().flat_map(|sql| sql.lines()) {
                writeln!(out, "  {line}")?;
            }
            writeln!(out, "  ```\n\n  </details>\n")?;
        }
    }
    writeln!(out)
}

/// What is to be done about it, said once each.
fn next(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let mut said = BTreeSet::new();
    let pressing = report.findings().filter(|(_, finding)| Severity::Info < finding.severity);
    let steps: Vec<&str> = pressing
        .filter_map(|(_, finding)| finding.help.as_deref())
        .filter(|help| said.insert(*help))
        .collect();
    if steps.is_empty() {
        return Ok(());
    }
    writeln!(out, "#### What to do next\n")?;
    for step in steps {
        writeln!(out, "- {}", text(step))?;
    }
    writeln!(out)
}

/// The start of a statement, on one line.
fn cut(statement: &str) -> String {
    let words = statement.split_whitespace().collect::<Vec<_>>().join(" ");
    if words.chars().count() <= STATEMENT_MAX {
        return words;
    }
    let start: String = words.chars().take(STATEMENT_MAX).collect();
    format!("{start}…")
}

/// Text in backticks, enough of them, that can stand in a cell of a table.
fn code(source: &str) -> String {
    let longest = source.split(|c| c != '`').map(str::len).max().unwrap_or_default();
    let fence = "`".repeat(longest + 1);
    let pad = if longest > 0 { " " } else { "" };
    let source = source.replace('|', "\\|").replace(['\n', '\r'], " ");
    format!("{fence}{pad}{source}{pad}{fence}")
}

/// Text that says what it says and nothing to Markdown; what stands in backticks stays as it is.
fn text(words: &str) -> String {
    let mut shown = String::with_capacity(words.len());
    let mut in_code = false;
    for c in words.chars() {
        match c {
            '`' => in_code = !in_code,
            '<' | '*' | '_' | '[' | ']' | '#' | '@' if !in_code => shown.push('\\'),
            '|' => shown.push('\\'),
            _ => {}
        }
        shown.push(if c == '\n' { ' ' } else { c });
    }
    shown
}
