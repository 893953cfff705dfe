//! Tables whose rows are values in columns of others: their form cannot change.

use super::analyst::Analyst;
use crate::schema::Relation;
use crate::schema::Table;

impl Analyst<'_> {
    /// Refuses to compute a table's rows anew while a column of another holds such rows, whether
    /// or not the table has any (`ATRewriteTables` in tablecmds.c).
    pub(super) fn check_row_type(&mut self, table: &Table) {
        if !self.schema.may_be_column_type(&table.name.name) {
            return;
        }
        let holds = |relation: &Relation| {
            let Relation::Table(other) = relation else { return None };
            let holds = other.columns.iter().find(|column| {
                let ty = column.ty.as_ref().filter(|ty| ty.name.name == table.name.name);
                ty.is_some_and(|ty| !ty.is_builtin() && self.schema.resolve(&ty.name) == table.name)
            })?;
            Some(format!("{}.{}", other.name.name, holds.name))
        };
        if let Some(column) = self.schema.relations().find_map(holds) {
            let name = &table.name.name;
            let message = format!(
                "cannot alter table \"{name}\" because column \"{column}\" uses its row type"
            );
            self.refuse("0A000", message);
        }
    }
}
