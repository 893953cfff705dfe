//! SQL in strings: which strings hold statements, and what each of these names.

use super::Language;
use super::token::File;
use crate::sql;
use crate::sql::Body;
use crate::sql::Mention;
use crate::sql::Span;

/// A string, or several that are joined where they stand, as SQL.
pub(super) struct Literal {
    /// The first and the last token of it.
    pub(super) tokens: (usize, usize),
    /// Where it starts in the file.
    pub(super) start: usize,
    /// Its text: every byte at its place, what is no SQL put out or replaced.
    pub(super) sql: String,
}

/// A statement in a string.
pub(super) struct Told {
    /// All of it was read by the grammar.
    pub(super) understood: bool,
    /// It reads or writes rows, and does nothing else.
    pub(super) queries: bool,
    pub(super) mentions: Vec<Mention>,
}

/// Words that statements start with, and one that must follow if the statement is to be one.
const VERBS: &[(&str, &[&str])] = &[
    ("select", &[]),
    ("insert", &["into"]),
    ("update", &["set"]),
    ("delete", &["from"]),
    ("merge", &["into"]),
    ("with", &["as"]),
    ("copy", &["from", "to"]),
    ("truncate", &[]),
    ("table", &[]),
    ("call", &[]),
    ("refresh", &["view"]),
    ("alter", &["table", "view", "type", "sequence"]),
    ("drop", &["table", "view", "type", "sequence", "function"]),
    ("lock", &["table"]),
    ("explain", &["select", "insert", "update", "delete"]),
    ("values", &[]),
    ("from", &["select", "where", "join"]),
];

/// A longer string is data.
const BYTES_MAX: usize = 256 * 1024;

/// All strings of a file that hold statements; a file of SQL is one.
pub(super) fn literals(file: &File) -> Vec<Literal> {
    if file.language == Language::Sql {
        let sql = replaced(file.text.as_bytes().to_vec());
        return vec![Literal { tokens: (0, 0), start: 0, sql }];
    }
    let mut found = Vec::new();
    let mut at = 0;
    while at < file.len() {
        if !file.is_text(at) {
            at += 1;
            continue;
        }
        let last = joined(file, at);
        let parts = (at..=last).filter(|&part| file.is_text(part));
        if starts_statement(file.at(at)) {
            found.extend(literal(file, at, last));
        } else {
            // A statement may start after a comment or a hint in a string of its own.
            let later = parts.skip(1).find(|&part| starts_statement(file.at(part)));
            found.extend(later.and_then(|first| literal(file, first, last)));
        }
        at = last + 1;
    }
    found
}

/// The last of the strings that are joined with the one at `first`, holes in them passed over.
fn joined(file: &File, first: usize) -> usize {
    let mut last = first;
    loop {
        let inside = file.tokens[last].span;
        let mut next = last + 1;
        // The tokens of what stands in a string come after it.
        while next < file.len() && inside.contains(file.tokens[next].span.offset) {
            next += 1;
        }
        let sign = file.at(next);
        let joins = !file.is_text(next)
            && match file.language {
                Language::Php => sign == ".",
                Language::Elixir => sign == "<>",
                Language::Ruby => sign == "+" || sign == "\\" || sign == "<<",
                Language::Sql | Language::Data => false,
                _ => sign == "+",
            };
        let beside = matches!(file.language, Language::Python | Language::Ruby);
        if joins && file.is_text(next + 1) {
            last = next + 1;
        } else if beside && file.is_text(next) && file.line(next) <= file.line(last) + 1 {
            last = next;
        } else if joins && file.is_word(next + 1) {
            // A variable amid the text.
            let mut end = next + 2;
            while file.is_dot(end) || file.is_word(end) {
                end += 1;
            }
            if file.is(end, file.at(next)) && file.is_text(end + 1) {
                last = end + 1;
            } else {
                return last;
            }
        } else {
            return last;
        }
    }
}

fn starts_statement(text: &str) -> bool {
    let text = text.trim_start_matches(|c: char| c.is_whitespace() || c == '(' || c == '\\');
    let length = text.bytes().take_while(u8::is_ascii_alphabetic).count();
    let word = &text[..length];
    length < 9
        && text.as_bytes().get(length).is_none_or(u8::is_ascii_whitespace)
        && VERBS.iter().any(|(verb, _)| word.eq_ignore_ascii_case(verb))
}

