//! Strings of all kinds: which marks open one, where it ends, and which parts of it are code.

use super::Kind;
use super::Language;
use super::Lexer;
use super::MISSES_MAX;
use super::is_word;
use crate::sql::Span;

/// The longest list of words in `%w[…]`, in bytes.
const WORDS_MAX: usize = 4_096;

/// The longest regular expression, in bytes.
const PATTERN_MAX: usize = 1_024;

/// How code stands in a string.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Holes {
    No,
    /// `${…}`.
    Dollar,
    /// `#{…}`.
    Hash,
    /// `{…}`.
    Brace,
}

/// How a string ends.
struct Shape<'e> {
    close: &'e str,
    escapes: bool,
    lines: bool,
    holes: Holes,
}

impl Lexer<'_> {
    /// Reads a string, a symbol or a character, if one comes next.
    pub(super) fn string(&mut self) -> bool {
        use Language as L;
        match (self.byte(0), self.language) {
            (b'"' | b'\'', L::Data | L::Sql | L::GraphQl) => self.plain(),
            (b'\'', L::Rust | L::Go | L::Java | L::Kotlin | L::Scala | L::CSharp) => {
                self.character()
            }
            (b'"' | b'\'', _) => self.quoted(0),
            (b'`', L::JavaScript) => self.shaped(1, "`", true, true, Holes::Dollar),
            (b'`', L::Go) => self.shaped(1, "`", false, true, Holes::No),
            (b'/', L::JavaScript | L::Ruby) => self.pattern(),
            (b':', L::Ruby | L::Elixir) => self.symbol(),
            (b'<', L::Ruby | L::Php) => self.heredoc(),
            (b'%', L::Ruby) => self.percent(),
            (b'~', L::Elixir) => self.sigil(),
            (b'r' | b'b' | b'c', L::Rust) => self.raw_rust(),
            (b'$' | b'@', L::CSharp) => self.csharp(),
            (byte, L::Python) if byte.is_ascii_alphabetic() => self.prefixed(),
            (byte, L::Scala) if byte.is_ascii_alphabetic() => self.prefixed(),
            _ => false,
        }
    }

    fn plain(&mut self) -> bool {
        let close = if self.byte(0) == b'"' { "\"" } else { "'" };
        self.shaped(1, close, self.language != Language::Sql, true, Holes::No)
    }

    /// A string whose quote stands after `prefix` bytes: three quotes open a long one.
    fn quoted(&mut self, prefix: usize) -> bool {
        let single = self.byte(prefix) == b'\'';
        let (one, three) = if single { ("'", "'''") } else { ("\"", "\"\"\"") };
        let long = !matches!(self.language, Language::JavaScript | Language::Go | Language::Rust);
        let holes = self.holes_of(single, prefix);
        if long && self.rest()[prefix..].starts_with(three) {
            return self.shaped(prefix + 3, three, true, true, holes);
        }
        self.shaped(prefix + 1, one, true, self.language.long_strings(), holes)
    }

    fn holes_of(&self, single: bool, prefix: usize) -> Holes {
        use Language as L;
        match self.language {
            L::Ruby | L::Elixir if !single => Holes::Hash,
            L::Kotlin | L::Dart => Holes::Dollar,
            L::Scala if prefix > 0 => Holes::Dollar,
            L::Python if self.rest()[..prefix].to_ascii_lowercase().contains('f') => Holes::Brace,
            L::CSharp if self.rest()[..prefix].contains('$') => Holes::Brace,
            L::Php if !single => Holes::Brace,
            _ => Holes::No,
        }
    }

    /// `r"…"`, `f'…'`, `b"…"` of Python; `s"…"` of Scala.
    fn prefixed(&mut self) -> bool {
        let letters = self.rest().bytes().take_while(u8::is_ascii_alphabetic).count();
        let short = letters <= 2 || (self.language == Language::Scala && letters <= 4);
        let quote = self.byte(letters);
        let quoted = quote == b'"' || (quote == b'\'' && self.language == Language::Python);
        short && quoted && self.quoted(letters)
    }

    fn csharp(&mut self) -> bool {
        let marks = self.rest().bytes().take_while(|byte| matches!(byte, b'$' | b'@')).count();
        if self.byte(marks) != b'"' {
            return false;
        }
        let verbatim = self.rest()[..marks].contains('@');
        if verbatim && !self.rest()[marks..].starts_with("\"\"\"") {
            let holes = self.holes_of(false, marks);
            return self.shaped(marks + 1, "\"", false, true, holes);
        }
        self.quoted(marks)
    }

    fn raw_rust(&mut self) -> bool {
        let letters = self.rest().bytes().take_while(u8::is_ascii_alphabetic).count();
        if letters > 2 {
            return false;
        }
        let hashes = self.rest()[letters..].bytes().take_while(|byte| *byte == b'#').count();
        if self.byte(letters + hashes) != b'"' {
            return false;
        }
        let raw = self.rest()[..letters].contains('r');
        let close = format!("\"{}", "#".repeat(hashes));
        self.shaped(letters + hashes + 1, &close, !raw, true, Holes::No)
    }

    /// A character, or a lone quote.
    fn character(&mut self) -> bool {
        let rest = self.rest().as_bytes();
        let length = match rest.get(1) {
            Some(b'\\') => rest.iter().take(12).skip(3).position(|byte| *byte == b'\''),
            _ => rest.iter().take(6).skip(2).position(|byte| *byte == b'\'').map(|at| at + 10),
        };
        match length {
            Some(at) if at >= 10 => self.at += at - 10 + 3,
            Some(at) => self.at += at + 4,
            None => self.at += 1,
        }
        true
    }

    fn symbol(&mut self) -> bool {
        let before = self.at.checked_sub(1).map_or(b' ', |at| self.bytes[at]);
        if before == b':' || is_word(before) || before == b'"' || before == b')' {
            return false;
        }
        if self.byte(1) == b'"' {
            self.at += 1;
            return self.quoted(0);
        }
        if !is_word(self.byte(1)) || self.byte(1).is_ascii_digit() {
            return false;
        }
        let start = self.at + 1;
        self.at = start;
        while is_word(self.byte(0)) {
            self.at += 1;
        }
        self.push(Kind::Symbol, start, self.at);
        true
    }

    /// `<<~SQL` of Ruby, `<<<SQL` of PHP: the text starts on the next line.
    fn heredoc(&mut self) -> bool {
        let rest = self.rest();
        let mark = if self.language == Language::Php { "<<<" } else { "<<" };
        let Some(tail) = rest.strip_prefix(mark) else { return false };
        let tail = tail.trim_start_matches(['~', '-', '"', '\'']);
        let tag: String = tail.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
        if tag.is_empty() || !tag.starts_with(|c: char| c.is_uppercase() || c == '_') {
            return false;
        }
        let opener = rest.len() - tail.len() + tag.len();
        if MISSES_MAX < self.misses {
            return false;
        }
        self.misses += 1;
        let Some(line) = rest.find('\n') else { return false };
        let body = self.skips.last().map_or(self.at + line + 1, |skip| skip.1.max(self.at));
        let mut at = body;
        while at < self.end {
            let next = self.text[at..self.end].find('\n').map_or(self.end, |line| at + line + 1);
            let end = self.text[at..next].trim_start();
            if end.trim_end().trim_end_matches([';', ',', ')']) == tag {
                self.at += opener;
                if self.bytes.get(self.at).is_some_and(|byte| matches!(byte, b'"' | b'\'')) {
                    self.at += 1;
                }
                self.push(Kind::Text, body, at);
                self.misses -= 1;
                let tail = next - end.len() + tag.len();
                self.skips.push((body, tail.min(self.end)));
                return true;
            }
            at = next;
        }
        false
    }

    /// `%w[a b]`, `%i(a b)`, `%q{…}`.
    fn percent(&mut self) -> bool {
        let letter = self.byte(1);
        let opener = self.byte(2);
        let close = match opener {
            b'[' => "]",
            b'(' => ")",
            b'{' => "}",
            b'<' => ">",
            b'|' => "|",
            _ => return false,
        };
        if !matches!(letter, b'w' | b'W' | b'i' | b'I' | b'q' | b'Q') {
            return false;
        }
        if matches!(letter, b'q' | b'Q') {
            return self.shaped(3, close, true, true, Holes::Hash);
        }
        let start = self.at + 3;
        let near = &self.text[start..self.end];
        let near = &near[..near.floor_char_boundary(WORDS_MAX)];
        let Some(length) = near.find(close) else { return false };
        let mut at = start;
        for word in self.text[start..start + length].split_ascii_whitespace() {
            let found = self.text[at..start + length].find(word).unwrap_or(0);
            at += found + word.len();
            self.push(Kind::Text, at - word.len(), at);
        }
        self.at = start + length + 1;
        true
    }

    /// `~s(…)`, `~w[…]` of Elixir.
    fn sigil(&mut self) -> bool {
        let opener = 2;
        if !self.byte(1).is_ascii_alphabetic() {
            return false;
        }
        if self.rest()[1..].is_char_boundary(1) && self.rest()[2..].starts_with("\"\"\"") {
            return self.shaped(5, "\"\"\"", false, true, Holes::Hash);
        }
        let close = match self.byte(opener) {
            b'(' => ")",
            b'[' => "]",
            b'{' => "}",
            b'|' => "|",
            b'"' => "\"",
            b'\'' => "'",
            b'/' => "/",
            _ => return false,
        };
        self.shaped(3, close, true, true, Holes::Hash)
    }

    /// A regular expression, which says nothing here.
    fn pattern(&mut self) -> bool {
        let divides = match self.last() {
            None => false,
            Some((Kind::Word, word)) => {
                !["return", "when", "if", "and", "or", "unless", "case", "in"].contains(&word)
            }
            Some((Kind::Sign, sign)) => matches!(sign, ")" | "]" | "}" | "<"),
            Some(_) => true,
        };
        if divides {
            return false;
        }
        let mut class = false;
        let mut at = self.at + 1;
        while at < self.end.min(self.at + PATTERN_MAX) {
            match self.bytes[at] {
                b'\n' => return false,
                b'\\' => at += 1,
                b'[' => class = true,
                b']' => class = false,
                b'/' if !class => {
                    self.at = at + 1;
                    while self.byte(0).is_ascii_alphabetic() {
                        self.at += 1;
                    }
                    return true;
                }
                _ => {}
            }
            at += 1;
        }
        false
    }

    /// A string whose text starts after `open` bytes; none where it is never closed.
    fn shaped(
        &mut self,
        open: usize,
        close: &str,
        escapes: bool,
        lines: bool,
        holes: Holes,
    ) -> bool {
        if lines && MISSES_MAX < self.misses {
            return false;
        }
        let shape = Shape { close, escapes, lines, holes };
        let start = self.at + open;
        let mut inside = Vec::new();
        let Some(end) = self.closing(start, &shape, &mut inside) else {
            // The lone mark; what stands before it is read as what it is.
            self.misses += 1;
            return false;
        };
        self.push(Kind::Text, start, end);
        for hole in inside {
            self.holes.push(hole);
            if shape.holes != Holes::No {
                self.part(hole.offset, hole.end());
            }
        }
        self.at = (end + close.len()).min(self.end);
        true
    }

    fn closing(&self, start: usize, shape: &Shape, inside: &mut Vec<Span>) -> Option<usize> {
        let close = shape.close.as_bytes();
        let mut at = start;
        while at < self.end {
            let byte = self.bytes[at];
            if byte == b'\\' && shape.escapes {
                at += 2;
            } else if self.bytes[at..self.end].starts_with(close) {
                let doubled = !shape.escapes
                    && close == b"\""
                    && self.language == Language::CSharp
                    && self.bytes.get(at + 1) == Some(&b'"');
                if !doubled {
                    return Some(at);
                }
                at += 2;
            } else if byte == b'\n' && !shape.lines {
                return None;
            } else if let Some(open) = self.hole(at, shape.holes) {
                let end = self.hole_end(at + open)?;
                inside.push(Span::new(at + open, end));
                at = end + 1;
            } else {
                at += 1;
            }
        }
        None
    }

    /// The length of the mark that opens a hole here.
    fn hole(&self, at: usize, holes: Holes) -> Option<usize> {
        let rest = &self.bytes[at..self.end];
        match holes {
            Holes::No => None,
            Holes::Dollar => rest.starts_with(b"${").then_some(2),
            Holes::Hash => rest.starts_with(b"#{").then_some(2),
            Holes::Brace if self.language == Language::Php => rest.starts_with(b"{$").then_some(1),
            Holes::Brace => (rest.starts_with(b"{")
                && rest.get(1).is_some_and(|&next| is_word(next)))
            .then_some(1),
        }
    }

    /// Where the bracket that opened before `start` is closed.
    fn hole_end(&self, start: usize) -> Option<usize> {
        let mut depth = 0_usize;
        let mut at = start;
        while at < self.end {
            match self.bytes[at] {
                b'{' => depth += 1,
                b'}' if depth == 0 => return Some(at),
                b'}' => depth -= 1,
                quote @ (b'"' | b'\'' | b'`') => {
                    let rest = &self.bytes[at + 1..self.end];
                    let length = rest.iter().position(|byte| *byte == quote || *byte == b'\n');
                    at += length.filter(|length| rest[*length] == quote).map_or(0, |at| at + 1);
                }
                _ => {}
            }
            at += 1;
        }
        None
    }
}
