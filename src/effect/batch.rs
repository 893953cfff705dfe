//! What is needed to make an `UPDATE` or `DELETE` a few rows at a time: above all how rows show
//! that they are done, so that the same statement, run again, comes to an end.

use super::analyst::Analyst;
use super::closes;
use super::closes::Closes;
use super::image::differ;
use super::image::image;
use super::model::Cut;
use super::model::CutBy;
use super::model::SetColumn;
use super::model::Shows;
use super::reach;
use super::reading;
use super::reading::Reading;
use super::scope::Scope;
use super::settled::comes_out_the_same;
use super::volatility;
use crate::schema::Relation;
use crate::sql;
use crate::sql::Assignment;
use crate::sql::Clauses;
use crate::sql::DataChange;
use crate::sql::DataVerb;
use crate::sql::Expr;
use crate::sql::Name;
use crate::sql::Span;
use crate::sql::TypeName;
use std::collections::HashSet;

/// A value that is compared as it is.
const PLAIN: Shows = Shows::Equal { cast: None, image: "" };

impl Analyst<'_> {
    /// How a change is cut; `None` for an `INSERT` and a `MERGE`.
    pub(super) fn cut(&self, change: &DataChange, table: &Name) -> Option<Cut> {
        if !matches!(change.verb, DataVerb::Update | DataVerb::Delete) {
            return None;
        }
        let predicate =
            change.predicate.as_ref().filter(|predicate| !reach::is_true(&predicate.tree));
        let steady = predicate.is_none_or(|predicate| self.is_quiet(&predicate.tree));
        let alone = change.clauses.from.is_none() && change.clauses.with.is_none();
        let scope = Scope::of_change(self.schema, change);
        let sets = self.sets(change, table, &scope);
        let by = if !alone || !steady || !self.has_places(change, table) {
            CutBy::Key
        } else if change.verb == DataVerb::Delete || self.closes(change, &scope) == Closes::Surely {
            CutBy::Condition
        } else if sets.iter().all(|set| set.shows != Shows::No) {
            CutBy::Values
        } else {
            CutBy::Key
        };
        Some(Cut {
            only: change.only,
            alias: change.alias.clone(),
            clauses: change.clauses.clone(),
            sets,
            predicate: predicate.map(|predicate| predicate.sql.clone()),
            by,
        })
    }

    /// Whether the place of a row, its `ctid`, names one row: in one file of one table.
    fn has_places(&self, change: &DataChange, table: &Name) -> bool {
        match self.schema.relation(table) {
            Some(Relation::Table(found)) => {
                !found.is_partitioned() && (change.only || found.children.is_empty())
            }
            Some(_) => false,
            None => true,
        }
    }

    /// The columns that are set; those that share a value are one item.
    pub(super) fn sets(&self, change: &DataChange, table: &Name, scope: &Scope) -> Vec<SetColumn> {
        let reading = Reading::of(self.schema, change);
        let mixed = self.collates(change);
        let mut sets: Vec<SetColumn> = Vec::new();
        for set in &change.assignments {
            if set.target.starts_with('(')
                && sets
                    .last()
                    .is_some_and(|last| last.target == set.target && last.value == set.value.sql)
            {
                continue;
            }
            let shows = self.shows(set, table, &reading, scope, mixed);
            let (target, value) = (set.target.clone(), set.value.sql.clone());
            sets.push(SetColumn { target, value, shows });
        }
        sets
    }

    fn shows(
        &self,
        set: &Assignment,
        table: &Name,
        reading: &Reading,
        scope: &Scope,
        mixed: bool,
    ) -> Shows {
        let value = &set.value.tree;
        let settled = comes_out_the_same(reading, set);
        let default = set.value.sql.eq_ignore_ascii_case("default");
        let own_rows = reading::queries(value).into_iter().any(|query| reading.reads_rows(query));
        if default || !settled || own_rows || self.unsteady_in(set, reading).is_some() {
            return Shows::No;
        }
        if set.target.starts_with('(') {
            // A row can be compared with a row, and not with a query.
            let row = matches!(value, Expr::List(_)) && self.are_comparable(set, table, mixed);
            return if row { PLAIN } else { Shows::No };
        }
        if !closes::is_whole(set) {
            return Shows::No;
        }
        if volatility::is_null(value) {
            return Shows::Null;
        }
        let found = self.table(table).and_then(|table| table.column(&set.column));
        let Some(ty) = found.and_then(|column| column.ty.clone()) else {
            return PLAIN;
        };
        let ty = ty.serial_base().map_or(ty, TypeName::builtin);
        let collated = found.is_some_and(|column| column.collation.is_some());
        let collated = collated || (mixed && self.is_text(&ty));
        let image = image(self.schema, &ty, collated);
        // What is compared as a text must be the column's way of writing it.
        let plain = image.is_empty() || ty.is("text") || ty.is("character varying");
        let same = match value {
            // A constant has no length or scale of its own, and is not cut to that of the column.
            Expr::String(_) => plain && ty.modifiers.is_empty(),
            Expr::Bool(_) => plain,
            Expr::Number(number) => plain && is_number(&ty) && !number.contains(['.', 'e', 'E']),
            Expr::Column(parts) => {
                let other = self.table(table).zip(parts.last());
                let other = other.and_then(|(table, column)| table.column(column));
                other.is_some_and(|other| other.ty.as_ref() == Some(&ty))
            }
            Expr::Cast { to, .. } => *to == ty,
            _ => false,
        };
        let same = same || (ty.is("text") && scope.is_text(value));
        Shows::Equal { cast: (!same).then(|| ty.to_string()), image }
    }

    /// Whether a type, or that of the items of an array, has collations.
    fn is_text(&self, ty: &TypeName) -> bool {
        let item = TypeName { dimensions: 0, ..self.schema.base_type(ty) };
        ["text", "character varying", "character"].iter().any(|name| item.is(name))
    }

    /// Whether a change names a collation, or a column that has one of its own: that comes before
    /// the default of the column that a value is compared with.
    fn collates(&self, change: &DataChange) -> bool {
        let Clauses { with, set, from } = &change.clauses;
        let texts = [Some(set), with.as_ref(), from.as_ref()];
        let mut words = HashSet::new();
        for text in texts.into_iter().flatten() {
            let spans = sql::words(text, Span::new(0, text.len()));
            let word = |span: &Span| span.of(text).trim_matches('"').to_lowercase();
            words.extend(spans.iter().map(word));
        }
        let mut columns = self.schema.tables().flat_map(|table| &table.columns);
        words.contains("collate")
            || columns.any(|column| {
                column.collation.is_some() && words.contains(&column.name.to_lowercase())
            })
    }

    /// Whether all columns of a row that is set can be compared as they are.
    fn are_comparable(&self, set: &Assignment, table: &Name, mixed: bool) -> bool {
        let inner = set.target.trim_start_matches('(').trim_end_matches(')');
        inner.split(',').all(|column| {
            let found = self.table(table).and_then(|table| table.column(column.trim()));
            found.is_none_or(|column| {
                let collated = column.collation.is_some();
                let ty = column.ty.as_ref();
                ty.is_none_or(|ty| {
                    let collated = collated || (mixed && self.is_text(ty));
                    image(self.schema, ty, collated).is_empty()
                })
            })
        })
    }
}

