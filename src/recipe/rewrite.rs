//! A column in a text of SQL under another name.

use crate::sql;
use crate::sql::Span;

/// The text with another word wherever it names the column. Strings, functions, types, collations
/// and the words after `NULLS` are no columns.
pub(super) fn rewrite(text: &str, column: &str, to: &str) -> String {
    let words = sql::words(text, Span::new(0, text.len()));
    let mut out = String::with_capacity(text.len());
    let mut last = 0;
    for (at, span) in words.iter().enumerate() {
        let before =
            at.checked_sub(1).and_then(|at| words.get(at)).map_or("", |span| span.of(text));
        let after = words.get(at + 1).map_or("", |span| span.of(text));
        let other = after == "("
            || before.ends_with(':')
            || ["NULLS", "COLLATE"].iter().any(|word| before.eq_ignore_ascii_case(word));
        if other || meant(span.of(text)).as_deref() != Some(column) {
            continue;
        }
        out.push_str(&text[last..span.offset]);
        out.push_str(to);
        last = span.end();
    }
    out + &text[last..]
}

/// The name that a word stands for, if it is one.
fn meant(word: &str) -> Option<String> {
    if let Some(inner) = word.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
        return Some(inner.replace("\"\"", "\""));
    }
    let begins = word.starts_with(|c: char| c.is_alphabetic() || c == '_');
    begins.then(|| word.to_ascii_lowercase())
}

/// What stands before and after each place where a text names the column, in lower case.
pub(super) fn places(text: &str, column: &str) -> Vec<(String, String)> {
    let words = sql::words(text, Span::new(0, text.len()));
    let word = |at: Option<usize>| {
        let span = at.and_then(|at| words.get(at));
        span.map_or(String::new(), |span| span.of(text).to_ascii_lowercase())
    };
    let named = words
        .iter()
        .enumerate()
        .filter(|(_, span)| meant(span.of(text)).as_deref() == Some(column));
    named.map(|(at, _)| (word(at.checked_sub(1)), word(Some(at + 1)))).collect()
}

/// Whether a text names the column.
pub(super) fn names(text: &str, column: &str) -> bool {
    let words = sql::words(text, Span::new(0, text.len()));
    words.iter().any(|span| meant(span.of(text)).as_deref() == Some(column))
}

/// What stands in the first parentheses of a text: what is before them, they, and the rest.
pub(super) fn brackets(text: &str) -> Option<(&str, &str, &str)> {
    let words = sql::words(text, Span::new(0, text.len()));
    let mut depth = 0_usize;
    let mut start = None;
    for span in words {
        match span.of(text) {
            "(" => {
                depth += 1;
                start.get_or_insert(span.offset);
            }
            ")" => depth = depth.checked_sub(1)?,
            _ => continue,
        }
        if let Some(start) = start.filter(|_| depth == 0) {
            let end = span.end();
            return Some((&text[..start], &text[start..end], &text[end..]));
        }
    }
    None
}
