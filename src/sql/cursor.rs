//! A reading position in the tokens of one statement, with the few moves a grammar needs.

use super::lexer::Token;
use super::lexer::TokenKind;
use super::name;
use super::name::Name;
use super::span::Span;

/// Why a statement is not understood, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misread {
    /// What was expected or found, as a fragment of a sentence.
    pub reason: String,
    /// The place that stopped the reader.
    pub span: Span,
}

pub(crate) type Read<T> = Result<T, Misread>;

/// Reads tokens from left to right.
#[derive(Clone)]
pub(crate) struct Cursor<'a> {
    text: &'a str,
    /// The offset in the file at which `text` starts.
    base: usize,
    tokens: &'a [Token],
    at: usize,
    /// How many statements stand around the one that is read.
    depth: u8,
}

impl<'a> Cursor<'a> {
    /// Over `tokens` of `text`, which starts at offset `base` of its file.
    pub(crate) fn new(text: &'a str, base: usize, tokens: &'a [Token], depth: u8) -> Cursor<'a> {
        Cursor { text, base, tokens, at: 0, depth }
    }

    /// The cleaned text of a span.
    pub(crate) fn slice(&self, span: Span) -> &'a str {
        &self.text[span.offset - self.base..span.end() - self.base]
    }

    /// How many statements stand around the one that is read.
    pub(crate) fn depth(&self) -> u8 {
        self.depth
    }

    /// The tokens that are left.
    pub(crate) fn rest(&self) -> &'a [Token] {
        &self.tokens[self.at..]
    }

    /// A cursor over the next `count` tokens, which this one then has behind it.
    pub(crate) fn take(&mut self, count: usize) -> Cursor<'a> {
        let end = self.at.saturating_add(count).min(self.tokens.len());
        let taken = Cursor { tokens: &self.tokens[self.at..end], at: 0, ..self.clone() };
        self.at = end;
        taken
    }

    /// The same for a statement that stands inside the one that is read.
    pub(crate) fn nested(mut self) -> Cursor<'a> {
        self.depth += 1;
        self
    }

    pub(crate) fn is_done(&self) -> bool {
        self.tokens.len() <= self.at
    }

    pub(crate) fn peek(&self) -> Option<Token> {
        self.peek_at(0)
    }

    pub(crate) fn peek_at(&self, ahead: usize) -> Option<Token> {
        self.tokens.get(self.at + ahead).copied()
    }

    pub(crate) fn advance(&mut self) -> Option<Token> {
        let token = self.peek()?;
        self.at += 1;
        Some(token)
    }

    pub(crate) fn text_of(&self, token: Token) -> &'a str {
        self.slice(token.span)
    }

    /// The text from the first to the last of the remaining tokens.
    pub(crate) fn rest_span(&self) -> Span {
        match (self.rest().first(), self.rest().last()) {
            (Some(first), Some(last)) => first.span.to(last.span),
            _ => self.here(),
        }
    }

    /// The next token's place, or the end of the last one.
    pub(crate) fn here(&self) -> Span {
        match self.peek() {
            Some(token) => token.span,
            None => self.tokens.last().map_or(Span::new(self.base, self.base), |last| {
                Span::new(last.span.end(), last.span.end())
            }),
        }
    }

    /// From the token at `start` (an earlier [`Self::mark`]) to the last one read.
    pub(crate) fn since(&self, start: usize) -> Span {
        match (self.tokens.get(start), self.tokens.get(self.at.saturating_sub(1))) {
            (Some(first), Some(last)) if start < self.at => first.span.to(last.span),
            _ => self.here(),
        }
    }

    pub(crate) fn mark(&self) -> usize {
        self.at
    }

    pub(crate) fn reset(&mut self, mark: usize) {
        self.at = mark;
    }

    /// Whether the token `ahead` is this keyword (in capitals, unquoted in the text).
    pub(crate) fn word_at(&self, ahead: usize, word: &str) -> bool {
        self.peek_at(ahead).is_some_and(|token| {
            token.kind == TokenKind::Word && self.text_of(token).eq_ignore_ascii_case(word)
        })
    }

    /// Whether these keywords, written as `"IF NOT EXISTS"`, come next.
    pub(crate) fn looking_at(&self, words: &str) -> bool {
        words.split(' ').enumerate().all(|(ahead, word)| self.word_at(ahead, word))
    }

    fn previous(&self) -> Option<Token> {
        self.tokens.get(self.at.checked_sub(1)?).copied()
    }

    /// Whether the token before this place is an operator.
    pub(crate) fn follows_operator(&self) -> bool {
        self.previous().is_some_and(|token| token.kind == TokenKind::Operator)
    }

    /// Whether the token before this place is this keyword.
    pub(crate) fn follows_word(&self, word: &str) -> bool {
        self.previous().is_some_and(|token| self.text_of(token).eq_ignore_ascii_case(word))
    }

    /// Passes over these keywords if they come next.
    pub(crate) fn eat(&mut self, words: &str) -> bool {
        let found = self.looking_at(words);
        if found {
            self.at += words.split(' ').count();
        }
        found
    }

    /// Passes over one of these keywords, and says which.
    pub(crate) fn eat_one<'w>(&mut self, words: &[&'w str]) -> Option<&'w str> {
        words.iter().copied().find(|word| self.eat(word))
    }

    pub(crate) fn expect(&mut self, words: &str) -> Read<()> {
        if self.eat(words) { Ok(()) } else { Err(self.unexpected(&format!("`{words}`"))) }
    }

    pub(crate) fn symbol_at(&self, ahead: usize, symbol: &str) -> bool {
        self.peek_at(ahead).is_some_and(|token| {
            matches!(
                token.kind,
                TokenKind::Punctuation | TokenKind::Operator | TokenKind::Semicolon
            ) && self.text_of(token) == symbol
        })
    }

    pub(crate) fn eat_symbol(&mut self, symbol: &str) -> bool {
        let found = self.symbol_at(0, symbol);
        if found {
            self.at += 1;
        }
        found
    }

    pub(crate) fn expect_symbol(&mut self, symbol: &str) -> Read<()> {
        if self.eat_symbol(symbol) { Ok(()) } else { Err(self.unexpected(&format!("`{symbol}`"))) }
    }

    pub(crate) fn kind_at(&self, ahead: usize) -> Option<TokenKind> {
        self.peek_at(ahead).map(|token| token.kind)
    }

    /// An error that says what was expected here and what stands here.
    pub(crate) fn unexpected(&self, expected: &str) -> Misread {
        let found = match self.peek() {
            Some(token) => format!("found {}", shown(self.text_of(token))),
            None => "the statement ends".to_owned(),
        };
        Misread { reason: format!("expected {expected}, {found}"), span: self.here() }
    }

    /// Fails unless all was read.
    pub(crate) fn expect_end(&self) -> Read<()> {
        if self.is_done() { Ok(()) } else { Err(self.unexpected("the end of the statement")) }
    }

    /// An identifier. A reserved word may only stand where PostgreSQL takes any word as a label.
    pub(crate) fn identifier(&mut self) -> Read<String> {
        match self.identifier_at(0) {
            Some(identifier) => {
                self.at += 1;
                Ok(identifier)
            }
            None => Err(self.unexpected("a name")),
        }
    }

    /// The identifier `ahead`, if one stands there.
    pub(crate) fn identifier_at(&self, ahead: usize) -> Option<String> {
        let token = self.peek_at(ahead)?;
        let text = self.text_of(token);
        match token.kind {
            TokenKind::Word => {
                let folded = name::fold(text);
                (!super::keywords::is_reserved(&folded)).then_some(folded)
            }
            TokenKind::Quoted => Some(unquote_identifier(text)),
            _ => None,
        }
    }

    /// Any word, reserved or not, as after `.` or as a label.
    pub(crate) fn label(&mut self) -> Read<String> {
        match self.peek() {
            Some(token) if token.kind == TokenKind::Word => {
                self.at += 1;
                Ok(name::fold(self.text_of(token)))
            }
            _ => self.identifier(),
        }
    }

    /// A name with up to three parts; the database part of three is dropped.
    pub(crate) fn name(&mut self) -> Read<Name> {
        let mut parts = self.parts()?;
        match parts.len() {
            1 | 2 => {}
            3 => drop(parts.remove(0)),
            _ => return Err(self.unexpected("a name of at most three parts")),
        }
        let name = parts.pop().unwrap_or_default();
        Ok(Name { schema: parts.pop(), name })
    }

    /// The parts of a dotted name.
    pub(crate) fn parts(&mut self) -> Read<Vec<String>> {
        let mut parts = vec![self.identifier()?];
        while self.symbol_at(0, ".") && !self.symbol_at(1, "*") {
            self.at += 1;
            parts.push(self.label()?);
        }
        Ok(parts)
    }

    /// One or more of something, with commas between them.
    pub(crate) fn list<T>(&mut self, mut item: impl FnMut(&mut Self) -> Read<T>) -> Read<Vec<T>> {
        let mut items = vec![item(self)?];
        while self.eat_symbol(",") {
            items.push(item(self)?);
        }
        Ok(items)
    }

    /// One or more of something in parentheses.
    pub(crate) fn parenthesised<T>(
        &mut self,
        item: impl FnMut(&mut Self) -> Read<T>,
    ) -> Read<Vec<T>> {
        self.expect_symbol("(")?;
        let items = self.list(item)?;
        self.expect_symbol(")")?;
        Ok(items)
    }

    /// The contents of the brackets that open here, which are then behind.
    pub(crate) fn brackets(&mut self) -> Read<Cursor<'a>> {
        if !self.symbol_at(0, "(") && !self.symbol_at(0, "[") {
            return Err(self.unexpected("`(`"));
        }
        let inside = self.balanced_until(1, |_| false);
        let closed = self.at + 1 + inside;
        if self.tokens.len() <= closed {
            return Err(Misread {
                reason: "this bracket is never closed".into(),
                span: self.here(),
            });
        }
        self.at += 1;
        let contents = self.take(inside);
        self.at = closed + 1;
        Ok(contents)
    }

    /// How many tokens from `ahead` on stand before `stop`, or before a bracket closes that was
    /// not opened there; brackets are passed over whole.
    pub(crate) fn balanced_until(&self, ahead: usize, stop: impl Fn(&Cursor<'a>) -> bool) -> usize {
        let mut probe = self.clone();
        probe.at = (self.at + ahead).min(self.tokens.len());
        let start = probe.at;
        let mut depth = 0_usize;
        while let Some(token) = probe.peek() {
            if depth == 0 && stop(&probe) {
                break;
            }
            if token.kind == TokenKind::Punctuation {
                match self.text_of(token) {
                    "(" | "[" => depth += 1,
                    ")" | "]" if depth == 0 => break,
                    ")" | "]" => depth -= 1,
                    _ => {}
                }
            }
            probe.at += 1;
        }
        probe.at - start
    }

    /// Everything before the next `stop` outside of brackets.
    pub(crate) fn take_until(&mut self, stop: impl Fn(&Cursor<'a>) -> bool) -> Cursor<'a> {
        let count = self.balanced_until(0, stop);
        self.take(count)
    }

    /// Everything before the next comma outside of brackets.
    pub(crate) fn take_item(&mut self) -> Cursor<'a> {
        self.take_until(|cursor| cursor.symbol_at(0, ","))
    }

    /// The value of a string literal, neighbours joined as the server joins them.
    pub(crate) fn string(&mut self) -> Read<String> {
        let mut value = match self.peek() {
            Some(token) if matches!(token.kind, TokenKind::String | TokenKind::Dollar) => {
                self.at += 1;
                string_value(self.text_of(token))
            }
            _ => return Err(self.unexpected("a string")),
        };
        while let Some(token) = self.peek().filter(|token| token.kind == TokenKind::String) {
            self.at += 1;
            value.push_str(&string_value(self.text_of(token)));
        }
        Ok(value)
    }

    /// A whole number, perhaps with a sign.
    pub(crate) fn integer(&mut self) -> Read<i64> {
        let mark = self.at;
        let negative = self.eat_symbol("-");
        if !negative {
            self.eat_symbol("+");
        }
        let number = self.peek().filter(|token| token.kind == TokenKind::Number);
        let value = number.and_then(|token| self.text_of(token).replace('_', "").parse().ok());
        if let Some(value) = value {
            self.at += 1;
            Ok(if negative { i64::wrapping_neg(value) } else { value })
        } else {
            self.at = mark;
            Err(self.unexpected("a number"))
        }
    }
}

/// The identifier that a quoted one stands for.
pub(crate) fn unquote_identifier(text: &str) -> String {
    let unicode = text.starts_with(['u', 'U']);
    let inner = text.trim_start_matches(['u', 'U', '&']);
    let inner = inner.strip_prefix('"').and_then(|inner| inner.strip_suffix('"')).unwrap_or(inner);
    let inner = inner.replace("\"\"", "\"");
    name::truncate(if unicode { unescape_unicode(&inner) } else { inner })
}

/// What a dollar-quoted string holds, and the length of its tag; `None` for other literals.
pub(crate) fn dollar_body(text: &str) -> Option<(usize, &str)> {
    let rest = text.strip_prefix('$')?;
    let tag = rest.find('$').map_or(1, |end| end + 2);
    Some((tag, text.get(tag..text.len().saturating_sub(tag)).unwrap_or_default()))
}

/// The value that a string literal of any form stands for.
pub(crate) fn string_value(text: &str) -> String {
    if let Some((_, body)) = dollar_body(text) {
        return body.to_owned();
    }
    let Some(quote) = text.find('\'') else { return text.to_owned() };
    let inner = &text[quote + 1..];
    let inner = inner.strip_suffix('\'').unwrap_or(inner).replace("''", "'");
    match text.as_bytes().first() {
        Some(b'e' | b'E') => unescape(&inner),
        Some(b'u' | b'U') => unescape_unicode(&inner),
        _ => inner,
    }
}

/// Backslash escapes of `E''` strings, as far as they matter to a reader of SQL.
fn unescape(text: &str) -> String {
    let mut value = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            value.push(c);
            continue;
        }
        match chars.next() {
            Some('n') => value.push('\n'),
            Some('t') => value.push('\t'),
            Some('r') => value.push('\r'),
            Some(other) => value.push(other),
            None => {}
        }
    }
    value
}

