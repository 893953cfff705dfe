//! New names, and every place that keeps the old one.

use crate::schema::Schema;
use crate::schema::model::ConstraintForm;
use crate::schema::model::Filled;
use crate::schema::model::Index;
use crate::schema::model::Relation;
use crate::schema::model::Table;
use crate::schema::model::TableConstraint;
use crate::schema::model::View;
use crate::sql::Name;
use crate::sql::ObjectKind;
use crate::sql::ObjectRef;

impl Schema {
    /// Gives a relation another full name, everywhere.
    pub(super) fn rename_relation(&mut self, from: &Name, to: &Name) {
        if from == to {
            return;
        }
        let Some(relation) = self.remove_relation(from) else { return };
        let mut relation = std::sync::Arc::unwrap_or_clone(relation);
        match &mut relation {
            Relation::Table(table) => {
                if self.may_be_column_type(&from.name) {
                    self.column_types.insert(to.name.clone());
                }
                table.name.clone_from(to);
                self.relink_table(&table.clone(), from, to);
            }
            Relation::View(view) => {
                view.name.clone_from(to);
                self.relink_view(&view.clone(), from, to);
            }
            Relation::Index(index) => {
                index.name.clone_from(to);
                self.relink_index(&index.clone(), from, to);
            }
            Relation::Sequence(sequence) => sequence.name.clone_from(to),
        }
        if let Relation::Table(table) = &mut relation {
            // A table may reference itself.
            for constraint in &mut table.constraints {
                retarget(constraint, from, to);
            }
            reread_attached(table, from, to);
            let own: Vec<_> =
                table.referenced_by.iter().filter(|(name, _)| name == from).cloned().collect();
            for entry in own {
                table.referenced_by.remove(&entry);
                table.referenced_by.insert((to.clone(), entry.1));
            }
        }
        self.put(relation);
    }

    /// Puts a relation into another schema, with its indexes and the sequences that it owns.
    pub(super) fn move_relation(&mut self, name: &Name, schema: &str) {
        let mut moved = self.sequences_owned_by(name, None);
        match self.relation(name) {
            Some(Relation::Table(table)) => moved.extend(table.indexes.iter().cloned()),
            Some(Relation::View(view)) => moved.extend(view.indexes.iter().cloned()),
            _ => {}
        }
        moved.push(name.clone());
        for name in moved {
            self.rename_relation(&name, &Name::in_schema(schema, name.name.clone()));
        }
    }

    fn relink_table(&mut self, table: &Table, from: &Name, to: &Name) {
        let parents =
            table.parents.iter().chain(table.partition_of.as_ref().map(|(parent, _)| parent));
        for parent in parents {
            if let Some(parent) = self.change_table(parent) {
                swap(&mut parent.children, from, to);
            }
        }
        for child in &table.children {
            let Some(child) = self.change_table(child) else { continue };
            for parent in child.parents.iter_mut().filter(|parent| *parent == from) {
                parent.clone_from(to);
            }
            if let Some((parent, _)) = &mut child.partition_of {
                parent.clone_from(to);
            }
        }
        for index in &table.indexes {
            if let Some(index) = self.change_index(index) {
                index.table.clone_from(to);
                index.definition = None;
            }
        }
        for (other, constraint) in &table.referenced_by {
            let Some(other) = self.change_table(other) else { continue };
            if let Some(constraint) = other.constraint_mut(constraint) {
                retarget(constraint, from, to);
            }
        }
        for constraint in &table.constraints {
            if let ConstraintForm::ForeignKey(target, _) = &constraint.kind
                && let Some(target) = self.change_table(target)
                && target.referenced_by.remove(&(from.clone(), constraint.name.clone()))
            {
                target.referenced_by.insert((to.clone(), constraint.name.clone()));
            }
        }
        self.reread(&table.readers, from, to);
        for sequence in self.sequences_owned_by(from, None) {
            let owned = self.sequence(&sequence).and_then(|known| known.owned_by.clone());
            self.set_owner(&sequence, owned.map(|(_, column)| (to.clone(), column)));
        }
        let attached: Vec<Name> = self.attached_reading(from, None).cloned().collect();
        for on in attached {
            if let Some(on) = self.change_table(&on) {
                reread_attached(on, from, to);
            }
        }
        if self.statistics.values().any(|owner| owner == from) {
            for owner in self.change_statistics().values_mut().filter(|owner| *owner == from) {
                owner.clone_from(to);
            }
        }
        for tables in self.change_published() {
            if let Some(columns) = tables.remove(from) {
                tables.insert(to.clone(), columns);
            }
        }
    }

