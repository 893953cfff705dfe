//! What is known of a column that another one is to take the place of, and what forbids that.

use super::error::Unfit;
use super::names::fit;
use super::names::quoted;
use super::place::Place;
use super::rewrite::names;
use crate::effect;
use crate::nearest::did_you_mean;
use crate::schema::Column;
use crate::schema::ConstraintForm;
use crate::schema::Filled;
use crate::schema::Relation;
use crate::schema::Schema;
use crate::schema::Sequence;
use crate::schema::Table;
use crate::schema::TableKind;
use crate::sql::Name;
use crate::sql::TypeName;
use std::borrow::Cow;

/// A column with its table, and the database around them.
pub(super) struct Facts<'a> {
    pub(super) schema: &'a Schema,
    pub(super) table: &'a Table,
    pub(super) column: &'a Column,
    pub(super) ty: &'a TypeName,
}

/// What stands before the name of a function among what hangs on a column.
pub(super) const FUNCTION: &str = "the function ";

/// Where it can be done otherwise.
const BY_HAND: &str = "this recipe does not do that; `migrate new NAME` makes empty files";

impl<'a> Facts<'a> {
    /// Finds the column of a table that can be changed.
    pub(super) fn find(schema: &'a Schema, place: &Place) -> Result<Facts<'a>, Unfit> {
        let table = table(schema, &place.table)?;
        let name = &table.name;
        let column = table.column(&place.column).ok_or_else(|| unknown(table, &place.column))?;
        let what = format!("`{name}.{}`", column.name);
        if column.inherited {
            return Err(Unfit::unable(&what, "it comes from a parent table: name that one"));
        }
        let ty = column.ty.as_ref().ok_or_else(|| Unfit::unknown(format!("the type of {what}")))?;
        let facts = Facts { schema, table, column, ty };
        facts.must_be_free(&what)?;
        Ok(facts)
    }

    /// Sees that nothing is built on the column that cannot move to another one.
    fn must_be_free(&self, what: &str) -> Result<(), Unfit> {
        let (table, column) = (self.table, self.column.name.as_str());
        let forbid = |why: String| Err(Unfit::unable(what, format!("{why}; {BY_HAND}")));
        match &self.column.filled {
            Some(Filled::Identity) => return forbid("it is an identity column".to_owned()),
            Some(_) => return forbid("it is a generated column".to_owned()),
            None => {}
        }
        let in_it = |columns: &[String]| columns.iter().any(|known| known == column);
        for constraint in table.constraints.iter().filter(|known| in_it(&known.columns)) {
            match constraint.kind {
                ConstraintForm::Primary => {
                    return forbid("it is part of the primary key".to_owned());
                }
                ConstraintForm::Patterns => {
                    return forbid(format!("the exclusion `{}` is over it", constraint.name));
                }
                _ => {}
            }
        }
        let key = table.partition_by.iter().flat_map(|by| by.columns.iter().flatten());
        if key.into_iter().any(|known| known == column) {
            return forbid("the table is partitioned by it".to_owned());
        }
        if let Some(other) = table.computed_from(column).next() {
            return forbid(format!("the column `{}` is computed from it", other.name));
        }
        for (other, name) in &table.referenced_by {
            let key = self.schema.table(other).and_then(|other| other.constraint(name));
            let columns = key.map(|key| match &key.kind {
                ConstraintForm::ForeignKey(_, columns) => columns.as_slice(),
                _ => &[],
            });
            if columns.is_some_and(in_it) {
                return forbid(format!("the foreign key `{name}` of `{other}` references it"));
            }
        }
        Ok(())
    }

    /// The table and the column, for people.
    pub(super) fn shown(&self) -> String {
        format!("{}.{}", self.table.name.name, self.column.name)
    }

    /// A column of the table as an argument of a command.
    pub(super) fn argument(&self, column: &str) -> String {
        let place = format!("{}.{}", self.sql(), quoted(column));
        // A name holds no NUL, which is all that a shell cannot be given.
        shlex::try_quote(&place).map(Cow::into_owned).unwrap_or(place)
    }

    /// The table as SQL names it, wherever names are looked up.
    pub(super) fn sql(&self) -> String {
        self.table.name.to_sql()
    }

    /// The type of the column as SQL says it, with its collation.
    pub(super) fn type_sql(&self) -> String {
        let collation = self.column.collation.as_ref().map(Name::to_sql);
        let collation = collation.map_or(String::new(), |name| format!(" COLLATE {name}"));
        format!("{}{collation}", self.ty)
    }

    /// The name of a check that the column is filled.
    pub(super) fn filled(&self) -> String {
        fit(format!("migrate_{}_filled", self.column.name))
    }

    /// Whether a column of the table has this name.
    pub(super) fn has(&self, name: &str) -> bool {
        self.table.column(name).is_some()
    }

    /// That the table has no column of this name, with what may be meant.
    pub(super) fn has_no(&self, name: &str) -> String {
        unknown(self.table, name).to_string()
    }

    /// What is to be compared of values of a type, so that no change of one goes unseen.
    pub(super) fn image(&self, ty: &TypeName) -> &'static str {
        effect::image(self.schema, ty, self.column.collation.is_some())
    }

