//! Findings as GitLab's Code Quality report.

use super::Report;
use crate::rules::Severity;
use serde::Serialize;
use std::io;
use std::io::Write;

#[derive(Serialize)]
struct Issue<'a> {
    description: &'a str,
    check_name: &'a str,
    fingerprint: &'a str,
    severity: &'a str,
    categories: [&'a str; 1],
    location: Location<'a>,
}

#[derive(Serialize)]
struct Location<'a> {
    path: &'a str,
    lines: LinesOf,
}

#[derive(Serialize)]
struct LinesOf {
    begin: usize,
    end: usize,
}

pub(super) fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let issues: Vec<Issue> = report
        .findings()
        .map(|(_, finding)| Issue {
            description: &finding.message,
            check_name: finding.rule,
            fingerprint: &finding.fingerprint,
            severity: match finding.severity {
                Severity::Error => "critical",
                Severity::Warning => "major",
                Severity::Info => "info",
            },
            categories: ["Bug Risk"],
            location: Location {
                path: &finding.path,
                lines: LinesOf { begin: finding.start.line, end: finding.end.line },
            },
        })
        .collect();
    super::write_json(&issues, out)
}
