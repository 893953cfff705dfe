//! Classes and what is like them: where one starts, how it is called, what stands in it.

use super::Model;
use crate::code::Language;
use crate::code::spelling;
use crate::code::token::File;
use crate::code::token::Kind;
use crate::sql::Span;

/// A class, struct, interface, module or enumeration. Its parts are tokens by their places.
#[derive(Clone, Debug)]
pub(in crate::code) struct Class {
    /// The word that declares it, such as `class`.
    pub(in crate::code) keyword: usize,
    /// Its name.
    pub(in crate::code) name: usize,
    /// Where what is said of it starts: annotations, attributes.
    pub(in crate::code) start: usize,
    /// What stands in it: the first token, and the first after it.
    pub(in crate::code) body: (usize, usize),
    /// The brace that opens it.
    brace: Option<usize>,
}

/// The most tokens between the name of a class and its body.
const HEAD_MAX: usize = 200;

/// All classes of a file, in order; one in another comes after it.
pub(in crate::code) fn classes(file: &File) -> Vec<Class> {
    (0..file.len()).filter_map(|at| class(file, at)).collect()
}

fn class(file: &File, at: usize) -> Option<Class> {
    use Language as L;
    let factory = file.language == L::Ruby
        && file.is(at, "factory")
        && file.kind(at + 1) == Some(Kind::Symbol);
    let named = file.is_word(at + 1) || factory;
    if !file.is_word(at) || !named || (at > 0 && file.is_dot(at - 1)) {
        return None;
    }
    let declares = match (file.language, file.at(at)) {
        (L::Elixir, word) => word == "defmodule",
        (L::Python, word) => word == "class",
        (L::Ruby, "class" | "module" | "factory")
        | (L::Prisma, "model" | "enum" | "view" | "type")
        | (L::GraphQl, "type" | "input" | "interface" | "enum")
        | (L::Go, "type")
        | (L::JavaScript, "type" | "interface" | "enum" | "class")
        | (L::Rust, "struct" | "enum" | "trait" | "impl" | "mod") => true,
        (L::Ruby | L::Go | L::Prisma | L::GraphQl | L::Sql | L::Data, _) => false,
        (_, "class" | "struct" | "interface" | "object" | "enum" | "record" | "trait") => true,
        _ => false,
    };
    if !declares {
        return None;
    }
    let mut name = at + 1;
    if file.language == L::Kotlin && file.at(name) == "class" {
        name += 1;
    }
    // `Admin::User` and `App.Accounts.User` go by their last part.
    while file.is_dot(name + 1) && file.is_word(name + 2) {
        name += 2;
    }
    let (body, brace) = if file.language.indents() {
        (indented(file, at, name), None)
    } else {
        braced(file, name)?
    };
    Some(Class { keyword: at, name, start: start(file, at), body, brace })
}

/// What is set in further than the line of the class, up to the next line that is not.
fn indented(file: &File, at: usize, name: usize) -> (usize, usize) {
    let own = file.indent(at);
    let mut first = name + 1;
    if file.is(first, "(") && file.opens(first) {
        first = file.partner(first) + 1;
    }
    let head = first;
    while first < file.len() && first < head + HEAD_MAX && !file.starts_line(first) {
        first += 1;
    }
    if !file.starts_line(first) {
        return (first, first);
    }
    let mut end = first;
    while end < file.len() {
        if file.starts_line(end) && file.indent(end) <= own && file.around(end) == file.around(at) {
            break;
        }
        end += 1;
    }
    (first, end)
}

/// What stands in the braces after the name; in Kotlin and Scala the parameters too.
fn braced(file: &File, name: usize) -> Option<((usize, usize), Option<usize>)> {
    let mut at = name + 1;
    let mut parameters = None;
    while at < file.len() && at < name + HEAD_MAX {
        if file.is(at, "{") && file.opens(at) {
            let first = parameters.map_or(at, |(open, _)| open);
            return Some(((first + 1, file.partner(at)), Some(at)));
        }
        if file.is(at, "(") && file.opens(at) {
            let keeps = matches!(file.language, Language::Kotlin | Language::Scala)
                || (file.language == Language::Java && file.at(name - 1) == "record");
            if keeps && parameters.is_none() {
                parameters = Some((at, file.partner(at)));
            }
            at = file.partner(at);
        } else {
            let next = parameters.is_some() && file.starts_line(at) && file.is_word(at);
            if next || [";", "}", ")"].iter().any(|sign| file.is(at, sign)) {
                break;
            }
        }
        at += 1;
    }
    parameters.map(|(open, close)| ((open + 1, close), None))
}

