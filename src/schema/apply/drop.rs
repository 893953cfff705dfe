//! What goes, and what goes with it.

use crate::schema::ColumnsRead;
use crate::schema::Schema;
use crate::schema::model::Column;
use crate::schema::model::ConstraintForm;
use crate::schema::model::Index;
use crate::schema::model::Relation;
use crate::schema::model::Table;
use crate::schema::model::TableConstraint;
use crate::schema::naming;
use crate::sql::DropObjects;
use crate::sql::Name;
use crate::sql::ObjectKind;
use crate::sql::ObjectRef;

impl Schema {
    pub(super) fn drop_objects(&mut self, drop: &DropObjects) {
        for object in &drop.objects {
            if self.is_spent() {
                return self.mark_unseen();
            }
            self.drop_object(object);
        }
    }

    fn drop_object(&mut self, object: &ObjectRef) {
        match object.kind {
            ObjectKind::Table
            | ObjectKind::ForeignTable
            | ObjectKind::View
            | ObjectKind::MaterializedView
            | ObjectKind::Index
            | ObjectKind::Sequence => {
                let name = self.resolve(&object.name);
                self.drop_relation(&name);
            }
            ObjectKind::Type | ObjectKind::Domain => self.remove_type(&object.name),
            ObjectKind::Function
            | ObjectKind::Procedure
            | ObjectKind::Routine
            | ObjectKind::Aggregate => self.drop_function(object),
            ObjectKind::Trigger | ObjectKind::Rule | ObjectKind::Policy => {
                self.drop_attached(object);
            }
            ObjectKind::Schema => self.drop_schema(&object.name.name),
            ObjectKind::Publication => {
                self.change_publications().remove(&object.name.name);
            }
            ObjectKind::Statistics => {
                let name = self.target(&object.name);
                self.change_statistics().remove(&name);
            }
            ObjectKind::Extension => {
                self.extensions.remove(&object.name.name);
            }
            _ => {}
        }
    }

    fn drop_function(&mut self, object: &ObjectRef) {
        let name = self.target(&object.name);
        if self.functions(&name).is_empty() {
            return;
        }
        self.change_functions(&name).retain(|function| {
            object.arguments.as_ref().is_some_and(|arguments| *arguments != function.arguments)
        });
    }

    fn drop_attached(&mut self, object: &ObjectRef) {
        let Some(on) = &object.on else { return };
        let table = self.resolve(on);
        let policy = object.kind == ObjectKind::Policy;
        let name = &object.name.name;
        if object.kind != ObjectKind::Trigger {
            if let Some(table) = self.change_table(&table) {
                table.attached.retain(|known| known.name != *name || known.policy != policy);
            }
            return;
        }
        for table in std::iter::once(table.clone()).chain(self.partitions(&table)) {
            if let Some(table) = self.change_table(&table) {
                table.triggers.retain(|known| known.name != *name);
            }
        }
    }

    fn drop_schema(&mut self, schema: &str) {
        self.schemas.remove(schema);
        let inside = |name: &Name| name.schema.as_deref() == Some(schema);
        let names: Vec<Name> = self.relations.keys().filter(|name| inside(name)).cloned().collect();
        for name in names {
            self.drop_relation(&name);
        }
        let types: Vec<Name> = self.types.keys().filter(|name| inside(name)).cloned().collect();
        for name in types {
            self.remove_type(&name);
        }
        let functions: Vec<Name> =
            self.functions.keys().filter(|name| inside(name)).cloned().collect();
        for name in functions {
            self.change_functions(&name).clear();
        }
    }

    /// Removes a relation, and what cannot stand without it: one after the other, for views may
    /// stand on views to any depth.
    pub(in crate::schema) fn drop_relation(&mut self, name: &Name) {
        let mut open = vec![name.clone()];
        while let Some(name) = open.pop() {
            let first = open.len();
            open.extend(self.drop_one(&name));
            open[first..].reverse();
        }
    }

