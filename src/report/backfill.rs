//! How a `migrate.sql` is cut into batches, for people; or what is in the way of it.

use super::Style;
use super::bar;
use super::excerpt::Excerpt;
use super::excerpt::printable;
use super::human;
use crate::backfill::Preview;
use crate::effect::Twice;
use crate::job::Job;
use crate::job::Refused;
use crate::job::Walk;
use crate::job::Work;
use crate::plan::PhaseFile;
use crate::sql::Lines;
use miette::Diagnostic;
use miette::LabeledSpan;
use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::io::Write;

/// Writes what is done with each statement, and how its tables would be walked, as far as a
/// database was asked: of each statement, counted from one.
pub fn backfill_work(
    file: &PhaseFile,
    work: &[Work],
    walks: &BTreeMap<u32, Vec<Preview>>,
    out: &mut dyn Write,
) -> io::Result<()> {
    for one in work {
        match one {
            Work::Batches(job) => {
                batches(file, job, walks.get(&job.place).map_or(&[], Vec::as_slice), out)?;
            }
            Work::Whole(whole) => {
                writeln!(
                    out,
                    "-- {}. {}: it writes no rows, and runs as it is",
                    whole.place, file.shown
                )?;
                writeln!(out, "{};\n", whole.sql)?;
            }
        }
    }
    Ok(())
}

fn batches(file: &PhaseFile, job: &Job, walks: &[Preview], out: &mut dyn Write) -> io::Result<()> {
    writeln!(
        out,
        "-- {}. {}: batch by batch, over the rows of {}",
        job.place, file.shown, job.walked
    )?;
    writeln!(out, "-- it may run twice: {}", why(job))?;
    for walk in walks {
        writeln!(out, "-- {}", walked(walk))?;
    }
    if let Some(rest) = &job.rest {
        let lines: Vec<&str> = rest.lines().map(str::trim).collect();
        writeln!(out, "-- left to do: {}", lines.join(" "))?;
    }
    writeln!(out, "{};\n", job.batch(&format!("<a range of {}>", job.alias)))
}

/// How a table would be walked.
fn walked(preview: &Preview) -> String {
    let Preview { table, rows, bytes, walk, stripes, ranges } = preview;
    let walk = match walk {
        Walk::Key(key) => {
            let names: Vec<&str> = key.iter().map(|column| column.name.as_str()).collect();
            format!("by key ({})", names.join(", "))
        }
        Walk::Blocks => "block by block, and once more for rows that move meanwhile".to_owned(),
    };
    let stripes =
        if *stripes > 1 { format!(", in {stripes} stripes a slice") } else { String::new() };
    let ranges = if *ranges == 1 { "1 range".to_owned() } else { format!("{ranges} ranges") };
    let (rows, bytes) = (bar::count(*rows), bar::bytes(*bytes));
    format!("{table}: about {rows} rows, {bytes}; {walk}{stripes}, {ranges}")
}

/// Why a row that is done twice is as if it were done once.
fn why(job: &Job) -> String {
    match job.twice {
        Twice::Condition => "a row that is done does not fulfil the condition any more".to_owned(),
        Twice::Values => "what is set comes out the same, and is not written again".to_owned(),
        Twice::Gone => "what is deleted is gone".to_owned(),
        Twice::Conflict => format!("a row that is in {} already is met by its key", job.written),
    }
}

/// Writes what is in the way, each in its place.
pub fn backfill_refused(
    name: &str,
    text: &str,
    refused: &[Refused],
    style: Style,
    out: &mut dyn Write,
) -> io::Result<()> {
    let handler = human::handler(style);
    let text = &printable(text);
    let lines = Lines::new(text);
    for refused in refused {
        let source = Excerpt { name, text, lines: &lines };
        let mut drawn = String::new();
        let shown = Shown { refused, source };
        handler.render_report(&mut drawn, &shown).map_err(io::Error::other)?;
        writeln!(out, "{drawn}")?;
    }
    Ok(())
}

#[derive(Debug)]
struct Shown<'a> {
    refused: &'a Refused,
    source: Excerpt<'a>,
}

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.refused.why)
    }
}

impl std::error::Error for Shown<'_> {}

impl Diagnostic for Shown<'_> {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(format!("refused[{}]", self.refused.code)))
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(format!("instead: {}", self.refused.instead)))
    }

    fn source_code(&self) -> Option<&dyn miette::SourceCode> {
        Some(&self.source)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let label = self.source.label(self.refused.span);
        Some(Box::new(std::iter::once(LabeledSpan::new_with_span(None, label))))
    }
}
