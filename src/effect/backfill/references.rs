//! What a `DELETE` does to rows that refer to those that go: whether the statement reads what that
//! changes, so that what it finds depends on which batch came first.

use super::model::Unfit;
use super::plain::Changed;
use crate::effect::reading;
use crate::effect::reading::Reading;
use crate::schema::ConstraintForm;
use crate::schema::Schema;
use crate::schema::Table;
use crate::schema::TableConstraint;
use crate::sql::Expr;
use crate::sql::Name;
use crate::sql::Query;
use crate::sql::Rows;
use crate::sql::Source;
use crate::sql::quote_identifier;
use std::collections::BTreeMap;
use std::collections::BTreeSet;

/// A foreign key: the table that refers, and what it says.
#[derive(Clone, Copy)]
struct Key<'a> {
    table: &'a Table,
    constraint: &'a TableConstraint,
}

impl Key<'_> {
    fn does(&self, action: &str) -> bool {
        self.constraint.actions.iter().any(|known| known.starts_with(action))
    }

    fn cascades(&self) -> bool {
        self.does("ON DELETE CASCADE")
    }

    fn empties(&self) -> bool {
        self.does("ON DELETE SET")
    }
}

/// What changes with the rows that a statement deletes.
#[derive(Default)]
struct Changes<'a> {
    /// The foreign keys by which rows of a table go or are changed, by table.
    by: BTreeMap<Name, Vec<Key<'a>>>,
    /// Tables whose rows are deleted, the statement's own included.
    gone: BTreeSet<Name>,
}

