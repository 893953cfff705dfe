//! `ALTER TABLE`: the lock is the strongest that any sub-command needs, and is taken at the start.

use super::analyst::Analyst;
use super::lock::LockMode;
use super::model::ColumnChange;
use super::model::DropDefault;
use super::model::Effect;
use super::model::Fill;
use super::model::Filler;
use super::model::Filling;
use super::model::ObjectChange;
use super::model::Proof;
use super::model::RenameColumn;
use super::model::RenameTable;
use super::model::Replaced;
use super::model::ReplicaChange;
use super::model::SetNotNull;
use super::model::SwitchTrigger;
use super::model::Target;
use super::model::Who;
use super::proof;
use crate::schema::ConstraintForm;
use crate::schema::Filled;
use crate::schema::Relation;
use crate::schema::Table;
use crate::schema::TableConstraint;
use crate::sql;
use crate::sql::AlterAction;
use crate::sql::AlterRelation;
use crate::sql::AlterVerb;
use crate::sql::ColumnDef;
use crate::sql::Detach;
use crate::sql::Expression;
use crate::sql::Name;
use crate::sql::ObjectKind;
use crate::sql::RowSecurity;

/// One `ALTER TABLE`, as its sub-commands see it.
pub(super) struct Command<'a> {
    pub(super) alter: &'a AlterRelation,
    pub(super) table: Target,
    /// The table and, unless `ONLY`, its children.
    pub(super) tree: Vec<Name>,
    /// The lock of the whole command.
    pub(super) mode: LockMode,
    /// Constraints that it drops, those that go with a column included.
    pub(super) dropped: Vec<&'a str>,
    /// Columns that it drops: these go before anything is added.
    pub(super) dropped_columns: Vec<&'a str>,
    /// Columns that it adds.
    pub(super) added: Vec<&'a str>,
}

