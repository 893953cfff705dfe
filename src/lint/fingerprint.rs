//! Names for findings that stay when the file around them changes, and files that list old ones.

use super::Finding;
use crate::sql::Span;
use serde::Deserialize;
use serde::Serialize;
use sha2::Digest;
use sha2::Sha256;
use std::collections::HashMap;
use std::collections::HashSet;

/// How much of the digest makes a fingerprint, in bytes.
const DIGEST_BYTES: usize = 16;

/// Gives each finding its fingerprint: of the rule, the file, the words of the place and, where
/// these are the same, the count.
pub(super) fn fill(findings: &mut [Finding], text: &str) {
    let mut seen: HashMap<(&'static str, String), usize> = HashMap::new();
    let mut last: Option<(Span, String)> = None;
    for finding in findings {
        let words = match last.take() {
            Some((span, words)) if span == finding.span => words,
            _ => words_of(finding.span.of(text)),
        };
        last = Some((finding.span, words.clone()));
        let count = seen.entry((finding.rule, words.clone())).or_default();
        *count += 1;
        let mut hash = Sha256::new();
        for part in [finding.rule, &finding.path, &words, &count.to_string()] {
            hash.update(part.as_bytes());
            hash.update([0]);
        }
        finding.fingerprint = hex::encode(&hash.finalize()[..DIGEST_BYTES]);
    }
}

/// From which length on words are told by their digest: a statement may have many findings.
const LONG_BYTES: usize = 16 * 1024;

/// The words of a place, whatever stands between them.
fn words_of(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    let words = words.join(" ").to_lowercase();
    if words.len() < LONG_BYTES { words } else { hex::encode(Sha256::digest(words)) }
}

/// Findings that were there before anybody looked, and are not spoken of again.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Baseline {
    /// The version of the file's form.
    version: u32,
    /// The findings, by file, rule and fingerprint.
    findings: Vec<Known>,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct Known {
    path: String,
    rule: String,
    fingerprint: String,
}

/// Why a baseline cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum BaselineError {
    /// It is no baseline.
    #[error("the baseline cannot be read: {0}; write it anew with --write-baseline")]
    Malformed(String),
    /// It is of a newer version.
    #[error("the baseline is of version {0}, which this version of migrate does not know")]
    Version(u32),
}

/// The version of the form that is written.
const VERSION: u32 = 1;

impl Baseline {
    /// A baseline of these findings.
    pub fn of<'a>(findings: impl Iterator<Item = &'a Finding>) -> Baseline {
        let mut findings: Vec<Known> = findings
            .map(|finding| Known {
                path: finding.path.clone(),
                rule: finding.rule.to_owned(),
                fingerprint: finding.fingerprint.clone(),
            })
            .collect();
        findings.sort();
        Baseline { version: VERSION, findings }
    }

    /// Reads a baseline.
    pub fn parse(text: &str) -> Result<Baseline, BaselineError> {
        let baseline: Baseline = serde_json::from_str(text)
            .map_err(|cause| BaselineError::Malformed(cause.to_string()))?;
        if baseline.version != VERSION {
            return Err(BaselineError::Version(baseline.version));
        }
        Ok(baseline)
    }

    /// The baseline as a file: one finding a line, so that it merges well.
    pub fn to_text(&self) -> String {
        let lines: Vec<String> = self
            .findings
            .iter()
            .map(|known| format!("    {}", serde_json::to_string(known).unwrap_or_default()))
            .collect();
        format!(
            "{{\n  \"version\": {VERSION},\n  \"findings\": [\n{}\n  ]\n}}\n",
            lines.join(",\n")
        )
    }

    /// How many findings it lists.
    pub fn len(&self) -> usize {
        self.findings.len()
    }

    /// Whether it lists none.
    pub fn is_empty(&self) -> bool {
        self.findings.is_empty()
    }

    /// Whether it lists a finding.
    pub fn lists(&self, finding: &Finding) -> bool {
        self.findings.iter().any(|known| known.fingerprint == finding.fingerprint)
    }

    /// Leaves out the findings that it lists; gives how many those were.
    pub fn filter(&self, findings: &mut Vec<Finding>) -> usize {
        let known: HashSet<&str> =
            self.findings.iter().map(|known| known.fingerprint.as_str()).collect();
        let before = findings.len();
        findings.retain(|finding| !known.contains(finding.fingerprint.as_str()));
        before - findings.len()
    }
}
