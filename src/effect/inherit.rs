//! What a table must have to inherit from another.

use super::analyst::Analyst;
use crate::schema::ConstraintForm;
use crate::schema::TableConstraint;
use crate::sql::Name;

impl Analyst<'_> {
    /// Refuses a parent that is one already, is none, or cannot be one.
    pub(super) fn check_parent(&mut self, child: &Name, parent: &Name, ends: bool) {
        let known = |name| self.table(name).filter(|table| table.known);
        let (Some(child), Some(parent)) = (known(child), known(parent)) else { return };
        let (name, of) = (&child.name.name, &parent.name.name);
        let inherits = child.parents.contains(&parent.name);
        if ends && !inherits {
            let message = format!("relation \"{of}\" is not a parent of relation \"{name}\"");
            self.refuse("42P01", message);
        } else if !ends && parent.is_partitioned() {
            self.refuse("42809", format!("cannot inherit from partitioned table \"{of}\""));
        } else if !ends && inherits {
            let message = format!("relation \"{of}\" would be inherited from more than once");
            self.refuse("42P07", message);
        }
    }

    /// Refuses a child that lacks a column or a check of its parent (`MergeAttributesIntoExisting`
    /// and `MergeConstraintsIntoExisting` in tablecmds.c).
    pub(super) fn check_inherits(&mut self, child: &Name, parent: &Name) {
        let known = |name| self.table(name).filter(|table| table.known);
        let (Some(child), Some(parent)) = (known(child), known(parent)) else { return };
        let lacks = |name: &String| child.column(name).is_none();
        if let Some(column) = parent.columns.iter().map(|column| &column.name).find(|c| lacks(c)) {
            return self.refuse("42804", format!("child table is missing column \"{column}\""));
        }
        let is_check = |known: &TableConstraint| matches!(known.kind, ConstraintForm::Check(_));
        let needed = parent.constraints.iter().filter(|known| is_check(known) && !known.no_inherit);
        let mut missing =
            needed.filter(|wanted| !child.constraint(&wanted.name).is_some_and(is_check));
        if let Some(missing) = missing.next() {
            let message = format!("child table is missing constraint \"{}\"", missing.name);
            self.refuse("42804", message);
        }
    }
}