/// The first token of what is said of a class: back to the end of what stands before it.
fn start(file: &File, at: usize) -> usize {
    let mut start = at;
    while let Some(before) = start.checked_sub(1) {
        let ends = file.is(before, ";") || file.is(before, "{") || file.is(before, "}");
        if ends || at - before > HEAD_MAX {
            break;
        }
        start = if file.closes(before) { file.partner(before) } else { before };
    }
    start
}

impl Class {
    /// Whether a token stands right in it: not in a method, nor in a class in it.
    pub(in crate::code) fn holds_directly(&self, file: &File, at: usize) -> bool {
        let (first, end) = self.body;
        if at < first || end <= at {
            return false;
        }
        if file.language.indents() {
            return file.indent(at) == file.indent(first);
        }
        let mut around = file.around(at);
        // Brackets of annotations and calls are no methods; braces are.
        while let Some(open) = around {
            if open < first || Some(open) == self.brace {
                return true;
            }
            // The parameters of a method are its own; a string may be said of it, as in an
            // annotation.
            let said = Some(open) == file.around(at) && !file.is_word(at);
            let parameters = file.is(open, "(")
                && open > 1
                && !said
                && file.is_word(open - 1)
                && !["@", "[", "\\", ".", "(", ","].contains(&file.at(open - 2));
            if file.is(open, "{") || parameters {
                return false;
            }
            around = file.around(open);
        }
        false
    }

    /// From the word that declares it to its end.
    pub(in crate::code) fn whole(&self, file: &File) -> Span {
        let first = file.tokens[self.keyword].span;
        let last = self.body.1.min(file.len() - 1).max(self.name);
        first.to(file.tokens[last].span)
    }

    /// A model of this name, with all that stands in it.
    pub(super) fn model(&self, file: &File) -> Model {
        let members = (self.body.0..self.body.1)
            .filter(|&at| matches!(file.kind(at), Some(Kind::Word | Kind::Symbol)))
            .filter(|&at| self.holds_directly(file, at))
            .map(|at| spelling::key(file.at(at)));
        Model {
            name: file.at(self.name).to_owned(),
            members: members.collect(),
            at: file.tokens[self.name].span,
            whole: self.whole(file),
            ..Model::default()
        }
    }
}

impl File<'_> {
    /// The first place of a word in a part of the file.
    pub(super) fn find(&self, part: (usize, usize), word: &str) -> Option<usize> {
        (part.0..part.1.min(self.len())).find(|&at| self.is(at, word))
    }

    /// The string that belongs to a word: its argument, or what it is set to.
    pub(super) fn text_after(&self, word: usize) -> Option<usize> {
        let mut at = word + 1;
        while at < word + 8 && at < self.len() {
            if self.is_text(at) {
                return Some(at);
            }
            let passes = self.is_word(at) && self.at(at) == "name" || self.at(at) == "return";
            if !passes
                && !["(", ":", "=", "{", ")", "=>", "string", "str", "$"].contains(&self.at(at))
            {
                return None;
            }
            at += 1;
        }
        None
    }

    /// The string that a named argument has in a part of the file.
    pub(super) fn argument(&self, part: (usize, usize), name: &str) -> Option<usize> {
        let mut from = part.0;
        while let Some(at) = self.find((from, part.1), name) {
            let sign = self.at(at + 1);
            if matches!(sign, ":" | "=" | "=>") && self.is_text(at + 2) {
                return Some(at + 2);
            }
            from = at + 1;
        }
        None
    }

    /// What stands in the brackets that follow a token, if any do.
    pub(super) fn arguments(&self, at: usize) -> (usize, usize) {
        let open = at + 1;
        if self.opens(open) && self.is(open, "(") {
            (open + 1, self.partner(open))
        } else {
            (open, open)
        }
    }
}