    /// The default of the column, as written.
    pub(super) fn default(&self) -> Result<Option<String>, Unfit> {
        if !self.column.has_default() {
            return Ok(None);
        }
        let text = self.column.default_sql.clone();
        let what = || Unfit::unknown(format!("the default of `{}`", self.shown()));
        text.map(Some).ok_or_else(what)
    }

    /// The sequence that is dropped with the column.
    pub(super) fn sequence(&self) -> Option<&'a Sequence> {
        let owner = (self.table.name.clone(), self.column.name.clone());
        self.schema.relations().find_map(|relation| match relation {
            Relation::Sequence(known) if known.owned_by.as_ref() == Some(&owner) => Some(known),
            _ => None,
        })
    }

    /// What hangs on the column and does not move by itself, in words.
    pub(super) fn dependents(&self) -> Vec<String> {
        let (table, column) = (self.table, self.column.name.as_str());
        let mut found = Vec::new();
        for reader in &table.readers {
            let view = self.schema.view(reader);
            let read = view.and_then(|view| view.reads.get(&table.name));
            if read.is_some_and(|read| read.may_hold(column)) {
                found.push(format!("the view `{reader}`"));
            }
        }
        let in_it = |columns: &[String]| columns.iter().any(|known| known == column);
        for attached in table.attached.iter().filter(|known| in_it(&known.columns)) {
            let kind = if attached.policy { "policy" } else { "rule" };
            found.push(format!("the {kind} `{}`", attached.name));
        }
        for trigger in table.triggers.iter().filter(|known| in_it(&known.columns)) {
            found.push(format!("the trigger `{}`", trigger.name));
        }
        for publication in self.schema.publications_naming(&table.name, column) {
            found.push(format!("the publication `{publication}`"));
        }
        let own = |name: &Name| table.triggers.iter().any(|known| known.function.name == name.name);
        for (name, function) in self.schema.all_functions() {
            let Some(body) = &function.body else { continue };
            if names(body, column) && (own(name) || names(body, &table.name.name)) {
                found.push(format!("{FUNCTION}`{name}`"));
            }
        }
        found
    }

    /// Triggers for each row that come after one of this name: the server goes by their names.
    pub(super) fn triggers_after(&self, name: &str) -> Vec<String> {
        let rows = self.table.triggers.iter().filter(|trigger| trigger.each_row);
        rows.filter(|trigger| trigger.name.as_str() > name)
            .map(|known| known.name.clone())
            .collect()
    }
}

fn table<'a>(schema: &'a Schema, name: &Name) -> Result<&'a Table, Unfit> {
    let Some(relation) = schema.relation(name) else {
        let all: Vec<String> = schema.tables().map(|table| table.name.name.clone()).collect();
        let names = all.iter().map(String::as_str);
        let help = did_you_mean(&name.name, names, || {
            "say with --database-url which database has it".to_owned()
        });
        return Err(Unfit::Table { table: name.clone(), help });
    };
    let what = format!("`{}`", relation.name());
    let Relation::Table(table) = relation else {
        return Err(Unfit::unable(what, "it is no table"));
    };
    if !table.known {
        return Err(Unfit::unknown(format!("how the table {what} was made")));
    }
    let parent = table.partition_of.as_ref().map(|(parent, _)| parent).or(table.parents.first());
    if let Some(parent) = parent {
        return Err(Unfit::unable(what, format!("its parent is `{parent}`: name that one")));
    }
    let inherited = !table.is_partitioned() && !table.children.is_empty();
    let why = match table.kind {
        TableKind::Foreign => {
            Some("it is a foreign table, which has no triggers that can change a row")
        }
        _ if table.is_temporary() => Some("it is a temporary table"),
        _ if table.of_type.is_some() => Some("its columns are those of a type"),
        _ if inherited => Some("tables inherit from it, and do not inherit its triggers"),
        _ => None,
    };
    why.map_or(Ok(table), |why| Err(Unfit::unable(what, format!("{why}; {BY_HAND}"))))
}

fn unknown(table: &Table, column: &str) -> Unfit {
    let names = table.columns.iter().map(|known| known.name.as_str());
    let help = did_you_mean(column, names.clone(), || {
        format!("it has {}", names.collect::<Vec<_>>().join(", "))
    });
    Unfit::Column { table: table.name.clone(), column: column.to_owned(), help }
}
