//! Words that only a newer server reads: which major version a statement's syntax needs.

use super::cursor::Cursor;

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
    let mut c = c.clone();
    while !c.is_done() {
        let found =
            newer_at(&c).filter(|found| newest.as_ref().is_none_or(|n| n.major < found.major));
        newest = found.or(newest);
        c.advance();
    }
    newest
}

fn newer_at(c: &Cursor) -> Option<Since> {
    let here = |&&(words, _, _): &&(&str, usize, u8)| {
        words.split(' ').enumerate().all(|(ahead, word)| match word {
            "(" => c.symbol_at(ahead, "("),
            _ => c.word_at(ahead, word),
        })
    };
    if let Some(&(words, at, major)) = NEWER.iter().find(here) {
        let near = words.split(' ').nth(at).unwrap_or(words).to_owned();
        return Some(Since { major, near });
    }
    // `ALTER COLUMN … SET STORAGE` is as old as TOAST.
    let storage = c.word_at(0, "STORAGE")
        && !c.follows_word("SET")
        && !c.follows_word("INCLUDING")
        && !c.follows_word("EXCLUDING")
        && STORAGES.iter().any(|word| c.word_at(1, word));
    storage.then(|| Since { major: 16, near: "STORAGE".to_owned() })
}