impl Changed<'_> {
    /// Rows that go with those that are deleted, and columns that are emptied, must not be read;
    /// and rows must not wait for one another.
    pub(super) fn check_references(&self) -> Result<(), Unfit> {
        let schema = self.analyst.schema;
        let own = schema.resolve(&self.change.table);
        let family = family(schema, &own);
        let changes = changes(schema, &family);
        self.check_itself(&family)?;
        let predicate = self.change.predicate.as_ref().map(|predicate| &predicate.tree);
        let reads = |sources: &[Source], columns: &[Vec<String>], condition: Option<&Expr>| {
            sources.iter().find_map(|source| {
                let Rows::Relation(name) = &source.rows else { return None };
                let name = schema.resolve(name);
                let keys = touched(schema, &changes, &name)?;
                let emptied = keys.iter().all(Key::empties);
                let seen = |key: &Key| key.constraint.columns.iter().any(|it| shows(columns, it));
                if emptied && !changes.gone.contains(&name) && !keys.iter().any(seen) {
                    return None;
                }
                let tied = self.is_tied(&keys, &family, source, condition);
                (!tied).then_some(name)
            })
        };
        let columns = columns(predicate, &self.change.source);
        if let Some(name) = reads(&self.change.source.from, &columns, predicate) {
            return Err(self.goes_along(&name));
        }
        for query in predicate.into_iter().flat_map(reading::queries) {
            let condition = query.condition.as_deref();
            let found = reads(&query.from, &query.columns, condition).or_else(|| {
                let mut deeper = query.relations.iter().map(|used| schema.resolve(&used.name));
                let among = |name: &Name| {
                    query.from.iter().any(|source| match &source.rows {
                        Rows::Relation(first) => schema.resolve(first) == *name,
                        _ => false,
                    })
                };
                deeper.find(|name| !among(name) && touched(schema, &changes, name).is_some())
            });
            if let Some(name) = found {
                return Err(self.goes_along(&name));
            }
        }
        Ok(())
    }

    /// Foreign keys of the table to itself.
    fn check_itself(&self, family: &BTreeSet<Name>) -> Result<(), Unfit> {
        let schema = self.analyst.schema;
        let predicate = self.change.predicate.as_ref();
        let reading = Reading::of(schema, self.change);
        for key in keys_to(schema, family).filter(|key| family.contains(&key.table.name)) {
            let columns = &key.constraint.columns;
            let read = predicate.is_some_and(|predicate| reading.reads(&predicate.tree, columns));
            if key.empties() && read {
                let what = "a column that is emptied where the row goes that it refers to";
                return Err(self.depends(what, &self.change.table.name));
            }
            let empty = |term: &Expr| match term {
                Expr::IsNull { expr, negated: false } => match &**expr {
                    Expr::Column(parts) => parts.last().is_some_and(|it| columns.contains(it)),
                    _ => false,
                },
                _ => false,
            };
            let mut terms = predicate.into_iter().flat_map(|it| it.tree.conjuncts());
            if !key.empties() && !key.cascades() && !terms.any(empty) {
                return Err(self.waits(columns, read));
            }
        }
        Ok(())
    }

    /// Rows of the table refer to others, which cannot go before them.
    fn waits(&self, columns: &[String], read: bool) -> Unfit {
        let table = &self.change.table.name;
        let why = format!(
            "rows of `{table}` refer to others of it, which cannot be deleted before them, and may \
             come first"
        );
        let unfit = Unfit::batches("refers-to-itself", self.span, why);
        let known = self.analyst.schema.table(&self.analyst.schema.resolve(&self.change.table));
        let column = columns.first().map(|column| quote_identifier(column)).unwrap_or_default();
        let required = known
            .and_then(|table| table.column(columns.first()?))
            .is_some_and(|column| column.not_null);
        if read || required || self.change.clauses.from.is_some() {
            return unfit.words(format!(
                "keep the keys of the rows that go in a table of its own first; by that, set \
                 {column} to NULL in them, and then delete those of which it IS NULL"
            ));
        }
        let name = self.table_sql();
        let condition = self.change.predicate.as_ref().map(|it| format!("({}) AND ", it.sql));
        let condition = condition.unwrap_or_default();
        unfit.sql(format!(
            "UPDATE {name} SET {column} = NULL WHERE {condition}{column} IS NOT NULL;\n\
             DELETE FROM {name} WHERE {condition}{column} IS NULL"
        ))
    }

    /// Rows that are read go along with those that are deleted, or are changed.
    fn goes_along(&self, name: &Name) -> Unfit {
        let table = &self.change.table.name;
        let what = format!("rows of `{}`, which go or change with those of `{table}`", name.name);
        self.depends(&what, table)
    }

    fn depends(&self, what: &str, table: &str) -> Unfit {
        let span = self.change.predicate.as_ref().map_or(self.span, |predicate| predicate.span);
        let why = format!(
            "it reads {what}, so that which rows are deleted depends on which batch came first"
        );
        let kept = quote_identifier(&format!("{table}_before"));
        Unfit::twice("own-rows", span, why).words(format!(
            "keep the keys of the rows that go in a table of its own first; then join that: \
             CREATE TABLE {kept} AS SELECT …"
        ))
    }

    /// Whether the rows of a table that are read for a row are just those that go or change with
    /// this very row: one foreign key, to the table itself, and the condition names it.
    fn is_tied(
        &self,
        keys: &[Key],
        family: &BTreeSet<Name>,
        source: &Source,
        condition: Option<&Expr>,
    ) -> bool {
        let [key] = keys else { return false };
        let ConstraintForm::ForeignKey(target, referred) = &key.constraint.kind else {
            return false;
        };
        let schema = self.analyst.schema;
        let target = schema.resolve(target);
        if !family.contains(&target) {
            return false;
        }
        let primary = schema.table(&target).and_then(Table::primary_key);
        let referred = match referred.as_slice() {
            [] => primary.map(|key| key.columns.clone()).unwrap_or_default(),
            named => named.to_vec(),
        };
        let own = self.change.alias.as_deref().unwrap_or(&self.change.table.name);
        // A name alone is that of the table that is read, if it has such a column.
        let is = |expr: &Expr, of: &str, column: &str| match expr {
            Expr::Column(parts) => match parts.as_slice() {
                [last] => of != own && last == column && key.table.column(column).is_some(),
                [table, last] => table == of && last == column,
                _ => false,
            },
            _ => false,
        };
        let terms = || condition.into_iter().chain(&source.on).flat_map(Expr::conjuncts);
        let pairs = key.constraint.columns.iter().zip(&referred);
        let named = |column: &str, referred: &str| {
            terms().any(|term| match term {
                Expr::Binary { operator, left, right } if operator == "=" => {
                    let sides = [(left, right), (right, left)];
                    sides.iter().any(|(one, other)| {
                        is(one, &source.name, column) && is(other, own, referred)
                    })
                }
                _ => false,
            })
        };
        !referred.is_empty()
            && key.constraint.columns.len() == referred.len()
            && pairs.into_iter().all(|(column, referred)| named(column, referred))
    }
}

