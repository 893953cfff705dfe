//! A file that is searched for one object: what ties a name in it to the object's table.

use super::Search;
use super::Target;
use crate::code::Declarations;
use crate::code::Language;
use crate::code::declarations::Class;
use crate::code::declarations::Model;
use crate::code::spelling;
use crate::code::token::File;
use crate::code::token::Kind;
use std::collections::BTreeSet;

/// What a piece of code says of the table that a name beside it belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Tie {
    /// It names the table; `true` where its members are columns.
    Table(String, bool),
    /// It names another table.
    Other,
    /// Nothing.
    None,
}

/// A file that is read, with all that is known of it.
pub(super) struct Scene<'s> {
    pub(super) search: &'s Search,
    pub(super) target: &'s Target,
    pub(super) file: &'s File<'s>,
    pub(super) classes: &'s [Class],
    /// What the file itself declares.
    pub(super) declared: &'s Declarations,
    /// Variables that hold rows of the table.
    pub(super) bound: BTreeSet<&'s str>,
    /// Strings with SQL that reads the table.
    pub(super) queries: Vec<usize>,
}

/// Words before the name of a thing that leave it the same thing: `currentUser`.
const BEFORE: &[&str] = &[
    "a",
    "admin",
    "all",
    "an",
    "auth",
    "authenticated",
    "cached",
    "created",
    "current",
    "db",
    "deleted",
    "each",
    "existing",
    "expected",
    "first",
    "found",
    "inserted",
    "last",
    "loaded",
    "logged",
    "m",
    "my",
    "new",
    "next",
    "old",
    "original",
    "other",
    "prev",
    "previous",
    "raw",
    "saved",
    "selected",
    "some",
    "source",
    "stored",
    "target",
    "test",
    "the",
    "this",
    "updated",
];

/// Words after it that do.
const AFTER: &[&str] = &[
    "array",
    "col",
    "collection",
    "cols",
    "columns",
    "data",
    "doc",
    "entity",
    "fields",
    "in",
    "instance",
    "item",
    "list",
    "map",
    "mapper",
    "model",
    "obj",
    "object",
    "orm",
    "qs",
    "query",
    "queryset",
    "record",
    "records",
    "ref",
    "repo",
    "repository",
    "result",
    "results",
    "row",
    "rows",
    "schema",
    "set",
    "store",
    "table",
    "tbl",
];

/// Words before it that make something to do with it.
const DOES: &[&str] = &[
    "activate",
    "add",
    "approve",
    "archive",
    "ban",
    "bulk",
    "can",
    "cancel",
    "check",
    "create",
    "deactivate",
    "delete",
    "disable",
    "enable",
    "export",
    "fetch",
    "find",
    "get",
    "has",
    "import",
    "invite",
    "is",
    "list",
    "load",
    "merge",
    "notify",
    "on",
    "reject",
    "remove",
    "reset",
    "send",
    "set",
    "show",
    "sync",
    "update",
    "use",
    "validate",
    "verify",
];

/// Words before it that make a call which gives it.
pub(super) const VERBS: &[&str] = &[
    "add", "build", "by", "change", "create", "decode", "delete", "edit", "fetch", "find", "get",
    "insert", "load", "lookup", "make", "map", "new", "parse", "patch", "put", "read", "register",
    "require", "retrieve", "save", "select", "set", "store", "to", "update", "upsert", "with",
    "write",
];

/// What is read from a thing without leaving it: `user.attributes.email`.
pub(super) const INSIDE: &[&str] = &[
    "all",
    "attributes",
    "c",
    "columns",
    "current",
    "data",
    "dataset",
    "dataValues",
    "fields",
    "first",
    "get",
    "Inner",
    "inner",
    "last",
    "model",
    "object",
    "objects",
    "one",
    "query",
    "row",
    "rows",
    "self",
    "unwrap",
    "value",
    "values",
    "where",
    "filter",
    "filter_by",
    "find",
    "create",
    "save",
    "build",
    "as",
    "to_owned",
    "clone",
    "await",
    "select",
    "Value",
    "reload",
    "orElseThrow",
    "orElse",
    "order",
    "order_by",
    "orderBy",
    "limit",
    "joins",
    "includes",
    "take",
    "toJSON",
    "as_ref",
    "as_mut",
    "borrow",
    "unwrap_or_default",
    "sample",
    "find_by",
    "expect",
    "pop",
];

