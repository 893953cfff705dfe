//! `ALTER TABLE` and its kin.

use super::create::adopt;
use crate::schema::Schema;
use crate::schema::model::Column;
use crate::schema::model::ConstraintForm;
use crate::schema::model::Filled;
use crate::schema::model::Moment;
use crate::schema::model::Relation;
use crate::sql::AlterAction;
use crate::sql::AlterRelation;
use crate::sql::AlterVerb;
use crate::sql::Name;
use crate::sql::ObjectKind;
use crate::sql::Owner;
use crate::sql::ReplicaIdentity;
use crate::sql::RowSecurity;

impl Schema {
    pub(super) fn alter_relation(&mut self, alter: &AlterRelation) {
        let found = self.relation(&alter.name).map(|relation| relation.name().clone());
        let missing = found.is_none();
        if missing
            && (alter.if_exists && self.is_missing(&alter.name) || !is_table_like(alter.kind))
        {
            return;
        }
        let name = match found {
            Some(name) => name,
            None => self.ensure(&alter.name),
        };
        // Whatever their order as written, what goes, goes first (`AT_PASS_DROP` in tablecmds.c).
        let (drops, others): (Vec<_>, Vec<_>) = alter.actions.iter().partition(|action| {
            use AlterVerb::DropColumn;
            use AlterVerb::DropConstraint;
            use AlterVerb::DropDefault;
            use AlterVerb::DropNotNull;
            matches!(
                action.verb,
                DropColumn { .. } | DropConstraint { .. } | DropDefault { .. } | DropNotNull { .. }
            )
        });
        for action in drops.into_iter().chain(others) {
            if self.is_spent() {
                return self.mark_unseen();
            }
            self.alter(&name, action, alter.only);
        }
    }

    /// The table itself and, unless `only`, its children.
    fn tree(&self, name: &Name, only: bool) -> Vec<Name> {
        let children = if only { Vec::new() } else { self.descendants(name) };
        std::iter::once(name.clone()).chain(children).collect()
    }

    fn each_column(&mut self, name: &Name, only: bool, column: &str, change: impl Fn(&mut Column)) {
        for table in self.tree(name, only) {
            if let Some(table) = self.change_table(&table)
                && let Some(column) = table.column_mut(column)
            {
                change(column);
            }
        }
    }

    fn alter(&mut self, name: &Name, action: &AlterAction, only: bool) {
        match &action.verb {
            AlterVerb::AddColumn { column, if_not_exists } => {
                let exists =
                    self.table(name).is_some_and(|table| table.column(&column.name).is_some());
                if !(exists && *if_not_exists) {
                    self.add_column(name, column);
                }
            }
            AlterVerb::DropColumn { column, .. } => self.drop_column(name, column, only),
            AlterVerb::RenameColumn { from, to } => self.rename_column(name, from, to),
            AlterVerb::AddConstraint(constraint) => self.add_constraint(name, constraint, only),
            AlterVerb::DropConstraint { constraint, .. } => {
                self.drop_constraint(name, constraint, only);
            }
            AlterVerb::RenameTo(to) => {
                let to = Name { schema: name.schema.clone(), name: to.clone() };
                self.rename_relation(name, &to);
            }
            AlterVerb::SetSchema(schema) => self.move_relation(name, schema),
            AlterVerb::AttachPartition { partition, bound } => {
                let partition = self.ensure(partition);
                self.become_partition(&partition, name, bound, false);
            }
            AlterVerb::DetachPartition { partition, .. } => {
                let partition = self.resolve(partition);
                self.detach(name, &partition);
            }
            AlterVerb::AttachIndex { index } => {
                let index = self.resolve(index);
                self.link_indexes(name, &index);
            }
            AlterVerb::Inherit { parent, remove } => {
                let parent = self.ensure(parent);
                if *remove {
                    self.detach(&parent, name);
                } else {
                    self.inherit_from(name, &parent);
                }
            }
            AlterVerb::RenameConstraint { .. }
            | AlterVerb::ValidateConstraint { .. }
            | AlterVerb::AlterConstraint { .. } => {
                self.change_constraints(name, &action.verb, only);
            }
            AlterVerb::RowSecurity(_)
            | AlterVerb::ClusterOn { .. }
            | AlterVerb::SetWithoutCluster
            | AlterVerb::SetLogged(_)
            | AlterVerb::SetAccessMethod(_)
            | AlterVerb::OfType(_)
            | AlterVerb::ReplicaIdentity(_) => self.change_properties(name, &action.verb),
            AlterVerb::Sequence { owned_by: Some(owned_by), .. } => {
                let owned_by = match owned_by {
                    Owner::Column(table, column) => Some((self.resolve(table), column.clone())),
                    Owner::Nobody => None,
                };
                self.set_owner(name, owned_by);
            }
            verb => self.change_columns(name, verb, only),
        }
    }

