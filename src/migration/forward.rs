//! The part of a file that runs forward, and how it reaches the server: what the layouts share.

use super::layout::Outside;
use crate::effect::Delivery;
use crate::sql;
use std::ops::Range;

/// What runs when a file is applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Forward {
    /// Runs of bytes; no statement crosses from one into the next.
    pub parts: Vec<Range<usize>>,
    /// How these reach the server.
    pub delivery: Delivery,
}

impl Forward {
    /// The whole file.
    pub(super) fn whole(text: &str, delivery: Delivery) -> Forward {
        Forward { parts: std::iter::once(0..text.len()).collect(), delivery }
    }
}

/// The lines of a text with the offset at which each starts; line ends are left out.
pub(super) fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut offset = 0;
    text.split_inclusive('\n').map(move |line| {
        let start = offset;
        offset += line.len();
        (start, line.trim_end_matches(['\n', '\r']))
    })
}

/// What a line says to a tool that steers by comments.
pub(super) enum Mark {
    /// What follows runs forward.
    Up,
    /// What follows runs backward, or not at all.
    Down,
    /// A statement begins or ends here, whatever it looks like.
    Cut,
    /// The line means nothing to the tool.
    None,
}

/// The forward parts of a text whose lines `mark` sorts; before the first mark it is `at_start`
/// forward.
pub(super) fn marked(
    text: &str,
    at_start: bool,
    mut mark: impl FnMut(&str) -> Mark,
) -> Vec<Range<usize>> {
    let mut parts = Vec::new();
    let mut start = at_start.then_some(0);
    for (offset, line) in lines(text) {
        let after = (offset + line.len() + 1).min(text.len());
        match mark(line) {
            Mark::None => {}
            Mark::Up => {
                parts.extend(start.map(|start| start..offset));
                start = Some(after);
            }
            Mark::Down => parts.extend(start.take().map(|start| start..offset)),
            Mark::Cut => {
                if let Some(begin) = start {
                    parts.push(begin..offset);
                    start = Some(after);
                }
            }
        }
    }
    parts.extend(start.map(|start| start..text.len()));
    parts.retain(|part| part.start < part.end);
    parts
}

/// The text of a line comment after its dashes, if a line is nothing else.
pub(super) fn comment(line: &str) -> Option<&str> {
    line.trim_start().strip_prefix("--").map(str::trim)
}

/// The only line of a text that `is_mark` takes, with its offset.
pub(super) fn only_line(text: &str, is_mark: impl Fn(&str) -> bool) -> Option<(usize, &str)> {
    let mut found = lines(text).filter(|(_, line)| is_mark(line));
    let first = found.next()?;
    found.next().is_none().then_some(first)
}

/// Words put behind the only line of a text that `is_mark` takes.
pub(super) fn behind_line(text: &str, words: &str, is_mark: impl Fn(&str) -> bool) -> Outside {
    match only_line(text, is_mark) {
        Some((offset, line)) => {
            Outside::Mark { offset: offset + line.trim_end().len(), text: words.to_owned() }
        }
        None => Outside::Never("several parts of the file run forward"),
    }
}

/// A line put before all others.
pub(super) fn first_line(line: &str) -> Outside {
    Outside::Mark { offset: 0, text: format!("{line}\n") }
}

/// Whether a text holds more than one statement.
pub(super) fn holds_several(text: &str) -> bool {
    sql::read(text, std::slice::from_ref(&(0..text.len()))).statements.len() > 1
}
