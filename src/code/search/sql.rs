//! Uses in SQL: in files of it, and in the strings of other code.

use super::Read;
use super::Search;
use super::Target;
use crate::code::Kind;
use crate::code::Language;
use crate::code::Rank;
use crate::code::Use;
use crate::code::token::File;
use crate::sql::Mention;
use crate::sql::Name;
use crate::sql::Named;
use crate::sql::Owners;
use crate::sql::Span;

/// Functions that take the name of a sequence.
const OF_SEQUENCES: &[&str] = &["nextval", "currval", "setval", "lastval"];

impl Search {
    /// The uses in one string, or in a file of SQL.
    pub(super) fn in_sql(&self, file: &File, read: &Read, found: &mut Vec<Use>) {
        let Read { literal, told } = read;
        let objects = file.language.queries_objects();
        let place = if file.language == Language::Sql { "SQL" } else { "SQL in a string" };
        for statement in told {
            let sequences = statement.mentions.iter().any(|mention| match &mention.what {
                Named::Function(name) => OF_SEQUENCES.contains(&name.name.as_str()),
                _ => false,
            });
            for mention in &statement.mentions {
                for (wanted, target) in self.targets.iter().enumerate() {
                    let Some((rank, what)) = self.said(target, mention, (sequences, objects))
                    else {
                        continue;
                    };
                    let rank = if statement.understood { rank } else { rank.max(Rank::Likely) };
                    let span = Span { offset: literal.start + mention.span.offset, ..mention.span };
                    found.push(Use { wanted, span, rank, why: format!("{place} {what}") });
                }
            }
        }
    }

    /// The first tokens of the strings with SQL that reads the table of the target.
    pub(super) fn queries(
        &self,
        target: &Target,
        literals: &[Read],
        language: Language,
    ) -> Vec<usize> {
        let objects = language.queries_objects();
        let reads = |read: &&Read| {
            let mut mentions = read.told.iter().flat_map(|told| &told.mentions);
            mentions.any(|mention| match &mention.what {
                Named::Relation(name) => self.means(target, name, objects),
                _ => false,
            })
        };
        literals.iter().filter(reads).map(|read| read.literal.tokens.0).collect()
    }

    /// What a mention says of an object, in a statement that speaks of sequences, or in a language
    /// whose mappers have queries over objects.
    fn said(
        &self,
        target: &Target,
        mention: &Mention,
        (sequences, objects): (bool, bool),
    ) -> Option<(Rank, String)> {
        let shown = &target.shown;
        match (&mention.what, target.wanted.kind) {
            (Named::Relation(name), Kind::Table | Kind::View) => self
                .means(target, name, objects)
                .then(|| (Rank::Certain, format!("names `{shown}`"))),
            (Named::Column { name, of, written }, Kind::Column) => {
                let field = self.column_is(target, name);
                let rank = if field { self.owned(target, of, objects)? } else { return None };
                let verb = if *written { "writes" } else { "reads" };
                Some(match rank {
                    Rank::Certain => (rank, format!("{verb} `{shown}`")),
                    _ => (rank, format!("{verb} `{name}`, perhaps `{shown}`")),
                })
            }
            (Named::Every(of), Kind::Column) => {
                self.owned(target, of, objects)?;
                let table = &target.table;
                Some((Rank::Likely, format!("reads every column of `{table}`")))
            }
            (Named::Positional(name), Kind::Column) if self.means(target, name, objects) => {
                let table = &target.table;
                Some((Rank::Certain, format!("writes rows of `{table}` without naming columns")))
            }
            (Named::Function(name), Kind::Function) if target.is_table(name) => {
                Some((Rank::Certain, format!("calls `{shown}`")))
            }
            (Named::Type(name), Kind::Type) if target.is_table(name) => {
                Some((Rank::Certain, format!("names the type `{shown}`")))
            }
            (Named::Relation(name), Kind::Sequence) if target.is_table(name) => {
                Some((Rank::Certain, format!("names the sequence `{shown}`")))
            }
            (Named::Text(text, _), Kind::Sequence) if target.is_table(&Name::from_text(text)) => {
                let rank = if sequences { Rank::Certain } else { Rank::Likely };
                Some((rank, format!("names the sequence `{shown}`")))
            }
            (Named::Text(text, to), Kind::EnumValue) if *text == target.wanted.name => {
                let of = &target.table;
                match to {
                    Some(to) if target.is_table(to) => {
                        Some((Rank::Certain, format!("has `{text}` of the type `{of}`")))
                    }
                    Some(_) => None,
                    None => Some((Rank::Possible, format!("has `{text}`, perhaps of `{of}`"))),
                }
            }
            _ => None,
        }
    }

    /// Whether a relation in a query is that of the target, or the model that stands for it, as
    /// the query languages of object mappers have it.
    fn means(&self, target: &Target, name: &Name, objects: bool) -> bool {
        let model = |&at: &usize| {
            let model = &self.declarations.models[at];
            !model.is_table && model.name.to_lowercase() == name.name
        };
        target.is_table(name) || (objects && target.models.iter().any(model))
    }

    fn column_is(&self, target: &Target, name: &str) -> bool {
        let field = |&at: &usize| {
            let model = &self.declarations.models[at];
            model.names_of(&target.wanted.name).any(|field| field.to_lowercase() == name)
        };
        target.wanted.name == name || target.models.iter().any(field)
    }

    /// How sure it is that a column belongs to the relation of the target.
    fn owned(&self, target: &Target, of: &Owners, objects: bool) -> Option<Rank> {
        if !of.tables.iter().any(|name| self.means(target, name, objects)) {
            return None;
        }
        let sure = of.tables.len() == 1 && !of.others;
        Some(if sure { Rank::Certain } else { Rank::Likely })
    }
}