/// A table with its partitions and children, and those that it is a part of.
fn family(schema: &Schema, name: &Name) -> BTreeSet<Name> {
    let mut all: BTreeSet<Name> = schema.descendants(name).into_iter().collect();
    all.insert(name.clone());
    let mut above = schema.table(name);
    while let Some((parent, _)) = above.and_then(|table| table.partition_of.as_ref()) {
        all.insert(parent.clone());
        above = schema.table(parent);
    }
    all
}

/// The foreign keys to any of these tables.
fn keys_to<'a>(
    schema: &'a Schema,
    tables: &BTreeSet<Name>,
) -> impl Iterator<Item = Key<'a>> + use<'a> {
    let known: Vec<&Table> = tables.iter().filter_map(|name| schema.table(name)).collect();
    let named = known.into_iter().flat_map(|table| &table.referenced_by);
    named.filter_map(|(name, constraint)| {
        let table = schema.table(name)?;
        Some(Key { table, constraint: table.constraint(constraint)? })
    })
}

/// All that goes or is changed with rows of these tables.
fn changes<'a>(schema: &'a Schema, first: &BTreeSet<Name>) -> Changes<'a> {
    let mut changes = Changes { gone: first.clone(), ..Changes::default() };
    let mut open = vec![first.clone()];
    while let Some(tables) = open.pop() {
        for key in keys_to(schema, &tables).filter(|key| key.cascades() || key.empties()) {
            let name = &key.table.name;
            changes.by.entry(name.clone()).or_default().push(key);
            if key.cascades() && !changes.gone.contains(name) {
                let more = family(schema, name);
                changes.gone.extend(more.iter().cloned());
                open.push(more);
            }
        }
    }
    changes
}

/// The foreign keys by which rows of a relation, or of what a view reads, go or are changed.
fn touched<'a>(schema: &Schema, changes: &Changes<'a>, name: &Name) -> Option<Vec<Key<'a>>> {
    let (mut open, mut seen, mut keys) = (vec![name.clone()], BTreeSet::new(), Vec::new());
    while let Some(name) = open.pop() {
        if !seen.insert(name.clone()) {
            continue;
        }
        if let Some(view) = schema.view(&name) {
            open.extend(view.reads.keys().cloned());
            continue;
        }
        let known = family(schema, &name).into_iter();
        keys.extend(known.filter_map(|name| changes.by.get(&name)).flatten().copied());
    }
    (!keys.is_empty()).then_some(keys)
}

/// The columns that a statement mentions, but for those in queries within it.
fn columns(predicate: Option<&Expr>, source: &Query) -> Vec<Vec<String>> {
    let mut found = source.columns.clone();
    if let Some(predicate) = predicate {
        predicate.walk(&mut |part| {
            if let Expr::Column(parts) = part {
                found.push(parts.clone());
            }
        });
    }
    found
}

/// Whether columns that are mentioned may show one of this name.
fn shows(mentioned: &[Vec<String>], column: &str) -> bool {
    mentioned.iter().filter_map(|parts| parts.last()).any(|last| last == column || last == "*")
}
