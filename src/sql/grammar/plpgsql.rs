//! `DO` blocks, read shallowly: the SQL statements in a PL/pgSQL body, and whether they stand under
//! a condition.
//!
//! No tree is built. The body is cut at `;`, the words of control flow are taken off the front of
//! each piece, and what is left is a statement of PL/pgSQL or of SQL.

use crate::sql::cursor::Cursor;
use crate::sql::cursor::Read;
use crate::sql::cursor::dollar_body;
use crate::sql::cursor::shorten;
use crate::sql::lexer;
use crate::sql::lexer::Placeholder;
use crate::sql::lexer::Token;
use crate::sql::lexer::TokenKind;
use crate::sql::lower;
use crate::sql::span::Span;
use crate::sql::statement::Body;
use crate::sql::statement::DoBlock;
use crate::sql::statement::InnerStatement;
use crate::sql::statement::Statement;

/// `DO [LANGUAGE name] 'body' [LANGUAGE name]`.
pub(super) fn do_block(c: &mut Cursor) -> Read<Body> {
    c.expect("DO")?;
    let mut language = "plpgsql".to_owned();
    let mut body = None;
    while !c.is_done() {
        if c.eat("LANGUAGE") {
            let quoted = c.kind_at(0) == Some(TokenKind::String);
            language = if quoted { c.string()? } else { c.label()? }.to_ascii_lowercase();
            continue;
        }
        match c.kind_at(0) {
            Some(TokenKind::String | TokenKind::Dollar) => body = c.advance(),
            _ => return Err(c.unexpected("the body of the block")),
        }
    }
    let Some(body) = body else { return Err(c.unexpected("the body of the block")) };
    if language != "plpgsql" {
        return Ok(super::dynamic(&format!("DO LANGUAGE {language}")));
    }
    let (text, base) = literal(c.text_of(body), body.span);
    Ok(Body::Do(block(language, &text, base, c.depth())))
}

/// The contents of a string literal, at its own length: doubled quotes lose one, and blanks keep
/// every offset in place. Gives the text and the offset where it starts.
fn literal(text: &str, span: Span) -> (String, usize) {
    if let Some((tag, inner)) = dollar_body(text) {
        return (inner.to_owned(), span.offset + tag);
    }
    let start = text.find('\'').map_or(0, |quote| quote + 1);
    let escapes = text.starts_with(['e', 'E']);
    let inner = text.get(start..text.len().saturating_sub(1)).unwrap_or_default();
    let mut bytes = inner.as_bytes().to_vec();
    let mut at = 0;
    let mut open = false;
    while at + 1 < bytes.len() {
        match (bytes[at], bytes[at + 1]) {
            (b'\'' | b'\\', b'\'') if escapes || bytes[at] == b'\'' => {
                let blank = if open { at + 1 } else { at };
                bytes[at] = b'\'';
                bytes[at + 1] = b'\'';
                bytes[blank] = b' ';
                open = !open;
                at += 2;
            }
            (b'\\', second) if escapes && second.is_ascii() => {
                bytes[at] = b' ';
                bytes[at + 1] = if second == b'\\' { b'\\' } else { b' ' };
                at += 2;
            }
            _ => at += 1,
        }
    }
    let text = String::from_utf8(bytes).expect("ASCII was replaced by ASCII");
    (text, span.offset + start)
}

/// How the statements of a block are reached.
#[derive(Default)]
struct Walk {
    inner: Vec<InnerStatement>,
    /// Open `IF`, `LOOP` and `CASE` statements.
    conditions: usize,
    /// For each open `BEGIN`, whether its exception handlers have begun.
    handlers: Vec<bool>,
    declaring: bool,
    catches: bool,
    commits: bool,
    placeholders: Vec<Placeholder>,
}

pub(super) fn block(language: String, text: &str, base: usize, depth: u8) -> DoBlock {
    let lexed = lexer::lex_inner(text, base);
    let mut walk = Walk { placeholders: lexed.names(text, base), ..Walk::default() };
    for raw in &lexed.statements {
        let mut c = Cursor::new(&lexed.text, base, &lexed.tokens[raw.tokens.clone()], depth + 1);
        walk.piece(&mut c);
    }
    let Walk { inner, catches, commits, placeholders, .. } = walk;
    DoBlock { language, inner, catches, commits, comments: lexed.comments, placeholders }
}

impl Walk {
    /// One piece between two `;`.
    fn piece(&mut self, c: &mut Cursor) {
        // Each turn takes a word of control flow off the front.
        while !c.is_done() {
            if self.declaring && !c.word_at(0, "BEGIN") {
                return;
            }
            if !self.control(c) {
                self.statement(c);
                return;
            }
        }
    }

    /// Takes one word of control flow, with its condition, off the front; whether one stood there.
    fn control(&mut self, c: &mut Cursor) -> bool {
        if c.symbol_at(0, "<<") {
            c.take_until(|c| c.symbol_at(0, ">>"));
            c.advance();
        } else if c.eat("DECLARE") {
            self.declaring = true;
        } else if c.eat("BEGIN") {
            self.declaring = false;
            self.handlers.push(false);
        } else if c.eat("EXCEPTION") {
            self.catches = true;
            if let Some(handler) = self.handlers.last_mut() {
                *handler = true;
            }
        } else if c.eat("END IF") || c.eat("END LOOP") || c.eat("END CASE") {
            self.conditions = self.conditions.saturating_sub(1);
            c.take(usize::MAX);
        } else if c.eat("END") {
            self.handlers.pop();
            c.take(usize::MAX);
        } else if c.eat("IF") {
            self.conditions += 1;
            condition(c, "THEN");
        } else if c.eat("ELSIF") || c.eat("ELSEIF") || c.eat("WHEN") {
            condition(c, "THEN");
        } else if c.eat("ELSE") {
        } else if c.eat("CASE") {
            self.conditions += 1;
            c.take_until(|c| c.word_at(0, "WHEN"));
        } else if c.eat("LOOP") {
            self.conditions += 1;
        } else if c.eat("WHILE") || c.eat("FOREACH") {
            condition(c, "LOOP");
        } else if c.eat("FOR") {
            self.for_loop(c);
        } else {
            return false;
        }
        true
    }

