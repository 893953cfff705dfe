//! Words that only a newer server reads: which major version a statement's syntax needs.

use super::cursor::Cursor;
use super::lexer::TokenKind;

/// Syntax that came with a major version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Since {
    /// The first major version that reads it.
    pub major: u8,
    /// The word at which an older one gives up.
    pub near: String,
}

/// Words in a row, the place among them at which an older server gives up, and the major that
/// first reads them. `(` stands for itself.
const NEWER: &[(&str, usize, u8)] = &[
    ("ON DELETE SET NULL (", 4, 15),
    ("ON DELETE SET DEFAULT (", 4, 15),
    ("NULLS NOT DISTINCT", 0, 15),
    ("NULLS DISTINCT", 0, 15),
    ("MERGE INTO", 0, 15),
    ("NOT MATCHED BY SOURCE", 2, 17),
    ("DROP VALUE", 1, 17),
    ("WITHOUT OVERLAPS", 0, 18),
    ("RETURNING WITH (", 1, 18),
];

/// What `STORAGE` of a new column may be followed by.
const STORAGES: &[&str] = &["PLAIN", "EXTERNAL", "EXTENDED", "MAIN", "DEFAULT"];

/// The newest syntax in a statement.
pub(crate) fn since(c: &Cursor) -> Option<Since> {
    let mut newest: Option<Since> = None;
    for (at, &token) in c.rest().iter().enumerate() {
        if token.kind != TokenKind::Word {
            continue;
        }
        if let Some(found) = newer_at(c, at, c.text_of(token))
            && newest.as_ref().is_none_or(|newest| newest.major < found.major)
        {
            newest = Some(found);
        }
    }
    newest
}

/// The newer syntax that starts with a word at a place.
fn newer_at(c: &Cursor, at: usize, word: &str) -> Option<Since> {
    let follows = |ahead: usize, word: &str| match word {
        "(" => c.symbol_at(at + ahead, "("),
        _ => c.word_at(at + ahead, word),
    };
    for &(words, near, major) in NEWER {
        let mut parts = words.split(' ').enumerate();
        let first = parts.next().is_some_and(|(_, first)| first.eq_ignore_ascii_case(word));
        if first && parts.all(|(ahead, word)| follows(ahead, word)) {
            let near = words.split(' ').nth(near).unwrap_or(words).to_owned();
            return Some(Since { major, near });
        }
    }
    // `ALTER COLUMN … SET STORAGE` is as old as TOAST.
    let old = ["SET", "INCLUDING", "EXCLUDING"];
    let storage = word.eq_ignore_ascii_case("STORAGE")
        && STORAGES.iter().any(|word| follows(1, word))
        && !old.iter().any(|word| at > 0 && c.word_at(at - 1, word));
    storage.then(|| Since { major: 16, near: "STORAGE".to_owned() })
}
