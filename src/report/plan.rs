//! What the analyser believes of each statement: a stable output, compared with real servers.

use super::SCHEMA_VERSION;
use super::Style;
use super::human::bold;
use super::json::Place;
use crate::effect::Analysis;
use crate::effect::Confidence;
use crate::effect::Fact;
use crate::effect::Phase;
use crate::examine::Examined;
use crate::sql::Lines;
use crate::version::Major;
use serde::Serialize;
use std::io;
use std::io::Write;

#[derive(Serialize)]
struct Document<'a> {
    schema_version: u32,
    postgres: u8,
    migrations: Vec<Migration<'a>>,
    #[serde(flatten)]
    foretold: Option<&'a Foretold>,
}

/// What files do to the schema of a database, where one was asked.
#[derive(Debug, Serialize)]
pub struct Foretold {
    /// The schema before and after, as a unified diff; empty where it stays as it is.
    #[serde(rename = "schema_difference")]
    pub difference: Option<String>,
    /// Why there is none, or what is not in it.
    #[serde(rename = "schema_difference_missing")]
    pub missing: Option<String>,
}

#[derive(Serialize)]
struct Migration<'a> {
    id: &'a str,
    path: &'a str,
    phase: &'static str,
    statements: Vec<StatementJson<'a>>,
}

#[derive(Serialize)]
struct StatementJson<'a> {
    sql: &'a str,
    span: Place,
    kind: &'a str,
    phase: &'static str,
    transactional: bool,
    confidence: &'static str,
    locks: Vec<Lock>,
    rewrites: Vec<String>,
    scans: Vec<String>,
    breaks: Vec<BreakJson>,
    loses: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<Refused<'a>>,
}

#[derive(Serialize)]
struct Lock {
    relation: String,
    mode: &'static str,
}

#[derive(Serialize)]
struct BreakJson {
    object: String,
    who: &'static str,
    why: String,
}

#[derive(Serialize)]
struct Refused<'a> {
    sqlstate: &'a str,
    message: String,
}

/// Writes the plan as JSON.
pub fn json(
    files: &[Examined],
    postgres: Major,
    foretold: Option<&Foretold>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let document = Document {
        schema_version: SCHEMA_VERSION,
        postgres: postgres.number(),
        migrations: files.iter().map(migration).collect(),
        foretold,
    };
    super::write_json(&document, out)
}

fn migration(file: &Examined) -> Migration<'_> {
    let lines = Lines::new(&file.text);
    Migration {
        id: &file.version,
        path: &file.shown,
        phase: phase_of(file).word(),
        statements: file.facts.iter().map(|fact| statement(file, &lines, fact)).collect(),
    }
}

/// The strongest phase of a file's statements.
fn phase_of(file: &Examined) -> Phase {
    file.facts.iter().map(|fact| phase(&fact.analysis)).max().unwrap_or(Phase::Expand)
}

/// The phase of a statement. What fits any is expand; what is not understood is not called safe.
fn phase(analysis: &Analysis) -> Phase {
    let unseen = if analysis.is_understood() { Phase::Expand } else { Phase::Contract };
    analysis.phase().unwrap_or(unseen).max(unseen)
}

fn statement<'a>(file: &'a Examined, lines: &Lines, fact: &'a Fact) -> StatementJson<'a> {
    let analysis = &fact.analysis;
    let written = |text: &str| file.script.as_written(text);
    let names = |names: &std::collections::BTreeSet<crate::sql::Name>| {
        names.iter().map(|name| written(&name.to_string())).collect()
    };
    StatementJson {
        sql: analysis.span.of(&file.text),
        span: Place::new(analysis.span, lines.position(&file.text, analysis.span.offset)),
        kind: &analysis.kind,
        phase: phase(analysis).word(),
        transactional: analysis.transactional,
        confidence: analysis.confidence.word(),
        locks: analysis
            .locks
            .iter()
            .map(|(relation, mode)| Lock {
                relation: written(&relation.to_string()),
                mode: mode.name(),
            })
            .collect(),
        rewrites: names(&analysis.rewrites),
        scans: names(&analysis.scans),
        breaks: analysis
            .breaks()
            .map(|found| BreakJson {
                object: written(&found.object),
                who: found.who.word(),
                why: written(&found.why),
            })
            .collect(),
        loses: analysis.loses().map(written).collect(),
        error: analysis.refusal.as_ref().map(|refusal| Refused {
            sqlstate: refusal.sqlstate,
            message: written(&refusal.message),
        }),
    }
}

/// Writes the plan for people.
pub fn human(files: &[Examined], style: Style, out: &mut dyn Write) -> io::Result<()> {
    for file in files {
        let lines = Lines::new(&file.text);
        writeln!(out, "{} {}", bold(&file.shown, style), phase_of(file))?;
        for fact in &file.facts {
            let analysis = &fact.analysis;
            let at = lines.position(&file.text, analysis.span.offset);
            let first = analysis.span.of(&file.text).lines().next().unwrap_or_default();
            writeln!(out, "  {}:{} {:8} {first}", at.line, at.column, phase(analysis).word())?;
            let mut details_of = Vec::new();
            details(analysis, &mut details_of)?;
            let text = String::from_utf8_lossy(&details_of);
            write!(out, "{}", file.script.as_written(&text))?;
        }
        writeln!(out)?;
    }
    Ok(())
}

fn details(analysis: &Analysis, out: &mut dyn Write) -> io::Result<()> {
    for (relation, mode) in &analysis.locks {
        writeln!(out, "      locks    {relation} {mode}")?;
    }
    for relation in &analysis.rewrites {
        writeln!(out, "      rewrites {relation}")?;
    }
    for relation in analysis.scans.iter().filter(|scan| !analysis.rewrites.contains(scan)) {
        writeln!(out, "      reads    {relation} from end to end")?;
    }
    for found in analysis.breaks() {
        writeln!(out, "      breaks   {} for {}: {}", found.object, found.who.word(), found.why)?;
    }
    for lost in analysis.loses() {
        writeln!(out, "      loses    {lost}")?;
    }
    if !analysis.transactional {
        writeln!(out, "      cannot run in a transaction")?;
    }
    if let Some(refusal) = &analysis.refusal {
        writeln!(out, "      refused  {}: {}", refusal.sqlstate, refusal.message)?;
    }
    if analysis.hides {
        writeln!(out, "      calls a routine that takes something away, or may do so")?;
    }
    match analysis.confidence {
        Confidence::Known => Ok(()),
        Confidence::Assumed => writeln!(out, "      assumed: not all that it depends on was seen"),
        Confidence::Opaque => writeln!(out, "      not understood"),
    }
}