    /// `FOR target IN query LOOP`: the query is a statement of its own.
    fn for_loop(&mut self, c: &mut Cursor) {
        c.take_until(|c| c.word_at(0, "IN") || c.word_at(0, "LOOP"));
        if !c.eat("IN") {
            return;
        }
        c.eat("REVERSE");
        let mut over = c.take_until(|c| c.word_at(0, "LOOP"));
        let range = over.balanced_until(0, |c| c.symbol_at(0, "..")) < over.rest().len();
        // A name alone is a cursor, whose query was declared; its rows are read, no more.
        let cursor = over.rest().len() == 1;
        if !range && !cursor && !over.is_done() {
            self.statement(&mut over);
        }
    }

    fn is_conditional(&self) -> bool {
        self.conditions > 0 || self.handlers.iter().any(|&handler| handler)
    }

    fn push(&mut self, statement: Statement) {
        let conditional = self.is_conditional();
        self.inner.push(InnerStatement { statement, conditional });
    }

    /// A statement, of PL/pgSQL or of SQL.
    fn statement(&mut self, c: &mut Cursor) {
        const CONTROL: &[&str] = &[
            "RAISE", "RETURN", "EXIT", "CONTINUE", "NULL", "ASSERT", "GET", "OPEN", "CLOSE",
            "FETCH", "MOVE", "COMMIT", "ROLLBACK",
        ];
        let span = c.rest_span();
        if c.eat("EXECUTE") {
            return self.execute(c, span);
        }
        if c.eat("PERFORM") {
            let query = lower::selected(c);
            return self.push(Statement { span, body: Body::Query(Box::new(query)), since: None });
        }
        let assigned = c.balanced_until(0, |c| c.symbol_at(0, ":=") || c.symbol_at(0, "="));
        let assignment = (assigned < c.rest().len()
            && (c.symbol_at(assigned, ":=") || assigned < 4))
            && c.kind_at(0).is_some_and(|kind| matches!(kind, TokenKind::Word | TokenKind::Quoted))
            && !["UPDATE", "SELECT", "SET", "DELETE", "INSERT", "WITH", "ALTER", "CREATE"]
                .iter()
                .any(|word| c.word_at(0, word));
        self.commits |= c.word_at(0, "COMMIT") || c.word_at(0, "ROLLBACK");
        if assignment || CONTROL.iter().any(|word| c.word_at(0, word)) {
            return;
        }
        let mut statement = match without_into(c) {
            Some((text, tokens)) => {
                super::statement(Cursor::new(&text, span.offset, &tokens, c.depth()))
            }
            None => super::statement(c.clone()),
        };
        statement.span = span;
        self.push(statement);
    }

    /// `EXECUTE expression [INTO …] [USING …]`: a literal is read as SQL, the rest is dynamic.
    fn execute(&mut self, c: &mut Cursor, span: Span) {
        let expression = c.take_until(|c| c.word_at(0, "INTO") || c.word_at(0, "USING"));
        let alone = expression.rest().len() == 1;
        let literal_token = expression
            .peek()
            .filter(|token| alone && matches!(token.kind, TokenKind::String | TokenKind::Dollar));
        let Some(token) = literal_token else {
            let text = shorten(expression.slice(expression.rest_span()));
            let body = super::dynamic(&format!("EXECUTE {text}"));
            return self.push(Statement { span, body, since: None });
        };
        let (text, base) = literal(expression.text_of(token), token.span);
        let lexed = lexer::lex_inner(&text, base);
        self.placeholders.extend(lexed.names(&text, base));
        for raw in &lexed.statements {
            let tokens = &lexed.tokens[raw.tokens.clone()];
            let inner = Cursor::new(&lexed.text, base, tokens, expression.depth() + 1);
            self.push(super::statement(inner));
        }
    }
}

/// A query without its `INTO [STRICT] variables`: the words are blanked in a copy of the text, and
/// left out of the tokens. `None` if it has none.
fn without_into(c: &Cursor) -> Option<(String, Vec<Token>)> {
    if !c.word_at(0, "SELECT") && !c.word_at(0, "WITH") {
        return None;
    }
    let start = c.balanced_until(0, |c| {
        c.word_at(0, "INTO") && !c.follows_word("INSERT") && !c.follows_word("MERGE")
    });
    let mut rest = c.clone();
    rest.take(start);
    if !rest.eat("INTO") {
        return None;
    }
    rest.eat("STRICT");
    rest.list(Cursor::parts).ok()?;
    let end = c.rest().len() - rest.rest().len();
    let span = c.rest_span();
    let blank = c.rest()[start].span.to(c.rest()[end - 1].span);
    let mut text = c.slice(span).to_owned();
    let (from, to) = (blank.offset - span.offset, blank.end() - span.offset);
    text.replace_range(from..to, &" ".repeat(to - from));
    let tokens = [&c.rest()[..start], &c.rest()[end..]].concat();
    Some((text, tokens))
}

/// Passes over a condition to `end`; `LOOP` is left for its own turn.
fn condition(c: &mut Cursor, end: &str) {
    c.take_until(|c| c.word_at(0, end));
    if end == "THEN" {
        c.eat(end);
    }
}