    /// Removes a relation; gives what cannot stand without it.
    fn drop_one(&mut self, name: &Name) -> Vec<Name> {
        let keys = self.keys_on(name);
        let Some(relation) = self.remove_relation(name) else { return Vec::new() };
        let gone = match &*relation {
            Relation::Table(table) => self.unlink_table(table),
            Relation::View(view) => {
                for read in view.reads.keys() {
                    self.forget_reader(read, name);
                }
                view.readers.iter().chain(&view.indexes).cloned().collect()
            }
            Relation::Index(index) => {
                self.unlink_index(index);
                Vec::new()
            }
            Relation::Sequence(_) => Vec::new(),
        };
        self.drop_keys(&keys);
        gone
    }

    /// Foreign keys whose index goes (`CASCADE` is implied: else it would not go).
    fn drop_keys(&mut self, keys: &[(Name, String)]) {
        for (table, constraint) in keys {
            self.drop_constraint(table, constraint, false);
        }
    }

    /// Unties a table that is gone; gives what goes with it.
    fn unlink_table(&mut self, table: &Table) -> Vec<Name> {
        let name = &table.name;
        let parents =
            table.parents.iter().chain(table.partition_of.as_ref().map(|(parent, _)| parent));
        for parent in parents {
            if let Some(parent) = self.change_table(parent) {
                parent.children.remove(name);
            }
        }
        for (other, constraint) in &table.referenced_by {
            if let Some(other) = self.change_table(other) {
                other.constraints.retain(|known| known.name != *constraint);
            }
        }
        for constraint in &table.constraints {
            self.unlink_key(name, constraint);
        }
        self.drop_attached_reading(name, None);
        let sequences: Vec<Name> = self.sequences_owned_by(name, None);
        let statistics: Vec<Name> = self
            .statistics
            .iter()
            .filter(|(_, table)| *table == name)
            .map(|(statistics, _)| statistics.clone())
            .collect();
        for statistics in statistics {
            self.change_statistics().remove(&statistics);
        }
        for tables in self.change_published() {
            tables.remove(name);
        }
        let with = table.children.iter().chain(&table.readers).chain(&table.indexes);
        with.chain(&sequences).cloned().collect()
    }

    /// Policies and rules that read a table, or a column of it, which goes (`CASCADE` is implied).
    fn drop_attached_reading(&mut self, table: &Name, column: Option<&str>) {
        let may = |read: &ColumnsRead| column.is_none_or(|column| read.may_hold(column));
        let attached: Vec<Name> = self.attached_reading(table, None).cloned().collect();
        for on in attached {
            let Some(on) = self.change_table(&on) else { continue };
            on.attached.retain(|attached| !attached.is_reading(table, column));
            // One that may have gone too holds nothing fast from here on.
            for attached in &mut on.attached {
                if attached.reads.get(table).is_some_and(may) {
                    attached.reads.clear();
                }
            }
        }
    }

    /// Sequences owned by a table, or by one of its columns.
    pub fn sequences_owned_by(&self, table: &Name, column: Option<&str>) -> Vec<Name> {
        let known = self.owned.get(table).into_iter().flatten();
        let owned = known.filter_map(|name| self.sequence(name)).filter(|sequence| {
            sequence.owned_by.as_ref().is_some_and(|(owner, of)| {
                owner == table && column.is_none_or(|column| column == of)
            })
        });
        owned.map(|sequence| sequence.name.clone()).collect()
    }

    fn unlink_index(&mut self, index: &Index) {
        match self.change(&index.table) {
            Some(Relation::Table(table)) => {
                table.indexes.remove(&index.name);
                table.constraints.retain(|known| known.index.as_ref() != Some(&index.name));
            }
            Some(Relation::View(view)) => drop(view.indexes.remove(&index.name)),
            _ => {}
        }
        if let Some(parent) = index.parent.as_ref().and_then(|parent| self.change_index(parent)) {
            parent.children.remove(&index.name);
        }
        for child in &index.children {
            self.drop_relation(child);
        }
    }

