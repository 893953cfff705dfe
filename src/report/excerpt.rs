//! The lines around a place, as miette asks for them: it would walk the file from its start.

use crate::sql::Lines;
use miette::MietteError;
use miette::MietteSpanContents;
use miette::SourceCode;
use miette::SourceSpan;
use miette::SpanContents;

/// A file with its lines known.
#[derive(Debug)]
pub(super) struct Excerpt<'a> {
    pub(super) name: &'a str,
    pub(super) text: &'a str,
    pub(super) lines: &'a Lines,
}

impl SourceCode for Excerpt<'_> {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        before: usize,
        after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let line_of = |offset: usize| self.lines.position(self.text, offset).line;
        let end_of_span = span.offset() + span.len();
        if self.text.len() < end_of_span {
            return Err(MietteError::OutOfBounds);
        }
        let first = line_of(span.offset()).saturating_sub(before).max(1);
        let last = line_of(end_of_span) + after;
        let start = self.lines.start(first).unwrap_or(0);
        let end = self.lines.start(last + 1).unwrap_or(self.text.len());
        let data = &self.text.as_bytes()[start..end];
        let column =
            if before == 0 { self.lines.position(self.text, span.offset()).column - 1 } else { 0 };
        Ok(Box::new(MietteSpanContents::new_named(
            self.name.to_owned(),
            data,
            (start, end - start).into(),
            first - 1,
            column,
            last.min(self.lines.count()) - first + 1,
        )))
    }
}
