//! Findings as workflow commands, which GitHub shows beside the lines of a pull request.

use super::Report;
use super::advice;
use crate::rules::Severity;
use std::io;
use std::io::Write;

pub(super) fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    for (_, finding) in report.findings() {
        let command = match finding.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Info => "notice",
        };
        let (start, end) = (finding.start, finding.end);
        write!(
            out,
            "::{command} file={},line={},endLine={}",
            property(&finding.path),
            start.line,
            end.line
        )?;
        // Columns are of one line only.
        if start.line == end.line {
            write!(out, ",col={},endColumn={}", start.column, end.column)?;
        }
        let mut message = finding.message.clone();
        let advice = advice(finding);
        if !advice.is_empty() {
            message.push_str("\n\n");
            message.push_str(&advice);
        }
        writeln!(out, ",title={}::{}", property(finding.rule), data(&message))?;
    }
    Ok(())
}

/// Text after the `::`.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// Text in a property, where two more characters have a meaning.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
