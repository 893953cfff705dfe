//! Text to statements with byte spans: the lexer, PostgreSQL's grammar, and the types they give.

mod copied;
mod cursor;
mod expr;
mod grammar;
mod keywords;
mod lexer;
mod lower;
mod mention;
mod name;
mod query;
mod since;
mod span;
mod statement;
mod types;

pub use cursor::Misread;
pub use expr::Expr;
pub use expr::Expression;
pub use lexer::Comment;
pub use lexer::MetaCommand;
pub use lexer::Placeholder;
pub use mention::*;
pub use name::Name;
pub use name::quote_identifier;
pub use query::*;
pub use since::Since;
pub use span::Lines;
pub use span::Position;
pub use span::Span;
pub use statement::*;
pub use types::TypeName;

use cursor::Cursor;
use std::collections::HashMap;
use std::ops::Range;

/// A file, read.
#[derive(Debug, Default)]
pub struct Script {
    /// Its statements, in order.
    pub statements: Vec<Statement>,
    /// Its comments, in order, those in blocks too; of parts that were not read there are none.
    pub comments: Vec<Comment>,
    /// psql meta-commands, in order.
    pub metas: Vec<MetaCommand>,
    /// Names with placeholders in them, in order.
    placeholders: Vec<Placeholder>,
    /// How each of these is written, by the name that is read.
    written: HashMap<String, String>,
}

impl Script {
    /// Forgets what its statements say where it was understood; where they stand is kept. A long
    /// history of files that wait for their end is much smaller so.
    pub fn forget(&mut self) {
        for statement in &mut self.statements {
            let looked_into = matches!(statement.body, Body::Do(_) | Body::Dynamic(_));
            if !looked_into && statement.body.is_understood() {
                statement.body = Body::Utility("forgotten");
            }
        }
    }

    /// Whether a placeholder stands in a part of the file.
    pub fn has_placeholder(&self, span: Span) -> bool {
        let at = self.placeholders.partition_point(|known| known.span.offset < span.offset);
        self.placeholders.get(at).is_some_and(|known| known.span.offset < span.end())
    }

    /// A text with names that have placeholders in them as they are written.
    pub fn as_written(&self, text: &str) -> String {
        if self.placeholders.is_empty() {
            return text.to_owned();
        }
        let mut shown = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(start) = rest.find(is_name_part) {
            let word = &rest[start..];
            let word = &word[..word.find(|c| !is_name_part(c)).unwrap_or(word.len())];
            shown.push_str(&rest[..start]);
            shown.push_str(self.written.get(word).map_or(word, String::as_str));
            rest = &rest[start + word.len()..];
        }
        shown + rest
    }
}

/// What stands in a text for each byte of its file that is no UTF-8; no text of PostgreSQL has it.
pub const NO_TEXT: u8 = 0;

/// Why such a text is not run.
pub const NO_TEXT_WHY: &str =
    "a byte here is no UTF-8, which a server refuses or takes for something else";

/// What to do about it.
pub const NO_TEXT_HELP: &str = "save the file as UTF-8";

/// The first place in a text where its file has what is no text.
pub fn no_text(text: &str) -> Option<Span> {
    memchr::memchr(NO_TEXT, text.as_bytes()).map(|at| Span::new(at, at + 1))
}

fn is_name_part(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '$'
}

/// The words, names, literals and signs of a statement, comments left out.
pub fn words(text: &str, statement: Span) -> Vec<Span> {
    let lexed = lexer::lex_inner(statement.of(text), statement.offset);
    lexed.tokens.iter().map(|token| token.span).collect()
}

/// Reads the statements of `parts` of a file; no statement crosses from one part into the next.
pub fn read(text: &str, parts: &[Range<usize>]) -> Script {
    let lexed = lexer::lex(text, parts);
    let mut statements: Vec<Statement> = Vec::with_capacity(lexed.statements.len());
    let mut includes = Vec::new();
    for raw in &lexed.statements {
        let tokens = &lexed.tokens[raw.tokens.clone()];
        statements.push(statement(&lexed, raw, tokens));
    }
    for meta in &lexed.metas {
        let Some(include) = included(meta) else { continue };
        // In the midst of a statement it gives that the rest of its text.
        let at = statements.partition_point(|statement| statement.span.end() <= meta.span.offset);
        match statements.get_mut(at) {
            Some(around) if around.span.offset < meta.span.offset => around.body = include.body,
            _ => includes.push(include),
        }
    }
    statements.append(&mut includes);
    statements.sort_by_key(|statement| statement.span.offset);
    let mut placeholders = lexed.names(text, 0);
    let lexer::Lexed { mut comments, metas, .. } = lexed;
    for statement in &mut statements {
        if let Body::Do(block) = &mut statement.body {
            comments.append(&mut block.comments);
            placeholders.append(&mut block.placeholders);
        }
    }
    comments.sort_by_key(|comment| comment.span.offset);
    placeholders.sort_by_key(|placeholder| placeholder.span.offset);
    let written =
        placeholders.iter().map(|known| (known.name.clone(), known.written.clone())).collect();
    Script { statements, comments, metas, placeholders, written }
}

/// Reads the body of a PL/pgSQL routine.
pub fn read_block(text: &str) -> DoBlock {
    grammar::block(text)
}

/// What a meta-command or tag that brings in other text stands for.
fn included(meta: &MetaCommand) -> Option<Statement> {
    const INCLUDE: &[&str] = &["i", "ir", "include", "include_relative", "template", "extends"];
    let includes = INCLUDE.contains(&meta.name.as_str());
    let body = Body::Dynamic(Dynamic::Included);
    includes.then_some(Statement { span: meta.span, body, since: None })
}

fn statement(
    lexed: &lexer::Lexed,
    raw: &lexer::RawStatement,
    tokens: &[lexer::Token],
) -> Statement {
    let dynamic = |dynamic: Dynamic| {
        let body = Body::Dynamic(dynamic);
        Statement { span: raw.span, body, since: None }
    };
    if raw.executes_result {
        return dynamic(Dynamic::Built("\\gexec".to_owned()));
    }
    // Placeholders are in order, so that a look-up does not cost a walk.
    let at = lexed.placeholders.partition_point(|placeholder| placeholder.offset < raw.span.offset);
    let first = tokens.first().map(|first| first.span);
    if first.is_some() && first == lexed.placeholders.get(at).copied() {
        return dynamic(Dynamic::Placeholder);
    }
    let mut statement = grammar::statement(Cursor::new(&lexed.text, 0, tokens, 0));
    if let (Body::Copy(copy), Some(data)) = (&mut statement.body, raw.data)
        && copy.plain
    {
        copy.rows = copied::rows(data.of(&lexed.text));
    }
    Statement { span: raw.span, ..statement }
}
