//! The walk over the tokens of one statement.

use super::Mention;
use super::Named;
use super::Owners;
use super::frame::Clause;
use super::frame::Frame;
use super::frame::Pending;
use crate::sql::cursor::string_value;
use crate::sql::cursor::unquote_identifier;
use crate::sql::keywords;
use crate::sql::lexer::Token;
use crate::sql::lexer::TokenKind;
use crate::sql::name;
use crate::sql::name::Name;
use crate::sql::span::Span;
use std::collections::HashSet;

/// How deep queries may stand in queries.
const DEPTH_MAX: usize = 64;

/// Words that name nothing where they stand unquoted in a query, though they are not reserved.
const SYNTAX: &[&str] = &[
    "between",
    "by",
    "conflict",
    "delete",
    "escape",
    "exists",
    "filter",
    "following",
    "insert",
    "matched",
    "materialized",
    "merge",
    "nothing",
    "nowait",
    "nulls",
    "over",
    "overriding",
    "preceding",
    "recursive",
    "rows",
    "set",
    "unbounded",
    "update",
    "values",
    "within",
];

/// Words that end the list of relations.
const CLAUSES: &[&str] =
    &["where", "having", "limit", "offset", "fetch", "window", "for", "returning", "when", "then"];

/// Words after a relation that are no alias.
const NO_ALIAS: &[&str] =
    &["cross", "inner", "left", "natural", "right", "full", "join", "start", "restart", "rename"];

