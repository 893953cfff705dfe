//! Findings as JSON: a stable output.

use super::Report;
use super::SCHEMA_VERSION;
use crate::lint::Finding;
use crate::lint::Linted;
use crate::rules::Related;
use crate::rules::Severity;
use crate::sql::Position;
use crate::sql::Span;
use serde::Serialize;
use std::io;
use std::io::Write;

#[derive(Serialize)]
struct Document<'a> {
    schema_version: u32,
    postgres: u8,
    summary: Summary,
    findings: Vec<FindingJson<'a>>,
}

#[derive(Serialize)]
struct Summary {
    error: usize,
    warning: usize,
    info: usize,
    files: usize,
    statements: usize,
    unreadable: usize,
    opaque: usize,
}

#[derive(Serialize)]
struct FindingJson<'a> {
    rule: &'a str,
    severity: &'a str,
    category: &'a str,
    phase: &'a str,
    confidence: &'a str,
    path: &'a str,
    span: Place,
    relation: Option<&'a str>,
    message: &'a str,
    help: Option<&'a str>,
    safe: &'a [String],
    fingerprint: &'a str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    related: Vec<RelatedJson<'a>>,
}

/// A line of code that belongs to a finding.
#[derive(Serialize)]
struct RelatedJson<'a> {
    path: &'a str,
    span: Place,
    rank: &'a str,
    label: &'a str,
    text: &'a str,
}

/// A place in a file, as machine output gives it.
#[derive(Serialize)]
pub(super) struct Place {
    offset: usize,
    length: usize,
    line: usize,
    column: usize,
}

impl Place {
    pub(super) fn new(span: Span, start: Position) -> Place {
        Place { offset: span.offset, length: span.length, line: start.line, column: start.column }
    }
}

pub(super) fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let counts = report.counts();
    let document = Document {
        schema_version: SCHEMA_VERSION,
        postgres: report.postgres.number(),
        summary: Summary {
            error: report.count(Severity::Error),
            warning: report.count(Severity::Warning),
            info: report.count(Severity::Info),
            files: report.files.len(),
            statements: counts.statements,
            unreadable: counts.unreadable,
            opaque: counts.opaque,
        },
        findings: report.findings().map(|(file, finding)| one(file, finding)).collect(),
    };
    super::write_json(&document, out)
}

fn one<'a>(file: &'a Linted, finding: &'a Finding) -> FindingJson<'a> {
    FindingJson {
        rule: finding.rule,
        severity: finding.severity.word(),
        category: finding.category.word(),
        phase: finding.phase.word(),
        confidence: finding.confidence.word(),
        path: &file.shown,
        span: Place::new(finding.span, finding.start),
        relation: finding.relation.as_deref(),
        message: &finding.message,
        help: finding.help.as_deref(),
        safe: &finding.safe,
        fingerprint: &finding.fingerprint,
        related: finding.related.iter().map(related).collect(),
    }
}

fn related(related: &Related) -> RelatedJson<'_> {
    let at = &related.at;
    RelatedJson {
        path: &at.shown,
        span: Place::new(at.span, Position { line: at.line, column: at.column }),
        rank: at.rank.word(),
        label: &related.label,
        text: &at.text,
    }
}
