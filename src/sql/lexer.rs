//! Text to tokens with byte spans, and tokens to statements: PostgreSQL's lexical rules, psql's
//! lines and the placeholders of migration tools.
//!
//! The lexer never fails. What it cannot read becomes an [`TokenKind::Unknown`] token, which makes
//! one statement unreadable and leaves the others alone. It looks at each byte a bounded number of
//! times, so hostile input costs linear time.

use super::cursor::unquote_identifier;
use super::name;
use super::span::Span;
use memchr::memchr;
use memchr::memmem;
use std::ops::Range;

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TokenKind {
    /// A keyword or an unquoted identifier.
    Word,
    /// A `"quoted"` or `U&"quoted"` identifier.
    Quoted,
    /// A string literal in quotes, with its prefix.
    String,
    /// A dollar-quoted string.
    Dollar,
    /// A number.
    Number,
    /// A parameter such as `$1`.
    Param,
    /// An operator.
    Operator,
    /// One of `( ) [ ] , . :` or `::`, `:=`.
    Punctuation,
    /// The `;` that ends a statement, or stands in the body of a rule or routine.
    Semicolon,
    /// What PostgreSQL's lexer would refuse.
    Unknown,
}

/// One token of the cleaned text.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Token {
    pub(crate) kind: TokenKind,
    pub(crate) span: Span,
}

/// A comment, kept for suppressions.
#[derive(Clone, Copy, Debug)]
pub struct Comment {
    /// The whole comment with its marks.
    pub span: Span,
    /// Whether code stands before it on its line.
    pub trailing: bool,
}

/// A psql meta-command, or a template tag that brings in text we cannot see.
#[derive(Clone, Debug)]
pub struct MetaCommand {
    /// The command with its arguments.
    pub span: Span,
    /// The command's name, such as `i` or `gexec`.
    pub name: String,
    /// What follows the name, trimmed.
    pub arguments: String,
}

/// A name that a migration tool completes before it sends it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placeholder {
    /// Its place.
    pub span: Span,
    /// The name that is read in its place.
    pub name: String,
    /// How it is written.
    pub written: String,
}

/// A statement by its tokens, the closing `;` left out.
#[derive(Clone, Debug)]
pub(crate) struct RawStatement {
    pub(crate) tokens: Range<usize>,
    pub(crate) span: Span,
    /// It ends at a `\gexec`: its result is run as SQL.
    pub(crate) executes_result: bool,
    /// The rows that follow a `COPY`, up to the line `\.`.
    pub(crate) data: Option<Span>,
}

/// A file after the lexer.
#[derive(Debug, Default)]
pub(crate) struct Lexed {
    /// The text with placeholders turned into identifiers of the same length: offsets still hold.
    pub(crate) text: String,
    pub(crate) tokens: Vec<Token>,
    pub(crate) comments: Vec<Comment>,
    pub(crate) metas: Vec<MetaCommand>,
    pub(crate) statements: Vec<RawStatement>,
    pub(crate) placeholders: Vec<Span>,
}

impl Lexed {
    /// The names that have placeholders in them, each once and in order; `text` starts at offset
    /// `base` of its file.
    pub(crate) fn names(&self, text: &str, base: usize) -> Vec<Placeholder> {
        let mut found: Vec<Placeholder> = Vec::new();
        for hole in &self.placeholders {
            let after = self.tokens.partition_point(|token| token.span.offset <= hole.offset);
            let Some(token) = after.checked_sub(1).map(|at| self.tokens[at]) else { continue };
            let part = token.span.offset - base..token.span.end() - base;
            let read = &self.text[part.clone()];
            let name = match token.kind {
                TokenKind::Word => name::fold(read),
                TokenKind::Quoted => unquote_identifier(read),
                _ => continue,
            };
            if found.last().is_none_or(|last| last.span != token.span) {
                let written = text[part].to_owned();
                found.push(Placeholder { span: token.span, name, written });
            }
        }
        found
    }
}

/// Reads `parts` of `text`, each a run of bytes that no statement crosses.
pub(crate) fn lex(text: &str, parts: &[Range<usize>]) -> Lexed {
    let strict = Lexer::run(text, parts, Mode::Strict);
    match strict {
        Ok(lexed) => lexed,
        Err(Unterminated) => Lexer::run(text, parts, Mode::Recovery).unwrap_or_default(),
    }
}

