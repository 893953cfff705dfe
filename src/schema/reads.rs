//! Which columns of which relations a query reads, as far as its text and the schema tell.

use super::Schema;
use super::model::Relation;
use crate::sql::Name;
use crate::sql::Query;
use std::collections::BTreeMap;
use std::collections::BTreeSet;

/// The columns of one relation that a query reads.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ColumnsRead {
    /// Those it is known to read.
    pub surely: BTreeSet<String>,
    /// Those it may read besides: their names stand in it, and may mean others.
    pub perhaps: BTreeSet<String>,
    /// It may read any.
    pub unseen: bool,
}

impl ColumnsRead {
    /// Whether a column may be among them.
    pub fn may_hold(&self, column: &str) -> bool {
        self.unseen || self.surely.contains(column) || self.perhaps.contains(column)
    }

    /// A column has another name from now on.
    pub(super) fn rename(&mut self, from: &str, to: &str) {
        for columns in [&mut self.surely, &mut self.perhaps] {
            if columns.remove(from) {
                columns.insert(to.to_owned());
            }
        }
    }
}

/// What gives a query its columns.
struct Sources<'a> {
    schema: &'a Schema,
    /// Each relation with the name it goes by.
    relations: Vec<(String, Name)>,
    /// Nothing else gives columns.
    plain: bool,
}

impl Schema {
    /// What a query reads of each relation, at the time at which it is written down: `*` means the
    /// columns that are there now.
    pub(super) fn reads_of(&self, query: &Query) -> BTreeMap<Name, ColumnsRead> {
        let sources = Sources::of(self, query);
        let mut reads: BTreeMap<Name, ColumnsRead> = BTreeMap::new();
        for (_, name) in &sources.relations {
            let read = reads.entry(name.clone()).or_default();
            read.unseen |= !query.understood || self.columns_of(name).is_none();
        }
        for parts in &query.columns {
            let Some((column, qualifier)) = parts.split_last() else { continue };
            let meant = sources.meant(column, qualifier.last());
            let surely = sources.plain && meant.len() == 1 && query.understood;
            for name in meant {
                let read = reads.entry(name.clone()).or_default();
                let columns = if surely { &mut read.surely } else { &mut read.perhaps };
                if column == "*" {
                    columns.extend(self.columns_of(name).unwrap_or_default());
                } else {
                    columns.insert(column.clone());
                }
            }
        }
        reads
    }

    /// The columns of a relation, where all are known.
    fn columns_of(&self, name: &Name) -> Option<Vec<String>> {
        match self.relation(name)? {
            Relation::Table(table) => {
                let columns = table.columns.iter().map(|column| column.name.clone());
                table.known.then(|| columns.collect())
            }
            Relation::View(view) => view.columns.clone(),
            Relation::Index(_) | Relation::Sequence(_) => None,
        }
    }
}

impl<'a> Sources<'a> {
    fn of(schema: &'a Schema, query: &Query) -> Sources<'a> {
        let relations: Vec<(String, Name)> = query
            .relations
            .iter()
            .map(|used| {
                let alias = used.alias.clone().unwrap_or_else(|| used.name.name.clone());
                (alias, schema.resolve(&used.name))
            })
            .collect();
        let plain = query.with.is_empty() && !query.derives;
        Sources { schema, relations, plain }
    }

    /// The relations whose column this may be.
    fn meant(&self, column: &str, qualifier: Option<&String>) -> BTreeSet<&Name> {
        let named = |(alias, name): &&(String, Name)| match qualifier {
            Some(qualifier) => alias == qualifier,
            None if column == "*" => true,
            None => self
                .schema
                .columns_of(name)
                .is_none_or(|columns| columns.iter().any(|known| known == column)),
        };
        self.relations.iter().filter(named).map(|(_, name)| name).collect()
    }
}
