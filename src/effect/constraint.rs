//! Constraints: added, validated, dropped.

use super::alter::Command;
use super::analyst::Analyst;
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
use crate::schema::Table;
use crate::schema::TableConstraint;
use crate::sql;
use crate::sql::ColumnDef;
use crate::sql::Constraint;
use crate::sql::ConstraintKind;
use crate::sql::Name;

/// The class of a constraint that is known.
pub(super) fn class_of(form: &ConstraintForm) -> ConstraintClass {
    match form {
        ConstraintForm::Check(_) => ConstraintClass::Check,
        ConstraintForm::NotNull => ConstraintClass::NotNull,
        ConstraintForm::Primary => ConstraintClass::PrimaryKey,
        ConstraintForm::Unique => ConstraintClass::Unique,
        ConstraintForm::ForeignKey(..) => ConstraintClass::ForeignKey,
        ConstraintForm::Exclude => ConstraintClass::Exclude,
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
        Some(ConstraintClass::Exclude)
    } else {
        None
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
        let table = self.table(&command.table.name);
        let taken = constraint.name.as_ref().filter(|name| {
            let known = table.as_ref().and_then(|table| table.constraint(name));
            known.is_some() && !command.dropped.contains(&name.as_str())
        });
        if let Some(name) = taken {
            self.refuse("42710", format!("constraint \"{name}\" already exists"));
        }
        let (class, columns) = self.subject(&command.table.name, &constraint.kind);
        let checked = checks && !constraint.not_valid && !constraint.not_enforced;
        let on_new_columns = !columns.is_empty()
            && columns.iter().all(|column| {
                added.contains(&column.as_str()) || self.was_added(&command.table.name, column)
            });
        let name = constraint.name.clone();
        let mut add = AddConstraint {
            table: command.table.clone(),
            full_name: name
                .clone()
                .unwrap_or_else(|| made_name(&command.table.name, &class, &columns)),
            name,
            definition: format!("{} {}", constraint.definition, constraint.attributes)
                .trim_end()
                .to_owned(),
            not_valid: constraint.not_valid,
            not_enforced: constraint.not_enforced,
            inline: constraint.inline,
            on_new_columns,
            scans: false,
            builds_index: false,
            using_index: None,
            nullable: Vec::new(),
            references: None,
            lacks_index: false,
            class,
            columns,
        };
        match &constraint.kind {
            ConstraintKind::Check(_) => {
                add.scans = checked;
                if checked {
                    self.scan(&command.tree);
                }
            }
            ConstraintKind::NotNull(column) => {
                self.add_not_null(command, &mut add, column, checked);
            }
            ConstraintKind::Key(key) => self.add_key(command, &mut add, key, constraint, added),
            ConstraintKind::Exclude { .. } => {
                if command.table.partitioned && !self.postgres.at_least(17) {
                    let message = "exclusion constraints are not supported on partitioned tables";
                    self.refuse("0A000", message);
                }
                self.build(command, &mut add, constraint);
            }
            ConstraintKind::ForeignKey(key) => {
                self.add_foreign_key(command, &mut add, key, checked);
            }
        }
        let breaks = breaks_of(&add);
        self.part(Effect::AddConstraint(add), breaks, Vec::new());
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
            ConstraintKind::Exclude { columns } => (ConstraintClass::Exclude, columns.clone()),
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
        checked: bool,
    ) {
        if !self.postgres.at_least(18) {
            self.refuse("42601", "syntax error at or near \"NOT\"");
        }
        let table = self.table(&command.table.name);
        let proof = table.map(|table| proof::of_not_null(table, column, &command.dropped));
        add.scans = checked && !matches!(proof, Some(Proof::NotNull | Proof::Check(_)));
        if add.scans {
            self.scan(&command.tree);
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
        if key.primary {
            let before = table.and_then(Table::primary_key);
            if before.is_some_and(|before| !command.dropped.contains(&before.name.as_str())) {
                let message = "multiple primary keys for one table are not allowed";
                self.refuse("42P16", message);
            }
            add.nullable = add
                .columns
                .iter()
                .filter(|column| !added.contains(&column.as_str()))
                .filter(|column| {
                    let known = table.as_ref().and_then(|table| table.column(column));
                    known.is_none_or(|known| !known.not_null)
                })
                .cloned()
                .collect();
            let unseen = table.as_ref().is_none_or(|table| !table.known);
            if key.using_index.is_some() && add.columns.is_empty() && unseen {
                // Neither the index nor the table was seen.
                add.nullable.push(String::new());
                self.assume();
            }
        }
        let key_of_partitions = table.as_ref().and_then(|table| table.partition_by.as_ref());
        if let Some(by) = key_of_partitions
            && by.columns.iter().flatten().any(|column| !add.columns.contains(column))
        {
            let message =
                "unique constraint on partitioned table must include all partitioning columns";
            self.refuse("0A000", message);
        }
        match &key.using_index {
            Some(index) => self.use_index(command, add, index),
            None => self.build(command, add, constraint),
        }
        if key.primary {
            let unproven: Vec<String> = add
                .nullable
                .iter()
                .filter(|column| {
                    let proof = table
                        .as_ref()
                        .map(|table| proof::of_not_null(table, column, &command.dropped));
                    !matches!(proof, Some(Proof::NotNull | Proof::Check(_)))
                })
                .cloned()
                .collect();
            add.nullable.clone_from(&unproven);
            if !unproven.is_empty() {
                add.scans = true;
                self.scan(&command.tree);
                if command.table.partitioned {
                    for child in &command.tree {
                        self.lock(child, LockMode::AccessExclusive);
                    }
                }
            }
        }
    }

    fn use_index(&mut self, command: &Command, add: &mut AddConstraint, index: &str) {
        add.using_index = Some(index.to_owned());
        let name = Name { schema: command.table.name.schema.clone(), name: index.to_owned() };
        let Some(found) = self.schema.index(&name) else { return };
        let refusal = if !found.unique {
            Some(format!("\"{index}\" is not a unique index"))
        } else if found.partial {
            Some(format!("\"{index}\" is a partial index"))
        } else if found.keys.iter().any(Option::is_none) {
            Some(format!("index \"{index}\" contains expressions"))
        } else if found.reordered || found.special {
            Some(format!("index \"{index}\" does not have default sorting behavior"))
        } else {
            None
        };
        if let Some(message) = refusal {
            self.refuse("42809", message);
        }
        self.lock(&name, LockMode::ShareUpdateExclusive);
    }

    /// An index is built under the lock of the command.
    fn build(&mut self, command: &Command, add: &mut AddConstraint, constraint: &Constraint) {
        if constraint.not_valid && add.class == ConstraintClass::Exclude {
            self.refuse("0A000", "EXCLUDE constraints cannot be marked NOT VALID");
        }
        add.builds_index = true;
        add.scans = true;
        let heaps = self.tree(&command.table.name, false);
        if command.table.partitioned {
            self.scan(&heaps);
            if !self.postgres.at_least(18) {
                for child in heaps.iter().skip(1) {
                    self.lock(child, LockMode::Share);
                }
            }
        } else {
            self.scan(std::slice::from_ref(&command.table.name));
        }
    }

    fn add_foreign_key(
        &mut self,
        command: &Command,
        add: &mut AddConstraint,
        key: &sql::ForeignKey,
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
        self.lock_tree(&target.name, LockMode::ShareRowExclusive);
        add.scans = checked;
        if checked {
            let heaps = if command.table.partitioned {
                command.tree.clone()
            } else {
                vec![command.table.name.clone()]
            };
            self.scan(&heaps);
        }
        add.lacks_index = self.lacks_index(&command.table, &key.columns);
        add.references = Some(target);
    }

    /// Whether no index of a table that is known starts with these columns, in any order.
    pub(super) fn lacks_index(&self, table: &Target, columns: &[String]) -> bool {
        let Some(found) = self.table(&table.name).filter(|found| found.known) else { return false };
        let covers = |index: &Name| {
            self.schema.index(index).is_some_and(|index| {
                !index.partial
                    && columns.len() <= index.keys.len()
                    && index.keys[..columns.len()]
                        .iter()
                        .all(|key| key.as_ref().is_some_and(|key| columns.contains(key)))
            })
        };
        !found.indexes.iter().any(covers)
    }

    pub(super) fn validate(&mut self, command: &Command, name: &str) {
        let table = self.table(&command.table.name);
        let found = table.and_then(|table| table.constraint(name)).cloned();
        let added_here = command.alter.actions.iter().any(|action| {
            matches!(&action.verb, sql::AlterVerb::AddConstraint(constraint)
                if constraint.name.as_deref() == Some(name))
        });
        if found.is_none() && !added_here && table.is_some_and(|table| table.known) {
            self.refuse("42704", format!("constraint \"{name}\" does not exist"));
        }
        if found.is_none() {
            self.assume();
        }
        let class = found.as_ref().map(|constraint| class_of(&constraint.kind));
        if let Some(
            ConstraintClass::PrimaryKey | ConstraintClass::Unique | ConstraintClass::Exclude,
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
            added_in_transaction,
            in_stronger_command: LockMode::ShareUpdateExclusive < command.mode,
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
        let found = table.as_ref().and_then(|table| table.constraint(name)).cloned();
        if found.is_none() && table.as_ref().is_some_and(|table| table.known) {
            // A `NOT NULL` that was not named is a constraint with a made name since 18.
            let not_null = self.postgres.at_least(18) && name.ends_with("_not_null");
            if !if_exists && !not_null {
                self.refuse("42704", format!("constraint \"{name}\" does not exist"));
            }
            return self.effect(Effect::Other);
        }
        if found.as_ref().is_some_and(|found| found.inherited) {
            self.refuse("42P16", format!("cannot drop inherited constraint \"{name}\""));
        }
        let known = found.as_ref().map(|found| class_of(&found.kind));
        let guessed = known.is_none();
        if guessed {
            self.assume();
        }
        let mut references = None;
        if let Some(ConstraintForm::ForeignKey(target, _)) = found.as_ref().map(|found| &found.kind)
        {
            let target = self.target_of(target);
            self.lock_tree(&target.name, LockMode::AccessExclusive);
            references = Some(target);
        }
        if let Some(index) = found.as_ref().and_then(|found| found.index.as_ref()) {
            self.lock(index, LockMode::AccessExclusive);
        }
        if let (Some(table), Some(found)) = (&table, &found) {
            self.drop_dependent_keys(table, found, cascade);
        }
        let columns = found.as_ref().map(|found| found.columns.clone()).unwrap_or_default();
        let redundant = match (found.as_ref().map(|found| &found.kind), columns.as_slice()) {
            (Some(ConstraintForm::Check(expr)), [column]) => {
                let not_null = table.as_ref().and_then(|table| table.column(column));
                let set_here = command.alter.actions.iter().any(|action| match &action.verb {
                    sql::AlterVerb::SetNotNull { column: set } => set == column,
                    _ => false,
                });
                let enforced = set_here || not_null.is_some_and(|column| column.not_null);
                enforced && expr.conjuncts().len() == 1 && proof::excludes_null(expr, column)
            }
            _ => false,
        };
        let drop = DropConstraint {
            table: command.table.clone(),
            constraint: name.to_owned(),
            class: known.or_else(|| guess(name)),
            guessed,
            references,
            columns,
            new: found.as_ref().is_some_and(|found| self.schema.is_new(found.born)),
            redundant,
        };
        let breaks = if drop.table.in_use() && !drop.new && !drop.redundant {
            breaks_of_drop(&drop)
        } else {
            Vec::new()
        };
        self.part(Effect::DropConstraint(drop), breaks, Vec::new());
    }

    /// Foreign keys that need a key which is dropped.
    fn drop_dependent_keys(&mut self, table: &Table, key: &TableConstraint, cascade: bool) {
        let primary = key.kind == ConstraintForm::Primary;
        if !primary && key.kind != ConstraintForm::Unique {
            return;
        }
        for (other, constraint) in &table.referenced_by {
            let Some(found) = self.table(other).and_then(|other| other.constraint(constraint))
            else {
                continue;
            };
            let ConstraintForm::ForeignKey(_, columns) = &found.kind else { continue };
            let needs = if columns.is_empty() { primary } else { *columns == key.columns };
            if needs && !cascade {
                let message =
                    format!("cannot drop constraint {}: other objects depend on it", key.name);
                self.refuse("2BP01", message);
            } else if needs {
                self.lock_tree(&other.clone(), LockMode::AccessExclusive);
            }
        }
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
        Some(ConstraintClass::Exclude) => "nothing keeps overlapping rows out",
        Some(ConstraintClass::NotNull) => return Vec::new(),
        Some(ConstraintClass::Check | ConstraintClass::ForeignKey) | None => {
            "nothing keeps rows out that it kept out"
        }
    };
    Analyst::broken(object, Who::Writers, why)
}

/// What stops working once a constraint is there.
fn breaks_of(add: &AddConstraint) -> Vec<Break> {
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
        ConstraintClass::Exclude => "rows that overlap are refused",
    };
    Analyst::broken(object, Who::Writers, why)
}

/// The name the server makes, where nobody else has it.
fn made_name(table: &Name, class: &ConstraintClass, columns: &[String]) -> String {
    let label = match class {
        ConstraintClass::Check => "check",
        ConstraintClass::NotNull => "not_null",
        ConstraintClass::PrimaryKey => return format!("{}_pkey", table.name),
        ConstraintClass::Unique => "key",
        ConstraintClass::ForeignKey => "fkey",
        ConstraintClass::Exclude => "excl",
    };
    let columns = match (class, columns) {
        (ConstraintClass::Check, [_, _, ..]) | (_, []) => String::new(),
        _ => format!("_{}", columns.join("_")),
    };
    format!("{}{columns}_{label}", table.name)
}