/// Reads all of a text that starts at offset `base` of its file: spans count from there.
pub(crate) fn lex_inner(text: &str, base: usize) -> Lexed {
    let mut lexed = lex(text, std::slice::from_ref(&(0..text.len())));
    let spans = (lexed.tokens.iter_mut().map(|token| &mut token.span))
        .chain(lexed.statements.iter_mut().map(|statement| &mut statement.span))
        .chain(lexed.comments.iter_mut().map(|comment| &mut comment.span))
        .chain(lexed.metas.iter_mut().map(|meta| &mut meta.span))
        .chain(&mut lexed.placeholders);
    for span in spans {
        span.offset += base;
    }
    lexed
}

/// How literals that never end are met.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    /// As PostgreSQL does: give up.
    Strict,
    /// The opening mark is an unknown token of its own. A literal that holds a `;` at a line's end
    /// counts as unterminated, so that one missing quote does not turn the file inside out.
    Recovery,
}

/// A literal or comment runs to the end of its part.
struct Unterminated;

/// Recovery looks this often for the end of a dollar quote or block comment before it stops
/// looking: each look may read the rest of the file.
const LOOKS_MAX: usize = 16;

struct Lexer<'a> {
    source: &'a str,
    bytes: Vec<u8>,
    at: usize,
    end: usize,
    mode: Mode,
    looks: usize,
    /// Where the line of the last comment starts, and how far lines were counted.
    line_start: usize,
    lines_read: usize,
    /// The rest of this part holds no `\.`.
    no_copy_end: bool,
    out: Lexed,
    statement: Pending,
}

/// The statement being collected.
#[derive(Default)]
struct Pending {
    first: usize,
    /// Open `(`.
    parens: usize,
    /// Open `[`: inside, `a:b` is a slice and no psql variable.
    brackets: usize,
    /// Open `BEGIN ATOMIC` and `CASE`.
    atomic: usize,
    /// Where the last `UESCAPE` ends, which is blanked but belongs to the statement.
    escape_end: usize,
}

