//! Constraints: added, validated, dropped.

use super::alter::Command;
use super::alter::new_columns;
use super::analyst::Analyst;
use super::index::finds_rows;
use super::lock::LockMode;
use super::model::AddConstraint;
use super::model::Break;
use super::model::ConstraintClass;
use super::model::DropConstraint;
use super::model::Effect;
use super::model::Proof;
use super::model::Target;
use super::model::ValidateConstraint;
use super::model::Who;
use super::proof;
use crate::schema::ConstraintForm;
use crate::schema::Index;
use crate::schema::Relation;
use crate::schema::Table;
use crate::schema::TableConstraint;
use crate::schema::TableKind;
use crate::schema::are_over;
use crate::sql;
use crate::sql::ColumnDef;
use crate::sql::Constraint;
use crate::sql::ConstraintKind;
use crate::sql::Name;
use crate::sql::quote_identifier;

/// The class of a constraint that is known.
pub(super) fn class_of(form: &ConstraintForm) -> ConstraintClass {
    match form {
        ConstraintForm::Check(_) => ConstraintClass::Check,
        ConstraintForm::NotNull => ConstraintClass::NotNull,
        ConstraintForm::Primary => ConstraintClass::PrimaryKey,
        ConstraintForm::Unique => ConstraintClass::Unique,
        ConstraintForm::ForeignKey(..) => ConstraintClass::ForeignKey,
        ConstraintForm::Patterns => ConstraintClass::Patterns,
    }
}

/// What the name of a constraint gives away, by the server's own way of naming and by habit.
fn guess(name: &str) -> Option<ConstraintClass> {
    let parts: Vec<&str> = name.split(['_', '-']).collect();
    let has = |words: &[&str]| parts.iter().any(|part| words.contains(part));
    if has(&["fkey", "fk", "foreign"]) {
        Some(ConstraintClass::ForeignKey)
    } else if has(&["pkey", "pk", "primary"]) {
        Some(ConstraintClass::PrimaryKey)
    } else if has(&["key", "uniq", "unique", "uk", "uq"]) {
        Some(ConstraintClass::Unique)
    } else if has(&["check", "chk", "ck"]) {
        Some(ConstraintClass::Check)
    } else if has(&["excl", "exclude", "exclusion"]) {
        Some(ConstraintClass::Patterns)
    } else {
        None
    }
}

impl AddConstraint {
    fn keys(&self) -> Option<Vec<Option<String>>> {
        let key = matches!(self.class, ConstraintClass::PrimaryKey | ConstraintClass::Unique);
        (key && !self.not_valid).then(|| self.columns.iter().cloned().map(Some).collect())
    }

    /// Whether its index finds rows by values of these columns.
    pub fn finds(&self, columns: &[String]) -> bool {
        self.keys().is_some_and(|keys| finds_rows(&keys, None, columns))
    }

    /// Whether it keeps two rows with the same values of these columns out.
    pub fn is_unique_over(&self, columns: &[String]) -> bool {
        self.keys().is_some_and(|keys| are_over(&keys, columns))
    }
}