impl Analyst<'_> {
    pub(super) fn alter_relation(&mut self, alter: &AlterRelation) {
        if self.schema.is_missing(&alter.name) {
            if !alter.if_exists {
                self.refuse("42P01", format!("relation \"{}\" does not exist", alter.name));
            }
            return self.effect(Effect::Other);
        }
        match (self.schema.relation(&alter.name), alter.kind) {
            (Some(Relation::Index(_)), _) | (None, ObjectKind::Index) => self.alter_index(alter),
            (Some(Relation::Sequence(_)), _) | (None, ObjectKind::Sequence) => {
                self.alter_sequence(alter);
            }
            (Some(Relation::View(_)), _)
            | (None, ObjectKind::View | ObjectKind::MaterializedView) => self.alter_view(alter),
            // What `ALTER TABLE` named first, and was not seen being made, may be anything.
            (Some(Relation::Table(table)), ObjectKind::Index) if !table.known => {
                self.alter_index(alter);
            }
            (Some(Relation::Table(table)), ObjectKind::Sequence) if !table.known => {
                self.alter_sequence(alter);
            }
            (Some(Relation::Table(table)), ObjectKind::View | ObjectKind::MaterializedView)
                if !table.known =>
            {
                self.alter_view(alter);
            }
            (Some(Relation::Table(_)) | None, _) => self.alter_table(alter),
        }
    }

    fn alter_table(&mut self, alter: &AlterRelation) {
        let table = self.target(&alter.name);
        let mode = alter.actions.iter().map(|action| mode_of(&action.verb)).max();
        let dropped_columns = dropped_columns(&alter.actions);
        let command = Command {
            alter,
            tree: self.tree(&table.name, alter.only),
            mode: mode.unwrap_or(LockMode::AccessExclusive),
            dropped: dropped_constraints(alter, self.table(&table.name), &dropped_columns),
            dropped_columns,
            added: added_columns(&alter.actions),
            table,
        };
        self.lock(&command.table.name, command.mode);
        self.check_order(&command);
        for action in &alter.actions {
            if self.schema.is_spent() {
                return;
            }
            self.span = action.span;
            if self.reaches_children(&command, &action.verb) {
                for child in &command.tree {
                    self.lock(child, command.mode);
                }
            }
            self.action(&command, &action.verb);
        }
    }

    /// Whatever their order as written, what is dropped goes before columns are added
    /// (`AT_PASS_DROP` in tablecmds.c).
    fn check_order(&mut self, command: &Command) {
        let Some(table) = self.table(&command.table.name).filter(|table| table.known) else {
            return;
        };
        for action in &command.alter.actions {
            let (AlterVerb::DropDefault { column } | AlterVerb::DropNotNull { column }) =
                &action.verb
            else {
                continue;
            };
            if command.added.contains(&column.as_str()) && table.column(column).is_none() {
                self.refuse("42703", format!("column \"{column}\" does not exist"));
            }
        }
    }

    /// Whether a sub-command is carried out on children too, which are then locked like the table.
    fn reaches_children(&self, command: &Command, verb: &AlterVerb) -> bool {
        let identity = self.postgres.at_least(17);
        match verb {
            AlterVerb::AddConstraint(constraint) => match &constraint.kind {
                sql::ConstraintKind::Check(_) | sql::ConstraintKind::NotNull(_) => {
                    !constraint.no_inherit || self.postgres.at_least(18)
                }
                sql::ConstraintKind::ForeignKey(_) => {
                    command.table.partitioned || self.postgres.at_least(18)
                }
                sql::ConstraintKind::Key(_) | sql::ConstraintKind::Patterns { .. } => {
                    command.table.partitioned && self.postgres.at_least(18)
                }
            },
            AlterVerb::AddIdentity { .. }
            | AlterVerb::SetIdentity { .. }
            | AlterVerb::DropIdentity { .. } => identity && command.table.partitioned,
            AlterVerb::Trigger { .. } => command.table.partitioned,
            AlterVerb::SetAttributeOptions { .. }
            | AlterVerb::SetCompression { .. }
            | AlterVerb::RenameTo(_)
            | AlterVerb::SetSchema(_)
            | AlterVerb::OwnerTo(_)
            | AlterVerb::Rule { .. }
            | AlterVerb::RowSecurity(_)
            | AlterVerb::ClusterOn { .. }
            | AlterVerb::SetWithoutCluster
            | AlterVerb::SetWithoutOids
            | AlterVerb::SetTablespace(_)
            | AlterVerb::SetAccessMethod(_)
            | AlterVerb::SetLogged(_)
            | AlterVerb::SetOptions { .. }
            | AlterVerb::Inherit { .. }
            | AlterVerb::OfType(_)
            | AlterVerb::ReplicaIdentity(_)
            | AlterVerb::AttachPartition { .. }
            | AlterVerb::DetachPartition { .. }
            | AlterVerb::AttachIndex { .. }
            | AlterVerb::DependsOnExtension
            | AlterVerb::Sequence { .. }
            | AlterVerb::ViewDefault { .. }
            | AlterVerb::Options => false,
            AlterVerb::ValidateConstraint { constraint } => self
                .table(&command.table.name)
                .and_then(|table| table.constraint(constraint))
                .is_some_and(|constraint| !constraint.valid),
            AlterVerb::AddColumn { .. }
            | AlterVerb::DropColumn { .. }
            | AlterVerb::AlterType { .. }
            | AlterVerb::SetDefault { .. }
            | AlterVerb::DropDefault { .. }
            | AlterVerb::SetNotNull { .. }
            | AlterVerb::DropNotNull { .. }
            | AlterVerb::SetExpression { .. }
            | AlterVerb::DropExpression { .. }
            | AlterVerb::SetStatistics { .. }
            | AlterVerb::SetStorage { .. }
            | AlterVerb::AlterConstraint { .. }
            | AlterVerb::DropConstraint { .. }
            | AlterVerb::RenameColumn { .. }
            | AlterVerb::RenameConstraint { .. } => true,
        }
    }

    fn action(&mut self, command: &Command, verb: &AlterVerb) {
        if let Some(column) = column_of(verb)
            && self.lacks_column(command, column)
        {
            let table = &command.table.name.name;
            let message = format!("column \"{column}\" of relation \"{table}\" does not exist");
            self.refuse("42703", message);
            return self.effect(Effect::Other);
        }
        match verb {
            AlterVerb::AddColumn { column, if_not_exists } => {
                self.add_column(command, column, *if_not_exists);
            }
            AlterVerb::DropColumn { column, if_exists, cascade } => {
                self.drop_column(command, column, *if_exists, *cascade);
            }
            AlterVerb::AlterType { column, ty, collation, using } => {
                self.change_type(command, column, ty, collation.as_ref(), using.as_ref());
            }
            AlterVerb::SetDefault { column, default } => {
                self.set_default(command, column, default);
            }
            AlterVerb::DropDefault { column } => {
                self.drop_default(command, column, Filler::Default);
            }
            AlterVerb::SetNotNull { column } => self.set_not_null(command, column),
            AlterVerb::DropNotNull { column } => self.drop_not_null(command, column),
            AlterVerb::SetStatistics { column }
            | AlterVerb::SetAttributeOptions { column }
            | AlterVerb::SetStorage { column }
            | AlterVerb::SetCompression { column } => {
                let what = match verb {
                    AlterVerb::SetStorage { .. } => "SET STORAGE",
                    AlterVerb::SetCompression { .. } => "SET COMPRESSION",
                    _ => "tuned",
                };
                let change = self.column_change(command, column, what.to_owned());
                self.effect(Effect::TuneColumn(change));
            }
            AlterVerb::SetExpression { .. }
            | AlterVerb::DropExpression { .. }
            | AlterVerb::AddIdentity { .. }
            | AlterVerb::SetIdentity { .. }
            | AlterVerb::DropIdentity { .. } => self.change_filling(command, verb),
            AlterVerb::AddConstraint(constraint) => {
                self.add_constraint(command, constraint, command.added.as_slice());
            }
            AlterVerb::ValidateConstraint { constraint } => self.validate(command, constraint),
            AlterVerb::DropConstraint { constraint, if_exists, cascade } => {
                self.drop_constraint(command, constraint, *if_exists, *cascade);
            }
            AlterVerb::AlterConstraint { constraint, enforced, .. } => {
                self.alter_constraint(command, constraint, *enforced);
            }
            AlterVerb::RenameColumn { from, to } => self.rename_column(command, from, to),
            AlterVerb::RenameTo(to) => self.rename_table(command, to),
            AlterVerb::SetSchema(schema) => self.move_table(command, schema),
            AlterVerb::AttachPartition { partition, bound } => {
                self.attach_partition(command, partition, bound);
            }
            AlterVerb::DetachPartition { partition, mode } => {
                self.detach_partition(command, partition, *mode);
            }
            AlterVerb::Trigger { enable, replica, which } => {
                self.switch_trigger(command, *enable, *replica, which);
            }
            _ => self.change_table(command, verb),
        }
    }

    fn switch_trigger(&mut self, command: &Command, enable: bool, replica: bool, which: &str) {
        let found = self.table(&command.table.name);
        let known = found.filter(|table| table.known && !self.schema.is_blind());
        let lacks = |table: &Table| !table.triggers.iter().any(|known| known.name == which);
        if !["all", "user"].contains(&which) && known.is_some_and(lacks) {
            let table = &command.table.name.name;
            let message = format!("trigger \"{which}\" for table \"{table}\" does not exist");
            self.refuse("42704", message);
        }
        self.effect(Effect::SwitchTrigger(SwitchTrigger {
            table: command.table.clone(),
            enable: enable && !replica,
            replica,
            keys: which == "all" && found.is_none_or(has_keys),
            which: which.to_owned(),
        }));
    }

    /// Whether a table is known not to have a column.
    fn lacks_column(&self, command: &Command, column: &str) -> bool {
        let known = self.table(&command.table.name).filter(|table| table.known);
        known.is_some_and(|table| table.column(column).is_none())
            && !command.added.contains(&column)
            && !self.schema.is_blind()
    }

    /// A new name may not be that of another relation.
    fn check_taken(&mut self, relation: &Name, to: &str) {
        let full = Name { schema: relation.schema.clone(), name: to.to_owned() };
        let there = self.schema.relation(relation).is_some();
        if there && relation.schema.is_some() && self.schema.relation(&full).is_some() {
            self.refuse("42P07", format!("relation \"{to}\" already exists"));
        }
    }

    /// Sub-commands on the table as a whole.
    fn change_table(&mut self, command: &Command, verb: &AlterVerb) {
        let table = command.table.clone();
        match verb {
            AlterVerb::SetLogged(logged) => self.set_logged(&table, *logged),
            AlterVerb::ClusterOn { .. } | AlterVerb::SetWithoutCluster if table.partitioned => {
                self.refuse("0A000", "cannot mark index clustered in partitioned table");
                self.effect(Effect::Other);
            }
            AlterVerb::SetOptions { .. } if table.partitioned && self.postgres.at_least(16) => {
                self.refuse("42809", "cannot specify storage parameters for a partitioned table");
                self.effect(Effect::Other);
            }
            AlterVerb::SetTablespace(tablespace) => self.set_tablespace(&table, tablespace),
            AlterVerb::SetAccessMethod(method) => self.set_access_method(&table, method),
            AlterVerb::ReplicaIdentity(identity) => {
                if let sql::ReplicaIdentity::Index(index) = identity {
                    self.check_replica_index(&table.name, index);
                }
                let identity = match identity {
                    sql::ReplicaIdentity::Default => "default".to_owned(),
                    sql::ReplicaIdentity::Nothing => "nothing".to_owned(),
                    sql::ReplicaIdentity::Full => "full".to_owned(),
                    sql::ReplicaIdentity::Index(index) => index.clone(),
                };
                let breaks = if identity == "nothing" && table.in_use() {
                    let why = "UPDATE and DELETE fail while the table is published";
                    Self::broken(table.name.to_string(), Who::Writers, why)
                } else {
                    Vec::new()
                };
                let change = ReplicaChange { table, identity };
                self.part(Effect::ReplicaIdentity(change), breaks, Vec::new());
            }
            AlterVerb::Inherit { parent, remove } => {
                let parent = self.target(parent);
                self.check_parent(&table.name, &parent.name, *remove);
                if !remove {
                    self.check_inherits(&table.name, &parent.name);
                }
                let mode =
                    if *remove { LockMode::AccessShare } else { LockMode::ShareUpdateExclusive };
                self.lock(&parent.name, mode);
                self.effect(Effect::Other);
            }
            AlterVerb::RowSecurity(RowSecurity::Enable) => {
                let policies = self
                    .table(&table.name)
                    .is_some_and(|table| table.attached.iter().any(|attached| attached.policy));
                let breaks = if !policies && table.in_use() && table.is_known() {
                    let why = "without a policy, nobody but the owner sees or writes a row";
                    Self::broken(table.name.to_string(), Who::Both, why)
                } else {
                    Vec::new()
                };
                self.part(Effect::Other, breaks, Vec::new());
            }
            AlterVerb::RenameConstraint { from, to } => {
                let (on, to) = (Some(table), Some(to.clone()));
                let name = Name::bare(from.clone());
                let change = ObjectChange::of(ObjectKind::Constraint, name, false);
                self.effect(Effect::RenameObject(ObjectChange { on, to, ..change }));
            }
            _ => self.effect(Effect::Other),
        }
    }

    pub(super) fn column_change(
        &mut self,
        command: &Command,
        column: &str,
        what: String,
    ) -> ColumnChange {
        ColumnChange {
            table: command.table.clone(),
            column: column.to_owned(),
            new: self.is_new_column(command, column),
            what,
        }
    }

    /// Whether a column was added by what ships with this command. One that is not known is not.
    pub(super) fn is_new_column(&self, command: &Command, column: &str) -> bool {
        command.added.contains(&column) || self.was_added(&command.table.name, column)
    }

    pub(super) fn was_added(&self, table: &Name, column: &str) -> bool {
        let column = self.table(table).and_then(|table| table.column(column));
        column.is_some_and(|column| self.schema.is_new(column.born))
    }

    fn set_default(&mut self, command: &Command, column: &str, default: &Expression) {
        self.check_default(command, column);
        self.check_functions(&default.tree);
        if default.tree.is_null() {
            // As good as none.
            return self.drop_default(command, column, Filler::Default);
        }
        let known = self.table(&command.table.name).and_then(|table| table.column(column));
        let before = known.and_then(|column| column.default.as_ref());
        let same = before == Some(&default.tree) && default.tree.is_exact();
        let what = format!("SET DEFAULT {}", default.sql);
        let change = self.column_change(command, column, what);
        self.effect(if same { Effect::TuneColumn(change) } else { Effect::SetDefault(change) });
    }

    /// An identity has no default, and neither has a generated column.
    fn check_default(&mut self, command: &Command, column: &str) {
        let filled = self.filled(command, column);
        let identity = filled == Some(&Filled::Identity);
        let goes = command.alter.actions.iter().any(|action| match &action.verb {
            AlterVerb::DropIdentity { column: gone, .. } => gone == column,
            _ => false,
        });
        if identity && !goes {
            self.refuse("42601", format!("column \"{column}\" is an identity column"));
        } else if filled.is_some() && !identity {
            self.refuse("42601", format!("column \"{column}\" is a generated column"));
        }
    }

    /// A default that goes, or what is missed in the same way.
    fn drop_default(&mut self, command: &Command, column: &str, filler: Filler) {
        let default = filler == Filler::Default;
        let table = self.table(&command.table.name);
        let known = table.and_then(|table| table.column(column));
        if known.is_none() && !command.added.contains(&column) {
            self.assume();
        }
        if default {
            self.check_default(command, column);
        }
        let filling = self.replaced(&command.table.name, column).filling;
        if default && known.is_some_and(|known| !known.has_default()) && filling != Filling::Unknown
        {
            // There is none.
            let change = self.column_change(command, column, "DROP DEFAULT".to_owned());
            return self.effect(Effect::TuneColumn(change));
        }
        let added = added_here(command, column);
        let drop = DropDefault {
            table: command.table.clone(),
            column: column.to_owned(),
            not_null: known.map(|column| column.not_null).or(added.map(|def| def.not_null)),
            new: self.is_new_column(command, column),
            filler,
        };
        let object = Self::column_name(&command.table, column);
        let breaks = if command.table.in_use() && drop.not_null == Some(true) {
            Self::broken(object, Who::Writers, "an INSERT that leaves the column out fails")
        } else if command.table.in_use() && filler == Filler::Expression && !drop.new {
            Self::broken(object, Who::Readers, "new rows hold NULL, which nothing computes")
        } else {
            Vec::new()
        };
        self.part(Effect::DropDefault(drop), breaks, Vec::new());
    }

    /// Whether a column was added by what ships with this command, and nothing fills it.
    pub(super) fn is_left_empty(&self, command: &Command, column: &str) -> bool {
        if let Some(def) = added_here(command, column) {
            return self.fill(def) == Fill::Null;
        }
        self.is_empty_column(&command.table.name, column)
    }

    /// The same of a column of a table that no command is looked at for.
    pub(super) fn is_empty_column(&self, table: &Name, column: &str) -> bool {
        self.was_added(table, column) && self.replaced(table, column).filling == Filling::Nothing
    }

    fn set_not_null(&mut self, command: &Command, column: &str) {
        let new = self.is_new_column(command, column);
        let table = self.table(&command.table.name);
        let mut proof = match table {
            Some(table) => proof::of_not_null(table, column, &command.dropped),
            None => proof::unseen(&command.dropped),
        };
        // A constraint of PostgreSQL 18 that is not validated yet is validated by this.
        let pending = table.is_some_and(|table| {
            table.constraints.iter().any(|constraint| {
                constraint.kind == ConstraintForm::NotNull
                    && !constraint.valid
                    && constraint.columns.iter().any(|known| known == column)
            })
        });
        let unseen = |proof: &Proof| matches!(proof, Proof::Unknown | Proof::DroppedUnseen(_));
        if pending && unseen(&proof) {
            proof = Proof::Nothing;
        }
        if unseen(&proof) {
            self.assume();
        }
        let scans = !matches!(proof, Proof::NotNull | Proof::Check(_));
        if scans {
            self.scan(&command.tree);
        }
        if command.alter.only && command.table.partitioned {
            self.refuse("42P16", "constraint must be added to child tables too");
        }
        let required = proof != Proof::NotNull && self.is_left_empty(command, column);
        // Where a valid check refuses NULL already, nobody who runs now notices.
        let harmful = command.table.in_use() && !new && scans;
        let object = Self::column_name(&command.table, column);
        let breaks = if required && command.table.in_use() {
            let why = "an INSERT that does not name the column fails";
            Self::broken(object, Who::Writers, why)
        } else if harmful {
            Self::broken(object, Who::Writers, "writing NULL fails")
        } else {
            Vec::new()
        };
        let (table, column) = (command.table.clone(), column.to_owned());
        let set = SetNotNull { table, column, proof, new, required };
        self.part(Effect::SetNotNull(set), breaks, Vec::new());
    }

    pub(super) fn drop_not_null(&mut self, command: &Command, column: &str) {
        let change = self.column_change(command, column, "DROP NOT NULL".to_owned());
        if let Some(table) = self.table(&command.table.name) {
            let known = table.column(column);
            if known.is_some_and(|column| column.filled == Some(Filled::Identity)) {
                self.refuse("42601", format!("column \"{column}\" is an identity column"));
                return self.effect(Effect::Other);
            }
            let key = table.primary_key().filter(|key| !command.dropped.contains(&&*key.name));
            if key.is_some_and(|key| key.columns.iter().any(|known| known == column)) {
                self.refuse("42P16", format!("column \"{column}\" is in a primary key"));
                return self.effect(Effect::Other);
            }
            if self.replica_index(table).is_some_and(|index| index.mentions(column)) {
                let message = format!("column \"{column}\" is in index used as replica identity");
                self.refuse("42P16", message);
                return self.effect(Effect::Other);
            }
            let parent = table.partition_of.as_ref().and_then(|(parent, _)| self.table(parent));
            if parent.and_then(|parent| parent.column(column)).is_some_and(|known| known.not_null) {
                let message = format!("column \"{column}\" is marked NOT NULL in parent table");
                self.refuse("42P16", message);
                return self.effect(Effect::Other);
            }
            if table.known && known.is_some_and(|column| !column.not_null) {
                return self.effect(Effect::Other);
            }
        }
        let breaks = if command.table.in_use() && !change.new {
            let object = Self::column_name(&command.table, column);
            Self::broken(object, Who::Readers, "code that expects a value may find NULL")
        } else {
            Vec::new()
        };
        self.part(Effect::DropNotNull(change), breaks, Vec::new());
    }

    fn change_filling(&mut self, command: &Command, verb: &AlterVerb) {
        let (column, what) = match verb {
            AlterVerb::SetExpression { column, .. } => (column, "SET EXPRESSION"),
            AlterVerb::DropExpression { column, .. } => (column, "DROP EXPRESSION"),
            AlterVerb::AddIdentity { column, always: true, .. } => (column, "ADD GENERATED ALWAYS"),
            AlterVerb::AddIdentity { column, .. } => (column, "ADD GENERATED BY DEFAULT"),
            AlterVerb::SetIdentity { column, always: true } => (column, "SET GENERATED ALWAYS"),
            AlterVerb::SetIdentity { column, .. } => (column, "SET GENERATED"),
            AlterVerb::DropIdentity { column, .. } => (column, "DROP IDENTITY"),
            _ => return,
        };
        self.check_filling(command, verb, column);
        for sequence in self.schema.sequences_owned_by(&command.table.name, Some(column)) {
            let mode = match verb {
                AlterVerb::DropIdentity { .. } => LockMode::AccessExclusive,
                AlterVerb::SetIdentity { .. } => LockMode::ShareRowExclusive,
                _ => continue,
            };
            self.lock(&sequence, mode);
        }
        match verb {
            AlterVerb::DropIdentity { .. } => {
                return self.drop_default(command, column, Filler::Identity);
            }
            AlterVerb::DropExpression { .. } => {
                return self.drop_default(command, column, Filler::Expression);
            }
            _ => {}
        }
        let change = self.column_change(command, column, what.to_owned());
        let writers = command.table.in_use() && !change.new;
        let breaks = match verb {
            AlterVerb::AddIdentity { always: true, .. }
            | AlterVerb::SetIdentity { always: true, .. }
                if writers =>
            {
                let object = Self::column_name(&command.table, column);
                Self::broken(object, Who::Writers, "an INSERT that gives the column a value fails")
            }
            _ => Vec::new(),
        };
        let computed = matches!(verb, AlterVerb::SetExpression { .. })
            && !matches!(self.filled(command, column), Some(Filled::Virtual(_)));
        if computed {
            self.rewrite(&command.tree);
            return self.part(Effect::Recompute(change), breaks, Vec::new());
        }
        self.part(Effect::ChangeFilling(change), breaks, Vec::new());
    }

    pub(super) fn filled(&self, command: &Command, column: &str) -> Option<&Filled> {
        let table = self.table(&command.table.name)?;
        table.column(column).and_then(|column| column.filled.as_ref())
    }

    /// What the server demands of a column whose filling changes (`ATExecAddIdentity` and its
    /// neighbours in tablecmds.c).
    fn check_filling(&mut self, command: &Command, verb: &AlterVerb, column: &str) {
        let set_expression = matches!(verb, AlterVerb::SetExpression { .. });
        if set_expression && !self.postgres.at_least(17) {
            self.refuse("42601", "before PostgreSQL 17 there is no SET EXPRESSION");
        }
        let table = self.table(&command.table.name).filter(|table| table.known);
        let Some(known) = table.and_then(|table| table.column(column)) else { return };
        let identity = known.filled == Some(Filled::Identity);
        let does = |wanted: fn(&AlterVerb) -> Option<&String>| {
            let mut actions = command.alter.actions.iter();
            actions.any(|action| wanted(&action.verb).is_some_and(|other| other == column))
        };
        let sets_not_null = does(|verb| match verb {
            AlterVerb::SetNotNull { column } => Some(column),
            _ => None,
        });
        let drops_default = does(|verb| match verb {
            AlterVerb::DropDefault { column } => Some(column),
            _ => None,
        });
        if matches!(verb, AlterVerb::DropExpression { .. })
            && matches!(known.filled, Some(Filled::Virtual(_)))
        {
            let message = "DROP EXPRESSION is not supported for virtual generated columns";
            return self.refuse("0A000", message);
        }
        let checked = table.is_some_and(|table| {
            table.constraints.iter().any(|known| matches!(known.kind, ConstraintForm::Check(_)))
        });
        if set_expression && checked && matches!(known.filled, Some(Filled::Virtual(_))) {
            let message = "ALTER TABLE / SET EXPRESSION is not supported for virtual generated \
                           columns in tables with check constraints";
            return self.refuse("0A000", message);
        }
        let why = match verb {
            AlterVerb::AddIdentity { .. } if identity => "is already an identity column",
            AlterVerb::AddIdentity { .. } if !known.not_null && !sets_not_null => {
                "must be declared NOT NULL before identity can be added"
            }
            AlterVerb::AddIdentity { .. } if known.has_default() && !drops_default => {
                "already has a default value"
            }
            AlterVerb::DropIdentity { if_exists: false, .. } | AlterVerb::SetIdentity { .. }
                if !identity =>
            {
                "is not an identity column"
            }
            AlterVerb::SetExpression { .. }
            | AlterVerb::DropExpression { if_exists: false, .. }
                if !matches!(known.filled, Some(Filled::Stored(_) | Filled::Virtual(_))) =>
            {
                "is not a generated column"
            }
            _ => return,
        };
        self.refuse("55000", format!("column \"{column}\" {why}"));
    }

    fn rename_column(&mut self, command: &Command, from: &str, to: &str) {
        if command.alter.only && !self.schema.descendants(&command.table.name).is_empty() {
            let message =
                format!("inherited column \"{from}\" must be renamed in child tables too");
            self.refuse("42P16", message);
        }
        let table = self.table(&command.table.name);
        let is_child = |table: &Table| table.partition_of.is_some() || !table.parents.is_empty();
        if let Some(table) = table.filter(|table| is_child(table))
            && table.column(from).is_some_and(|column| column.inherited)
        {
            self.refuse("42P16", format!("cannot rename inherited column \"{from}\""));
        }
        if table.is_some_and(|table| table.column(to).is_some()) {
            let table = &command.table.name.name;
            let message = format!("column \"{to}\" of relation \"{table}\" already exists");
            self.refuse("42701", message);
        }
        let known = table.and_then(|table| table.column(from));
        let rename = RenameColumn {
            table: command.table.clone(),
            column: from.to_owned(),
            ty: known.and_then(|column| column.ty.clone()),
            old: self.replaced(&command.table.name, from),
            to: to.to_owned(),
            new: self.is_new_column(command, from),
            of_view: None,
        };
        let breaks = if command.table.in_use() && !rename.new {
            let object = Self::column_name(&command.table, from);
            Self::broken(object, Who::Both, "code that names the column fails")
        } else {
            Vec::new()
        };
        self.part(Effect::RenameColumn(rename), breaks, Vec::new());
    }

    fn rename_table(&mut self, command: &Command, to: &str) {
        let table = command.table.clone();
        self.check_taken(&table.name, to);
        let breaks = if table.in_use() {
            Self::broken(table.name.to_string(), Who::Both, "code that names the table fails")
        } else {
            Vec::new()
        };
        let rename = RenameTable { table, to: to.to_owned() };
        self.part(Effect::RenameTable(rename), breaks, Vec::new());
    }

    fn move_table(&mut self, command: &Command, schema: &str) {
        let table = command.table.clone();
        for sequence in self.schema.sequences_owned_by(&table.name, None) {
            self.lock(&sequence, LockMode::AccessExclusive);
        }
        let stays = table.name.schema.as_deref() == Some(schema);
        let new = !table.in_use() || stays;
        let breaks = if new {
            Vec::new()
        } else {
            Self::broken(table.name.to_string(), Who::Both, "code that names the table fails")
        };
        let to = Some(schema.to_owned());
        let change =
            ObjectChange { to, ..ObjectChange::of(ObjectKind::Table, table.name.clone(), new) };
        self.part(Effect::MoveObject(change), breaks, Vec::new());
    }

    fn alter_index(&mut self, alter: &AlterRelation) {
        let index = self.schema.resolve(&alter.name);
        for action in &alter.actions {
            self.span = action.span;
            self.alter_index_action(alter, &index, &action.verb);
        }
    }

    fn alter_index_action(&mut self, alter: &AlterRelation, index: &Name, verb: &AlterVerb) {
        match verb {
            AlterVerb::RenameTo(to) => {
                // `ALTER TABLE` on an index takes the lock of a table.
                let mode = if alter.kind == ObjectKind::Index {
                    LockMode::ShareUpdateExclusive
                } else {
                    LockMode::AccessExclusive
                };
                self.lock(index, mode);
                self.check_taken(index, to);
                let change = ObjectChange::of(ObjectKind::Index, index.clone(), false);
                let to = Some(to.clone());
                self.effect(Effect::RenameObject(ObjectChange { to, ..change }));
            }
            AlterVerb::AttachIndex { index: child } => {
                let child = self.schema.resolve(child);
                self.lock(index, LockMode::ShareUpdateExclusive);
                self.lock(&child, LockMode::AccessExclusive);
                let tables = [Some(&child), Some(index)].map(|index| {
                    index
                        .and_then(|index| self.schema.index(index))
                        .map(|index| index.table.clone())
                });
                for table in tables.into_iter().flatten() {
                    self.lock(&table, LockMode::AccessShare);
                }
                self.effect(Effect::Other);
            }
            AlterVerb::SetTablespace(tablespace) => self.set_index_tablespace(index, tablespace),
            AlterVerb::SetStatistics { .. } => {
                self.lock(index, LockMode::ShareUpdateExclusive);
                self.effect(Effect::Other);
            }
            AlterVerb::SetOptions { options, .. } => {
                let light = |(name, _): &(String, String)| {
                    ["fillfactor", "deduplicate_items"].contains(&name.as_str())
                };
                let mode = if options.iter().all(light) {
                    LockMode::ShareUpdateExclusive
                } else {
                    LockMode::AccessExclusive
                };
                self.lock(index, mode);
                self.effect(Effect::Other);
            }
            _ => {
                self.lock(index, LockMode::AccessExclusive);
                self.effect(Effect::Other);
            }
        }
    }

    fn alter_sequence(&mut self, alter: &AlterRelation) {
        let sequence = self.schema.resolve(&alter.name);
        for action in &alter.actions {
            self.span = action.span;
            match &action.verb {
                AlterVerb::Sequence { owned_by, .. } => {
                    self.lock(&sequence, LockMode::ShareRowExclusive);
                    let identity = self.schema.sequence(&sequence).is_some_and(|it| it.identity);
                    if identity && owned_by.is_some() {
                        self.refuse("0A000", "cannot change ownership of identity sequence");
                    }
                    if let Some(sql::Owner::Column(table, _)) = owned_by {
                        let table = self.target(table);
                        self.lock(&table.name, LockMode::AccessShare);
                    }
                    self.effect(Effect::Other);
                }
                AlterVerb::SetLogged(_) if !self.postgres.at_least(15) => {
                    self.refuse("42809", format!("\"{}\" is not a table", sequence.name));
                    self.effect(Effect::Other);
                }
                AlterVerb::RenameTo(to) => self.move_sequence(&sequence, to, true),
                AlterVerb::SetSchema(to) => self.move_sequence(&sequence, to, false),
                _ => {
                    self.lock(&sequence, LockMode::AccessExclusive);
                    self.effect(Effect::Other);
                }
            }
        }
    }

    /// A sequence that gets another name, or another schema.
    fn move_sequence(&mut self, sequence: &Name, to: &str, renames: bool) {
        self.lock(sequence, LockMode::AccessExclusive);
        let found = self.schema.sequence(sequence);
        let new = found.is_some_and(|sequence| self.schema.is_new(sequence.born));
        if !renames && found.is_some_and(|sequence| sequence.owned_by.is_some()) {
            self.refuse("0A000", "cannot move an owned sequence into another schema");
        }
        if renames {
            self.check_taken(sequence, to);
        }
        let stays = !renames && sequence.schema.as_deref() == Some(to);
        let breaks = if new || stays {
            Vec::new()
        } else {
            Self::broken(sequence.to_string(), Who::Both, "code that names the sequence fails")
        };
        let change = ObjectChange::of(ObjectKind::Sequence, sequence.clone(), new || stays);
        let change = ObjectChange { to: Some(to.to_owned()), ..change };
        let effect =
            if renames { Effect::RenameObject(change) } else { Effect::MoveObject(change) };
        self.part(effect, breaks, Vec::new());
    }

    fn alter_view(&mut self, alter: &AlterRelation) {
        let view = self.target(&alter.name);
        let kind = match self.schema.view(&view.name) {
            Some(found) if found.materialized => ObjectKind::MaterializedView,
            Some(_) => ObjectKind::View,
            None => alter.kind,
        };
        for action in &alter.actions {
            self.span = action.span;
            self.alter_view_action(&view, kind, &action.verb);
        }
    }

    fn alter_view_action(&mut self, view: &Target, kind: ObjectKind, verb: &AlterVerb) {
        let materialized = kind == ObjectKind::MaterializedView;
        let light = matches!(
            verb,
            AlterVerb::SetStatistics { .. }
                | AlterVerb::SetAttributeOptions { .. }
                | AlterVerb::ClusterOn { .. }
                | AlterVerb::SetWithoutCluster
        ) || (materialized && matches!(verb, AlterVerb::SetOptions { .. }));
        let mode = if light { LockMode::ShareUpdateExclusive } else { LockMode::AccessExclusive };
        self.lock(&view.name, mode);
        let new = !view.in_use();
        let change = |to: &str| {
            let to = Some(to.to_owned());
            ObjectChange { to, ..ObjectChange::of(kind, view.name.clone(), new) }
        };
        let breaks = if new {
            Vec::new()
        } else {
            Self::broken(view.name.to_string(), Who::Readers, "code that names the view fails")
        };
        match verb {
            AlterVerb::RenameTo(to) => {
                self.check_taken(&view.name, to);
                self.part(Effect::RenameObject(change(to)), breaks, Vec::new());
            }
            AlterVerb::SetSchema(schema) => {
                self.part(Effect::MoveObject(change(schema)), breaks, Vec::new());
            }
            AlterVerb::RenameColumn { from, to } => {
                let object = format!("{}.{from}", view.name);
                let breaks = if new {
                    Vec::new()
                } else {
                    Self::broken(object, Who::Readers, "code that names the column fails")
                };
                let rename = RenameColumn {
                    table: view.clone(),
                    column: from.clone(),
                    ty: None,
                    old: Replaced { filling: Filling::Nothing, comparable: false },
                    to: to.clone(),
                    new,
                    of_view: Some(kind),
                };
                self.part(Effect::RenameColumn(rename), breaks, Vec::new());
            }
            AlterVerb::SetTablespace(tablespace) if materialized => {
                self.set_tablespace(view, tablespace);
            }
            AlterVerb::SetAccessMethod(method) if materialized => {
                self.set_access_method(view, method);
            }
            AlterVerb::AddColumn { .. }
            | AlterVerb::DropColumn { .. }
            | AlterVerb::AddConstraint(_)
            | AlterVerb::AlterType { .. } => {
                self.refuse("42809", format!("\"{}\" is not a table", view.name.name));
                self.effect(Effect::Other);
            }
            _ => self.effect(Effect::Other),
        }
    }
}