fn is_number(ty: &TypeName) -> bool {
    ["smallint", "integer", "bigint", "numeric", "double precision", "real"]
        .iter()
        .any(|name| ty.is(name))
}

/// The condition that a row fulfils until it has its new values; its columns are named after the
/// table where others have some of the same name.
pub fn left_to_do(sets: &[SetColumn], table: Option<&str>) -> String {
    let differs = |set: &SetColumn| {
        let SetColumn { target, value, shows } = set;
        let target = qualified(target, table);
        let list = value.starts_with('(') && value.ends_with(')') && target.starts_with('(');
        let value = if list { value.clone() } else { as_operand(value) };
        match shows {
            Shows::Null | Shows::No => format!("{target} IS NOT NULL"),
            Shows::Equal { cast: None, image } => differ(&target, &value, image),
            Shows::Equal { cast: Some(ty), image } => {
                differ(&target, &format!("{value}::{ty}"), image)
            }
        }
    };
    sets.iter().map(differs).collect::<Vec<_>>().join(" OR ")
}

fn qualified(target: &str, table: Option<&str>) -> String {
    let Some(table) = table else { return target.to_owned() };
    match target.strip_prefix('(').and_then(|inner| inner.strip_suffix(')')) {
        Some(inner) => {
            let columns = inner.split(',').map(|column| format!("{table}.{}", column.trim()));
            format!("({})", columns.collect::<Vec<_>>().join(", "))
        }
        None => format!("{table}.{target}"),
    }
}

/// A value as it may stand beside an operator.
pub(super) fn as_operand(value: &str) -> String {
    let simple = value.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_'.".contains(&byte));
    if simple || is_call(value) { value.to_owned() } else { format!("({value})") }
}

/// Whether a value is a function call, or stands in parentheses, from its start to its end.
fn is_call(value: &str) -> bool {
    let words = sql::words(value, Span::new(0, value.len()));
    let texts: Vec<&str> = words.iter().map(|word| word.of(value)).collect();
    let is_name = |word: &&str| word.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    let first = usize::from(texts.first().is_some_and(is_name));
    if texts.get(first) != Some(&"(") {
        return false;
    }
    let mut depth = 0_i32;
    let closed = texts[first..].iter().position(|text| {
        match *text {
            "(" | "[" => depth += 1,
            ")" | "]" => depth -= 1,
            _ => {}
        }
        depth == 0
    });
    closed == Some(texts.len() - first - 1)
}