    fn change_columns(&mut self, name: &Name, verb: &AlterVerb, only: bool) {
        match verb {
            AlterVerb::AlterType { column, ty, collation, .. } => {
                self.note_type(Some(ty));
                self.each_column(name, only, column, |column| {
                    column.ty = Some(ty.clone());
                    column.collation.clone_from(collation);
                });
                self.note_column(name, column, Some(ty));
            }
            AlterVerb::SetDefault { column, default } => {
                self.each_column(name, only, column, |column| {
                    column.default = Some(default.tree.clone());
                    column.default_sql = Some(default.sql.clone());
                });
            }
            AlterVerb::DropDefault { column } => {
                self.each_column(name, only, column, |column| {
                    (column.default, column.default_sql) = (None, None);
                });
            }
            AlterVerb::SetNotNull { column } => {
                self.note_column(name, column, None);
                self.each_column(name, only, column, |column| column.not_null = true);
            }
            AlterVerb::DropNotNull { column } => {
                self.each_column(name, only, column, |column| column.not_null = false);
            }
            AlterVerb::SetExpression { column, expression } => {
                self.each_column(name, only, column, |column| match &mut column.filled {
                    Some(Filled::Stored(known) | Filled::Virtual(known)) => {
                        known.clone_from(&expression.tree);
                    }
                    Some(Filled::Identity) | None => {}
                });
            }
            AlterVerb::DropExpression { column, .. } => {
                self.each_column(name, only, column, |column| column.filled = None);
            }
            AlterVerb::DropIdentity { column, .. } => {
                self.each_column(name, only, column, |column| column.filled = None);
                for sequence in self.sequences_owned_by(name, Some(column)) {
                    if self.sequence(&sequence).is_some_and(|sequence| sequence.identity) {
                        self.drop_relation(&sequence);
                    }
                }
            }
            AlterVerb::AddIdentity { column, sequence, .. } => {
                self.identity_sequence(name, column, sequence.as_ref());
                self.each_column(name, true, column, |column| {
                    column.filled = Some(Filled::Identity);
                });
            }
            _ => {}
        }
    }

    /// Of a table whose creation was not seen, what is done to a column tells of it.
    fn note_column(&mut self, name: &Name, column: &str, ty: Option<&crate::sql::TypeName>) {
        let now = self.now();
        let Some(table) = self.change_table(name) else { return };
        if table.known || table.column(column).is_some() {
            return;
        }
        table.columns.push(Column {
            name: column.to_owned(),
            ty: ty.cloned(),
            not_null: false,
            default: None,
            default_sql: None,
            filled: None,
            collation: None,
            // Only its mention is new.
            born: Moment { unit: 0, ..now },
            inherited: false,
        });
    }