    fn unlink_key(&mut self, table: &Name, constraint: &TableConstraint) {
        if let ConstraintForm::ForeignKey(target, _) = &constraint.kind
            && let Some(target) = self.change_table(target)
        {
            target.referenced_by.remove(&(table.clone(), constraint.name.clone()));
        }
    }

    pub(super) fn drop_constraint(&mut self, name: &Name, constraint: &str, only: bool) {
        let children = if only { Vec::new() } else { self.descendants(name) };
        for table in std::iter::once(name.clone()).chain(children) {
            let not_null = self.not_null_column(&table, constraint);
            let index =
                self.table(&table).and_then(|table| table.constraint(constraint)?.index.clone());
            let keys = index.map(|index| self.keys_on(&index)).unwrap_or_default();
            let Some(table) = self.change_table(&table) else { continue };
            if let Some(column) = not_null.and_then(|column| table.column_mut(&column)) {
                column.not_null = false;
            }
            let Some(at) = table.constraints.iter().position(|known| known.name == constraint)
            else {
                continue;
            };
            let gone = table.constraints.remove(at);
            let table = table.name.clone();
            self.unlink_key(&table, &gone);
            if let Some(index) = &gone.index {
                self.drop_keys(&keys);
                self.drop_relation(index);
            }
        }
    }

    /// The column whose `NOT NULL` has this name, given or (since 18) made by the server.
    pub fn not_null_column(&self, table: &Name, constraint: &str) -> Option<String> {
        let table = self.table(table)?;
        if let Some(known) = table.constraint(constraint) {
            let column = known.columns.first().filter(|_| known.kind == ConstraintForm::NotNull);
            return column.cloned();
        }
        let made = |column: &&Column| {
            let name = naming::object_name(&table.name.name, Some(&column.name), "not_null");
            column.not_null && name == constraint
        };
        table.columns.iter().find(made).map(|column| column.name.clone())
    }

    /// Removes a column with its constraints and indexes, and the columns that are computed from
    /// it: constraints and indexes of several columns go whole.
    pub(super) fn drop_column(&mut self, name: &Name, column: &str, only: bool) {
        let computed = self.table(name).into_iter().flat_map(|table| table.computed_from(column));
        let computed: Vec<String> = computed.map(|column| column.name.clone()).collect();
        for column in computed {
            self.drop_column(name, &column, only);
        }
        let children = if only { Vec::new() } else { self.descendants(name) };
        for full in std::iter::once(name.clone()).chain(children) {
            let Some(table) = self.table(&full) else { continue };
            let mentions =
                |index: &&Name| self.index(index).is_some_and(|index| index.mentions(column));
            let indexes: Vec<Name> = table.indexes.iter().filter(mentions).cloned().collect();
            let keys: Vec<_> = indexes.iter().flat_map(|index| self.keys_on(index)).collect();
            self.drop_attached_reading(&full, Some(column));
            let Some(table) = self.change_table(&full) else { continue };
            table.columns.retain(|known| known.name != column);
            table.triggers.retain(|trigger| trigger.columns.iter().all(|known| known != column));
            let (gone, kept): (Vec<_>, Vec<_>) = std::mem::take(&mut table.constraints)
                .into_iter()
                .partition(|constraint| constraint.columns.iter().any(|known| known == column));
            table.constraints = kept;
            for constraint in &gone {
                self.unlink_key(&full, constraint);
            }
            self.drop_keys(&keys);
            for index in indexes {
                self.drop_relation(&index);
            }
            for sequence in self.sequences_owned_by(&full, Some(column)) {
                self.drop_relation(&sequence);
            }
            // A publication that names the column loses the table, which takes `CASCADE`.
            let names = |columns: &[String]| columns.iter().any(|known| known == column);
            for tables in self.change_published() {
                tables.retain(|table, columns| *table != full || !names(columns));
            }
        }
    }
}
