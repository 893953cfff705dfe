//! PostgreSQL's grammar for everything but expressions and queries: one statement's tokens in, one
//! [`Body`] out.
//!
//! Written after the server's own `gram.y`. It asks for the words that decide what a statement
//! does, and passes over options that change nothing for an analysis.

mod alter;
mod alter_object;
mod create;
mod data;
mod drop;
mod function;
mod index;
mod object;
mod plpgsql;
mod session;
mod table;
mod type_;
mod view;

use super::cursor::Cursor;
use super::cursor::Misread;
use super::cursor::Read;
use super::cursor::shorten;
use super::cursor::shown;
use super::lexer::TokenKind;
use super::since;
use super::statement::Body;
use super::statement::DoBlock;
use super::statement::Dynamic;
use super::statement::Statement;

/// How deep statements may stand in statements: `EXPLAIN`, `WITH`, `DO` and the like.
const DEPTH_MAX: u8 = 12;

/// Reads all of `c` as one statement. What is not understood becomes [`Body::Unreadable`].
pub(crate) fn statement(mut c: Cursor) -> Statement {
    let span = c.rest_span();
    let since = since::since(&c);
    let unknown = c.rest().iter().find(|token| token.kind == TokenKind::Unknown);
    let body = match unknown {
        Some(&token) => Err(Misread {
            reason: format!("{} has no meaning here, or is never closed", shown(c.text_of(token))),
            span: token.span,
        }),
        None => body(&mut c),
    };
    Statement { span, body: body.unwrap_or_else(Body::Unreadable), since }
}

fn body(c: &mut Cursor) -> Read<Body> {
    if DEPTH_MAX <= c.depth() {
        return Err(Misread { reason: "statements are nested too deeply".into(), span: c.here() });
    }
    let body = verb(c)?;
    c.expect_end()?;
    Ok(body)
}

fn verb(c: &mut Cursor) -> Read<Body> {
    let Some(first) = c.peek() else { return Err(c.unexpected("a statement")) };
    let word = c.text_of(first).to_ascii_uppercase();
    match word.as_str() {
        "CREATE" => create::create(c),
        "ALTER" => alter::alter(c),
        "DROP" => drop::drop_objects(c),
        "SELECT" | "VALUES" | "TABLE" | "WITH" | "INSERT" | "UPDATE" | "DELETE" | "MERGE" | "(" => {
            data::data(c)
        }
        "REPLACE" => Err(c.unexpected("a PostgreSQL statement")),
        "COPY" => data::copy(c),
        "TRUNCATE" => data::truncate(c),
        "LOCK" => data::lock(c),
        "REFRESH" => view::refresh(c),
        "REINDEX" => index::reindex(c),
        "CLUSTER" => index::cluster(c),
        "VACUUM" => index::vacuum(c),
        "ANALYZE" | "ANALYSE" => index::analyze(c),
        "DO" => plpgsql::do_block(c),
        "EXPLAIN" => session::explain(c),
        "PREPARE" if !c.looking_at("PREPARE TRANSACTION") => session::prepare(c),
        "COMMENT" | "SECURITY" => session::comment(c),
        "GRANT" | "REVOKE" => session::grant(c),
        "SET" => session::set(c),
        "RESET" => session::reset(c),
        "IMPORT" => session::import(c),
        "REASSIGN" => session::utility(c),
        _ => match session::transaction(c) {
            Some(body) => body,
            None => session::utility(c),
        },
    }
}

/// The statements in the body of a PL/pgSQL routine.
pub(crate) fn block(text: &str) -> DoBlock {
    plpgsql::block("plpgsql".to_owned(), text, 0, 0)
}

/// A statement that runs text which cannot be known before.
pub(crate) fn dynamic(by: &str) -> Body {
    Body::Dynamic(Dynamic::Built(shorten(by)))
}