impl Lexer<'_> {
    fn run(text: &str, parts: &[Range<usize>], mode: Mode) -> Result<Lexed, Unterminated> {
        let mut lexer = Lexer {
            source: text,
            bytes: text.as_bytes().to_vec(),
            at: 0,
            end: 0,
            mode,
            looks: 0,
            line_start: 0,
            lines_read: 0,
            no_copy_end: false,
            out: Lexed::default(),
            statement: Pending::default(),
        };
        for part in parts {
            lexer.at = part.start;
            lexer.end = part.end;
            lexer.no_copy_end = false;
            if lexer.rest().starts_with(b"\xEF\xBB\xBF") {
                lexer.at += 3;
            }
            while lexer.at < lexer.end {
                lexer.step()?;
            }
            lexer.end_statement(false);
        }
        let Lexer { bytes, mut out, .. } = lexer;
        out.text =
            String::from_utf8(bytes).expect("only whole placeholders are replaced, by ASCII");
        Ok(out)
    }

    fn rest(&self) -> &[u8] {
        &self.bytes[self.at..self.end]
    }

    fn peek(&self, ahead: usize) -> u8 {
        self.rest().get(ahead).copied().unwrap_or(0)
    }

    fn push(&mut self, kind: TokenKind, start: usize) {
        self.out.tokens.push(Token { kind, span: Span::new(start, self.at) });
    }

    /// Reads one token, comment, blank or meta-command.
    fn step(&mut self) -> Result<(), Unterminated> {
        let start = self.at;
        match self.peek(0) {
            b' ' | b'\t' | b'\n' | b'\r' | 0x0B | 0x0C => self.at += 1,
            b'-' if self.peek(1) == b'-' => self.line_comment(),
            b'/' if self.peek(1) == b'*' => self.block_comment()?,
            b'\'' => self.string(start, false)?,
            b'"' => self.quoted(start)?,
            b'$' => self.dollar()?,
            b'{' if matches!(self.peek(1), b'{' | b'%') => self.template(),
            b'\\' => self.meta(),
            b'(' | b')' | b'[' | b']' | b',' => self.bracket_or_comma(),
            b';' => self.semicolon(),
            b':' => self.colon(),
            b'.' if !self.peek(1).is_ascii_digit() => {
                let length = if self.peek(1) == b'.' { 2 } else { 1 };
                self.punctuation(length);
            }
            b'0'..=b'9' | b'.' => self.number(),
            b'@' if self.at_variable_length().is_some() => self.word(start),
            byte if is_operator(byte) => self.operator(),
            byte if is_word_start(byte) => self.word_or_prefixed(start)?,
            _ => {
                self.at += 1;
                self.push(TokenKind::Unknown, start);
            }
        }
        Ok(())
    }

    fn punctuation(&mut self, length: usize) {
        let start = self.at;
        self.at += length;
        self.push(TokenKind::Punctuation, start);
    }

    fn bracket_or_comma(&mut self) {
        let Pending { parens, brackets, .. } = &mut self.statement;
        match self.bytes[self.at] {
            b'(' => *parens += 1,
            b')' => *parens = parens.saturating_sub(1),
            b'[' => *brackets += 1,
            b']' => *brackets = brackets.saturating_sub(1),
            _ => {}
        }
        self.punctuation(1);
    }

    fn line_comment(&mut self) {
        let start = self.at;
        let length = memchr(b'\n', self.rest()).unwrap_or(self.rest().len());
        self.at += length;
        let end = if self.bytes[..self.at].ends_with(b"\r") { self.at - 1 } else { self.at };
        self.comment(start, end.max(start));
    }

    fn comment(&mut self, start: usize, end: usize) {
        let unread = &self.bytes[self.lines_read..start];
        if let Some(newline) = memchr::memrchr(b'\n', unread) {
            self.line_start = self.lines_read + newline + 1;
        }
        self.lines_read = start;
        let trailing = self.out.tokens.last().is_some_and(|last| self.line_start < last.span.end());
        self.out.comments.push(Comment { span: Span::new(start, end), trailing });
    }

    fn block_comment(&mut self) -> Result<(), Unterminated> {
        let start = self.at;
        let mut depth = 0_usize;
        let mut at = self.at;
        if self.may_look() {
            while at + 1 < self.end {
                match &self.bytes[at..at + 2] {
                    b"/*" => {
                        depth += 1;
                        at += 2;
                    }
                    b"*/" => {
                        depth -= 1;
                        at += 2;
                        if depth == 0 {
                            self.at = at;
                            self.comment(start, at);
                            return Ok(());
                        }
                    }
                    _ => at += 1,
                }
            }
            self.looks += 1;
        }
        self.unterminated(start, 2)
    }

    fn may_look(&self) -> bool {
        self.mode == Mode::Strict || self.looks < LOOKS_MAX
    }

    /// Gives up, or makes the opening mark a token of its own.
    fn unterminated(&mut self, start: usize, mark: usize) -> Result<(), Unterminated> {
        if self.mode == Mode::Strict {
            return Err(Unterminated);
        }
        self.at = start + mark;
        self.push(TokenKind::Unknown, start);
        Ok(())
    }

    /// A string whose opening quote is at `self.at`; `start` is where its prefix starts.
    fn string(&mut self, start: usize, escapes: bool) -> Result<(), Unterminated> {
        let quote = self.at;
        let mut at = quote + 1;
        while at < self.end {
            match self.bytes[at] {
                b'\\' if escapes => at += 2,
                b'\'' if self.bytes.get(at + 1) == Some(&b'\'') && at + 1 < self.end => at += 2,
                b'\'' => {
                    self.at = at + 1;
                    self.push(TokenKind::String, start);
                    return Ok(());
                }
                b';' if self.mode == Mode::Recovery && self.ends_line(at + 1) => break,
                _ => at += 1,
            }
        }
        self.unterminated(start, quote + 1 - start)
    }

    fn ends_line(&self, at: usize) -> bool {
        let rest = &self.bytes[at.min(self.end)..self.end];
        let blank = rest.iter().take_while(|&&byte| matches!(byte, b' ' | b'\t' | b'\r')).count();
        rest.get(blank).is_none_or(|&byte| byte == b'\n')
    }

    /// A quoted identifier whose opening quote is at `self.at`.
    fn quoted(&mut self, start: usize) -> Result<(), Unterminated> {
        let quote = self.at;
        self.at += 1;
        while self.at < self.end {
            match self.peek(0) {
                b'"' if self.peek(1) == b'"' => self.at += 2,
                b'"' => {
                    self.at += 1;
                    self.push(TokenKind::Quoted, start);
                    return Ok(());
                }
                b';' if self.mode == Mode::Recovery && self.ends_line(self.at + 1) => break,
                _ => {
                    let length = self.braced_length();
                    self.blank(length.unwrap_or(0));
                    self.at += length.unwrap_or(1);
                }
            }
        }
        self.unterminated(start, quote + 1 - start)
    }

    fn dollar(&mut self) -> Result<(), Unterminated> {
        let start = self.at;
        if self.peek(1).is_ascii_digit() {
            self.at += 1;
            while self.peek(0).is_ascii_digit() {
                self.at += 1;
            }
            self.push(TokenKind::Param, start);
            return Ok(());
        }
        let tag =
            1 + self.rest()[1..].iter().take_while(|&&b| is_word_part(b) && b != b'$').count();
        if self.peek(tag) == b'$' {
            let mark = &self.rest()[..=tag];
            let body = start + mark.len();
            let text = &self.bytes[body..self.end];
            let found = if self.may_look() { memmem::find(text, mark) } else { None };
            if let Some(length) = found {
                self.at = body + length + tag + 1;
                self.push(TokenKind::Dollar, start);
                return Ok(());
            }
            self.looks += 1;
            return self.unterminated(start, tag + 1);
        }
        if self.braced_length().is_some() {
            self.word(start);
        } else if tag > 1 && is_word_start(self.peek(1)) {
            self.blank(tag);
            self.at += tag;
            self.push(TokenKind::Word, start);
        } else {
            self.at += 1;
            self.push(TokenKind::Unknown, start);
        }
        Ok(())
    }

    /// A template tag: a value becomes an identifier, anything that steers is blanked.
    fn template(&mut self) {
        let start = self.at;
        let Some(length) = self.braced_length() else {
            self.at += 1;
            self.push(TokenKind::Unknown, start);
            return;
        };
        let tag = String::from_utf8_lossy(&self.rest()[..length]).into_owned();
        match Tag::of(&tag) {
            Tag::Value => self.word(start),
            Tag::Steers => {
                self.spaces(length);
                self.at += length;
            }
            Tag::Includes => {
                let inner = tag.trim_matches(['{', '}', '%', '-', ' ', '\t', '\n']);
                let (name, arguments) = inner.split_once(' ').unwrap_or((inner, ""));
                self.out.metas.push(MetaCommand {
                    span: Span::new(start, start + length),
                    name: name.to_owned(),
                    arguments: arguments.trim().to_owned(),
                });
                self.spaces(length);
                self.at += length;
            }
        }
    }

    /// The length of the `${…}`, `{{…}}` or `{%…%}` that starts here, if one does.
    fn braced_length(&self) -> Option<usize> {
        /// Longer ones are not placeholders but something that lost its end.
        const LENGTH_MAX: usize = 400;
        let rest = &self.rest()[..self.rest().len().min(LENGTH_MAX)];
        let close: &[u8] = match rest {
            [b'$', b'{', ..] => b"}",
            [b'{', b'{', ..] => b"}}",
            [b'{', b'%', ..] => b"%}",
            _ => return None,
        };
        memmem::find(&rest[2..], close).map(|inner| 2 + inner + close.len())
    }

    /// Turns a placeholder into the letters of an identifier; equal placeholders stay equal.
    fn blank(&mut self, length: usize) {
        let start = self.at;
        for byte in &mut self.bytes[start..start + length] {
            *byte = if byte.is_ascii_alphanumeric() { byte.to_ascii_lowercase() } else { b'_' };
        }
        if length > 0 {
            self.out.placeholders.push(Span::new(start, start + length));
        }
    }

    fn spaces(&mut self, length: usize) {
        let start = self.at;
        for byte in &mut self.bytes[start..start + length] {
            if *byte != b'\n' {
                *byte = b' ';
            }
        }
    }

    /// The length of the `@variable@` of an extension script that starts here, if one does.
    fn at_variable_length(&self) -> Option<usize> {
        let name = self.rest()[1..].iter().take_while(|&&byte| is_word_part(byte)).count();
        let closed = is_word_start(self.peek(1)) && self.peek(1 + name) == b'@';
        closed.then_some(name + 2)
    }

    fn word_or_prefixed(&mut self, start: usize) -> Result<(), Unterminated> {
        let prefix = match (self.peek(0), self.peek(1), self.peek(2)) {
            (b'e' | b'E' | b'b' | b'B' | b'x' | b'X' | b'n' | b'N', b'\'', _) => 1,
            (b'u' | b'U', b'&', b'\'' | b'"') => 2,
            _ => 0,
        };
        if prefix == 0 {
            self.word(start);
            return Ok(());
        }
        let escapes = matches!(self.peek(0), b'e' | b'E');
        self.at += prefix;
        match self.peek(0) {
            b'"' => self.quoted(start),
            _ => self.string(start, escapes),
        }
    }

    /// A word, which may hold placeholders: `idx_${table}_id`.
    fn word(&mut self, start: usize) {
        if let Some(length) = self.at_variable_length().filter(|_| self.peek(0) == b'@') {
            self.blank(length);
            self.at += length;
        }
        while self.at < self.end {
            if let Some(length) = self.braced_length() {
                self.blank(length);
                self.at += length;
            } else if is_word_part(self.peek(0)) {
                self.at += 1;
            } else if let Some(length) = self.glued_variable_length() {
                self.blank(length);
                self.at += length;
            } else {
                break;
            }
        }
        if self.names_escape(start) {
            return;
        }
        self.push(TokenKind::Word, start);
        self.track_routine_body();
    }

    /// The length of a psql variable that is glued to the word before it: `shard_:number`.
    fn glued_variable_length(&self) -> Option<usize> {
        let glued = self.peek(0) == b':' && is_word_start(self.peek(1));
        if !glued || self.statement.brackets > 0 {
            return None;
        }
        Some(1 + self.rest()[1..].iter().take_while(|&&byte| is_word_part(byte)).count())
    }

    /// Blanks `UESCAPE 'c'` after a `U&` literal; the escape character itself is left undecoded.
    fn names_escape(&mut self, start: usize) -> bool {
        let word = &self.bytes[start..self.at];
        let unicode = self.out.tokens.last().is_some_and(|last| {
            let prefix = &self.bytes[last.span.offset..last.span.end()];
            matches!(prefix, [b'u' | b'U', b'&', ..])
        });
        if !unicode || !word.eq_ignore_ascii_case(b"uescape") {
            return false;
        }
        let blanks = self.rest().iter().take_while(|byte| byte.is_ascii_whitespace()).count();
        let literal = matches!(&self.rest()[blanks..], [b'\'', c, b'\'', ..] if c.is_ascii());
        let length = self.at - start + if literal { blanks + 3 } else { 0 };
        self.at = start;
        self.spaces(length);
        self.at += length;
        self.statement.escape_end = self.at;
        true
    }

    /// Counts `BEGIN ATOMIC … END` in `CREATE FUNCTION`, where `;` does not end the statement.
    fn track_routine_body(&mut self) {
        let tokens = &self.out.tokens[self.statement.first..];
        let [.., last] = tokens else { return };
        let word = &self.bytes[last.span.offset..last.span.end()];
        if self.statement.atomic > 0 {
            if word.eq_ignore_ascii_case(b"case") {
                self.statement.atomic += 1;
            } else if word.eq_ignore_ascii_case(b"end") {
                self.statement.atomic -= 1;
            }
            return;
        }
        if !word.eq_ignore_ascii_case(b"atomic") {
            return;
        }
        let is = |token: Option<&Token>, words: &[&str]| {
            token.is_some_and(|token| {
                let word = &self.bytes[token.span.offset..token.span.end()];
                words.iter().any(|expected| word.eq_ignore_ascii_case(expected.as_bytes()))
            })
        };
        let kind = if is(tokens.get(1), &["or"]) { tokens.get(3) } else { tokens.get(1) };
        let begins = tokens.len() >= 2 && is(tokens.get(tokens.len() - 2), &["begin"]);
        if begins && is(tokens.first(), &["create"]) && is(kind, &["function", "procedure"]) {
            self.statement.atomic = 1;
        }
    }

    fn number(&mut self) {
        let start = self.at;
        if self.peek(0) == b'0' && matches!(self.peek(1) | 0x20, b'x' | b'o' | b'b') {
            self.at += 2;
            while self.peek(0).is_ascii_hexdigit() || self.peek(0) == b'_' {
                self.at += 1;
            }
            return self.push(TokenKind::Number, start);
        }
        let digits = |lexer: &mut Self| {
            while lexer.peek(0).is_ascii_digit() || lexer.peek(0) == b'_' {
                lexer.at += 1;
            }
        };
        digits(self);
        if self.peek(0) == b'.' && self.peek(1) != b'.' {
            self.at += 1;
            digits(self);
        }
        if self.peek(0) | 0x20 == b'e' {
            let sign = usize::from(matches!(self.peek(1), b'+' | b'-'));
            if self.peek(1 + sign).is_ascii_digit() {
                self.at += 1 + sign;
                digits(self);
            }
        }
        self.push(TokenKind::Number, start);
    }

    fn operator(&mut self) {
        let start = self.at;
        while is_operator(self.peek(0)) {
            let comment = matches!((self.peek(0), self.peek(1)), (b'-', b'-') | (b'/', b'*'));
            if comment && self.at > start {
                break;
            }
            self.at += 1;
        }
        // The server's rule: a trailing sign belongs to what follows, unless the operator holds
        // one of the characters that standard operators never hold (scan.l).
        let text = &self.bytes[start..self.at];
        if !text.iter().any(|byte| b"~!@#%^&|`?".contains(byte)) {
            while self.at - start > 1 && matches!(self.bytes[self.at - 1], b'+' | b'-') {
                self.at -= 1;
            }
        }
        self.push(TokenKind::Operator, start);
    }

    /// `::`, `:=`, a slice's colon, or a psql variable.
    fn colon(&mut self) {
        let start = self.at;
        match self.peek(1) {
            b':' | b'=' => self.punctuation(2),
            quote @ (b'\'' | b'"') => self.quoted_variable(quote),
            byte if is_word_start(byte) && self.statement.brackets == 0 => {
                let name = self.rest()[1..].iter().take_while(|&&byte| is_word_part(byte)).count();
                self.blank(1 + name);
                self.at += 1 + name;
                self.push(TokenKind::Word, start);
            }
            _ => self.punctuation(1),
        }
    }

    /// A psql variable that is quoted when it is put in: `:'value'` or `:"name"`.
    fn quoted_variable(&mut self, quote: u8) {
        /// The bytes of the longest name that is looked for.
        const NAME_MAX: usize = 128;
        let start = self.at;
        let near = &self.rest()[2..self.rest().len().min(NAME_MAX)];
        let Some(name) = memchr(quote, near).filter(|&end| memchr(b'\n', &near[..end]).is_none())
        else {
            return self.punctuation(1);
        };
        let length = name + 3;
        self.blank(length);
        if quote == b'\'' {
            self.bytes[start] = b'\'';
            self.bytes[start + length - 1] = b'\'';
        }
        self.at += length;
        self.push(if quote == b'"' { TokenKind::Word } else { TokenKind::String }, start);
    }

    fn semicolon(&mut self) {
        let start = self.at;
        self.at += 1;
        let inside = self.statement.atomic > 0 || (self.statement.parens > 0 && self.in_rule());
        if inside {
            return self.push(TokenKind::Semicolon, start);
        }
        let data = self.copies_from_stdin();
        self.end_statement(false);
        if data {
            let rows = self.skip_copy_data();
            if let Some(statement) = self.out.statements.last_mut() {
                statement.data = rows;
            }
        }
    }

    fn word_is(&self, token: usize, expected: &str) -> bool {
        self.out.tokens.get(token).is_some_and(|token| {
            self.bytes[token.span.offset..token.span.end()]
                .eq_ignore_ascii_case(expected.as_bytes())
        })
    }

    /// Only a rule's actions may hold a `;` in parentheses.
    fn in_rule(&self) -> bool {
        let first = self.statement.first;
        let object = if self.word_is(first + 1, "or") { first + 3 } else { first + 1 };
        self.word_is(first, "create") && self.word_is(object, "rule")
    }

    fn copies_from_stdin(&self) -> bool {
        let first = self.statement.first;
        self.word_is(first, "copy")
            && (first + 1..self.out.tokens.len())
                .any(|at| self.word_is(at, "from") && self.word_is(at + 1, "stdin"))
    }

    /// Skips to the line after `\.`; without one there is no data. Says where the data stands.
    fn skip_copy_data(&mut self) -> Option<Span> {
        if self.no_copy_end {
            return None;
        }
        let rest = self.rest();
        let mut line = memchr(b'\n', rest).map_or(rest.len(), |end| end + 1);
        let first = self.at + line;
        while line < rest.len() {
            let length = memchr(b'\n', &rest[line..]).unwrap_or(rest.len() - line);
            if rest[line..line + length].trim_ascii_end() == b"\\." {
                let data = Span::new(first, self.at + line);
                self.at += (line + length + 1).min(rest.len());
                return Some(data);
            }
            line += length + 1;
        }
        self.no_copy_end = true;
        None
    }

    /// A psql command: to the end of its line, or to `\\`.
    fn meta(&mut self) {
        let start = self.at;
        if self.peek(1) == b';' {
            self.at += 1;
            return self.semicolon();
        }
        let line = memchr(b'\n', self.rest()).unwrap_or(self.rest().len());
        let line = memmem::find(&self.rest()[1..line], b"\\\\").map_or(line, |at| at + 1);
        let name = 1 + self.rest()[1..line].iter().take_while(|&&b| is_word_part(b)).count();
        if name == 1 && !matches!(self.peek(1), b'.' | b'!' | b'?' | b'\\') {
            self.at += 1;
            return self.push(TokenKind::Unknown, start);
        }
        let text = &self.source[start..start + line];
        let meta = MetaCommand {
            span: Span::new(start, start + text.trim_end().len()),
            name: text[1..name].to_owned(),
            arguments: text[name..].trim().to_owned(),
        };
        self.at += line;
        let sends = ["g", "gx", "gset", "gexec", "gdesc", "crosstabview", "watch", "bind", "parse"];
        if sends.contains(&meta.name.as_str()) {
            self.end_statement(meta.name == "gexec");
        }
        let words = meta.arguments.to_ascii_lowercase();
        let data = meta.name.eq_ignore_ascii_case("copy") && words.contains("from stdin");
        self.out.metas.push(meta);
        if data {
            self.skip_copy_data();
        }
    }

    fn end_statement(&mut self, executes_result: bool) {
        let tokens = self.statement.first..self.out.tokens.len();
        if let (Some(first), Some(last)) = (
            self.out.tokens.get(tokens.start),
            self.out.tokens.last().filter(|_| !tokens.is_empty()),
        ) {
            let end = last.span.end().max(self.statement.escape_end);
            let span = Span::new(first.span.offset, end);
            self.out.statements.push(RawStatement {
                tokens: tokens.clone(),
                span,
                executes_result,
                data: None,
            });
        }
        self.statement = Pending { first: tokens.end, ..Pending::default() };
    }
}