/// The definition of a column that the command adds.
fn added_here<'a>(command: &Command<'a>, column: &str) -> Option<&'a ColumnDef> {
    command.alter.actions.iter().find_map(|action| match &action.verb {
        AlterVerb::AddColumn { column: def, .. } if def.name == column => Some(&**def),
        _ => None,
    })
}

/// Whether a table may have triggers that enforce foreign keys, its own or those of other tables.
fn has_keys(table: &Table) -> bool {
    let own =
        |constraint: &TableConstraint| matches!(constraint.kind, ConstraintForm::ForeignKey(..));
    !table.known || !table.referenced_by.is_empty() || table.constraints.iter().any(own)
}

/// The column that a sub-command needs.
fn column_of(verb: &AlterVerb) -> Option<&str> {
    match verb {
        AlterVerb::AlterType { column, .. }
        | AlterVerb::SetDefault { column, .. }
        | AlterVerb::DropDefault { column }
        | AlterVerb::SetNotNull { column }
        | AlterVerb::DropNotNull { column }
        | AlterVerb::SetExpression { column, .. }
        | AlterVerb::DropExpression { column, .. }
        | AlterVerb::AddIdentity { column, .. }
        | AlterVerb::SetIdentity { column, .. }
        | AlterVerb::SetStorage { column }
        | AlterVerb::SetCompression { column }
        | AlterVerb::RenameColumn { from: column, .. } => Some(column),
        _ => None,
    }
}

