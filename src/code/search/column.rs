//! Uses of a column in code: fields, members, keys, names in strings.

use super::scene::AROUND;
use super::scene::Scene;
use super::scene::Tie;
use super::scene::VERBS;
use crate::code::Language;
use crate::code::Rank;
use crate::code::declarations::Class;
use crate::code::declarations::Model;
use crate::code::spelling;
use crate::code::token::Kind;
use crate::sql;

/// How many tokens before a name are looked at.
const LOOK_BACK_MAX: usize = 400;

/// Keys of objects that say what is done with columns, as the mappers of JavaScript have them.
const KEYS: &[&str] = &[
    "AND",
    "NOT",
    "OR",
    "_avg",
    "_count",
    "_max",
    "_min",
    "_sum",
    "and",
    "args",
    "attributes",
    "body",
    "by",
    "columns",
    "connect",
    "connectOrCreate",
    "create",
    "createMany",
    "cursor",
    "data",
    "defaults",
    "every",
    "fields",
    "filter",
    "having",
    "include",
    "input",
    "is",
    "isNot",
    "json",
    "none",
    "not",
    "omit",
    "or",
    "order",
    "orderBy",
    "params",
    "payload",
    "props",
    "query",
    "record",
    "returning",
    "row",
    "select",
    "set",
    "some",
    "update",
    "updateMany",
    "upsert",
    "values",
    "variables",
    "where",
    "with",
];

/// Calls whose arguments describe something for people or tools.
const DESCRIBES: &[&str] =
    &["openapi", "meta", "describe", "ApiProperty", "ApiOperation", "ApiResponse", "ApiBody"];

/// How a name is spelled at a place.
enum Spelled {
    /// As it is.
    Plain,
    /// With words around it that the mapper knows: `getEmail`, `find_by_email`, `email__in`.
    Within,
    /// In a string with more than it.
    Fragment,
}

/// Words before a column in the name of an accessor or a finder.
const BEFORE: &[&str] = &[
    "and", "by", "count", "delete", "distinct", "exists", "find", "first", "get", "has", "is",
    "or", "order", "set", "sort", "top", "where", "with", "group", "read", "write", "all", "no",
    "for", "update",
];

/// Words after a column in the name of what a mapper makes.
const AFTER: &[&str] = &[
    "asc",
    "before",
    "by",
    "change",
    "changed",
    "contains",
    "database",
    "desc",
    "eq",
    "exact",
    "gt",
    "gte",
    "icontains",
    "iexact",
    "ignore",
    "case",
    "in",
    "is",
    "isnull",
    "like",
    "lt",
    "lte",
    "not",
    "null",
    "or",
    "previously",
    "startswith",
    "was",
    "will",
    "endswith",
    "save",
    "to",
    "saved",
    "changes",
];