    fn reread(&mut self, readers: &std::collections::BTreeSet<Name>, from: &Name, to: &Name) {
        for reader in readers {
            let Some(reader) = self.change_view(reader) else { continue };
            if let Some(columns) = reader.reads.remove(from) {
                reader.reads.insert(to.clone(), columns);
            }
        }
    }

    fn relink_view(&mut self, view: &View, from: &Name, to: &Name) {
        self.reread(&view.readers, from, to);
        for read in view.reads.keys() {
            match self.change(read) {
                Some(Relation::Table(table)) => swap(&mut table.readers, from, to),
                Some(Relation::View(view)) => swap(&mut view.readers, from, to),
                _ => {}
            }
        }
        for index in &view.indexes {
            if let Some(index) = self.change_index(index) {
                index.table.clone_from(to);
            }
        }
    }

    fn relink_index(&mut self, index: &Index, from: &Name, to: &Name) {
        match self.change(&index.table) {
            Some(Relation::Table(table)) => {
                swap(&mut table.indexes, from, to);
                for constraint in &mut table.constraints {
                    if constraint.index.as_ref() == Some(from) {
                        constraint.index = Some(to.clone());
                        constraint.name.clone_from(&to.name);
                    }
                }
            }
            Some(Relation::View(view)) => swap(&mut view.indexes, from, to),
            _ => {}
        }
        if let Some(parent) = index.parent.as_ref().and_then(|parent| self.change_index(parent)) {
            swap(&mut parent.children, from, to);
        }
        for child in &index.children {
            if let Some(child) = self.change_index(child) {
                child.parent = Some(to.clone());
            }
        }
    }

    /// Gives a column another name, in its table, its children, and all that names it.
    pub(super) fn rename_column(&mut self, name: &Name, from: &str, to: &str) {
        for full in std::iter::once(name.clone()).chain(self.descendants(name)) {
            for tables in self.change_published() {
                if let Some(columns) = tables.get_mut(&full) {
                    replace(columns, from, to);
                }
            }
            let attached: Vec<Name> = self.attached_reading(&full, None).cloned().collect();
            for on in attached {
                let attached = self.change_table(&on).into_iter().flat_map(|on| &mut on.attached);
                for read in attached.filter_map(|attached| attached.reads.get_mut(&full)) {
                    read.rename(from, to);
                }
            }
            let Some(table) = self.change_table(&full) else { continue };
            rename_in_table(table, from, to);
            let indexes = table.indexes.clone();
            let (readers, keys) = (table.readers.clone(), table.referenced_by.clone());
            for index in indexes {
                let Some(index) = self.change_index(&index) else { continue };
                for key in index.keys.iter_mut().flatten().filter(|key| *key == from) {
                    to.clone_into(key);
                }
                replace(&mut index.computed_from, from, to);
                if let Some(predicate) = &mut index.predicate {
                    predicate.rename_column(from, to);
                }
                index.definition = None;
            }
            for reader in readers {
                if let Some(reader) = self.change_view(&reader)
                    && let Some(columns) = reader.reads.get_mut(&full)
                {
                    columns.rename(from, to);
                }
            }
            for (other, constraint) in keys {
                if let Some(other) = self.change_table(&other)
                    && let Some(key) = other.constraint_mut(&constraint)
                    && let ConstraintForm::ForeignKey(_, columns) = &mut key.kind
                {
                    replace(columns, from, to);
                    key.definition = None;
                }
            }
            for sequence in self.sequences_owned_by(&full, Some(from)) {
                if let Some(Relation::Sequence(sequence)) = self.change(&sequence)
                    && let Some((_, column)) = &mut sequence.owned_by
                {
                    to.clone_into(column);
                }
            }
        }
    }

    /// `RENAME TO` of what is no relation.
    pub(super) fn rename_object(&mut self, object: &ObjectRef, to: &str) {
        let target = self.target(&object.name);
        let renamed = Name { schema: target.schema.clone(), name: to.to_owned() };
        match object.kind {
            ObjectKind::Type | ObjectKind::Domain => self.move_type(&object.name, renamed),
            ObjectKind::Function | ObjectKind::Procedure | ObjectKind::Routine => {
                self.move_functions(&target, &renamed);
            }
            ObjectKind::Schema => self.rename_schema(&object.name.name, to),
            ObjectKind::Trigger => {
                let Some(on) = &object.on else { return };
                let on = self.resolve(on);
                for table in std::iter::once(on.clone()).chain(self.partitions(&on)) {
                    let Some(table) = self.change_table(&table) else { continue };
                    for known in table.triggers.iter_mut().filter(|t| t.name == object.name.name) {
                        to.clone_into(&mut known.name);
                    }
                }
            }
            ObjectKind::Rule | ObjectKind::Policy => {
                let Some(on) = &object.on else { return };
                let on = self.resolve(on);
                let Some(table) = self.change_table(&on) else { return };
                for known in table.attached.iter_mut().filter(|a| a.name == object.name.name) {
                    to.clone_into(&mut known.name);
                }
            }
            ObjectKind::Publication => {
                let publications = self.change_publications();
                if let Some(tables) = publications.remove(&object.name.name) {
                    publications.insert(to.to_owned(), tables);
                }
            }
            ObjectKind::Statistics => {
                if let Some(table) = self.change_statistics().remove(&target) {
                    self.change_statistics().insert(renamed, table);
                }
            }
            _ => {}
        }
    }