/// `\0041` and `\+000041` of `U&` literals.
fn unescape_unicode(text: &str) -> String {
    let mut value = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        value.push_str(&rest[..at]);
        let after = &rest[at + 1..];
        let (skip, digits) = if after.starts_with('+') { (1, 6) } else { (0, 4) };
        let code = after.get(skip..skip + digits).and_then(|hex| u32::from_str_radix(hex, 16).ok());
        if let Some(c) = code.and_then(char::from_u32) {
            value.push(c);
            rest = &after[skip + digits..];
        } else {
            value.push('\\');
            rest = after.strip_prefix('\\').unwrap_or(after);
        }
    }
    value.push_str(rest);
    value
}

/// A token in a message: in backticks, unless one is in it.
pub(crate) fn shown(text: &str) -> String {
    let text = shorten(text);
    if text.contains('`') { format!("'{text}'") } else { format!("`{text}`") }
}

/// Enough of a token to recognise it in a message.
pub(crate) fn shorten(text: &str) -> String {
    const CHARS_MAX: usize = 40;
    let line = text.lines().next().unwrap_or_default();
    if line.chars().count() <= CHARS_MAX && line.len() == text.len() {
        return text.to_owned();
    }
    line.chars().take(CHARS_MAX).chain(['…']).collect()
}