/// The columns that a command adds.
pub(super) fn new_columns<'a>(command: &Command<'a>) -> Vec<&'a ColumnDef> {
    let added = command.alter.actions.iter().filter_map(|action| match &action.verb {
        AlterVerb::AddColumn { column, .. } => Some(&**column),
        _ => None,
    });
    added.collect()
}

fn dropped_columns(actions: &[AlterAction]) -> Vec<&str> {
    let dropped = actions.iter().filter_map(|action| match &action.verb {
        AlterVerb::DropColumn { column, .. } => Some(column.as_str()),
        _ => None,
    });
    dropped.collect()
}

/// The constraints that a command drops, and those that go with the columns it drops.
fn dropped_constraints<'a>(
    alter: &'a AlterRelation,
    table: Option<&'a Table>,
    columns: &[&str],
) -> Vec<&'a str> {
    let named = alter.actions.iter().filter_map(|action| match &action.verb {
        AlterVerb::DropConstraint { constraint, .. } => Some(constraint.as_str()),
        _ => None,
    });
    let constraints = table.into_iter().flat_map(|table| &table.constraints);
    let goes = |constraint: &&TableConstraint| {
        constraint.columns.iter().any(|column| columns.contains(&column.as_str()))
    };
    named.chain(constraints.filter(goes).map(|constraint| constraint.name.as_str())).collect()
}