pub(super) struct Reader<'a> {
    text: &'a str,
    tokens: &'a [Token],
    at: usize,
    found: Vec<Mention>,
    /// The queries around and the one that is read.
    frames: Vec<Frame>,
    /// Names that `WITH` gives.
    with: HashSet<String>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(text: &'a str, tokens: &'a [Token]) -> Reader<'a> {
        let (found, frames) = (Vec::new(), vec![Frame::default()]);
        Reader { text, tokens, at: 0, found, frames, with: HashSet::new() }
    }

    /// Reads all of it.
    pub(super) fn statement(mut self) -> Vec<Mention> {
        while self.at < self.tokens.len() {
            self.query(false);
            // A bracket too many.
            self.at += 1;
        }
        self.found
    }

    /// All names, whatever they stand for.
    pub(super) fn names(mut self) -> Vec<(Span, Vec<String>)> {
        let mut found = Vec::new();
        while self.at < self.tokens.len() {
            match self.parts() {
                Some((parts, span)) => found.push((span, parts)),
                None => self.at += 1,
            }
        }
        found
    }

    fn peek(&self, ahead: usize) -> Option<Token> {
        self.tokens.get(self.at + ahead).copied()
    }

    fn before(&self) -> Option<Token> {
        self.tokens.get(self.at.checked_sub(1)?).copied()
    }

    fn of(&self, token: Token) -> &'a str {
        token.span.of(self.text)
    }

    fn word(&self, ahead: usize, word: &str) -> bool {
        self.peek(ahead).is_some_and(|token| {
            token.kind == TokenKind::Word && self.of(token).eq_ignore_ascii_case(word)
        })
    }

    fn one_of(&self, ahead: usize, words: &[&str]) -> bool {
        words.iter().any(|word| self.word(ahead, word))
    }

    fn follows(&self, words: &[&str]) -> bool {
        let before = self.before().map(|token| self.of(token));
        before.is_some_and(|text| words.iter().any(|word| text.eq_ignore_ascii_case(word)))
    }

    fn symbol(&self, ahead: usize, symbol: &str) -> bool {
        self.peek(ahead).is_some_and(|token| self.of(token) == symbol)
    }

    fn eat(&mut self, word: &str) -> bool {
        let there = self.word(0, word);
        self.at += usize::from(there);
        there
    }

    fn frame(&mut self) -> &mut Frame {
        let last = self.frames.len() - 1;
        &mut self.frames[last]
    }

    fn push(&mut self, span: Span, what: Named) {
        self.found.push(Mention { span, what });
    }

    /// A name with its parts; `*` may be the last.
    fn parts(&mut self) -> Option<(Vec<String>, Span)> {
        let first = self.peek(0)?;
        let mut parts = vec![self.part(first, false)?];
        let mut whole = first.span;
        self.at += 1;
        while self.symbol(0, ".")
            && let Some(next) = self.peek(1)
        {
            let star = (self.of(next) == "*").then(|| "*".to_owned());
            let Some(part) = star.or_else(|| self.part(next, true)) else { break };
            parts.push(part);
            whole = whole.to(next.span);
            self.at += 2;
        }
        Some((parts, whole))
    }

    fn part(&self, token: Token, qualified: bool) -> Option<String> {
        match token.kind {
            TokenKind::Quoted => Some(unquote_identifier(self.of(token))),
            TokenKind::Word => {
                let word = name::fold(self.of(token));
                let syntax = keywords::is_reserved(&word) || SYNTAX.contains(&word.as_str());
                (qualified || !syntax).then_some(word)
            }
            _ => None,
        }
    }

    /// Whether a bracket opens a query.
    fn opens_query(&self, ahead: usize) -> bool {
        let queries = ["SELECT", "WITH", "VALUES", "INSERT", "UPDATE", "DELETE", "TABLE"];
        let brackets = (ahead..).take_while(|&at| self.symbol(at, "(")).take(DEPTH_MAX).count();
        0 < brackets && self.one_of(ahead + brackets, &queries)
    }

    /// Reads up to the bracket that closes this query, or to the end; the source of an `INSERT`
    /// also ends where the rest of that statement goes on.
    fn query(&mut self, source: bool) {
        if DEPTH_MAX < self.frames.len() {
            self.at = self.tokens.len();
            return;
        }
        self.frames.push(Frame::default());
        self.opening();
        while self.at < self.tokens.len() {
            let conflict = self.word(0, "ON") && self.word(1, "CONFLICT");
            let ends = source && (conflict || self.word(0, "RETURNING"));
            if self.frame().brackets.is_empty() && (self.symbol(0, ")") || ends) {
                break;
            }
            self.step();
        }
        self.close();
    }

    fn close(&mut self) {
        if let Some(mut frame) = self.frames.pop() {
            frame.resolve(&self.frames, &mut self.found);
        }
    }

    /// The first words of a query, which say what it does.
    fn opening(&mut self) {
        while self.eat("EXPLAIN") || self.eat("ANALYZE") || self.eat("VERBOSE") {}
        if self.eat("WITH") {
            self.with_queries();
        }
        let target = self.one_of(0, &["INSERT", "MERGE"]) && self.word(1, "INTO");
        if target {
            self.frame().using = self.word(0, "MERGE");
            let inserts = self.word(0, "INSERT");
            self.at += 2;
            self.relation(true);
            if inserts {
                self.insert();
            }
        } else if self.eat("UPDATE") {
            self.relation(true);
        } else if self.word(0, "DELETE") && self.word(1, "FROM") {
            self.at += 2;
            self.frame().using = true;
            self.relation(true);
        } else if self.eat("COPY") && !self.symbol(0, "(") {
            self.relation(true);
            let lists = self.symbol(0, "(");
            self.columns_of_target();
            if !lists && self.word(0, "FROM") {
                self.positional();
            }
            // `FROM` names no relation here.
            self.at = self.tokens.len();
        } else if self.one_of(0, &["TABLE", "TRUNCATE", "LOCK", "ALTER", "DROP", "REFRESH"]) {
            self.object();
        }
    }

    /// `TABLE t`, `TRUNCATE [TABLE] t, …`, `DROP VIEW IF EXISTS t` and the like.
    fn object(&mut self) {
        const PASSED: &[&str] = &[
            "alter",
            "concurrently",
            "drop",
            "exists",
            "if",
            "lock",
            "materialized",
            "only",
            "refresh",
            "table",
            "truncate",
            "view",
        ];
        while self.one_of(0, PASSED) {
            self.at += 1;
        }
        self.relation(true);
        while self.symbol(0, ",") {
            self.at += 1;
            self.relation(false);
        }
    }

    /// `[RECURSIVE] name [(columns)] AS [NOT] [MATERIALIZED] (statement), …`.
    fn with_queries(&mut self) {
        self.eat("RECURSIVE");
        while let Some((parts, _)) = self.parts() {
            self.with.extend(parts);
            self.skip_brackets();
            self.eat("AS");
            self.eat("NOT");
            self.eat("MATERIALIZED");
            if !self.symbol(0, "(") {
                break;
            }
            self.nested();
            if !self.symbol(0, ",") {
                break;
            }
            self.at += 1;
        }
    }

    /// A query in brackets, these included.
    fn nested(&mut self) {
        self.at += 1;
        self.query(false);
        self.at += 1;
    }

    fn skip_brackets(&mut self) {
        if !self.symbol(0, "(") {
            return;
        }
        let mut depth = 0_usize;
        while let Some(token) = self.peek(0) {
            self.at += 1;
            match self.of(token) {
                "(" => depth += 1,
                ")" => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                break;
            }
        }
    }

    /// What follows `INSERT INTO t`, up to the end of its source.
    fn insert(&mut self) {
        let lists = self.symbol(0, "(") && !self.opens_query(0);
        if lists {
            self.columns_of_target();
        } else if !self.word(0, "DEFAULT") {
            self.positional();
        }
        while self.one_of(0, &["OVERRIDING", "SYSTEM", "USER", "VALUE"]) {
            self.at += 1;
        }
        if self.one_of(0, &["SELECT", "WITH", "VALUES", "TABLE"]) || self.symbol(0, "(") {
            self.query(true);
        }
        let target = self.frame().target.clone();
        self.frame().relations.push(("excluded".to_owned(), target));
    }

    fn positional(&mut self) {
        let Some(target) = self.frame().target.clone() else { return };
        let span = self.before().map_or(Span::default(), |token| token.span);
        self.push(span, Named::Positional(target));
    }

    /// `(column, …)` of the relation that is written to.
    fn columns_of_target(&mut self) {
        if !self.symbol(0, "(") {
            return;
        }
        self.at += 1;
        while self.at < self.tokens.len() && !self.symbol(0, ")") {
            match self.label() {
                Some((name, span)) => self.write(name, span),
                None => self.at += 1,
            }
        }
        self.at += 1;
    }

    /// A name where only a column can stand, keyword or not.
    fn label(&mut self) -> Option<(String, Span)> {
        let token = self.peek(0)?;
        let part = self.part(token, true)?;
        self.at += 1;
        Some((part, token.span))
    }

    fn write(&mut self, name: String, span: Span) {
        if let Some(target) = self.frame().target.clone() {
            let of = Owners { tables: vec![target], others: false };
            self.push(span, Named::Column { name, of, written: true });
        }
    }

    /// A relation with its alias, a function or a query in brackets that stands for one.
    fn relation(&mut self, target: bool) {
        while self.one_of(0, &["ONLY", "LATERAL"]) || self.symbol(0, "(") {
            if self.opens_query(0) {
                self.nested();
                let alias = self.alias().unwrap_or_default();
                return self.frame().relations.push((alias, None));
            }
            if self.symbol(0, "(") {
                self.frame().brackets.push(String::new());
            }
            self.at += 1;
        }
        // The query languages of object mappers have relations of any name.
        let reserved = self.one_of(0, &["USER", "ORDER", "GROUP"]) && !self.word(1, "BY");
        let read = if reserved {
            self.label().map(|(name, span)| (vec![name], span))
        } else {
            self.parts()
        };
        let Some((mut parts, span)) = read else { return };
        let name = parts.pop().unwrap_or_default();
        let name = Name { schema: parts.pop(), name };
        if self.symbol(0, "(") && !target {
            self.frame().relations.push((name.name.clone(), None));
            return self.push(span, Named::Function(name));
        }
        let derived = name.schema.is_none() && self.with.contains(&name.name);
        let alias = self.alias().unwrap_or_else(|| name.name.clone());
        if derived {
            return self.frame().relations.push((alias, None));
        }
        self.push(span, Named::Relation(name.clone()));
        if target {
            self.frame().target = Some(name.clone());
        }
        self.frame().relations.push((alias, Some(name)));
    }

    fn alias(&mut self) -> Option<String> {
        if self.symbol(0, "*") {
            self.at += 1;
        }
        let explicit = self.eat("AS");
        let next = self.peek(0)?;
        if !explicit && self.one_of(0, NO_ALIAS) {
            return None;
        }
        let alias = self.part(next, explicit)?;
        self.at += 1;
        if !self.symbol(0, "(") {
            return Some(alias);
        }
        if !self.frame().using && self.frame().target.is_none() {
            self.skip_brackets();
        }
        Some(alias)
    }

    /// One token, or one name, of a query.
    fn step(&mut self) {
        let Some(token) = self.peek(0) else { return };
        match (token.kind, self.of(token)) {
            (_, "(") if self.opens_query(0) => {
                self.nested();
            }
            (_, "(") => {
                let before = self.before().map_or("", |token| self.of(token)).to_ascii_lowercase();
                self.frame().brackets.push(before);
                self.at += 1;
            }
            (_, ")") => {
                self.frame().brackets.pop();
                self.at += 1;
            }
            (_, ",") => self.comma(),
            (_, "*") => self.star(token),
            (TokenKind::String | TokenKind::Dollar, literal) => self.literal(token, literal),
            (TokenKind::Word | TokenKind::Quoted, _) => {
                if !self.keyword() {
                    self.name();
                }
            }
            _ => self.at += 1,
        }
    }

    fn comma(&mut self) {
        self.at += 1;
        let frame = self.frame();
        if frame.clause == Clause::From(frame.brackets.len()) {
            self.relation(false);
        }
    }

    fn star(&mut self, token: Token) {
        if self.follows(&["SELECT", "ALL", "DISTINCT", ",", "RETURNING"]) {
            let clause = self.frame().clause;
            let parts = vec!["*".to_owned()];
            self.frame().columns.push(Pending { span: token.span, parts, clause });
        }
        self.at += 1;
    }

    fn literal(&mut self, token: Token, literal: &str) {
        self.at += 1;
        let cast = self.symbol(0, "::");
        self.at += usize::from(cast);
        let named = if cast { self.parts() } else { None };
        let to = named.map(|(mut parts, span)| {
            let name = parts.pop().unwrap_or_default();
            let name = Name { schema: parts.pop(), name };
            self.push(span, Named::Type(name.clone()));
            name
        });
        self.push(token.span, Named::Text(string_value(literal), to));
    }

    /// Passes over a word that means something to the grammar, if the next is one.
    fn keyword(&mut self) -> bool {
        let Some(token) = self.peek(0).filter(|token| token.kind == TokenKind::Word) else {
            return false;
        };
        let depth = self.frame().brackets.len();
        let call = self.frame().brackets.last().is_some_and(|word| !word.is_empty());
        match self.of(token).to_ascii_lowercase().as_str() {
            "select" => {
                self.at += 1;
                self.frame().clause = Clause::Select;
            }
            "from" if self.follows(&["DISTINCT"]) || call => self.at += 1,
            "from" => {
                self.at += 1;
                self.frame().clause = Clause::From(depth);
                self.relation(false);
            }
            "join" => {
                self.at += 1;
                self.relation(false);
            }
            "using" if self.frame().using && !self.symbol(1, "(") => {
                self.at += 1;
                self.frame().clause = Clause::From(depth);
                self.relation(false);
            }
            "into" if self.frame().clause == Clause::Select => {
                self.at += 1;
                self.parts();
            }
            "union" | "intersect" | "except" if depth == 0 => self.next_arm(),
            "set" => {
                self.at += 1;
                self.frame().clause = Clause::Set;
            }
            "group" | "order" if self.word(1, "BY") && !call => {
                self.at += 2;
                self.frame().clause = Clause::Order;
            }
            "as" => self.output(),
            clause if CLAUSES.contains(&clause) && !call => {
                self.at += 1;
                self.frame().clause = Clause::Other;
            }
            "user" => return false,
            word if keywords::is_reserved(word) || SYNTAX.contains(&word) => self.at += 1,
            _ => return false,
        }
        true
    }

    /// The next query of a `UNION`, which has relations of its own.
    fn next_arm(&mut self) {
        self.at += 1;
        while self.eat("ALL") || self.eat("DISTINCT") {}
        self.close();
        self.frames.push(Frame::default());
    }

    /// `AS name`, or the type of a cast.
    fn output(&mut self) {
        self.at += 1;
        if self.frame().brackets.last().is_some_and(|word| word == "cast") {
            if let Some((mut parts, span)) = self.parts() {
                let name = parts.pop().unwrap_or_default();
                self.push(span, Named::Type(Name { schema: parts.pop(), name }));
            }
        } else if let Some((name, _)) = self.label() {
            self.frame().outputs.insert(name);
        }
    }

    fn name(&mut self) {
        let ends_value = self.before().is_some_and(|before| match before.kind {
            TokenKind::Word | TokenKind::Quoted => self.part(before, false).is_some(),
            TokenKind::Number | TokenKind::String | TokenKind::Param => true,
            _ => matches!(self.of(before), ")" | "]"),
        });
        let cast = self.follows(&["::"]);
        let assigned = self.frame().clause == Clause::Set && self.follows(&["SET", ","]);
        let assigned = assigned && self.frame().brackets.is_empty();
        let Some((parts, span)) = self.parts() else {
            self.at += 1;
            return;
        };
        let split = |mut parts: Vec<String>| {
            let name = parts.pop().unwrap_or_default();
            Name { schema: parts.pop(), name }
        };
        let literal = self.peek(0).is_some_and(|next| next.kind == TokenKind::String);
        if cast || literal {
            self.push(span, Named::Type(split(parts)));
        } else if self.symbol(0, "(") {
            self.push(span, Named::Function(split(parts)));
        } else if ends_value {
            self.frame().outputs.extend(parts.into_iter().next_back());
        } else if assigned && parts.len() == 1 {
            self.write(split(parts).name, span);
        } else if !self.symbol(0, "=>") && !self.symbol(0, ":=") {
            let clause = self.frame().clause;
            self.frame().columns.push(Pending { span, parts, clause });
        }
    }
}