impl Analyst<'_> {
    /// A constraint that is written with a column which is added.
    pub(super) fn add_inline_constraint(
        &mut self,
        command: &Command,
        def: &ColumnDef,
        constraint: &Constraint,
        checks: bool,
    ) {
        let new = [def.name.as_str()];
        self.constraint(command, constraint, &new, checks);
    }

    /// A constraint of `ADD CONSTRAINT`.
    pub(super) fn add_constraint(
        &mut self,
        command: &Command,
        constraint: &Constraint,
        added: &[&str],
    ) {
        self.constraint(command, constraint, added, true);
    }

    fn constraint(
        &mut self,
        command: &Command,
        constraint: &Constraint,
        added: &[&str],
        checks: bool,
    ) {
        if !matches!(constraint.kind, ConstraintKind::Key(_) | ConstraintKind::Patterns { .. }) {
            self.check_name(command, constraint, None);
        }
        if constraint.not_enforced && !self.postgres.at_least(18) {
            self.refuse("42601", "syntax error at or near \"ENFORCED\"");
        }
        let checked = checks && !constraint.not_valid && !constraint.not_enforced;
        let mut add = self.unlocked(command, constraint, added);
        match &constraint.kind {
            ConstraintKind::Check(expr) => {
                add.condition = Some(expr.tree.clone());
                add.scans = checked;
                let children = self.table(&command.table.name).is_some_and(|table| {
                    table.kind == TableKind::Plain && !table.children.is_empty()
                });
                if command.alter.only && children && !constraint.no_inherit {
                    self.refuse("42P16", "constraint must be added to child tables too");
                }
                if checked && constraint.no_inherit {
                    self.scan(std::slice::from_ref(&command.table.name));
                } else if checked {
                    self.scan(&command.tree);
                }
            }
            ConstraintKind::NotNull(column) => {
                self.add_not_null(command, &mut add, column, constraint, checked);
            }
            ConstraintKind::Key(key) => self.add_key(command, &mut add, key, constraint, added),
            ConstraintKind::Patterns { .. } => {
                self.check_name(command, constraint, None);
                if command.table.partitioned && !self.postgres.at_least(17) {
                    let message = "exclusion constraints are not supported on partitioned tables";
                    self.refuse("0A000", message);
                }
                self.build(command, &mut add, constraint);
            }
            ConstraintKind::ForeignKey(key) => {
                self.add_foreign_key(command, &mut add, key, constraint, checked);
            }
        }
        let breaks = breaks_of(&add);
        self.part(Effect::AddConstraint(add), breaks, Vec::new());
    }

    /// What a constraint is, before it is known what it locks and reads.
    fn unlocked(
        &self,
        command: &Command,
        constraint: &Constraint,
        added: &[&str],
    ) -> AddConstraint {
        let table = &command.table.name;
        let (class, columns) = self.subject(table, &constraint.kind);
        let new =
            |column: &String| added.contains(&column.as_str()) || self.was_added(table, column);
        let takes_no_null = |column: &str| match &constraint.kind {
            ConstraintKind::Check(expr) => proof::excludes_null(&expr.tree, column),
            ConstraintKind::NotNull(_) => true,
            ConstraintKind::Key(key) => key.primary,
            ConstraintKind::ForeignKey(_) | ConstraintKind::Patterns { .. } => false,
        };
        let demanded = |column: &&String| {
            !constraint.not_enforced && takes_no_null(column) && self.is_left_empty(command, column)
        };
        let definition = format!("{} {}", constraint.definition, constraint.attributes);
        let is_empty = |column: &String| self.is_left_empty(command, column);
        let tells_apart = match &constraint.kind {
            ConstraintKind::Key(key) if !key.primary && !key.nulls_not_distinct => {
                columns.iter().any(is_empty)
            }
            _ => false,
        };
        AddConstraint {
            table: command.table.clone(),
            full_name: self.schema.constraint_of(table, constraint, &command.dropped).name,
            name: constraint.name.clone(),
            definition: definition.trim_end().to_owned(),
            index: index_of(&constraint.kind),
            condition: None,
            attributes: constraint.attributes.clone(),
            not_valid: constraint.not_valid,
            not_enforced: constraint.not_enforced,
            inline: constraint.inline,
            on_new_columns: tells_apart || !columns.is_empty() && columns.iter().all(new),
            demands: columns.iter().find(demanded).cloned(),
            scans: false,
            builds_index: false,
            using_index: None,
            nullable: Vec::new(),
            references: None,
            lacks_index: false,
            class,
            columns,
        }
    }

    /// A constraint is refused the name of another one of its table, and an index (but `used`,
    /// which becomes its own) that of another relation.
    fn check_name(&mut self, command: &Command, constraint: &Constraint, used: Option<&str>) {
        let Some(name) = constraint.name.as_deref() else { return };
        if command.dropped.contains(&name) || used == Some(name) {
            return;
        }
        let indexed =
            matches!(constraint.kind, ConstraintKind::Key(_) | ConstraintKind::Patterns { .. });
        let full = Name { schema: command.table.name.schema.clone(), name: name.to_owned() };
        let known = self.table(&command.table.name).and_then(|table| table.constraint(name));
        // Before 18 the name of a `NOT NULL` is not kept.
        let kept = |known: &TableConstraint| {
            known.kind != ConstraintForm::NotNull || self.postgres.at_least(18)
        };
        if indexed && self.schema.relation(&full).is_some() {
            self.refuse("42P07", format!("relation \"{name}\" already exists"));
        } else if known.is_some_and(kept) {
            self.refuse("42710", format!("constraint \"{name}\" already exists"));
        }
    }

    /// What kind of constraint it is, and on which columns.
    fn subject(&self, table: &Name, kind: &ConstraintKind) -> (ConstraintClass, Vec<String>) {
        match kind {
            ConstraintKind::Check(expr) => {
                let columns = expr.tree.columns().into_iter().map(str::to_owned).collect();
                (ConstraintClass::Check, columns)
            }
            ConstraintKind::NotNull(column) => (ConstraintClass::NotNull, vec![column.clone()]),
            ConstraintKind::Key(key) if key.primary => {
                (ConstraintClass::PrimaryKey, self.key_columns(table, key))
            }
            ConstraintKind::Key(key) => (ConstraintClass::Unique, self.key_columns(table, key)),
            ConstraintKind::ForeignKey(key) => (ConstraintClass::ForeignKey, key.columns.clone()),
            ConstraintKind::Patterns { columns } => (ConstraintClass::Patterns, columns.clone()),
        }
    }

    fn key_columns(&self, table: &Name, key: &sql::Key) -> Vec<String> {
        let Some(index) = &key.using_index else { return key.columns.clone() };
        let index = Name { schema: table.schema.clone(), name: index.clone() };
        let keys = self.schema.index(&index).map(|index| index.keys.clone()).unwrap_or_default();
        keys.into_iter().flatten().collect()
    }

    fn add_not_null(
        &mut self,
        command: &Command,
        add: &mut AddConstraint,
        column: &str,
        constraint: &Constraint,
        checked: bool,
    ) {
        if !self.postgres.at_least(18) {
            self.refuse("42601", "syntax error at or near \"NOT\"");
        }
        let table = self.table(&command.table.name);
        let proof = table.map(|table| proof::of_not_null(table, column, &command.dropped));
        add.scans = checked && !matches!(proof, Some(Proof::NotNull | Proof::Check(_)));
        if add.scans && constraint.no_inherit {
            self.scan(std::slice::from_ref(&command.table.name));
        } else if add.scans {
            self.scan(&command.tree);
        }
        self.check_other_not_null(command, constraint, column);
    }

    /// Since PostgreSQL 18 a column has one `NOT NULL` constraint, with one name
    /// (`AdjustNotNullInheritance` in `pg_constraint.c`).
    fn check_other_not_null(&mut self, command: &Command, constraint: &Constraint, column: &str) {
        let Some(name) = constraint.name.as_deref() else { return };
        let table = self.table(&command.table.name).filter(|table| table.known);
        let there = table.and_then(|table| table.column(column)).is_some_and(|c| c.not_null);
        let named = self.schema.not_null_column(&command.table.name, name);
        if there && named.as_deref() != Some(column) {
            let table = &command.table.name.name;
            self.refuse(
                "55000",
                format!(
                    "cannot create not-null constraint \"{name}\" on column \"{column}\" of \
                     table \"{table}\""
                ),
            );
        }
    }

    fn add_key(
        &mut self,
        command: &Command,
        add: &mut AddConstraint,
        key: &sql::Key,
        constraint: &Constraint,
        added: &[&str],
    ) {
        let table = self.table(&command.table.name);
        if constraint.not_valid {
            let what = if key.primary { "PRIMARY KEY" } else { "UNIQUE" };
            self.refuse("0A000", format!("{what} constraints cannot be marked NOT VALID"));
        }
        if let Some(index) = &key.using_index {
            self.use_index(command, add, index);
            self.check_name(command, constraint, Some(index));
        }
        if key.primary {
            self.add_primary(command, add, key, added);
        }
        let key_of_partitions = table.and_then(|table| table.partition_by.as_ref());
        if let Some(by) = key_of_partitions
            && by.columns.iter().flatten().any(|column| !add.columns.contains(column))
        {
            let message =
                "unique constraint on partitioned table must include all partitioning columns";
            self.refuse("0A000", message);
        }
        if key.using_index.is_none() {
            self.check_name(command, constraint, None);
            self.build(command, add, constraint);
        }
        if !add.nullable.is_empty() {
            add.scans = true;
            self.scan(&command.tree);
            for child in &command.tree {
                self.lock(child, LockMode::AccessExclusive);
            }
        }
    }

    /// There is one primary key, and its columns are looked at where nothing proves that they hold
    /// no `NULL`.
    fn add_primary(
        &mut self,
        command: &Command,
        add: &mut AddConstraint,
        key: &sql::Key,
        added: &[&str],
    ) {
        let table = self.table(&command.table.name);
        let before = table.and_then(Table::primary_key);
        if before.is_some_and(|before| !command.dropped.contains(&before.name.as_str())) {
            let message = "multiple primary keys for one table are not allowed";
            self.refuse("42P16", message);
        }
        let unproven = |column: &&String| {
            let proof = table.map(|table| proof::of_not_null(table, column, &command.dropped));
            !added.contains(&column.as_str())
                && !matches!(proof, Some(Proof::NotNull | Proof::Check(_)))
        };
        add.nullable = add.columns.iter().filter(unproven).cloned().collect();
        let unseen = table.is_none_or(|table| !table.known);
        if key.using_index.is_some() && add.columns.is_empty() && unseen {
            // Neither the index nor the table was seen.
            add.nullable.push(String::new());
            self.assume();
        }
    }

    /// An index is taken over, in the order in which the server looks at it
    /// (`transformIndexConstraint`, `ATExecAddIndexConstraint`).
    fn use_index(&mut self, command: &Command, add: &mut AddConstraint, index: &str) {
        add.using_index = Some(index.to_owned());
        let table = &command.table.name;
        let name = Name { schema: table.schema.clone(), name: index.to_owned() };
        let refusal = match self.schema.relation(&name) {
            Some(Relation::Index(found)) => why_ineligible(found, table),
            Some(_) => Some(("42809", format!("\"{index}\" is not an index"))),
            None if self.table(table).is_some_and(|table| table.known) => {
                Some(("42704", format!("index \"{index}\" does not exist")))
            }
            None => None,
        };
        if let Some((sqlstate, message)) = refusal {
            self.refuse(sqlstate, message);
        }
        if command.table.partitioned {
            let message =
                "ALTER TABLE / ADD CONSTRAINT USING INDEX is not supported on partitioned tables";
            self.refuse("0A000", message);
        }
        if self.schema.index(&name).is_some() {
            self.lock(&name, LockMode::ShareUpdateExclusive);
        }
    }

    /// An index is built under the lock of the command; partitions that have such a constraint
    /// already are only locked.
    fn build(&mut self, command: &Command, add: &mut AddConstraint, constraint: &Constraint) {
        if constraint.not_valid && add.class == ConstraintClass::Patterns {
            self.refuse("0A000", "EXCLUDE constraints cannot be marked NOT VALID");
        }
        if command.alter.only && command.table.partitioned {
            // The index of the parent alone: there are no rows.
            return;
        }
        let children = if command.table.partitioned {
            self.schema.descendants(&command.table.name)
        } else {
            vec![]
        };
        let wanted = Index {
            unique: true,
            method: "btree".to_owned(),
            keys: add.columns.iter().cloned().map(Some).collect(),
            constraint: Some(add.full_name.clone()),
            ..Index::default()
        };
        let mut heaps = vec![command.table.name.clone()];
        for child in &children {
            if !self.postgres.at_least(18) {
                self.lock(child, LockMode::Share);
            }
            match self.schema.matching_index(child, &wanted) {
                Some(own) if add.class != ConstraintClass::Patterns => {
                    self.lock(&own, LockMode::Share);
                }
                _ => heaps.push(child.clone()),
            }
        }
        let builds = children.is_empty() || heaps.iter().any(|heap| self.has_rows(heap));
        add.builds_index = builds;
        add.scans = builds;
        self.scan(&heaps);
    }

    fn add_foreign_key(
        &mut self,
        command: &Command,
        add: &mut AddConstraint,
        key: &sql::ForeignKey,
        constraint: &Constraint,
        checked: bool,
    ) {
        if self.schema.view(&key.references).is_some() {
            let message = format!("referenced relation \"{}\" is not a table", key.references.name);
            self.refuse("42809", message);
        }
        if (add.not_valid || add.not_enforced)
            && command.table.partitioned
            && !self.postgres.at_least(18)
        {
            self.refuse("42809", "cannot add NOT VALID foreign key on partitioned table");
        }
        let target = self.target(&key.references);
        let adds_key = |action: &sql::AlterAction| match &action.verb {
            sql::AlterVerb::AddConstraint(added) => matches!(added.kind, ConstraintKind::Key(_)),
            sql::AlterVerb::AddColumn { .. } => true,
            _ => false,
        };
        // A key that the command itself makes may be the one that is referenced.
        let own = target.name == command.table.name && command.alter.actions.iter().any(adds_key);
        if !own {
            self.check_key(key, self.table(&command.table.name), &new_columns(command));
        }
        self.lock_tree(&target.name, LockMode::ShareRowExclusive);
        if checked {
            let heaps = if command.table.partitioned {
                self.not_adopted(command, constraint, &target.name)
            } else {
                vec![command.table.name.clone()]
            };
            add.scans = command.tree.len() <= 1 || heaps.iter().any(|heap| self.has_rows(heap));
            self.scan(&heaps);
        }
        add.lacks_index = self.lacks_index(&command.table, &key.columns);
        add.references = Some(target);
    }

    /// The partitions whose rows are checked for a foreign key of their parent: those that have
    /// none of its kind which it could take over. For one that it takes over, the triggers on the
    /// referenced table are put in order.
    fn not_adopted(
        &mut self,
        command: &Command,
        constraint: &Constraint,
        target: &Name,
    ) -> Vec<Name> {
        let made = self.schema.constraint_of(&command.table.name, constraint, &[]);
        let own = |heap: &Name, valid: bool| {
            *heap != command.table.name && self.schema.own_key(heap, &made, valid).is_some()
        };
        let (adopted, rest): (Vec<Name>, Vec<Name>) =
            command.tree.iter().cloned().partition(|heap| own(heap, true));
        let unchecked = self.postgres.at_least(18) && rest.iter().any(|heap| own(heap, false));
        if !adopted.is_empty() || unchecked {
            self.lock_tree(target, LockMode::AccessExclusive);
        }
        rest
    }

    /// Whether no index of a table that is known starts with these columns, in any order.
    pub(super) fn lacks_index(&self, table: &Target, columns: &[String]) -> bool {
        let Some(found) = self.table(&table.name).filter(|found| found.known) else { return false };
        let finds = |index: &Name| {
            self.schema.index(index).is_some_and(|index| {
                let unseen = index.partial && index.predicate.is_none();
                !unseen && finds_rows(&index.keys, index.predicate.as_ref(), columns)
            })
        };
        !found.indexes.iter().any(finds)
    }

    pub(super) fn validate(&mut self, command: &Command, name: &str) {
        let table = self.table(&command.table.name);
        let found = table.and_then(|table| table.constraint(name)).cloned();
        let added_here = command.alter.actions.iter().any(|action| {
            matches!(&action.verb, sql::AlterVerb::AddConstraint(constraint)
                if constraint.name.as_deref() == Some(name))
        });
        let seen = table.is_some_and(|table| table.known) && !self.schema.is_blind();
        if found.is_none() && !added_here && seen {
            self.refuse("42704", format!("constraint \"{name}\" does not exist"));
            return self.effect(Effect::Other);
        }
        if found.is_none() {
            self.assume();
        }
        let class = found.as_ref().map(|constraint| class_of(&constraint.kind));
        if let Some(
            ConstraintClass::PrimaryKey | ConstraintClass::Unique | ConstraintClass::Patterns,
        ) = class
        {
            let message = format!("cannot validate constraint \"{name}\"");
            self.refuse("42809", message);
        }
        let scans = found.as_ref().is_none_or(|constraint| !constraint.valid);
        if scans {
            self.validate_rows(command, found.as_ref());
        }
        let now = self.schema.now();
        let added_in_transaction = found.as_ref().is_some_and(|constraint| {
            constraint.born == now && !constraint.valid && now.transaction > 0
        });
        self.effect(Effect::ValidateConstraint(ValidateConstraint {
            table: command.table.clone(),
            constraint: name.to_owned(),
            class,
            added_in_transaction: added_in_transaction || added_here,
            in_stronger_command: Some(command.mode).filter(|mode| mode.is_strong()),
            scans,
        }));
    }

    fn validate_rows(&mut self, command: &Command, found: Option<&TableConstraint>) {
        if let Some(ConstraintForm::ForeignKey(target, _)) =
            found.map(|constraint| &constraint.kind)
        {
            let target = target.clone();
            self.lock_tree(&target, LockMode::RowShare);
            if command.table.partitioned {
                self.scan(&command.tree);
            } else {
                self.scan(std::slice::from_ref(&command.table.name));
            }
        } else {
            if command.alter.only
                && command.tree.len() < self.tree(&command.table.name, false).len()
            {
                self.refuse("42P16", "constraint must be validated on child tables too");
            }
            self.scan(&command.tree);
        }
    }

    pub(super) fn drop_constraint(
        &mut self,
        command: &Command,
        name: &str,
        if_exists: bool,
        cascade: bool,
    ) {
        let table = self.table(&command.table.name);
        let found = table.and_then(|table| table.constraint(name)).cloned();
        // A `NOT NULL` is a constraint with a name, its own or a made one, since 18.
        let not_null = self.schema.not_null_column(&command.table.name, name);
        if let Some(column) = not_null.filter(|_| self.postgres.at_least(18)) {
            if found.is_some_and(|found| found.inherited) {
                self.refuse("42P16", format!("cannot drop inherited constraint \"{name}\""));
            }
            return self.drop_not_null(command, &column);
        }
        let found = found.filter(|found| found.kind != ConstraintForm::NotNull);
        if found.is_none() && table.is_some_and(|table| table.known) {
            if !if_exists {
                self.refuse("42704", format!("constraint \"{name}\" does not exist"));
            }
            return self.effect(Effect::Other);
        }
        let inherited = found.as_ref().is_some_and(|found| found.inherited);
        if inherited {
            self.refuse("42P16", format!("cannot drop inherited constraint \"{name}\""));
        }
        let known = found.as_ref().map(|found| class_of(&found.kind));
        let guessed = known.is_none();
        if guessed {
            self.assume();
        }
        let mut drop = DropConstraint {
            table: command.table.clone(),
            constraint: name.to_owned(),
            class: known.or_else(|| guess(name)),
            guessed,
            references: None,
            columns: Vec::new(),
            condition: None,
            new: false,
            redundant: false,
            replaced_by: None,
            cascade,
            dependents: Vec::new(),
        };
        if let (Some(table), Some(found)) = (table, found.as_ref().filter(|_| !inherited)) {
            self.drop_known(command, table, found, &mut drop);
        }
        let breaks = if drop.table.in_use() && !drop.new && !drop.redundant {
            breaks_of_drop(&drop)
        } else {
            Vec::new()
        };
        self.part(Effect::DropConstraint(drop), breaks, Vec::new());
    }

    /// What goes with a constraint that was seen, and what does its work after it.
    fn drop_known(
        &mut self,
        command: &Command,
        table: &Table,
        found: &TableConstraint,
        drop: &mut DropConstraint,
    ) {
        if let ConstraintForm::ForeignKey(target, _) = &found.kind {
            let target = self.target_of(target);
            self.lock_tree(&target.name, LockMode::AccessExclusive);
            drop.references = Some(target);
        }
        if let Some(index) = &found.index {
            self.lock(index, LockMode::AccessExclusive);
        }
        drop.dependents = self.dependent_keys(found, drop.cascade);
        drop.columns.clone_from(&found.columns);
        drop.new = self.schema.is_new(found.born);
        if let ConstraintForm::Check(expr) = &found.kind {
            drop.condition = Some(expr.clone());
            drop.redundant =
                is_repeated(command, table, found, expr) || self.is_said_by_bound(table, expr);
        }
        let same = |index: &&Index| {
            index.unique
                && index.predicate.is_none()
                && !index.partial
                && Some(&index.name) != found.index.as_ref()
                && index.constraint.as_deref().is_none_or(|name| !command.dropped.contains(&name))
                && are_over(&index.keys, &found.columns)
        };
        let mut indexes = table.indexes.iter().filter_map(|index| self.schema.index(index));
        drop.replaced_by = indexes.find(same).map(|index| index.name.name.clone());
    }

    /// Foreign keys that need a key which is dropped.
    fn dependent_keys(&mut self, key: &TableConstraint, cascade: bool) -> Vec<(String, Name)> {
        let keys = key.index.as_ref().map(|index| self.schema.keys_on(index));
        let dependents: Vec<(String, Name)> =
            keys.into_iter().flatten().map(|(other, constraint)| (constraint, other)).collect();
        if !cascade && !dependents.is_empty() {
            let message =
                format!("cannot drop constraint {}: other objects depend on it", key.name);
            self.refuse("2BP01", message);
        } else {
            for (_, other) in &dependents {
                self.lock_tree(other, LockMode::AccessExclusive);
            }
        }
        dependents
    }

    pub(super) fn alter_constraint(
        &mut self,
        command: &Command,
        name: &str,
        enforced: Option<bool>,
    ) {
        let table = self.table(&command.table.name);
        let found = table.and_then(|table| table.constraint(name)).cloned();
        match found.as_ref().map(|found| &found.kind) {
            Some(ConstraintForm::ForeignKey(target, _)) => {
                let target = target.clone();
                match enforced {
                    Some(true) => {
                        self.lock_tree(&target, LockMode::ShareRowExclusive);
                        self.scan(std::slice::from_ref(&command.table.name));
                    }
                    Some(false) => self.lock_tree(&target, LockMode::AccessExclusive),
                    None => {}
                }
            }
            Some(ConstraintForm::NotNull) => {
                let children = self.schema.descendants(&command.table.name);
                self.scan(&children);
            }
            Some(_) => {
                let message = format!("constraint \"{name}\" is not a foreign key constraint");
                self.refuse("42809", message);
            }
            None => self.assume(),
        }
        if enforced.is_some() && !self.postgres.at_least(18) {
            self.refuse("42601", "syntax error at or near \"ENFORCED\"");
        }
        self.effect(Effect::Other);
    }
}

