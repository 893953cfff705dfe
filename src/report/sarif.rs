//! Findings as SARIF 2.1.0, for code scanning: with the rules' help and stable fingerprints.

use super::Report;
use super::advice;
use crate::lint::Finding;
use crate::rules;
use crate::rules::Related;
use crate::rules::Rule;
use crate::rules::Severity;
use serde_sarif::sarif;
use serde_sarif::sarif::ResultLevel;
use std::collections::BTreeMap;
use std::io;
use std::io::Write;

/// The name under which our fingerprints are known; the number grows when their making changes.
const FINGERPRINT: &str = "migrate/v1";

const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";

pub(super) fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let used: Vec<&Rule> = rules::all()
        .filter(|rule| report.findings().any(|(_, finding)| finding.rule == rule.id))
        .collect();
    let driver = sarif::ToolComponent::builder()
        .name("migrate")
        .semantic_version(env!("CARGO_PKG_VERSION"))
        .rules(used.iter().map(|rule| descriptor(rule)).collect::<Vec<_>>())
        .build();
    let results: Vec<sarif::Result> =
        report.findings().map(|(_, finding)| result(finding, &used)).collect();
    let run = sarif::Run::builder()
        .tool(sarif::Tool::builder().driver(driver).build())
        .column_kind(serde_json::json!("unicodeCodePoints"))
        .results(results)
        .build();
    let sarif = sarif::Sarif::builder()
        .schema(SCHEMA)
        .version(serde_json::json!("2.1.0"))
        .runs([run])
        .build();
    super::write_json(&sarif, out)
}

fn level(severity: Severity) -> ResultLevel {
    match severity {
        Severity::Error => ResultLevel::Error,
        Severity::Warning => ResultLevel::Warning,
        Severity::Info => ResultLevel::Note,
    }
}

fn descriptor(rule: &Rule) -> sarif::ReportingDescriptor {
    let page = rule.page();
    let default = sarif::ReportingConfiguration::builder()
        .level(serde_json::json!(level(page.settings.severity)))
        .build();
    let help = sarif::MultiformatMessageString::builder()
        .text(page.summary.clone())
        .markdown(rule.text.to_owned())
        .build();
    sarif::ReportingDescriptor::builder()
        .id(rule.id)
        .name(rule.id)
        .short_description(
            sarif::MultiformatMessageString::builder().text(page.summary.clone()).build(),
        )
        .help(help)
        .default_configuration(default)
        .build()
}

fn result(finding: &Finding, used: &[&Rule]) -> sarif::Result {
    let index = used.iter().position(|rule| rule.id == finding.rule).unwrap_or_default();
    let mut text = finding.message.clone();
    let advice = advice(finding);
    if !advice.is_empty() {
        text.push_str("\n\n");
        text.push_str(&advice);
    }
    let region = sarif::Region::builder()
        .start_line(number(finding.start.line))
        .start_column(number(finding.start.column))
        .end_line(number(finding.end.line))
        .end_column(number(finding.end.column))
        .build();
    let location =
        sarif::Location::builder().physical_location(place(&finding.path, region)).build();
    let related: Vec<sarif::Location> = finding.related.iter().map(self::related).collect();
    sarif::Result::builder()
        .rule_id(finding.rule)
        .rule_index(number(index))
        .level(level(finding.severity))
        .message(sarif::Message::builder().text(text).build())
        .locations([location])
        .related_locations(related)
        .partial_fingerprints(BTreeMap::from([(
            FINGERPRINT.to_owned(),
            finding.fingerprint.clone(),
        )]))
        .build()
}

fn place(path: &str, region: sarif::Region) -> sarif::PhysicalLocation {
    let artifact = sarif::ArtifactLocation::builder().uri(uri(path)).build();
    sarif::PhysicalLocation::builder().artifact_location(artifact).region(region).build()
}

/// A line of code that belongs to a finding.
fn related(related: &Related) -> sarif::Location {
    let at = &related.at;
    let region = sarif::Region::builder()
        .start_line(number(at.line))
        .start_column(number(at.column))
        .build();
    sarif::Location::builder()
        .physical_location(place(&at.path, region))
        .message(sarif::Message::builder().text(related.label.clone()).build())
        .build()
}

fn number(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// A path as a relative URI reference: what is no plain character is written in percents.
fn uri(path: &str) -> String {
    let mut uri = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                uri.push(char::from(byte));
            }
            byte => {
                uri.push('%');
                uri.push_str(&hex::encode_upper([byte]));
            }
        }
    }
    uri
}
