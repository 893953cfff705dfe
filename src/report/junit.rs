//! Findings as JUnit's XML: a test case for each file, which fails where something was found.

use super::Report;
use super::advice;
use crate::lint::Linted;
use quick_xml::Writer;
use quick_xml::events::BytesDecl;
use quick_xml::events::BytesText;
use quick_xml::events::Event;
use std::io;
use std::io::Write;

pub(super) fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let mut xml = Writer::new_with_indent(&mut *out, b' ', 2);
    xml.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    let tests = cases(report).to_string();
    let failures = report.findings().count().to_string();
    let counts = || [("tests", tests.as_str()), ("failures", failures.as_str())];
    xml.create_element("testsuites").with_attributes(counts()).write_inner_content(|xml| {
        let suite = xml.create_element("testsuite").with_attribute(("name", "migrate lint"));
        suite.with_attributes(counts()).with_attribute(("errors", "0")).write_inner_content(
            |xml| {
                for file in report.files {
                    case(xml, file)?;
                }
                Ok(())
            },
        )?;
        Ok(())
    })?;
    out.write_all(b"\n")
}

/// A test case for each finding, and one for each file without any.
fn cases(report: &Report) -> usize {
    report.files.iter().map(|file| file.findings.len().max(1)).sum()
}

fn case<W: Write>(xml: &mut Writer<W>, file: &Linted) -> io::Result<()> {
    let name = printable(&file.path);
    if file.findings.is_empty() {
        xml.create_element("testcase")
            .with_attributes([("classname", name.as_str()), ("name", "no findings")])
            .write_empty()?;
    }
    for finding in &file.findings {
        let place = format!("{}:{}", finding.start.line, finding.start.column);
        let title = format!("{} at {place}", finding.rule);
        let line = finding.start.line.to_string();
        let case = xml.create_element("testcase").with_attributes([
            ("classname", name.as_str()),
            ("name", title.as_str()),
            ("file", name.as_str()),
            ("line", line.as_str()),
        ]);
        let text = format!("{name}:{place}\n{}\n{}", finding.message, advice(finding));
        let text = printable(&text);
        let message = printable(&finding.message);
        case.write_inner_content(|xml| {
            xml.create_element("failure")
                .with_attributes([("type", finding.severity.word()), ("message", &message)])
                .write_text_content(BytesText::new(&text))?;
            Ok(())
        })?;
    }
    Ok(())
}

/// Text without the characters that XML 1.0 cannot hold at all.
fn printable(text: &str) -> String {
    text.chars().filter(|&c| c >= ' ' || matches!(c, '\n' | '\t')).collect()
}
