//! Uses of tables, views, functions, types, their values and sequences in code.

use super::scene::Scene;
use super::scene::Tie;
use crate::code::Kind as Wants;
use crate::code::Language;
use crate::code::Rank;
use crate::code::declarations::Enumeration;
use crate::code::spelling;
use crate::code::token::Kind;

/// Words that lines start with which only bring a name in, or give it out.
const IMPORTS: &[&str] =
    &["import", "use", "from", "using", "alias", "package", "export", "require"];

/// Calls that take the name of a relation.
const TAKES_TABLE: &[&str] = &[
    "from",
    "into",
    "table",
    "join",
    "innerJoin",
    "leftJoin",
    "rightJoin",
    "fullJoin",
    "selectFrom",
    "insertInto",
    "updateTable",
    "deleteFrom",
    "knex",
    "db",
    "trx",
    "Table",
    "from_",
    "joins",
    "left_join",
    "inner_join",
    "insert_all",
    "update_all",
    "delete_all",
    "withTableName",
    "relation",
    "has_many",
    "has_one",
    "belongs_to",
    "has_and_belongs_to_many",
    "ForeignKey",
    "inTable",
    "model",
    "references",
    "getRepository",
    "truncate",
    "insert",
    "update",
    "delete",
    "query",
];

impl Scene<'_> {
    /// What makes the token at `at` a use of the object, if it is one.
    pub(super) fn object(&self, at: usize) -> Option<(Rank, String)> {
        match self.target.wanted.kind {
            Wants::Table | Wants::View => self.relation(at),
            Wants::Function => self.function(at),
            Wants::EnumValue => self.value(at),
            Wants::Type => self.of_type(at),
            Wants::Sequence => self.sequence(at),
            Wants::Column => None,
        }
    }

    fn is_exact(&self, at: usize) -> bool {
        let name = &self.target.wanted.name;
        let text = self.file.at(at);
        let bare = text.rsplit('.').next().unwrap_or(text);
        text == name || (self.file.is_text(at) && bare == name && !text.contains(' '))
    }

    /// The word before the bracket, or the word, that a token is an argument of.
    fn callee(&self, at: usize) -> &str {
        let file = self.file;
        let open = file.around(at).filter(|&open| file.is(open, "("));
        let before = at.checked_sub(1);
        let beside = before.filter(|&at| file.is_word(at));
        beside.or(open.and_then(|open| open.checked_sub(1))).map_or("", |at| file.at(at))
    }

    fn imports(&self, at: usize) -> bool {
        let file = self.file;
        let first = file.first_of_line(at);
        IMPORTS.contains(&file.at(first)) && !file.is(first + 1, "default")
    }

    fn relation(&self, at: usize) -> Option<(Rank, String)> {
        let file = self.file;
        let shown = &self.target.shown;
        let text = file.at(at);
        let span = file.tokens[at].span;
        let declares = self.declared.models.iter().find(|model| model.at == span);
        if let Some(model) = declares.filter(|model| model.maps(&self.target.table)) {
            let told = model.table.is_some() || file.language == Language::Ruby;
            let rank = if told { Rank::Certain } else { Rank::Likely };
            return Some((rank, format!("`{}` maps `{shown}`", model.name)));
        }
        if self.imports(at) || self.classes.iter().any(|class| class.name == at) {
            return None;
        }
        match file.kind(at)? {
            Kind::Word => {
                if let Some(model) = self.models().find(|model| model.name == text) {
                    return Some((
                        Rank::Likely,
                        format!("uses `{}`, which maps `{shown}`", model.name),
                    ));
                }
                let client = at > 1
                    && file.is_dot(at - 1)
                    && ["prisma", "db", "tx", "client", "trx", "database"]
                        .contains(&file.at(at - 2));
                if client && self.is_table_name(text) {
                    return Some((Rank::Likely, format!("asks for `{shown}` by its name")));
                }
                let alike = self.target.telling && self.is_table_name(text);
                alike.then(|| (Rank::Possible, format!("a name like `{shown}`")))
            }
            Kind::Text | Kind::Symbol => {
                let named = self.is_exact(at)
                    || (self.is_relation_text(text) && file.is_text(at))
                    || (file.kind(at) == Some(Kind::Symbol) && self.is_table_name(text));
                if !named {
                    return None;
                }
                if TAKES_TABLE.contains(&self.callee(at)) {
                    return Some((Rank::Likely, format!("gives `{shown}` as the name of a table")));
                }
                let telling = self.target.telling && self.is_exact(at);
                telling.then(|| (Rank::Possible, format!("a string like `{shown}`")))
            }
            _ => None,
        }
    }

    fn function(&self, at: usize) -> Option<(Rank, String)> {
        let file = self.file;
        let name = &self.target.wanted.name;
        let text = file.at(at);
        let callee = self.callee(at);
        if file.is_text(at) {
            if self.is_exact(at) {
                let calls = [
                    "rpc",
                    "callproc",
                    "call",
                    "fn",
                    "func",
                    "function",
                    "callFunction",
                    "CallableStatement",
                ];
                let rank = if calls.contains(&callee) { Rank::Likely } else { Rank::Possible };
                let said = rank == Rank::Likely || self.target.telling;
                return said.then(|| (rank, format!("gives `{name}` as the name of a function")));
            }
            let said = text.match_indices(name.as_str()).any(|(start, _)| {
                let before = text[..start].chars().next_back();
                let whole = before.is_none_or(|c| !c.is_alphanumeric() && c != '_');
                whole && text[start + name.len()..].trim_start().starts_with('(')
            });
            return said.then(|| (Rank::Likely, format!("a string calls `{name}`")));
        }
        if !file.is_word(at) || !spelling::has_key(text, &self.target.keys[0]) {
            return None;
        }
        let through = at > 1
            && file.is_dot(at - 1)
            && ["func", "fn", "functions", "Routines"].contains(&file.at(at - 2));
        if through {
            return Some((Rank::Likely, format!("calls `{name}` by its name")));
        }
        (self.target.telling && text == name)
            .then(|| (Rank::Possible, format!("a name like `{name}`")))
    }

    fn sequence(&self, at: usize) -> Option<(Rank, String)> {
        let text = self.file.at(at);
        let named = self.file.is_text(at) && self.is_exact(at)
            || self.file.is_text(at)
                && text.contains(self.target.wanted.name.as_str())
                && text.contains("nextval");
        named.then(|| (Rank::Likely, format!("a string names `{}`", self.target.shown)))
    }

    fn enumeration(&self, at: usize) -> Option<&Enumeration> {
        let offset = self.file.tokens[at].span.offset;
        self.declared
            .enums
            .iter()
            .find(|known| known.whole.contains(offset) && known.maps(&self.target.table))
    }

    fn of_type(&self, at: usize) -> Option<(Rank, String)> {
        let file = self.file;
        let shown = &self.target.shown;
        let span = file.tokens[at].span;
        if let Some(known) = self.declared.enums.iter().find(|known| known.at == span)
            && known.maps(&self.target.table)
        {
            let rank = if known.told { Rank::Certain } else { Rank::Likely };
            return Some((rank, format!("`{}` stands for the type `{shown}`", known.name)));
        }
        let exact = file.is_text(at) && self.is_exact(at) && self.target.telling;
        exact.then(|| (Rank::Possible, format!("a string like the type `{shown}`")))
    }

    fn value(&self, at: usize) -> Option<(Rank, String)> {
        let file = self.file;
        let shown = &self.target.shown;
        let text = file.at(at);
        let same = match file.kind(at)? {
            Kind::Text => text == self.target.wanted.name,
            Kind::Word | Kind::Symbol => spelling::has_key(text, &self.target.keys[0]),
            _ => false,
        };
        if !same {
            return None;
        }
        if let Some(known) = self.enumeration(at) {
            let rank = if known.told { Rank::Certain } else { Rank::Likely };
            return Some((
                rank,
                format!("value of `{}`, which stands for the type of `{shown}`", known.name),
            ));
        }
        if file.is_word(at) {
            let member = at > 1 && file.is_dot(at - 1);
            let of = if member { self.named_type(at - 2) } else { Tie::None };
            return matches!(of, Tie::Table(..))
                .then(|| (Rank::Likely, format!("`{shown}` by its name in code")));
        }
        // `role: 'admin'`, `role == "admin"`.
        let line = file.line(at);
        let beside = (0..at).rev().take_while(|&before| file.line(before) == line).take(6);
        if beside.into_iter().any(|before| matches!(self.named_type(before), Tie::Table(..))) {
            return Some((Rank::Likely, format!("`{shown}` beside a name like its type's")));
        }
        (self.target.telling && file.is_text(at))
            .then(|| (Rank::Possible, format!("a string like `{shown}`")))
    }

    /// Whether a word is the name of the type, or of an enumeration that stands for it.
    fn named_type(&self, at: usize) -> Tie {
        let name = self.file.at(at);
        let enums = &self.search.declarations.enums;
        let known = enums.iter().any(|known| known.name == name && known.maps(&self.target.table));
        let word = matches!(self.file.kind(at), Some(Kind::Word | Kind::Symbol));
        if word && (known || self.is_table_name(name)) {
            Tie::Table(name.to_owned(), false)
        } else {
            Tie::None
        }
    }
}