    fn change_constraints(&mut self, name: &Name, verb: &AlterVerb, only: bool) {
        for table in self.tree(name, only) {
            let Some(table) = self.change_table(&table) else { continue };
            match verb {
                AlterVerb::RenameConstraint { from, to } => {
                    let Some(constraint) = table.constraint_mut(from) else { continue };
                    constraint.name.clone_from(to);
                    let index = constraint.index.clone();
                    let target = match &constraint.kind {
                        ConstraintForm::ForeignKey(target, _) => Some(target.clone()),
                        _ => None,
                    };
                    let full = table.name.clone();
                    if let Some(index) = index {
                        let renamed = Name { schema: index.schema.clone(), name: to.clone() };
                        self.rename_relation(&index, &renamed);
                    }
                    if let Some(target) = target.and_then(|target| self.change_table(&target))
                        && target.referenced_by.remove(&(full.clone(), from.clone()))
                    {
                        target.referenced_by.insert((full, to.clone()));
                    }
                }
                AlterVerb::ValidateConstraint { constraint } => {
                    let Some(constraint) = table.constraint_mut(constraint) else { continue };
                    constraint.valid = true;
                    let proven = match constraint.kind {
                        ConstraintForm::NotNull => constraint.columns.first().cloned(),
                        _ => None,
                    };
                    if let Some(column) = proven.and_then(|column| table.column_mut(&column)) {
                        column.not_null = true;
                    }
                }
                AlterVerb::AlterConstraint { constraint, enforced, inherit } => {
                    let Some(constraint) = table.constraint_mut(constraint) else { continue };
                    if let Some(enforced) = enforced {
                        constraint.enforced = *enforced;
                        constraint.valid = *enforced;
                    }
                    if let Some(inherit) = inherit {
                        constraint.no_inherit = !inherit;
                    }
                }
                _ => {}
            }
        }
    }

    fn change_properties(&mut self, name: &Name, verb: &AlterVerb) {
        let Some(table) = self.change_table(name) else { return };
        match verb {
            AlterVerb::RowSecurity(RowSecurity::Enable) => table.row_security = true,
            AlterVerb::RowSecurity(RowSecurity::Disable) => table.row_security = false,
            AlterVerb::ClusterOn { index } => table.clustered_on = Some(index.clone()),
            AlterVerb::SetWithoutCluster => table.clustered_on = None,
            AlterVerb::SetAccessMethod(method) => table.access_method = Some(method.clone()),
            AlterVerb::OfType(of) => table.of_type.clone_from(of),
            AlterVerb::SetLogged(logged) => {
                table.persistence = if *logged {
                    crate::sql::Persistence::Permanent
                } else {
                    crate::sql::Persistence::Unlogged
                };
            }
            AlterVerb::ReplicaIdentity(identity) => {
                table.replica_identity = match identity {
                    ReplicaIdentity::Index(index) => Some(index.clone()),
                    ReplicaIdentity::Default | ReplicaIdentity::Nothing | ReplicaIdentity::Full => {
                        None
                    }
                };
            }
            _ => {}
        }
    }

    fn inherit_from(&mut self, child: &Name, parent: &Name) {
        if let Some(parent) = self.change_table(parent) {
            parent.children.insert(child.clone());
        }
        let from = self.shared(parent);
        if let Some(child) = self.change_table(child) {
            child.parents.push(parent.clone());
            if let Some(Relation::Table(from)) = from.as_deref() {
                adopt(child, from);
            }
        }
    }

    fn detach(&mut self, parent: &Name, child: &Name) {
        if let Some(parent) = self.change_table(parent) {
            parent.children.remove(child);
        }
        let Some(table) = self.change_table(child) else { return };
        table.partition_of = None;
        table.parents.retain(|known| known != parent);
        table.triggers.retain(|trigger| !trigger.inherited);
        for constraint in &mut table.constraints {
            constraint.inherited = false;
        }
        for column in &mut table.columns {
            column.inherited = false;
        }
        for index in table.indexes.clone() {
            let Some(index) = self.change_index(&index) else { continue };
            let (name, parent) = (index.name.clone(), index.parent.take());
            if let Some(parent) = parent.and_then(|parent| self.change_index(&parent)) {
                parent.children.remove(&name);
            }
        }
    }
}

fn is_table_like(kind: ObjectKind) -> bool {
    matches!(kind, ObjectKind::Table | ObjectKind::ForeignTable)
}
