//! Text to statements with byte spans: the lexer, PostgreSQL's grammar, and the types they give.

mod cursor;
mod expr;
mod grammar;
mod keywords;
mod lexer;
mod lower;
mod name;
mod query;
mod span;
mod statement;
mod types;

pub use cursor::Misread;
pub use expr::Expr;
pub use expr::Expression;
pub use lexer::Comment;
pub use lexer::MetaCommand;
pub use name::Name;
pub use name::quote_identifier;
pub use query::*;
pub use span::Lines;
pub use span::Position;
pub use span::Span;
pub use statement::*;
pub use types::TypeName;

use cursor::Cursor;
use std::ops::Range;

/// A file, read.
#[derive(Debug)]
pub struct Script {
    /// Its statements, in order.
    pub statements: Vec<Statement>,
    /// Its comments, in order, those of parts that were not read left out.
    pub comments: Vec<Comment>,
    /// psql meta-commands, in order.
    pub metas: Vec<MetaCommand>,
}

/// Reads the statements of `parts` of a file; no statement crosses from one part into the next.
pub fn read(text: &str, parts: &[Range<usize>]) -> Script {
    let lexed = lexer::lex(text, parts);
    let mut statements = Vec::with_capacity(lexed.statements.len());
    for raw in &lexed.statements {
        let tokens = &lexed.tokens[raw.tokens.clone()];
        statements.push(statement(&lexed, raw, tokens));
    }
    let lexer::Lexed { comments, metas, .. } = lexed;
    Script { statements, comments, metas }
}

fn statement(
    lexed: &lexer::Lexed,
    raw: &lexer::RawStatement,
    tokens: &[lexer::Token],
) -> Statement {
    let dynamic = |by: &str| {
        let body = Body::Dynamic(Dynamic { by: by.to_owned() });
        Statement { span: raw.span, body }
    };
    if raw.executes_result {
        return dynamic("\\gexec");
    }
    // Placeholders are in order, so that a look-up does not cost a walk.
    let at = lexed.placeholders.partition_point(|placeholder| placeholder.offset < raw.span.offset);
    let first = tokens.first().map(|first| first.span);
    if first.is_some() && first == lexed.placeholders.get(at).copied() {
        return dynamic("a placeholder");
    }
    let statement = grammar::statement(Cursor::new(&lexed.text, 0, tokens, 0));
    Statement { span: raw.span, ..statement }
}
