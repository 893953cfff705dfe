//! Text to tokens, for all languages: what is a comment, a string or a symbol in each of them.

mod strings;

use super::Language;
use super::language::Inner;
use super::token::Kind;
use super::token::Token;
use crate::sql::Span;
use memchr::memchr;
use memchr::memmem;

pub(super) struct Lexer<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    end: usize,
    language: Language,
    tokens: Vec<Token>,
    holes: Vec<Span>,
    /// The bodies of strings that start on the next line: where that line starts, where it goes on.
    skips: Vec<(usize, usize)>,
    depth: usize,
    /// How often the end of a string was looked for in vain, over all that is left.
    misses: usize,
}

/// After so many looks in vain, strings of several lines are no longer looked for.
const MISSES_MAX: usize = 64;

/// How deep code may stand in strings.
const DEPTH_MAX: usize = 8;

/// Signs of more than one character, longest first.
const SIGNS: &[&str] = &[
    "?->", "!!.", "===", "!==", "<=>", "**=", "...", "=>", "->", "::", "?.", "&.", "!.", "|>",
    "<>", "==", "!=", "<=", ">=", "&&", "||", ":=", "??", "+=", "-=", "<-",
];

impl<'a> Lexer<'a> {
    /// The tokens of a text, and the parts of strings that are code.
    pub(super) fn read(text: &'a str, language: Language) -> (Vec<Token>, Vec<Span>) {
        let mut lexer = Lexer {
            text,
            bytes: text.as_bytes(),
            at: 0,
            end: text.len(),
            language,
            tokens: Vec::with_capacity(text.len() / 6),
            holes: Vec::new(),
            skips: Vec::new(),
            depth: 0,
            misses: 0,
        };
        match language {
            Language::Template(inner) => lexer.template(inner),
            _ => lexer.run(),
        }
        (lexer.tokens, lexer.holes)
    }

    /// Reads the code between the marks of a template.
    fn template(&mut self, inner: Inner) {
        const MARKS: &[(&str, &str)] = &[("<%", "%>"), ("{{", "}}"), ("{%", "%}"), ("{!!", "!!}")];
        self.language = inner.language();
        let text = self.text;
        let mut rest = 0;
        while let Some(found) = text[rest..].find(['<', '{', '=', '@']) {
            let start = rest + found;
            let tail = &text[start..];
            rest = start + 1;
            let mark = MARKS.iter().find(|(open, _)| tail.starts_with(open));
            let Some((open, close)) = mark else { continue };
            let inside = start + open.len();
            if MISSES_MAX < self.misses {
                break;
            }
            let Some(length) = text[inside..].find(close) else {
                self.misses += 1;
                continue;
            };
            rest = inside + length;
            if text[inside..].starts_with(['#', '!']) && *open != "{!!" {
                continue;
            }
            self.part(inside, inside + length);
        }
    }

    /// Reads a part of the text as code.
    fn part(&mut self, start: usize, end: usize) {
        if DEPTH_MAX <= self.depth {
            return;
        }
        let kept = (self.at, self.end);
        (self.at, self.end) = (start, end);
        self.depth += 1;
        self.run();
        self.depth -= 1;
        (self.at, self.end) = kept;
    }

    fn run(&mut self) {
        while self.at < self.end {
            if let Some(&(start, end)) = self.skips.first()
                && start <= self.at
            {
                self.skips.remove(0);
                self.at = end.max(self.at);
                continue;
            }
            self.step();
        }
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..self.end).unwrap_or_default()
    }

    fn byte(&self, ahead: usize) -> u8 {
        let at = self.at + ahead;
        if at < self.end { self.bytes[at] } else { 0 }
    }

    fn push(&mut self, kind: Kind, start: usize, end: usize) {
        let partner = self.tokens.len();
        self.tokens.push(Token {
            kind,
            span: Span::new(start, end),
            partner,
            around: None,
            line: 0,
        });
    }

    fn last(&self) -> Option<(Kind, &'a str)> {
        self.tokens.last().map(|token| (token.kind, token.span.of(self.text)))
    }

    fn step(&mut self) {
        let byte = self.byte(0);
        match byte {
            b' ' | b'\t' | b'\r' | b'\n' => self.at += 1,
            _ if self.comment() || self.string() => {}
            b'0'..=b'9' => {
                let start = self.at;
                while is_word(self.byte(0)) {
                    self.at += 1;
                }
                self.push(Kind::Number, start, self.at);
            }
            _ if is_word(byte) => {
                let start = self.at;
                while is_word(self.byte(0)) {
                    self.at += 1;
                }
                self.push(Kind::Word, start, self.at);
            }
            b'$' | b'@' if is_word(self.byte(1)) && self.marks_variables(byte) => self.at += 1,
            b'@' if self.byte(1) == b'@' && self.language == Language::Ruby => self.at += 2,
            _ => self.sign(),
        }
    }

    fn marks_variables(&self, byte: u8) -> bool {
        match self.language {
            Language::Ruby | Language::Elixir => byte == b'@',
            Language::Php | Language::JavaScript => byte == b'$',
            _ => false,
        }
    }

    fn sign(&mut self) {
        let start = self.at;
        let rest = self.rest();
        let long = SIGNS.iter().find(|sign| rest.starts_with(*sign));
        let length = long.map_or_else(|| char_length(self.byte(0)), |sign| sign.len());
        self.at = (start + length).min(self.end);
        self.push(Kind::Sign, start, self.at);
    }

    /// Passes over a comment, if one comes next.
    fn comment(&mut self) -> bool {
        use Language as L;
        let (one, two) = (self.byte(0), self.byte(1));
        let hash = match self.language {
            L::Python | L::Elixir | L::Data | L::GraphQl | L::Ruby => true,
            L::Php => two != b'[',
            _ => false,
        };
        let slashes =
            !matches!(self.language, L::Python | L::Ruby | L::Elixir | L::GraphQl | L::Sql);
        let dashes = self.language == L::Sql;
        let line = (one == b'#' && hash)
            || (one == b'/' && two == b'/' && slashes && !self.follows_scheme())
            || (one == b'-' && two == b'-' && dashes);
        if line {
            let rest = &self.bytes[self.at..self.end];
            self.at += memchr(b'\n', rest).unwrap_or(rest.len());
            return true;
        }
        let block = one == b'/' && two == b'*' && (slashes || dashes);
        if block {
            let rest = &self.bytes[self.at + 2..self.end];
            self.at += memmem::find(rest, b"*/").map_or(rest.len() + 2, |length| length + 4);
            return true;
        }
        let ruby =
            self.language == L::Ruby && self.line_starts() && self.rest().starts_with("=begin");
        if ruby {
            self.at += self.rest().find("\n=end").map_or(self.rest().len(), |at| at + 5);
            return true;
        }
        let html = self.language == L::JavaScript && self.rest().starts_with("<!--");
        if html {
            self.at += self.rest().find("-->").map_or(4, |at| at + 3);
        }
        html
    }

    /// Whether `//` goes on with an address, as in text between tags.
    fn follows_scheme(&self) -> bool {
        let before = &self.text[..self.at];
        self.language == Language::JavaScript
            && (before.ends_with("http:") || before.ends_with("https:"))
    }

    fn line_starts(&self) -> bool {
        self.at == 0 || self.bytes[self.at - 1] == b'\n'
    }
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || 0x80 <= byte
}

fn char_length(first: u8) -> usize {
    match first {
        0xF0.. => 4,
        0xE0.. => 3,
        0xC0.. => 2,
        _ => 1,
    }
}