fn added_columns(actions: &[AlterAction]) -> Vec<&str> {
    let added = actions.iter().filter_map(|action| match &action.verb {
        AlterVerb::AddColumn { column, .. } => Some(column.name.as_str()),
        _ => None,
    });
    added.collect()
}

/// The lock that a sub-command needs (`AlterTableGetLockLevel` in tablecmds.c).
fn mode_of(verb: &AlterVerb) -> LockMode {
    match verb {
        AlterVerb::SetStatistics { .. }
        | AlterVerb::SetAttributeOptions { .. }
        | AlterVerb::ClusterOn { .. }
        | AlterVerb::SetWithoutCluster
        | AlterVerb::ValidateConstraint { .. }
        | AlterVerb::AttachPartition { .. }
        | AlterVerb::DetachPartition { mode: Detach::Concurrently | Detach::Finalize, .. } => {
            LockMode::ShareUpdateExclusive
        }
        AlterVerb::SetOptions { options, .. } => {
            let heavy = |(name, _): &(String, String)| {
                ["user_catalog_table", "security_barrier", "check_option", "security_invoker"]
                    .contains(&name.as_str())
            };
            if options.iter().any(heavy) {
                LockMode::AccessExclusive
            } else {
                LockMode::ShareUpdateExclusive
            }
        }
        AlterVerb::Trigger { .. } => LockMode::ShareRowExclusive,
        AlterVerb::AddConstraint(constraint)
            if matches!(constraint.kind, sql::ConstraintKind::ForeignKey(_)) =>
        {
            LockMode::ShareRowExclusive
        }
        _ => LockMode::AccessExclusive,
    }
}
