//! Columns that are changed or go: who else names them.

use super::Bodies;
use super::LeftNarrow;
use super::Published;
use super::Remark;
use super::TakenTooEarly;
use super::key::integer_bytes;
use crate::effect::analyst::Analyst;
use crate::effect::model::Target;
use crate::schema::ConstraintForm;
use crate::schema::Function;
use crate::schema::Table;
use crate::sql::DropObjects;
use crate::sql::Name;
use crate::sql::TypeName;

impl Analyst<'_> {
    /// A column that goes, or gets another name.
    pub(super) fn remark_on_lost(&mut self, table: &Target, column: &str, to: Option<&String>) {
        if self.was_added(&table.name, column) || !table.in_use() {
            return;
        }
        let Some(found) = self.table(&table.name) else { return };
        if found.known && found.column(column).is_none() {
            return;
        }
        let functions = self.naming(found, column);
        let with: Vec<String> = found
            .columns
            .iter()
            .filter(|other| self.schema.is_new(other.born))
            .map(|other| other.name.clone())
            .collect();
        let what = match to {
            Some(to) => format!("calls its column `{column}` `{to}`"),
            None => format!("loses its column `{column}`"),
        };
        if !functions.is_empty() {
            self.remark(Remark::Bodies(Bodies {
                table: table.clone(),
                column: column.to_owned(),
                functions,
                renamed: to.is_some(),
            }));
        }
        self.remark_on_published(table, &what);
        if !with.is_empty() {
            self.remark(Remark::TakenTooEarly(TakenTooEarly {
                table: table.clone(),
                column: column.to_owned(),
                renamed: to.is_some(),
                with,
            }));
        }
    }

    /// Functions whose bodies name the column: beside the table, or as one of a row that a trigger
    /// of the table gets. The server looks into such a body only when it is run.
    fn naming(&self, table: &Table, column: &str) -> Vec<Name> {
        let of_trigger = |name: &Name| {
            table
                .triggers
                .iter()
                .any(|trigger| self.schema.resolve_function(&trigger.function) == *name)
        };
        let names = |name: &Name, function: &Function| {
            let Some(body) = &function.body else { return false };
            let words = words(body);
            let row = |alias: &str| words.windows(2).any(|pair| pair == [alias, column]);
            let named = words.contains(&table.name.name)
                && is_plain(&words, column)
                && (row(&table.name.name) || !self.is_elsewhere(table, column, &words));
            let in_row = of_trigger(name) && (row("new") || row("old"));
            ["sql", "plpgsql"].contains(&function.language.as_str())
                && !function.parsed
                && (named || in_row)
        };
        let mut found: Vec<Name> = self
            .schema
            .all_functions()
            .filter(|(name, function)| names(name, function))
            .map(|(name, _)| name.clone())
            .collect();
        found.dedup();
        found
    }

    /// Whether another table that is named has a column of this name too.
    fn is_elsewhere(&self, table: &Table, column: &str, words: &[String]) -> bool {
        self.schema.tables().any(|other| {
            other.name != table.name
                && words.contains(&other.name.name)
                && (!other.known || other.column(column).is_some())
        })
    }

    /// A change of a table that publications list by name.
    pub(super) fn remark_on_published(&mut self, table: &Target, what: &str) {
        let publications: Vec<String> =
            self.schema.publications_listing(&table.name).into_iter().map(str::to_owned).collect();
        if !publications.is_empty() && table.in_use() {
            self.remark(Remark::Published(Published {
                table: table.clone(),
                what: what.to_owned(),
                publications,
            }));
        }
    }

    pub(super) fn remark_on_drop(&mut self, drop: &DropObjects) {
        for (object, span) in drop.objects.iter().zip(&drop.spans) {
            self.span = *span;
            let table = self.target(&object.name);
            self.remark_on_published(&table, "is dropped");
        }
    }

    /// A key that becomes wider than what references it, or than its own sequence.
    pub(super) fn remark_on_type(&mut self, table: &Target, column: &str, to: &TypeName) {
        let Some(found) = self.table(&table.name) else { return };
        let from = found.column(column).and_then(|column| column.ty.as_ref());
        let (Some(from), Some(bytes)) = (from.and_then(integer_bytes), integer_bytes(to)) else {
            return;
        };
        if bytes <= from {
            return;
        }
        let columns: Vec<(Name, String)> = self
            .referencing(found, column)
            .into_iter()
            .filter(|(_, _, size)| *size < bytes)
            .map(|(table, column, _)| (table, column))
            .collect();
        let owned = self.schema.sequences_owned_by(&table.name, Some(column));
        let sequence = owned
            .into_iter()
            .find(|name| self.schema.sequence(name).is_some_and(|sequence| sequence.serial));
        if !columns.is_empty() || sequence.is_some() {
            self.remark(Remark::LeftNarrow(LeftNarrow {
                table: table.clone(),
                column: column.to_owned(),
                to: to.clone(),
                columns,
                sequence,
            }));
        }
    }

    /// Columns that reference a column, with the sizes of their integers.
    fn referencing(&self, table: &Table, column: &str) -> Vec<(Name, String, u8)> {
        let primary = table.primary_key().map(|key| key.columns.clone()).unwrap_or_default();
        let mut found = Vec::new();
        for (other, constraint) in &table.referenced_by {
            let Some(other) = self.table(other) else { continue };
            let Some(key) = other.constraint(constraint) else { continue };
            let ConstraintForm::ForeignKey(_, columns) = &key.kind else { continue };
            let columns = if columns.is_empty() { &primary } else { columns };
            let place = columns.iter().position(|known| known == column);
            let own = place.and_then(|place| key.columns.get(place));
            let Some(own) = own.and_then(|own| other.column(own)) else { continue };
            if let Some(size) = own.ty.as_ref().and_then(integer_bytes) {
                found.push((other.name.clone(), own.name.clone(), size));
            }
        }
        found
    }
}

/// The words of a body, in lower case.
fn words(body: &str) -> Vec<String> {
    let parts = body.split(|c: char| !(c.is_alphanumeric() || c == '_' || c == '$'));
    parts.filter(|word| !word.is_empty()).map(str::to_lowercase).collect()
}

/// Whether a word stands somewhere where it is not a column of the row that a trigger gets.
fn is_plain(words: &[String], column: &str) -> bool {
    let of_row = |at: usize| {
        let before = at.checked_sub(1).and_then(|before| words.get(before));
        before.is_some_and(|word| ["new", "old"].contains(&word.as_str()))
    };
    words.iter().enumerate().any(|(at, word)| word == column && !of_row(at))
}
