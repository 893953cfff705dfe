//! Mistakes in the configuration, each with its place in the file.

use super::Style;
use super::excerpt::Excerpt;
use super::human;
use crate::config::Mistake;
use crate::sql::Lines;
use miette::Diagnostic;
use miette::LabeledSpan;
use std::fmt;
use std::io;
use std::io::Write;

/// Writes all mistakes of a configuration file.
pub fn mistakes(
    name: &str,
    text: &str,
    all: &[Mistake],
    style: Style,
    out: &mut dyn Write,
) -> io::Result<()> {
    let handler = human::handler(style);
    let lines = Lines::new(text);
    for mistake in all {
        let source = Excerpt { name, text, lines: &lines };
        let mut drawn = String::new();
        handler.render_report(&mut drawn, &Shown { mistake, source }).map_err(io::Error::other)?;
        writeln!(out, "{drawn}")?;
    }
    Ok(())
}

#[derive(Debug)]
struct Shown<'a> {
    mistake: &'a Mistake,
    source: Excerpt<'a>,
}

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.mistake.message)
    }
}

impl std::error::Error for Shown<'_> {}

impl Diagnostic for Shown<'_> {
    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.mistake.help.as_ref().map(|help| Box::new(help) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn miette::SourceCode> {
        Some(&self.source)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let label = self.source.label(self.mistake.span);
        Some(Box::new(std::iter::once(LabeledSpan::new_with_span(None, label))))
    }
}