impl Scene<'_> {
    /// What makes the token at `at` a use of the column, if it is one.
    pub(super) fn column(&self, at: usize) -> Option<(Rank, String)> {
        if self.is_out_of_client(at) {
            return None;
        }
        if let Some(field) = self.declared_field(at) {
            return Some(field);
        }
        let spelled = self.spelled(at)?;
        // A method may be called like a column; only these languages read one by a call.
        let by_call =
            matches!(self.file.language, Language::CSharp | Language::Java | Language::Kotlin)
                || self.file.language == Language::Scala;
        if matches!(spelled, Spelled::Plain) && self.file.is(at + 1, "(") && !by_call {
            return None;
        }
        let shown = &self.target.shown;
        if self.says_ignored(at) {
            return None;
        }
        match self.tie(at, &spelled) {
            Tie::Table(name, true) if matches!(spelled, Spelled::Plain) => {
                Some((Rank::Certain, format!("`{name}` is the table of `{shown}`")))
            }
            Tie::Table(name, _) => {
                Some((Rank::Likely, format!("named beside `{name}`, as `{shown}`")))
            }
            Tie::Other => None,
            Tie::None => self.in_class(at, &spelled).or_else(|| self.alone(&spelled)),
        }
    }

    /// A field that was told to stand for the column, at its declaration.
    fn declared_field(&self, at: usize) -> Option<(Rank, String)> {
        let span = self.file.tokens[at].span;
        let column = &self.target.wanted.name;
        let told = |model: &&Model| {
            let mut fields = model.fields.iter();
            fields.any(|field| field.told == span && field.column == *column)
        };
        let mut models = self.declared.models.iter();
        let model = models.find(|model| model.maps(&self.target.table) && told(model))?;
        Some((Rank::Certain, field_of(&model.name, &self.target.table)))
    }

    fn spelled(&self, at: usize) -> Option<Spelled> {
        let (file, keys) = (self.file, &self.target.keys);
        let text = file.at(at);
        let odd = file.is_text(at) && text.contains(|c: char| !c.is_alphanumeric() && c != '_');
        if !odd && keys.iter().any(|key| spelling::has_key(text, key)) {
            return Some(Spelled::Plain);
        }
        if file.is_text(at) {
            let short = text.len() < 400 && text.contains(self.target.wanted.name.as_str());
            return short.then_some(Spelled::Fragment);
        }
        let words = spelling::words(text);
        let argument = file.is(at + 1, "=") || file.is(at + 1, ":");
        if argument && file.around(at).is_some() && !text.contains("__") {
            return None;
        }
        let within = |column: &Vec<String>| self.is_within(text, &words, column);
        self.target.words.iter().any(within).then_some(Spelled::Within)
    }

    /// Whether a name of these words is what a mapper makes of the column.
    fn is_within(&self, text: &str, words: &[String], column: &[String]) -> bool {
        let Some(place) = words.windows(column.len()).position(|part| part == column) else {
            return false;
        };
        let (before, after) = (&words[..place], &words[place + column.len()..]);
        let known = |words: &[String], list: &[&str]| {
            words.iter().all(|word| list.contains(&word.as_str()))
        };
        let finder = before.iter().chain(after).any(|word| word == "by");
        let through = text.contains("__") && self.is_table_name(&before.concat());
        let fits = (known(before, BEFORE) || finder || through) && (known(after, AFTER) || finder);
        fits && (before.len() + after.len() > 0)
    }

    /// What ties the name at a place to a table.
    fn tie(&self, at: usize, spelled: &Spelled) -> Tie {
        let file = self.file;
        if let Spelled::Fragment = spelled {
            return self.fragment(at);
        }
        let text = file.at(at);
        if text.contains("__") && matches!(spelled, Spelled::Within) {
            let first = text.split("__").next().unwrap_or(text);
            if self.is_table_name(first) {
                return Tie::Table(first.to_owned(), false);
            }
        }
        if at > 0 && file.is_dot(at - 1) && !file.is_text(at) {
            return match self.receiver(at - 1) {
                Tie::None if self.target.telling => Tie::None,
                Tie::None => Tie::Other,
                tie => tie,
            };
        }
        let mut inner = at;
        for depth in 0..8 {
            let Some(open) = file.around(inner) else { return self.beside(inner) };
            let tie = self.bracket(open, depth);
            if tie != Tie::None {
                return tie;
            }
            if self.opens_other(open) {
                return Tie::None;
            }
            if file.is(open, "{") && !self.is_value(open) {
                return self.beside(inner);
            }
            inner = open;
        }
        Tie::None
    }

    /// Whether a bracket holds something else than columns of what is around it:
    /// `{ settings: { email } }`, `openapi({ description })`.
    fn opens_other(&self, open: usize) -> bool {
        let file = self.file;
        let before = open.checked_sub(1).map_or("", |before| file.at(before));
        if file.is(open, "(") {
            return DESCRIBES.contains(&before);
        }
        let key = open.checked_sub(2).filter(|&key| {
            before == ":" && matches!(file.kind(key), Some(Kind::Word | Kind::Text))
        });
        file.is(open, "{") && key.is_some_and(|key| !KEYS.contains(&file.at(key)))
    }

    /// What stands before and after a bracket.
    fn bracket(&self, open: usize, depth: usize) -> Tie {
        let file = self.file;
        let Some(before) = open.checked_sub(1) else { return Tie::None };
        let close = file.partner(open);
        match file.at(open) {
            "(" => {
                let names = |at: usize| {
                    file.is_word(at)
                        && ["def", "function", "fn", "func", "fun"].contains(&file.at(at))
                };
                let declares = before > 0 && names(before - 1);
                if declares { self.parameters(before) } else { self.chain(open) }
            }
            "[" if file.is_word(before) && depth == 0 => self.named(before),
            "{" if file.is_word(before) && !file.is(close + 1, "=") => {
                let name = file.at(before);
                if self.classes.iter().any(|class| class.body.0 == open + 1) {
                    Tie::None
                } else if self.is_table_name(name) {
                    Tie::Table(name.to_owned(), false)
                } else if self.is_value(open) {
                    self.named(before)
                } else {
                    Tie::None
                }
            }
            "{" if file.is(before, ":") || file.is(before, "=>") || file.is(before, "=") => {
                let mut key = before.saturating_sub(1);
                if file.is(before, "=") && file.is(key, ">") || file.closes(key) {
                    return Tie::None;
                }
                // `const user: User = {`.
                if file.is_word(key) && key > 1 && file.is(key - 1, ":") && file.is(before, "=") {
                    if self.is_thing(file.at(key)) {
                        return Tie::Table(file.at(key).to_owned(), false);
                    }
                    key -= 2;
                }
                let names = matches!(file.kind(key), Some(Kind::Word | Kind::Text | Kind::Symbol));
                let made = VERBS.iter().any(|verb| file.at(key).starts_with(verb));
                if names && !made { self.named(key) } else { Tie::None }
            }
            // `const { email } = user`.
            "{" if file.is(close + 1, "=") => {
                let mut last = close + 2;
                while file.is_word(last) && file.is_dot(last + 1) {
                    last += 2;
                }
                if file.is(last, "await") {
                    last += 1;
                }
                if file.is_word(last) { self.named(last) } else { Tie::None }
            }
            _ => Tie::None,
        }
    }

    /// `def create_user(email)`.
    fn parameters(&self, name: usize) -> Tie {
        let word = self.file.at(name);
        let made = self.is_call_of(word) && self.target.telling;
        if made { Tie::Table(word.to_owned(), false) } else { Tie::None }
    }

    /// Whether a brace opens a value, not a block of code.
    fn is_value(&self, open: usize) -> bool {
        let file = self.file;
        let Some(before) = open.checked_sub(1) else { return false };
        if file.language == Language::Rust
            || file.language == Language::Go
            || file.language == Language::CSharp
        {
            let typed = file.is_word(before) && file.at(before).starts_with(char::is_uppercase);
            let given = file.around(open).is_some_and(|around| file.is(around, "("));
            let literal = given && file.language == Language::Go && file.is_word(before);
            return typed || literal || matches!(file.at(before), "(" | "," | "[" | "]");
        }
        matches!(file.at(before), "(" | "," | "[" | ":" | "=" | "?" | "%" | "return")
            || (file.language == Language::Ruby && file.is(before, "=>"))
    }

    /// What the words before say that stand in the same statement, where it needs no brackets.
    fn beside(&self, at: usize) -> Tie {
        let file = self.file;
        if !matches!(
            file.language,
            Language::Ruby | Language::Elixir | Language::Python | Language::Scala
        ) {
            return Tie::None;
        }
        if file.is_word(at) && !file.is(at + 1, ":") && !file.is(at + 1, "=") {
            return Tie::None;
        }
        let around = file.around(at);
        let mut before = at;
        while let Some(next) = before.checked_sub(1).filter(|next| at - next < LOOK_BACK_MAX) {
            if file.opens(next) {
                break;
            }
            if file.line(next) != file.line(before) {
                let goes_on = file.is(next, ",") || file.is_dot(before) || file.is(next, "(");
                if !goes_on {
                    break;
                }
            }
            before = if file.closes(next) { file.partner(next) } else { next };
            if before > 0 && file.is(before - 1, "def") {
                return Tie::None;
            }
            if file.is_word(before) && file.around(before) == around && before != at {
                match self.named(before) {
                    Tie::None => {}
                    tie => return tie,
                }
            }
            if file.is(before, "=") || file.is(before, "do") || file.is(before, "{") {
                break;
            }
        }
        Tie::None
    }

    /// Names in a string that is a part of SQL, or a path: `users.email = ?`, `email desc`.
    fn fragment(&self, at: usize) -> Tie {
        let file = self.file;
        let column = &self.target.wanted.name;
        let text = file.at(at);
        if self.translates(at) {
            return Tie::Other;
        }
        let names = sql::names(text);
        // Without a qualifier, or with an alias, it is the chain of calls that tells.
        let mut bare = false;
        for (_, parts) in &names {
            let Some((last, qualifier)) = parts.split_last() else { continue };
            if last != column {
                continue;
            }
            match qualifier.last() {
                Some(qualifier) if self.is_thing(qualifier) => {
                    return Tie::Table(qualifier.clone(), false);
                }
                Some(qualifier) => bare |= qualifier.len() < 4,
                None => bare = true,
            }
        }
        if !bare {
            return Tie::Other;
        }
        let tie = self.tie(at, &Spelled::Plain);
        if tie == Tie::None { Tie::Other } else { tie }
    }

    /// Whether a string is the key of a text for people.
    fn translates(&self, at: usize) -> bool {
        const CALLS: &[&str] =
            &["t", "translate", "trans", "__", "tr", "gettext", "i18n", "formatMessage"];
        let callee = self.file.around(at).and_then(|open| open.checked_sub(1));
        let before = at.checked_sub(1);
        callee.into_iter().chain(before).any(|at| CALLS.contains(&self.file.at(at)))
    }

    /// Whether a place tells the mapper not to read the column.
    fn says_ignored(&self, at: usize) -> bool {
        const WORDS: &[&str] = &["ignored_columns", "NotMapped", "Transient", "delegate"];
        let file = self.file;
        let around = file.around(at);
        let lines = [Some(at), around].map(|at| at.map(|at| file.line(at)));
        let mut before = at;
        while let Some(next) = before.checked_sub(1).filter(|next| at - next < LOOK_BACK_MAX) {
            let held = around.is_some_and(|open| open < before);
            if !held && !lines.contains(&Some(file.line(next))) {
                break;
            }
            before = next;
            if WORDS.contains(&file.at(before)) {
                return true;
            }
        }
        false
    }

    /// Whether Prisma leaves a field, or all of its model, out of the client that it makes.
    fn is_out_of_client(&self, at: usize) -> bool {
        let file = self.file;
        if file.language != Language::Prisma {
            return false;
        }
        let marked = |at: usize| file.is(at, "ignore") && file.is(at.wrapping_sub(1), "@");
        let after = |from: usize| from..file.tokens.len();
        let line = file.line(at);
        let of_field = after(at).take_while(|&next| file.line(next) == line).any(marked);
        let of_model = |open: usize| {
            let mut inside = after(open).take_while(|&next| !file.is(next, "}"));
            inside.any(|next| marked(next) && file.is(next.wrapping_sub(2), "@"))
        };
        of_field || file.around(at).is_some_and(of_model)
    }

    /// What the class says that the place stands in.
    fn in_class(&self, at: usize, spelled: &Spelled) -> Option<(Rank, String)> {
        let file = self.file;
        let inside = |class: &&Class| class.keyword <= at && at < class.body.1;
        let class = self.classes.iter().rev().find(inside)?;
        let name = file.at(class.name);
        let direct = class.holds_directly(file, at);
        let model = self.declared.models.iter().rev().find(|model| {
            model.whole.contains(file.tokens[at].span.offset) && model.maps(&self.target.table)
        });
        if let Some(model) = model {
            // A field is reported where its column is told.
            let column = &self.target.wanted.name;
            let told = model.fields.iter().any(|field| field.at == file.tokens[at].span);
            if told || model.is_other(file.at(at), column) {
                return None;
            }
            // A name amid the line is a parameter or a key.
            let amid = file.language.indents() && file.is_word(at) && !file.starts_line(at);
            if direct && !amid && matches!(spelled, Spelled::Plain) {
                return Some((Rank::Certain, field_of(&model.name, &self.target.table)));
            }
            let implicit = matches!(
                file.language,
                Language::Ruby
                    | Language::Java
                    | Language::Kotlin
                    | Language::CSharp
                    | Language::Scala
            );
            let said = implicit || !file.is_word(at);
            return said.then(|| (Rank::Likely, format!("named in the model `{name}`")));
        }
        if file.is_text(at) && self.serves(class) {
            return Some((Rank::Likely, format!("named for the model of `{name}`")));
        }
        if !direct || matches!(spelled, Spelled::Fragment) {
            return None;
        }
        if self.is_table_name(name) {
            let known = self.target.models.is_empty();
            let rank = if known { Rank::Likely } else { Rank::Possible };
            let table = &self.target.table;
            return Some((rank, format!("member of `{name}`, which is called like `{table}`")));
        }
        let one = self.is_made_for(name, AROUND);
        let rank = if self.target.telling || matches!(spelled, Spelled::Within) {
            Rank::Likely
        } else {
            Rank::Possible
        };
        one.then(|| {
            (rank, format!("member of `{name}`, which is called after `{}`", self.target.table))
        })
    }

    /// Whether a class, such as a serializer, says `model = User`.
    fn serves(&self, class: &Class) -> bool {
        let file = self.file;
        (class.body.0..class.body.1).any(|at| {
            file.is(at, "model") && file.is(at + 1, "=") && self.is_table_name(file.at(at + 2))
        })
    }

    /// A telling name counts where it stands alone.
    fn alone(&self, spelled: &Spelled) -> Option<(Rank, String)> {
        let weak = matches!(spelled, Spelled::Fragment);
        if !self.target.telling || weak {
            return None;
        }
        Some((Rank::Possible, format!("a name like `{}`", self.target.shown)))
    }
}

fn field_of(model: &str, table: &str) -> String {
    format!("field of `{model}`, which maps `{table}`")
}