fn literal(file: &File, first: usize, last: usize) -> Option<Literal> {
    let spans: Vec<Span> =
        (first..=last).filter(|&at| file.is_text(at)).map(|at| file.tokens[at].span).collect();
    let start = spans.iter().map(|span| span.offset).min()?;
    let end = spans.iter().map(|span| span.end()).max()?;
    if BYTES_MAX < end - start {
        return None;
    }
    let bytes = file.text.as_bytes();
    let mut sql = vec![b' '; end - start];
    let mut before: Option<Span> = None;
    for span in spans {
        // A string in a hole of the one before is code.
        if before.is_some_and(|before| before.contains(span.offset)) {
            continue;
        }
        if let Some(before) = before.filter(|before| before.end() < span.offset) {
            let gap = &bytes[before.end()..span.offset];
            if let Some(at) = gap.iter().position(u8::is_ascii_alphabetic) {
                sql[before.end() - start + at] = b'_';
            }
        }
        sql[span.offset - start..span.end() - start]
            .copy_from_slice(&bytes[span.offset..span.end()]);
        before = Some(span);
    }
    let inside = file.holes.partition_point(|hole| hole.offset < start);
    for hole in file.holes[inside..].iter().take_while(|hole| hole.end() <= end) {
        // With the marks around it.
        let open = (0..hole.offset - start).rev().find(|&at| sql[at] == b'{').unwrap_or(0);
        let open = if open > 0 && matches!(sql[open - 1], b'$' | b'#') { open - 1 } else { open };
        let close = (hole.end() - start + 1).min(sql.len());
        sql[open..close].fill(b'_');
    }
    Some(Literal { tokens: (first, last), start, sql: replaced(sql) })
}

/// The text with what drivers and formatters put values in replaced by what SQL has for that, and
/// without escapes, byte for byte.
fn replaced(mut sql: Vec<u8>) -> String {
    let mut at = 0;
    while at < sql.len() {
        let Some((length, with)) = replacement(&sql, at) else {
            at += 1;
            continue;
        };
        let end = (at + length).min(sql.len());
        let filler = if with == "_" { b'_' } else { b' ' };
        sql[at..end].fill(filler);
        let shown = with.len().min(end - at);
        sql[at..at + shown].copy_from_slice(&with.as_bytes()[..shown]);
        at = end;
    }
    String::from_utf8(sql).unwrap_or_else(|error| {
        let ascii = error.into_bytes().into_iter();
        ascii.map(|byte| if byte.is_ascii() { char::from(byte) } else { '_' }).collect()
    })
}

/// How long what stands at a place is, and what SQL has for it.
fn replacement(sql: &[u8], at: usize) -> Option<(usize, &'static str)> {
    let next = sql.get(at + 1).copied().unwrap_or(0);
    let before = at.checked_sub(1).map_or(b' ', |before| sql[before]);
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let word = |from: usize| sql[from..].iter().take_while(|byte| is_word(**byte)).count();
    match sql[at] {
        b'\\' if matches!(next, b'n' | b't' | b'r' | b'\n') => Some((2, "  ")),
        b'\\' if matches!(next, b'"' | b'`') => {
            Some((2, if is_word(before) { "\" " } else { " \"" }))
        }
        b'\\' if next == b'\'' => Some((2, "''")),
        // The namespaces of PHP.
        b'\\' if is_word(before) && next.is_ascii_uppercase() => Some((1, ".")),
        b'?' if !matches!(next, b'|' | b'&' | b'?') && before != b'?' => Some((1, "0")),
        b'%' if matches!(next, b's' | b'd') => Some((2, "$1")),
        b'%' if next == b'(' => Some((word(at + 2) + 4, "$1")),
        b':' | b'@' | b'#' if next.is_ascii_alphabetic() || next == b'_' => {
            let part = before == b':' || is_word(before) || before == b'[';
            (!part).then(|| (word(at + 1) + 1, "$1"))
        }
        b'$' if next.is_ascii_alphabetic() => Some((1, "_")),
        b'{' => {
            let length = sql[at..].iter().take(64).position(|byte| *byte == b'}')? + 1;
            (!sql[at..at + length].contains(&b'\n')).then_some((length, "_"))
        }
        _ => None,
    }
}

impl Literal {
    /// Its statements, those that are SQL indeed.
    pub(super) fn statements(&self) -> Vec<Told> {
        let mut told = Vec::new();
        for statement in sql::mentions(&self.sql) {
            let text = statement.span.of(&self.sql);
            if !is_statement(text) {
                continue;
            }
            let part = statement.span.offset..statement.span.end();
            let read = sql::read(&self.sql, std::slice::from_ref(&part));
            let understood = !read.statements.is_empty()
                && read.statements.iter().all(|read| read.body.is_understood());
            let queries = |body: &Body| matches!(body, Body::Query(_) | Body::Data(_));
            let queries = read.statements.iter().all(|read| queries(&read.body));
            told.push(Told { understood, queries, mentions: statement.all });
        }
        told
    }
}

/// Whether a text that starts with a verb of SQL goes on like it, and is no sentence.
fn is_statement(text: &str) -> bool {
    let mut words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    let Some(first) = words.find(|word| !word.is_empty()) else { return false };
    let Some((_, needs)) = VERBS.iter().find(|(verb, _)| verb.eq_ignore_ascii_case(first)) else {
        return true;
    };
    needs.is_empty() || words.any(|word| needs.iter().any(|need| need.eq_ignore_ascii_case(word)))
}