    /// `SET SCHEMA` of what is no relation.
    pub(super) fn move_object(&mut self, object: &ObjectRef, schema: &str) {
        let target = self.target(&object.name);
        let moved = Name::in_schema(schema, target.name.clone());
        match object.kind {
            ObjectKind::Type | ObjectKind::Domain => self.move_type(&object.name, moved),
            ObjectKind::Function | ObjectKind::Procedure | ObjectKind::Routine => {
                self.move_functions(&target, &moved);
            }
            _ => {}
        }
    }

    fn move_type(&mut self, from: &Name, to: Name) {
        if let Some(ty) = self.type_(from).cloned() {
            self.remove_type(from);
            self.put_type(to, ty);
        }
    }

    fn move_functions(&mut self, from: &Name, to: &Name) {
        let functions = std::mem::take(self.change_functions(from));
        self.change_functions(to).extend(functions);
    }

    fn rename_schema(&mut self, from: &str, to: &str) {
        let born = self.schemas.remove(from).unwrap_or_default();
        self.schemas.insert(to.to_owned(), born);
        self.follow(self.relations.len() + self.types.len() + self.functions.len());
        let inside = |name: &Name| name.schema.as_deref() == Some(from);
        let relations: Vec<Name> =
            self.relations.keys().filter(|name| inside(name)).cloned().collect();
        self.follow(relations.len() * 10);
        for name in relations {
            self.rename_relation(&name, &Name::in_schema(to, name.name.clone()));
        }
        let types: Vec<Name> = self.types.keys().filter(|name| inside(name)).cloned().collect();
        for name in types {
            self.move_type(&name, Name::in_schema(to, name.name.clone()));
        }
        let functions: Vec<Name> =
            self.functions.keys().filter(|name| inside(name)).cloned().collect();
        for name in functions {
            self.move_functions(&name, &Name::in_schema(to, name.name.clone()));
        }
        for schema in self.search_path.iter_mut().filter(|schema| *schema == from) {
            to.clone_into(schema);
        }
    }
}

fn retarget(constraint: &mut TableConstraint, from: &Name, to: &Name) {
    if let ConstraintForm::ForeignKey(target, _) = &mut constraint.kind
        && target == from
    {
        target.clone_from(to);
        constraint.definition = None;
    }
}

/// A relation that rules and policies of the table read has another name.
fn reread_attached(table: &mut Table, from: &Name, to: &Name) {
    for attached in &mut table.attached {
        if let Some(columns) = attached.reads.remove(from) {
            attached.reads.insert(to.clone(), columns);
        }
    }
}

fn swap(set: &mut std::collections::BTreeSet<Name>, from: &Name, to: &Name) {
    if set.remove(from) {
        set.insert(to.clone());
    }
}

fn rename_in_table(table: &mut Table, from: &str, to: &str) {
    for column in &mut table.columns {
        if column.name == from {
            to.clone_into(&mut column.name);
        }
        if let Some(Filled::Stored(expr) | Filled::Virtual(expr)) = &mut column.filled {
            expr.rename_column(from, to);
        }
    }
    for constraint in &mut table.constraints {
        if constraint.columns.iter().any(|column| column == from) {
            constraint.condition = None;
            constraint.definition = None;
        }
        replace(&mut constraint.columns, from, to);
        if let ConstraintForm::Check(expr) = &mut constraint.kind {
            expr.rename_column(from, to);
        }
    }
    for trigger in &mut table.triggers {
        replace(&mut trigger.columns, from, to);
    }
    for attached in &mut table.attached {
        replace(&mut attached.columns, from, to);
    }
    let computed = table.partition_by.iter_mut().flat_map(|key| &mut key.computed_from);
    for column in computed.filter(|column| *column == from) {
        to.clone_into(column);
    }
    let key = table.partition_by.iter_mut().flat_map(|key| &mut key.columns).flatten();
    for column in key.filter(|column| *column == from) {
        to.clone_into(column);
    }
}

fn replace(names: &mut [String], from: &str, to: &str) {
    for name in names.iter_mut().filter(|name| *name == from) {
        to.clone_into(name);
    }
}
