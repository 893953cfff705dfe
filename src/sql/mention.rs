//! What queries and data changes name, each with its place: relations, the columns of which of
//! them, functions, types, strings.
//!
//! Read from the tokens, not from the trees of expressions: a name keeps its place, each query in
//! brackets has relations of its own, and text that nobody could parse still says what it names.

mod frame;
mod reader;

use super::lexer;
use super::name::Name;
use super::span::Span;
use reader::Reader;

/// A statement and what it names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mentions {
    /// The statement.
    pub span: Span,
    /// What it names, in the order in which it became clear.
    pub all: Vec<Mention>,
}

/// Something that is named at a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mention {
    /// The place.
    pub span: Span,
    /// What is named.
    pub what: Named,
}

/// What a place names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Named {
    /// A table, a view, or another relation.
    Relation(Name),
    /// A column.
    Column {
        /// Its name.
        name: String,
        /// Whose it may be.
        of: Owners,
        /// It is given a value.
        written: bool,
    },
    /// Every column: `*`.
    Every(Owners),
    /// Rows that come without a list of columns: `INSERT INTO t VALUES (…)`, `COPY t FROM`.
    Positional(Name),
    /// A function that is called.
    Function(Name),
    /// A type.
    Type(Name),
    /// The value of a string, and the type it is cast to.
    Text(String, Option<Name>),
}

/// The relations that a column may belong to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Owners {
    /// Those that are known, each once.
    pub tables: Vec<Name>,
    /// It may as well belong to something else.
    pub others: bool,
}

/// Reads all of `text` as statements and says what each names.
pub fn mentions(text: &str) -> Vec<Mentions> {
    let lexed = lexer::lex_inner(text, 0);
    let statements = lexed.statements.iter().map(|raw| {
        let reader = Reader::new(&lexed.text, &lexed.tokens[raw.tokens.clone()]);
        Mentions { span: raw.span, all: reader.statement() }
    });
    statements.collect()
}

/// The names in a piece of SQL that is no statement, as their parts: `users.email = ?`.
pub fn names(text: &str) -> Vec<(Span, Vec<String>)> {
    let lexed = lexer::lex_inner(text, 0);
    Reader::new(&lexed.text, &lexed.tokens).names()
}
