//! A file of code as tokens: words, strings and signs, comments left out, brackets paired.

use super::Language;
use super::lexer::Lexer;
use crate::sql::Span;

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A keyword or an identifier, marks such as `@` and `$` before it left out.
    Word,
    /// `:name` of Ruby and Elixir: the name.
    Symbol,
    /// What stands between the quotes of a string.
    Text,
    /// A number.
    Number,
    /// Anything else.
    Sign,
}

/// One token.
#[derive(Clone, Copy, Debug)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) span: Span,
    /// The bracket it belongs with, or itself.
    pub(super) partner: usize,
    /// The bracket around it.
    pub(super) around: Option<usize>,
    /// Its line, the first being 0.
    pub(super) line: usize,
}

/// How many tokens of a line are looked at.
const LINE_MAX: usize = 400;

/// A file of code, read.
pub(super) struct File<'a> {
    pub(super) text: &'a str,
    pub(super) language: Language,
    pub(super) tokens: Vec<Token>,
    /// Parts of strings that are code, in order.
    pub(super) holes: Vec<Span>,
    lines: Vec<usize>,
}

impl<'a> File<'a> {
    pub(super) fn read(text: &'a str, language: Language) -> File<'a> {
        let (mut tokens, mut holes) = Lexer::read(text, language);
        pair(text, &mut tokens);
        holes.sort_unstable();
        let ends = memchr::memchr_iter(b'\n', text.as_bytes()).map(|at| at + 1);
        let lines: Vec<usize> = std::iter::once(0).chain(ends).collect();
        for token in &mut tokens {
            token.line = lines.partition_point(|&start| start <= token.span.offset) - 1;
        }
        let language = match language {
            Language::Template(inner) => inner.language(),
            language => language,
        };
        File { text, language, tokens, holes, lines }
    }

    pub(super) fn len(&self) -> usize {
        self.tokens.len()
    }

    /// The text of a token; nothing past the end.
    pub(super) fn at(&self, at: usize) -> &'a str {
        self.tokens.get(at).map_or("", |token| token.span.of(self.text))
    }

    pub(super) fn kind(&self, at: usize) -> Option<Kind> {
        self.tokens.get(at).map(|token| token.kind)
    }

    /// Whether a token is this word or sign.
    pub(super) fn is(&self, at: usize, text: &str) -> bool {
        !self.is_text(at) && self.at(at) == text
    }

    pub(super) fn is_word(&self, at: usize) -> bool {
        self.kind(at) == Some(Kind::Word)
    }

    pub(super) fn is_text(&self, at: usize) -> bool {
        self.kind(at) == Some(Kind::Text)
    }

    /// Whether a token opens a bracket that is closed.
    pub(super) fn opens(&self, at: usize) -> bool {
        self.tokens.get(at).is_some_and(|token| at < token.partner)
    }

    pub(super) fn closes(&self, at: usize) -> bool {
        self.tokens.get(at).is_some_and(|token| token.partner < at)
    }

    pub(super) fn partner(&self, at: usize) -> usize {
        self.tokens.get(at).map_or(at, |token| token.partner)
    }

    pub(super) fn around(&self, at: usize) -> Option<usize> {
        self.tokens.get(at)?.around
    }

    /// The line of a byte, the first being 0.
    pub(super) fn line_of(&self, offset: usize) -> usize {
        self.lines.partition_point(|&start| start <= offset) - 1
    }

    pub(super) fn line(&self, at: usize) -> usize {
        self.tokens.get(at).map_or(usize::MAX, |token| token.line)
    }

    /// How far the line of a token is set in.
    pub(super) fn indent(&self, at: usize) -> usize {
        let Some(start) = self.lines.get(self.line(at)) else { return 0 };
        let line = &self.text.as_bytes()[*start..];
        line.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count()
    }

    /// Whether a token is the first of its line.
    pub(super) fn starts_line(&self, at: usize) -> bool {
        at == 0 || self.line(at - 1) != self.line(at)
    }

    /// The first token of the line of a token; of a very long line, one of those before it.
    pub(super) fn first_of_line(&self, at: usize) -> usize {
        let mut first = at;
        while !self.starts_line(first) && at - first < LINE_MAX {
            first -= 1;
        }
        first
    }

    /// Whether a sign goes from a thing to what is in it.
    pub(super) fn is_dot(&self, at: usize) -> bool {
        if self.kind(at) != Some(Kind::Sign) {
            return false;
        }
        match self.at(at) {
            "." | "?." | "&." | "!!." | "!." | "::" => true,
            "->" | "?->" => self.language == Language::Php,
            "|>" => self.language == Language::Elixir,
            _ => false,
        }
    }
}

/// Pairs brackets and says which is around each token; brackets that do not fit stay alone.
fn pair(text: &str, tokens: &mut [Token]) {
    let mut open: Vec<usize> = Vec::new();
    for at in 0..tokens.len() {
        let token = tokens[at];
        let sign = if token.kind == Kind::Sign { token.span.of(text) } else { "" };
        let opener = match sign {
            ")" => "(",
            "]" => "[",
            "}" => "{",
            _ => "",
        };
        if !opener.is_empty() {
            // One that is closed only after some others belongs with none of them.
            let near = open.len().saturating_sub(3);
            let found = open[near..].iter().rposition(|&at| tokens[at].span.of(text) == opener);
            if let Some(found) = found.map(|found| near + found) {
                let first = open[found];
                open.truncate(found);
                tokens[first].partner = at;
                tokens[at].partner = first;
            }
        }
        tokens[at].around = open.last().copied();
        if matches!(sign, "(" | "[" | "{") {
            open.push(at);
        }
    }
}