fn breaks_of_drop(drop: &DropConstraint) -> Vec<Break> {
    let object = format!("{}.{}", drop.table.name, drop.constraint);
    let why = match drop.class {
        Some(ConstraintClass::PrimaryKey | ConstraintClass::Unique) => {
            "ON CONFLICT finds no key, and nothing keeps duplicates out"
        }
        Some(ConstraintClass::Patterns) => "nothing keeps overlapping rows out",
        Some(ConstraintClass::NotNull) => return Vec::new(),
        Some(ConstraintClass::Check | ConstraintClass::ForeignKey) | None => {
            "nothing keeps rows out that it kept out"
        }
    };
    Analyst::broken(object, Who::Writers, why)
}

/// What stops working once a constraint is there.
fn breaks_of(add: &AddConstraint) -> Vec<Break> {
    if let Some(column) = add.demands.as_ref().filter(|_| add.table.in_use()) {
        let why = "an INSERT that does not name the column fails";
        return Analyst::broken(format!("{}.{column}", add.table.name), Who::Writers, why);
    }
    if !add.table.in_use() || add.on_new_columns || add.not_enforced {
        return Vec::new();
    }
    let object = match add.columns.as_slice() {
        [only] => format!("{}.{only}", add.table.name),
        _ => add.table.name.to_string(),
    };
    let why = match add.class {
        ConstraintClass::ForeignKey => return Vec::new(),
        ConstraintClass::Check => "rows that fail the check are refused",
        ConstraintClass::NotNull => "writing NULL fails",
        ConstraintClass::PrimaryKey | ConstraintClass::Unique => "duplicates are refused",
        ConstraintClass::Patterns => "rows that overlap are refused",
    };
    Analyst::broken(object, Who::Writers, why)
}

