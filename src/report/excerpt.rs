//! The lines around a place, as miette asks for them: it would walk the file from its start, and
//! cannot draw lines that are very long.

use crate::rules::CodeUse;
use crate::rules::Related;
use crate::sql::Lines;
use crate::sql::NO_TEXT;
use crate::sql::Span;
use crate::sql::no_text;
use miette::MietteError;
use miette::MietteSpanContents;
use miette::SourceCode;
use miette::SourceSpan;
use miette::SpanContents;
use std::borrow::Cow;

/// A file with its lines known.
#[derive(Debug)]
pub(super) struct Excerpt<'a> {
    pub(super) name: &'a str,
    pub(super) text: &'a str,
    pub(super) lines: &'a Lines,
}

/// Places longer than this are shown by their beginning, in lines.
const LINES_MAX: usize = 6;

/// Lines longer than this are shown by the part around the place, in bytes.
const WIDTH_MAX: usize = 400;

/// How much of a long line is shown before the place, in bytes.
const BEFORE_MAX: usize = 60;

/// A text as it is drawn: a question mark stands for each byte that is no text.
pub(super) fn printable(text: &str) -> Cow<'_, str> {
    match no_text(text) {
        Some(_) => Cow::Owned(text.replace(char::from(NO_TEXT), "?")),
        None => Cow::Borrowed(text),
    }
}

impl Excerpt<'_> {
    /// The part of a place that is shown.
    pub(super) fn label(&self, span: Span) -> SourceSpan {
        let whole = span.of(self.text);
        let lines: usize = whole.split_inclusive('\n').take(LINES_MAX).map(str::len).sum();
        let shown = whole[..lines].trim_end();
        let end = floor(shown, WIDTH_MAX.min(shown.len()));
        (span.offset, end).into()
    }
}

/// The nearest border of a character at or before an offset.
fn floor(text: &str, offset: usize) -> usize {
    (0..=offset.min(text.len())).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0)
}

/// Where a line is shown from: its start, or shortly before the place where that is far off.
fn start_shown(text: &str, line: usize, place: usize) -> usize {
    if place - line < WIDTH_MAX { line } else { floor(text, place - BEFORE_MAX) }
}

impl SourceCode for Excerpt<'_> {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        _: usize,
        _: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let (from, to) = (span.offset(), span.offset() + span.len());
        if self.text.len() < to {
            return Err(MietteError::OutOfBounds);
        }
        let position = self.lines.position(self.text, from);
        let last = self.lines.position(self.text, to).line;
        let line_start = self.lines.start(position.line).unwrap_or(0);
        let line_end = self.lines.start(last + 1).unwrap_or(self.text.len());
        let start = start_shown(self.text, line_start, from);
        let end = floor(self.text, line_end.min(to + WIDTH_MAX));
        Ok(Box::new(MietteSpanContents::new_named(
            self.name.to_owned(),
            &self.text.as_bytes()[start..end],
            (start, end - start).into(),
            position.line - 1,
            position.column - 1,
            last - position.line + 1,
        )))
    }
}

/// The part of a line of code that is marked.
pub(super) fn label_in_line(at: &CodeUse) -> SourceSpan {
    let from = at.span.offset.saturating_sub(at.start).min(at.text.len());
    (from, at.span.length.min(at.text.len() - from)).into()
}

/// One line of a file of code: the rest of it is not kept.
impl SourceCode for Related {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        _: usize,
        _: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let CodeUse { shown, text, line, .. } = &self.at;
        let (from, to) = (span.offset(), span.offset() + span.len());
        if text.len() < to {
            return Err(MietteError::OutOfBounds);
        }
        let start = start_shown(text, 0, from);
        let end = floor(text, text.len().min(to + WIDTH_MAX));
        let column = text[..start].chars().count();
        Ok(Box::new(MietteSpanContents::new_named(
            shown.clone(),
            &text.as_bytes()[start..end],
            (start, end - start).into(),
            line - 1,
            column,
            1,
        )))
    }
}
