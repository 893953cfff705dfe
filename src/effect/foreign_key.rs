//! What a foreign key demands of the columns on its two sides.

use super::analyst::Analyst;
use super::casts;
use crate::schema::ConstraintForm;
use crate::schema::Table;
use crate::schema::TableConstraint;
use crate::sql;
use crate::sql::ColumnDef;
use crate::sql::TypeName;

impl Analyst<'_> {
    /// Refuses a key to columns that are no key of their table, or of types that cannot be
    /// compared with it (`ATAddForeignKeyConstraint` in tablecmds.c). `new` are columns that the
    /// statement itself makes on the referencing side.
    pub(super) fn check_key(
        &mut self,
        key: &sql::ForeignKey,
        table: Option<&Table>,
        new: &[&ColumnDef],
    ) {
        let full = self.schema.resolve(&key.references);
        let Some(target) = self.table(&full).filter(|target| target.known) else { return };
        let columns = if key.referenced_columns.is_empty() {
            let Some(primary) = target.primary_key() else {
                let name = &target.name.name;
                let message = format!("there is no primary key for referenced table \"{name}\"");
                return self.refuse("42704", message);
            };
            primary.columns.clone()
        } else {
            key.referenced_columns.clone()
        };
        if let Some(lacking) = columns.iter().find(|column| target.column(column).is_none()) {
            let message =
                format!("column \"{lacking}\" referenced in foreign key constraint does not exist");
            return self.refuse("42703", message);
        }
        if !self.schema.has_key(target, &columns) {
            let name = &target.name.name;
            let message = format!(
                "there is no unique constraint matching given keys for referenced table \"{name}\""
            );
            return self.refuse("42830", message);
        }
        if columns.len() != key.columns.len() {
            let message = "number of referencing and referenced columns for foreign key disagree";
            return self.refuse("42830", message);
        }
        let type_of = |column: &String| -> Option<TypeName> {
            match new.iter().find(|def| def.name == *column) {
                Some(def) => def.ty.clone(),
                None => table?.column(column)?.ty.clone(),
            }
        };
        let types: Vec<(Option<TypeName>, Option<TypeName>)> = key
            .columns
            .iter()
            .zip(&columns)
            .map(|(own, other)| (type_of(own), target.column(other).and_then(|c| c.ty.clone())))
            .collect();
        for (own, other) in &types {
            self.check_sides(own.as_ref(), other.as_ref());
        }
    }

    /// Refuses types of which the server knows no way to compare them.
    fn check_sides(&mut self, own: Option<&TypeName>, other: Option<&TypeName>) {
        let (Some(own), Some(other)) = (own, other) else { return };
        if casts::references(self.schema, own, other) == Some(false) {
            let message = format!(
                "foreign key constraint cannot be implemented: its columns are of incompatible \
                 types: {own} and {other}"
            );
            self.refuse("42804", message);
        }
    }

    /// Refuses another type of a column that a foreign key on either side could not compare any
    /// more: the key is made again with the new type.
    pub(super) fn check_keys_of_type(&mut self, table: &Table, column: &str, to: &TypeName) {
        for key in &table.constraints {
            let Some((target, referenced)) = self.sides(key) else { continue };
            for (own, other) in key.columns.iter().zip(&referenced) {
                let same = target.name == table.name && other == column;
                if own == column && !same {
                    let other = target.column(other).and_then(|column| column.ty.clone());
                    self.check_sides(Some(to), other.as_ref());
                }
            }
        }
        for (name, constraint) in &table.referenced_by {
            let Some(other) = self.table(name).filter(|_| *name != table.name) else { continue };
            let Some(key) = other.constraint(constraint) else { continue };
            let Some((_, referenced)) = self.sides(key) else { continue };
            for (own, _) in key.columns.iter().zip(&referenced).filter(|(_, to)| *to == column) {
                let own = other.column(own).and_then(|column| column.ty.clone());
                self.check_sides(own.as_ref(), Some(to));
            }
        }
    }
}

impl<'a> Analyst<'a> {
    /// The table that a foreign key references, and the columns there.
    fn sides(&self, key: &TableConstraint) -> Option<(&'a Table, Vec<String>)> {
        let ConstraintForm::ForeignKey(target, columns) = &key.kind else { return None };
        let target = self.table(target)?;
        if columns.is_empty() {
            return Some((target, target.primary_key()?.columns.clone()));
        }
        Some((target, columns.clone()))
    }
}
