//! Whether the text of a function names an object. Comments name nothing; strings do, as they may
//! be run.

use super::target::What;
use crate::sql;
use crate::sql::Span;

/// A part of a text: its code, or a string in it.
struct Piece {
    tokens: Vec<Token>,
    /// It is not read as the server would read it: upper and lower case are the same.
    loose: bool,
}

#[derive(PartialEq, Eq)]
enum Token {
    /// A word or a name, without quotes.
    Word(String),
    /// Anything else; of a string, its quote.
    Sign(String),
}

/// Whether the text of a function in a language names an object; of a column its table has to be
/// named as well, if the function does not get rows of it anyway.
pub(super) fn names(what: &What, language: &str, text: &str, gets_rows: bool) -> bool {
    let pieces = pieces(language, text);
    let any = |name: &str, fits: &dyn Fn(&Piece, usize) -> bool| {
        pieces.iter().any(|piece| piece.places(name).any(|at| fits(piece, at)))
    };
    let word = |name: &str| any(name, &|_, _| true);
    match what {
        What::Column(table, column) => word(column) && (gets_rows || word(&table.name)),
        What::Function(name, _) => any(&name.name, &|piece, at| piece.sign(at + 1, "(")),
        What::Type(name) => any(&name.name, &Piece::is_type),
        What::Schema(name) => any(name, &|piece, at| piece.sign(at + 1, ".")),
        what => word(what.word()),
    }
}

/// Reads a text; of one that is no SQL nobody knows what is a comment.
fn pieces(language: &str, text: &str) -> Vec<Piece> {
    if !["sql", "plpgsql"].contains(&language) {
        return vec![loose(text)];
    }
    let mut found = Vec::new();
    let mut tokens = Vec::new();
    for span in sql::words(text, Span::new(0, text.len())) {
        let token = span.of(text);
        if let Some(string) = string(token) {
            found.push(loose(string));
            tokens.push(Token::Sign("'".to_owned()));
        } else if let Some(name) = token.strip_prefix('"') {
            let name = name.strip_suffix('"').unwrap_or(name).replace("\"\"", "\"");
            tokens.push(Token::Word(name));
        } else if token.starts_with(is_word) {
            tokens.push(Token::Word(token.to_ascii_lowercase()));
        } else {
            tokens.push(Token::Sign(token.to_owned()));
        }
    }
    found.push(Piece { tokens, loose: false });
    found
}

/// What stands in a string, if a token is one.
fn string(token: &str) -> Option<&str> {
    if let Some(rest) = token.strip_prefix('$') {
        let tag = &token[..rest.find('$')? + 2];
        return token[tag.len()..].strip_suffix(tag);
    }
    let (prefix, rest) = token.split_once('\'')?;
    let is_prefix = prefix.len() <= 2 && prefix.chars().all(|c| c.is_alphabetic() || c == '&');
    is_prefix.then(|| rest.strip_suffix('\'').unwrap_or(rest))
}

/// The words and signs of any text.
fn loose(text: &str) -> Piece {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let end = match first {
            c if is_word(c) => rest.find(|c| !is_word(c)).unwrap_or(rest.len()),
            ':' if rest.starts_with("::") => 2,
            c => c.len_utf8(),
        };
        let token = &rest[..end];
        match first {
            // A name in quotes is its word.
            '"' | '\\' => {}
            c if is_word(c) => tokens.push(Token::Word(token.to_lowercase())),
            _ => tokens.push(Token::Sign(token.to_owned())),
        }
        rest = rest[end..].trim_start();
    }
    Piece { tokens, loose: true }
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// What a statement of a routine may begin with and a declaration cannot.
const BEGINS: &[&str] = &[
    "select", "return", "perform", "raise", "execute", "call", "insert", "update", "delete",
    "merge", "with", "if", "elsif", "case", "when", "end", "open", "fetch", "move", "close", "get",
    "assert", "exit", "continue", "table", "values", "lock", "truncate", "alter", "drop", "create",
];

impl Piece {
    /// The places of a name.
    fn places(&self, name: &str) -> impl Iterator<Item = usize> {
        let name = if self.loose { name.to_lowercase() } else { name.to_owned() };
        let tokens = self.tokens.iter().enumerate();
        tokens.filter(move |(_, token)| **token == Token::Word(name.clone())).map(|(at, _)| at)
    }

    fn sign(&self, at: usize, sign: &str) -> bool {
        matches!(self.tokens.get(at), Some(Token::Sign(known)) if known == sign)
    }

    fn word(&self, at: usize) -> Option<&str> {
        match self.tokens.get(at) {
            Some(Token::Word(word)) => Some(word),
            _ => None,
        }
    }

    /// Whether the name at a place is that of a type: columns are often called like theirs.
    fn is_type(&self, at: usize) -> bool {
        // A schema may stand before it.
        let first = if 2 <= at && self.sign(at - 1, ".") { at - 2 } else { at };
        let Some(before) = first.checked_sub(1) else { return self.sign(at + 1, "'") };
        let ends = |sign| self.sign(at + 1, sign);
        let cast = self.sign(before, "::")
            || self.word(before) == Some("as") && (ends(")") || ends("[") || ends("("));
        cast || ends("'") || self.is_declared(before)
    }

    /// Whether the name before a type is one that is declared.
    fn is_declared(&self, name: usize) -> bool {
        let name = if self.word(name) == Some("constant") { name.wrapping_sub(1) } else { name };
        let Some(begins) = name.checked_sub(1) else { return false };
        let opens = self.sign(begins, ";") || self.word(begins) == Some("declare");
        opens && self.word(name).is_some_and(|word| !BEGINS.contains(&word))
    }
}