/// Why an index cannot become a constraint of a table, as the server says it.
fn why_ineligible(index: &Index, table: &Name) -> Option<(&'static str, String)> {
    let name = &index.name.name;
    let (sqlstate, message) = if index.constraint.is_some() {
        ("55000", format!("index \"{name}\" is already associated with a constraint"))
    } else if index.table != *table {
        ("55000", format!("index \"{name}\" does not belong to table \"{}\"", table.name))
    } else if !index.valid {
        ("55000", format!("index \"{name}\" is not valid"))
    } else if !index.unique {
        ("42809", format!("\"{name}\" is not a unique index"))
    } else if index.keys.iter().any(Option::is_none) {
        ("42809", format!("index \"{name}\" contains expressions"))
    } else if index.partial {
        ("42809", format!("\"{name}\" is a partial index"))
    } else if index.reordered || index.special {
        ("42809", format!("index \"{name}\" does not have default sorting behavior"))
    } else {
        return None;
    };
    Some((sqlstate, message))
}

/// Whether another constraint, or the column's `NOT NULL`, says what a check says: where it is not
/// valid, it keeps new rows out all the same.
fn is_repeated(
    command: &Command,
    table: &Table,
    check: &TableConstraint,
    expr: &sql::Expr,
) -> bool {
    let repeats = |other: &TableConstraint| match &other.kind {
        ConstraintForm::Check(said) => proof::says_all(said, expr),
        _ => false,
    };
    let stays = |other: &&TableConstraint| {
        other.name != check.name
            && other.enforced
            && !command.dropped.contains(&other.name.as_str())
    };
    if table.constraints.iter().filter(stays).any(repeats) {
        return true;
    }
    let [column] = check.columns.as_slice() else { return false };
    let set_here = command.alter.actions.iter().any(|action| match &action.verb {
        sql::AlterVerb::SetNotNull { column: set } => set == column,
        _ => false,
    });
    let enforced = set_here || table.column(column).is_some_and(|column| column.not_null);
    enforced && expr.conjuncts().len() == 1 && proof::excludes_null(expr, column)
}

/// The index of a key as `CREATE INDEX` takes it.
fn index_of(kind: &ConstraintKind) -> String {
    let ConstraintKind::Key(key) = kind else { return String::new() };
    let list = |columns: &[String]| {
        columns.iter().map(|column| quote_identifier(column)).collect::<Vec<_>>().join(", ")
    };
    let mut parts = vec![format!("({})", list(&key.columns))];
    if !key.include.is_empty() {
        parts.push(format!("INCLUDE ({})", list(&key.include)));
    }
    if key.nulls_not_distinct {
        parts.push("NULLS NOT DISTINCT".to_owned());
    }
    if !key.storage.is_empty() {
        parts.push(key.storage.clone());
    }
    parts.join(" ")
}