impl<'s> Scene<'s> {
    pub(super) fn model(&self, at: usize) -> &'s Model {
        &self.search.declarations.models[at]
    }

    pub(super) fn models(&self) -> impl Iterator<Item = &'s Model> + '_ {
        self.target.models.iter().map(|&at| self.model(at))
    }

    /// Whether a name is one of the table: its own, in singular or plural, or that of a model.
    pub(super) fn is_table_name(&self, name: &str) -> bool {
        self.target.tables.iter().any(|key| spelling::has_key(name, key))
    }

    /// Whether a name is that of a thing in the table: `user`, `currentUser`, `userRow`.
    pub(super) fn is_thing(&self, name: &str) -> bool {
        if self.is_table_name(name) {
            return true;
        }
        let words = spelling::words(name);
        let first = words.iter().take_while(|word| BEFORE.contains(&word.as_str())).count();
        let last = words.iter().rev().take_while(|word| AFTER.contains(&word.as_str())).count();
        // A word may be both, as in a table of `items`.
        let known = (0..=first).any(|first| {
            (0..=last).any(|last| {
                first + last < words.len()
                    && (first, last) != (0, 0)
                    && self.is_table_name(&words[first..words.len() - last].concat())
            })
        });
        known || self.is_some_thing(name, &words)
    }

    /// Whether a name ends in that of the table, where all tables have models and none has the
    /// whole name: `showingUser`.
    fn is_some_thing(&self, name: &str, words: &[String]) -> bool {
        // `approveUser` does something to one.
        let class = name.starts_with(char::is_uppercase) || DOES.contains(&words[0].as_str());
        let declared = !self.target.models.is_empty() && words.len() > 1 && !class;
        declared && {
            let (_, keys) = &self.search.models;
            let taken = spelling::both(name).iter().any(|key| keys.contains(key));
            !taken && (1..words.len()).any(|first| self.is_table_name(&words[first..].concat()))
        }
    }

    /// Whether a name is that of a call which gives or takes a thing: `createUser`.
    pub(super) fn is_call_of(&self, name: &str) -> bool {
        let words = spelling::words(name);
        let verbs = words.iter().take_while(|word| VERBS.contains(&word.as_str())).count();
        0 < verbs && verbs < words.len() && {
            let rest = words[verbs..].join("_");
            let rest = rest.split("_by_").next().unwrap_or(&rest);
            let rest = rest.split("_with_").next().unwrap_or(rest);
            self.is_thing(rest)
        }
    }

    /// Whether a name is that of a model of another table.
    pub(super) fn is_other(&self, name: &str) -> bool {
        if self.is_table_name(name) {
            return false;
        }
        self.search.models.0.contains(name)
    }

    /// Whether members of what has this name are columns.
    fn is_of_columns(&self, name: &str) -> bool {
        let own = self.file.language;
        let loose = own != Language::Python;
        let is_jvm =
            |language| matches!(language, Language::Java | Language::Kotlin | Language::Scala);
        self.models().filter(|model| model.is_table).any(|model| {
            let near = model
                .language
                .is_none_or(|language| language == own || (is_jvm(language) && is_jvm(own)));
            let alike = loose && spelling::has_key(name, &spelling::key(&model.name));
            near && (alike || model.name == name)
        })
    }

    /// What a single name says.
    pub(super) fn named(&self, at: usize) -> Tie {
        let name = self.file.at(at);
        if self.bound.contains(name) {
            return Tie::Table(name.to_owned(), false);
        }
        if self.is_thing(name) {
            let columns = self.is_table_name(name) && self.is_of_columns(name);
            return Tie::Table(name.to_owned(), columns);
        }
        if self.is_other(name) { Tie::Other } else { Tie::None }
    }

    /// What the thing says that a member is read from; `dot` is the sign between.
    pub(super) fn receiver(&self, dot: usize) -> Tie {
        let file = self.file;
        let mut at = dot;
        for _ in 0..16 {
            let Some(mut last) = at.checked_sub(1) else { return Tie::None };
            let mut called = false;
            while file.closes(last) && (file.is(last, ")") || file.is(last, "]")) {
                called |= file.is(last, ")");
                let open = file.partner(last);
                let tie = if called { self.arguments_name(open) } else { Tie::None };
                if tie != Tie::None {
                    return tie;
                }
                let Some(before) = open.checked_sub(1) else { return Tie::None };
                last = before;
            }
            while file.is(last, "!") || file.is(last, "?") {
                last -= 1;
            }
            if !matches!(file.kind(last), Some(Kind::Word)) {
                return Tie::None;
            }
            let name = file.at(last);
            if ["this", "self", "cls"].contains(&name) {
                return self.own_class(last);
            }
            match self.named(last) {
                Tie::None if called && self.is_call_of(name) => {
                    return Tie::Table(name.to_owned(), false);
                }
                Tie::None => {}
                tie => return tie,
            }
            let passes = INSIDE.contains(&name) || called && !is_getter(name);
            let Some(before) = last.checked_sub(1) else { return Tie::None };
            if !(passes && file.is_dot(before)) {
                return Tie::None;
            }
            at = before;
        }
        Tie::None
    }

    /// What the class around a place says of `self`.
    pub(super) fn own_class(&self, at: usize) -> Tie {
        let inside = |class: &&Class| class.body.0 <= at && at < class.body.1;
        match self.classes.iter().rev().find(inside) {
            Some(class)
                if self.is_model_class(class)
                    || self.is_made_for(self.file.at(class.name), OF_ONE) =>
            {
                Tie::Table(self.file.at(class.name).to_owned(), false)
            }
            _ => Tie::None,
        }
    }

    /// Whether a class of this file is a model of the table, or called like one.
    pub(super) fn is_model_class(&self, class: &Class) -> bool {
        let name = self.file.at(class.name);
        let declared = self.declared.models.iter().find(|model| model.name == name);
        match declared {
            Some(model) => model.maps(&self.target.table),
            None => self.is_table_name(name),
        }
    }

    /// What the first arguments of a call say: `knex('users')`, `query(User)`, `from(users)`.
    fn arguments_name(&self, open: usize) -> Tie {
        let file = self.file;
        let end = file.partner(open);
        let pointer = usize::from(file.is(open + 1, "&"));
        let first = open + 1 + pointer;
        let filled = pointer > 0 && file.is(first + 1, "{");
        let alone = matches!(file.at(first + 1), "," | ")" | "." | "::") || first + 1 == end;
        let alone = alone || filled;
        if !alone || end <= first {
            return Tie::None;
        }
        let name = file.at(first);
        let named = match file.kind(first) {
            Some(Kind::Word) => {
                let class = name.starts_with(char::is_uppercase) && self.is_table_name(name);
                let filled = pointer > 0 && self.bound.contains(name);
                class || filled || self.models().any(|model| model.name == name)
            }
            Some(Kind::Text) => self.is_relation_text(name),
            Some(Kind::Symbol) => self.is_table_name(name),
            _ => false,
        };
        if named {
            return Tie::Table(name.to_owned(), false);
        }
        if file.is_word(first) && self.is_other(name) { Tie::Other } else { Tie::None }
    }

    /// Whether the text of a string is the table: `users`, `public.users`, `users as u`.
    pub(super) fn is_relation_text(&self, text: &str) -> bool {
        let name = text.split([' ', '\n']).next().unwrap_or(text);
        let name = name.rsplit('.').next().unwrap_or(name).trim_matches('"');
        name == self.target.table || (name == text && self.is_table_name(text))
    }

    /// What the chain of calls says that stands around a bracket: `User.where(…).order(…)`.
    pub(super) fn chain(&self, open: usize) -> Tie {
        let file = self.file;
        let Some(word) = open.checked_sub(1) else { return Tie::None };
        let tie = self.arguments_name(open);
        if tie != Tie::None {
            return tie;
        }
        if file.is_word(word) {
            let name = file.at(word);
            if self.is_table_name(name) || self.is_call_of(name) || self.is_class_of(name) {
                return Tie::Table(name.to_owned(), false);
            }
            if self.is_other(name) {
                return Tie::Other;
            }
        }
        if word > 0 && file.is_word(word) && file.is_dot(word - 1) {
            let tie = self.chain_before(word - 1);
            if tie != Tie::None {
                return tie;
            }
        }
        self.chain_after(file.partner(open) + 1)
    }

    /// Whether a name is that of a class made for the table: `UserFactory`.
    fn is_class_of(&self, name: &str) -> bool {
        if !name.starts_with(char::is_uppercase) {
            return false;
        }
        let words = spelling::words(name);
        (1..words.len()).any(|end| self.target.tables.contains(&words[..end].concat()))
            && words.last().is_some_and(|word| AROUND.contains(&word.as_str()))
    }

    /// Whether a class is called after the table and one of these words: `CreateUserDto`.
    pub(super) fn is_made_for(&self, name: &str, last: &[&str]) -> bool {
        let words = spelling::words(name);
        let verbs = words.iter().take_while(|word| VERBS.contains(&word.as_str())).count();
        (0..=verbs).any(|first| {
            (first + 1..words.len()).any(|end| {
                self.target.tables.contains(&words[first..end].concat())
                    && words[end..].iter().all(|word| last.contains(&word.as_str()))
            })
        })
    }

    fn chain_before(&self, dot: usize) -> Tie {
        let file = self.file;
        let mut at = dot;
        for _ in 0..24 {
            let Some(mut last) = at.checked_sub(1) else { return Tie::None };
            while file.closes(last) && !file.is(last, "}") {
                let tie = self.arguments_name(file.partner(last));
                if tie != Tie::None {
                    return tie;
                }
                let Some(before) = file.partner(last).checked_sub(1) else { return Tie::None };
                last = before;
            }
            if !file.is_word(last) {
                return Tie::None;
            }
            if ["this", "self"].contains(&file.at(last)) {
                return self.own_class(last);
            }
            match self.named(last) {
                Tie::None if self.is_call_of(file.at(last)) || self.is_class_of(file.at(last)) => {
                    return Tie::Table(file.at(last).to_owned(), false);
                }
                Tie::None => {}
                Tie::Table(name, _) => return Tie::Table(name, false),
                Tie::Other => return Tie::Other,
            }
            match last.checked_sub(1) {
                Some(before) if file.is_dot(before) => at = before,
                _ => return Tie::None,
            }
        }
        Tie::None
    }

    fn chain_after(&self, from: usize) -> Tie {
        let file = self.file;
        let mut at = from;
        for _ in 0..24 {
            if !(file.is_dot(at) && file.is_word(at + 1)) {
                return Tie::None;
            }
            at += 2;
            if file.opens(at) && file.is(at, "(") {
                let tie = self.arguments_name(at);
                if tie != Tie::None {
                    return tie;
                }
                at = file.partner(at) + 1;
            }
        }
        Tie::None
    }
}

/// Last words of classes that pass on what a row has, or are asked for rows.
const OF_ONE: &[&str] =
    &["resource", "presenter", "decorator", "repository", "repo", "dao", "query", "mapper"];

/// Last words of classes that are made for one table.
pub(super) const AROUND: &[&str] = &[
    "admin",
    "attributes",
    "blueprint",
    "builder",
    "create",
    "dao",
    "data",
    "dto",
    "entity",
    "factory",
    "fields",
    "filter",
    "form",
    "input",
    "mapper",
    "mutation",
    "out",
    "output",
    "params",
    "patch",
    "payload",
    "policy",
    "presenter",
    "props",
    "query",
    "record",
    "repo",
    "repository",
    "request",
    "resolver",
    "resource",
    "response",
    "row",
    "schema",
    "serializer",
    "store",
    "type",
    "update",
    "view",
    "changeset",
    "base",
    "read",
    "in",
    "model",
    "interface",
    "decorator",
    "table",
    "service",
    "controller",
    "set",
];

/// Whether a call gives something else than what it is called on.
pub(super) fn is_getter(name: &str) -> bool {
    let words = spelling::words(name);
    words.len() > 1 && ["get", "fetch", "load"].contains(&words[0].as_str())
}
