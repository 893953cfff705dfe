//! Findings for people: the source with the place marked, what happens, and the safe way.

use super::Report;
use super::Style;
use super::excerpt;
use super::excerpt::Excerpt;
use super::excerpt::printable;
use super::plural;
use crate::effect::Confidence;
use crate::lint::Finding;
use crate::rules::Related;
use crate::rules::Severity;
use crate::sql::Lines;
use anstyle::AnsiColor;
use miette::Diagnostic;
use miette::GraphicalReportHandler;
use miette::GraphicalTheme;
use miette::LabeledSpan;
use std::fmt;
use std::io;
use std::io::Write;

/// So many findings are drawn with their place in the source; those after them have a line each.
const DRAWN_MAX: usize = 1_000;

pub(super) fn write(report: &Report, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let handler = handler(style);
    let mut left = DRAWN_MAX;
    for file in report.files.iter().filter(|file| !file.findings.is_empty()) {
        let text = &printable(&file.text);
        let lines = Lines::new(text);
        for finding in &file.findings {
            if left == 0 {
                brief(finding, &file.shown, style, out)?;
                continue;
            }
            left -= 1;
            let source = Excerpt { name: &file.shown, text, lines: &lines };
            one(&handler, finding, source, style, out)?;
        }
    }
    summary(report, style, out)
}

/// A finding in one line.
pub(super) fn brief(
    finding: &Finding,
    file: &str,
    style: Style,
    out: &mut dyn Write,
) -> io::Result<()> {
    let Finding { severity, rule, phase, start, message, .. } = finding;
    let what = bold(&format!("{}[{rule}] {phase}", severity.word()), style);
    writeln!(out, "{file}:{}:{}: {what}: {message}", start.line, start.column)
}

/// How miette draws.
pub(super) fn handler(style: Style) -> GraphicalReportHandler {
    let theme =
        if style.color { GraphicalTheme::unicode() } else { GraphicalTheme::unicode_nocolor() };
    GraphicalReportHandler::new_themed(theme).with_width(style.width).with_context_lines(0)
}

/// Text in bold, where there are colours.
pub(super) fn bold(text: &str, style: Style) -> String {
    let mark = if style.color { anstyle::Style::new().bold() } else { anstyle::Style::new() };
    format!("{mark}{text}{mark:#}")
}

fn dim(text: &str, style: Style) -> String {
    let mark = if style.color {
        anstyle::Style::new().fg_color(Some(AnsiColor::Cyan.into()))
    } else {
        anstyle::Style::new()
    };
    format!("{mark}{text}{mark:#}")
}

fn one(
    handler: &GraphicalReportHandler,
    finding: &Finding,
    source: Excerpt,
    style: Style,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut text = String::new();
    let shown = Shown { finding, source };
    handler.render_report(&mut text, &shown).map_err(io::Error::other)?;
    out.write_all(text.as_bytes())?;
    for related in &finding.related {
        let mut text = String::new();
        handler.render_report(&mut text, &Beside(related)).map_err(io::Error::other)?;
        out.write_all(text.as_bytes())?;
    }
    if !finding.safe.is_empty() {
        writeln!(out, "  {}", dim("safe:", style))?;
        for statement in &finding.safe {
            for line in statement.lines() {
                writeln!(out, "    {line}")?;
            }
        }
    }
    writeln!(out)
}

/// A finding as miette draws it.
#[derive(Debug)]
struct Shown<'a> {
    finding: &'a Finding,
    source: Excerpt<'a>,
}

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.finding.message)?;
        match self.finding.confidence {
            Confidence::Assumed => f.write_str(" (assumed: not all that it depends on was seen)"),
            Confidence::Known | Confidence::Opaque => Ok(()),
        }
    }
}

impl std::error::Error for Shown<'_> {}

impl Diagnostic for Shown<'_> {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        let Finding { severity, rule, phase, .. } = self.finding;
        Some(Box::new(format!("{}[{rule}] {phase}", severity.word())))
    }

    fn severity(&self) -> Option<miette::Severity> {
        Some(match self.finding.severity {
            Severity::Info => miette::Severity::Advice,
            Severity::Warning => miette::Severity::Warning,
            Severity::Error => miette::Severity::Error,
        })
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.finding.help.as_ref().map(|help| Box::new(help) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn miette::SourceCode> {
        Some(&self.source)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let label = self.source.label(self.finding.span);
        Some(Box::new(std::iter::once(LabeledSpan::new_with_span(None, label))))
    }
}

/// A line of code that belongs to a finding, as miette draws it.
#[derive(Debug)]
struct Beside<'a>(&'a Related);

impl fmt::Display for Beside<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.label)
    }
}

impl std::error::Error for Beside<'_> {}

impl Diagnostic for Beside<'_> {
    fn severity(&self) -> Option<miette::Severity> {
        Some(miette::Severity::Advice)
    }

    fn source_code(&self) -> Option<&dyn miette::SourceCode> {
        Some(self.0)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let label = excerpt::label_in_line(&self.0.at);
        Some(Box::new(std::iter::once(LabeledSpan::new_with_span(None, label))))
    }
}

fn summary(report: &Report, style: Style, out: &mut dyn Write) -> io::Result<()> {
    for (folder, why) in report.skipped {
        writeln!(out, "left out: {folder}: {why}")?;
    }
    if let Some(ships) = report.change {
        writeln!(out, "changed {}", ships.words())?;
    }
    let counts = report.counts();
    let read = format!(
        "{} in {}",
        plural(counts.statements, "statement"),
        plural(report.files.len(), "file")
    );
    let mut found: Vec<String> = [Severity::Error, Severity::Warning]
        .into_iter()
        .filter(|severity| report.count(*severity) > 0)
        .map(|severity| plural(report.count(severity), severity.word()))
        .collect();
    if report.count(Severity::Info) > 0 {
        found.push(format!("{} info", report.count(Severity::Info)));
    }
    let verdict = if found.is_empty() { "nothing found".to_owned() } else { found.join(", ") };
    write!(out, "{}: {read}", bold(&verdict, style))?;
    if report.known > 0 {
        write!(out, ", {} known from the baseline", plural(report.known, "finding"))?;
    }
    let rules: std::collections::BTreeSet<&str> =
        report.findings().map(|(_, finding)| finding.rule).collect();
    writeln!(out)?;
    match rules.first() {
        Some(rule) => writeln!(out, "why and how: migrate explain {rule}"),
        None => Ok(()),
    }
}
