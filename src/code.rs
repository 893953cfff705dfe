//! Application code: which lines still use a database object that is taken away.
//!
//! Two passes over the files of a project, each file by itself, so that a caller may look at many
//! at once: [`declarations`] says which classes, structs and variables stand for which tables, and
//! [`Search::uses`] finds the places, given all of these. A name that many tables have, such as
//! `name`, is a use only where something ties it to its own table.

mod declarations;
mod language;
mod lexer;
mod literal;
mod role;
mod search;
mod spelling;
mod token;

pub use declarations::Declarations;
pub use declarations::declarations;
pub use language::Inner;
pub use language::Language;
pub use role::Role;
pub use role::SNIFF_BYTES;
pub use role::Verdict;
pub use role::classify;
pub use role::declares;
pub use search::Search;

use crate::sql::Name;
use crate::sql::Named;
use crate::sql::Span;

/// What is taken away.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[expect(missing_docs, reason = "each is named by its name in SQL")]
pub enum Kind {
    Table,
    View,
    Column,
    Function,
    EnumValue,
    Type,
    Sequence,
}

/// An object whose uses are looked for.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Wanted {
    /// What it is.
    pub kind: Kind,
    /// Its schema, or that of its table or type; any where none is given.
    pub schema: Option<String>,
    /// The table of a column, the type of an enum's value.
    pub table: Option<String>,
    /// Its name, as the database has it.
    pub name: String,
}

/// How sure a use is, the surest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Rank {
    /// The code names this very object: it is in SQL that was read, or a declaration says so.
    Certain,
    /// The code names it beside something that stands for its table.
    Likely,
    /// The code has a telling name that is spelled like it.
    Possible,
}

impl Rank {
    /// The word for it in output.
    pub fn word(self) -> &'static str {
        match self {
            Rank::Certain => "certain",
            Rank::Likely => "likely",
            Rank::Possible => "possible",
        }
    }
}

/// A place that uses something wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Use {
    /// Which of what is wanted, by its place in the list.
    pub wanted: usize,
    /// The place in the file.
    pub span: Span,
    /// How sure it is.
    pub rank: Rank,
    /// Why it counts, as a fragment: "SQL in a string reads `users.email`".
    pub why: String,
}

/// A table or a column that SQL in a file names for certain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Needed {
    /// The place in the file.
    pub span: Span,
    /// The table or view.
    pub table: Name,
    /// The column, where one is named.
    pub column: Option<String>,
}

/// Whether a word is more often one of SQL's own, as in `NULLS LAST`, than the name of a column.
fn is_grammar(word: &str) -> bool {
    ["first", "last", "locked", "nowait", "share", "skip"].contains(&word)
}

/// Whether a name in SQL is there as it stands: nothing is put into it.
fn is_written(name: &str) -> bool {
    let of_names = |c: char| c.is_alphanumeric() || ['_', '.', '"', ' ', '\\'].contains(&c);
    name.chars().all(of_names) && name.chars().any(char::is_alphanumeric)
}

/// The tables and columns that SQL in the strings of a file uses, and those of no other reading:
/// what was not understood, or may belong to several tables, is left out.
pub fn named_columns(path: &str, text: &str) -> Vec<Needed> {
    let Some(language) = Language::of(path) else { return Vec::new() };
    let mut found = Vec::new();
    for literal in literal::literals(&token::File::read(text, language)) {
        for statement in literal.statements() {
            if !statement.understood || !statement.queries {
                continue;
            }
            for mention in &statement.mentions {
                let span = Span { offset: literal.start + mention.span.offset, ..mention.span };
                // What is put in while the program runs may be any name.
                if !is_written(span.of(text)) {
                    continue;
                }
                match &mention.what {
                    Named::Relation(table) => {
                        found.push(Needed { span, table: table.clone(), column: None });
                    }
                    Named::Column { name, of, .. } if !of.others && !is_grammar(name) => {
                        if let [table] = of.tables.as_slice() {
                            let (table, column) = (table.clone(), Some(name.clone()));
                            found.push(Needed { span, table, column });
                        }
                    }
                    _ => {}
                }
            }
        }
    }
    found.sort_by_key(|needed| needed.span.offset);
    found
}
