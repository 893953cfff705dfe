//! How a `migrate.sql` is cut into batches, for people; or what is in the way of it.

use super::Style;
use super::excerpt::Excerpt;
use super::human;
use crate::effect::Twice;
use crate::job::Job;
use crate::job::Refused;
use crate::job::Work;
use crate::plan::PhaseFile;
use crate::sql::Lines;
use miette::Diagnostic;
use miette::LabeledSpan;
use std::fmt;
use std::io;
use std::io::Write;

/// Writes what is done with each statement.
pub fn backfill_work(file: &PhaseFile, work: &[Work], out: &mut dyn Write) -> io::Result<()> {
    for one in work {
        match one {
            Work::Batches(job) => batches(file, job, out)?,
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

fn batches(file: &PhaseFile, job: &Job, out: &mut dyn Write) -> io::Result<()> {
    writeln!(
        out,
        "-- {}. {}: batch by batch, over the rows of {}",
        job.place, file.shown, job.walked
    )?;
    writeln!(out, "-- it may run twice: {}", why(job))?;
    if let Some(rest) = &job.rest {
        let lines: Vec<&str> = rest.lines().map(str::trim).collect();
        writeln!(out, "-- left to do: {}", lines.join(" "))?;
    }
    writeln!(out, "{};\n", job.batch(&format!("<a range of {}>", job.alias)))
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