/// What a template tag does.
enum Tag {
    /// It stands for a name or a value.
    Value,
    /// It steers the template, or is a comment.
    Steers,
    /// It brings in text that is not here.
    Includes,
}

impl Tag {
    fn of(tag: &str) -> Tag {
        let inner = tag.trim_start_matches(['{', '%', '-', ' ', '\t', '\n']);
        let word: String = inner.chars().take_while(|c| c.is_alphabetic()).collect();
        if tag.starts_with("{%") {
            let includes = ["include", "extends"].contains(&word.as_str());
            return if includes { Tag::Includes } else { Tag::Steers };
        }
        match word.as_str() {
            "if" | "else" | "end" | "range" | "with" | "define" | "block" | "break"
            | "continue" => Tag::Steers,
            "template" | "include" => Tag::Includes,
            _ if inner.starts_with("/*") || inner.starts_with('!') => Tag::Steers,
            _ if inner.starts_with('$') && inner.contains(":=") => Tag::Steers,
            _ => Tag::Value,
        }
    }
}

fn is_word_start(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || byte == b'_' || byte >= 0x80
}

fn is_word_part(byte: u8) -> bool {
    is_word_start(byte) || byte.is_ascii_digit() || byte == b'$'
}

fn is_operator(byte: u8) -> bool {
    b"+-*/<>=~!@#%^&|`?".contains(&byte)
}
