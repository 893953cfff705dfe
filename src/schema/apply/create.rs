//! New tables, indexes and views.

use crate::schema::DEFAULT_SCHEMA;
use crate::schema::Schema;
use crate::schema::TEMPORARY_SCHEMA;
use crate::schema::model::Column;
use crate::schema::model::ConstraintForm;
use crate::schema::model::Filled;
use crate::schema::model::Index;
use crate::schema::model::Moment;
use crate::schema::model::Relation;
use crate::schema::model::Sequence;
use crate::schema::model::Table;
use crate::schema::model::TableConstraint;
use crate::schema::model::TableKind;
use crate::schema::model::Trigger;
use crate::schema::model::TypeKind;
use crate::schema::model::View;
use crate::schema::naming;
use crate::sql;
use crate::sql::Bound;
use crate::sql::ColumnDef;
use crate::sql::Constraint;
use crate::sql::ConstraintKind;
use crate::sql::CreateIndex;
use crate::sql::CreateTable;
use crate::sql::CreateTableAs;
use crate::sql::CreateView;
use crate::sql::Expr;
use crate::sql::Generated;
use crate::sql::Name;
use crate::sql::Persistence;
use crate::sql::TypeName;
use std::collections::BTreeSet;
use std::collections::HashSet;
use std::sync::Arc;

impl Schema {
    fn new_table_name(&self, name: &Name, persistence: Persistence) -> Name {
        match persistence {
            Persistence::Temporary => Name::in_schema(TEMPORARY_SCHEMA, name.name.clone()),
            Persistence::Permanent | Persistence::Unlogged => self.target(name),
        }
    }

    pub(super) fn create_table(&mut self, create: &CreateTable) {
        let name = self.new_table_name(&create.name, create.persistence);
        if self.relations.contains_key(&name) {
            return;
        }
        let kind = match (&create.partition_by, create.foreign) {
            (Some(_), _) => TableKind::Partitioned,
            (None, true) => TableKind::Foreign,
            (None, false) => TableKind::Plain,
        };
        // `IF NOT EXISTS` makes a table new only if it cannot have been there.
        let temporary = create.persistence == Persistence::Temporary;
        let may_exist = create.if_not_exists && self.may_hold_more() && !temporary;
        self.put(Relation::Table(Table {
            name: name.clone(),
            kind,
            persistence: create.persistence,
            known: !may_exist,
            born: if may_exist { Moment::default() } else { self.now() },
            partition_by: create.partition_by.clone(),
            of_type: create.of_type.clone(),
            access_method: create.access_method.clone(),
            ..Table::default()
        }));
        for parent in &create.inherits {
            self.inherit(&name, parent);
        }
        if let Some(of) = &create.of_type {
            let form = self.type_(of).map(|ty| ty.form.clone());
            if let Some(table) = self.change_table(&name) {
                match form {
                    Some(TypeKind::Composite(attributes)) => {
                        let columns = attributes.into_iter();
                        table.columns = columns.map(|(name, ty)| plain_column(name, ty)).collect();
                    }
                    _ => table.known = false,
                }
            }
        }
        for like in &create.likes {
            self.copy_like(&name, like);
        }
        if let Some((parent, bound)) = &create.partition_of {
            let parent = self.ensure(parent);
            self.become_partition(&name, &parent, bound, true);
        }
        for column in &create.columns {
            if !self.is_spent() {
                self.add_column(&name, column);
            }
        }
        for constraint in &create.constraints {
            if !self.is_spent() {
                self.add_constraint(&name, constraint, false);
            }
        }
        if self.is_spent() {
            self.mark_unseen();
        }
    }

    /// Columns and checks of an inheritance parent come down.
    fn inherit(&mut self, child: &Name, parent: &Name) {
        let parent = self.ensure(parent);
        let Some(from) = self.change_table(&parent) else { return };
        from.children.insert(child.clone());
        let Some(from) = self.shared(&parent) else { return };
        let Relation::Table(from) = &*from else { return };
        let Some(table) = self.change_table(child) else { return };
        table.known &= from.known;
        table.parents.push(parent);
        copy_columns(table, from);
        copy_checks(table, from);
    }

    /// A relation as it is now, to be read while others are changed.
    pub(super) fn shared(&self, name: &Name) -> Option<Arc<Relation>> {
        let relation = self.relations.get(name)?;
        self.work.copy(relation);
        Some(relation.clone())
    }

    fn copy_like(&mut self, name: &Name, like: &sql::Like) {
        let source = self.resolve(&like.source);
        let from = self.shared(&source);
        let Some(Relation::Table(from)) = from.as_deref() else {
            if let Some(table) = self.change_table(name) {
                table.known = false;
            }
            return;
        };
        let has = |option: &str| like.including.iter().any(|known| known == option);
        let now = self.now();
        if let Some(table) = self.change_table(name) {
            table.known &= from.known;
            for column in &from.columns {
                let filled = column.filled.clone().filter(|filled| match filled {
                    Filled::Identity => has("IDENTITY"),
                    Filled::Stored(_) | Filled::Virtual(_) => has("GENERATED"),
                });
                table.columns.push(Column {
                    default: column.default.clone().filter(|_| has("DEFAULTS")),
                    default_sql: column.default_sql.clone().filter(|_| has("DEFAULTS")),
                    filled,
                    born: now,
                    inherited: false,
                    ..column.clone()
                });
            }
            if has("CONSTRAINTS") {
                copy_checks(table, from);
                for constraint in &mut table.constraints {
                    constraint.inherited = false;
                }
            }
        }
        if has("INDEXES") {
            for index in from
                .indexes
                .iter()
                .filter_map(|index| self.index(index).cloned())
                .collect::<Vec<_>>()
            {
                self.clone_index(&index, name, None);
            }
        }
    }

    /// Gives `table` an index like `index`, with a constraint if that has one.
    fn clone_index(&mut self, index: &Index, table: &Name, parent: Option<&Name>) -> Name {
        let label = match &index.constraint {
            Some(constraint) => {
                let source =
                    self.table(&index.table).and_then(|table| table.constraint(constraint));
                match source.map(|constraint| &constraint.kind) {
                    Some(ConstraintForm::Primary) => "pkey",
                    Some(ConstraintForm::Patterns) => "excl",
                    _ => "key",
                }
            }
            None => "idx",
        };
        let columns = key_names(&index.keys);
        let second = (label != "pkey").then_some(columns.as_str());
        let schema = table.schema.as_deref().unwrap_or(DEFAULT_SCHEMA);
        let name = self.free_relation_name(schema, &table.name, second, label);
        let constraint = index.constraint.as_ref().and_then(|constraint| {
            let source = self.table(&index.table)?.constraint(constraint)?;
            Some(TableConstraint {
                name: name.name.clone(),
                index: Some(name.clone()),
                born: self.now(),
                inherited: parent.is_some(),
                ..source.clone()
            })
        });
        self.put(Relation::Index(Index {
            name: name.clone(),
            table: table.clone(),
            constraint: constraint.as_ref().map(|constraint| constraint.name.clone()),
            parent: parent.cloned(),
            children: BTreeSet::new(),
            born: self.now(),
            number: 0,
            definition: None,
            ..index.clone()
        }));
        if let Some(parent) = parent
            && let Some(parent) = self.change_index(parent)
        {
            parent.children.insert(name.clone());
        }
        if let Some(table) = self.change_table(table) {
            table.indexes.insert(name.clone());
            table.constraints.extend(constraint);
        }
        name
    }

    /// Makes a table a partition: it gets what the parent has. A new one also gets the columns.
    pub(super) fn become_partition(
        &mut self,
        name: &Name,
        parent: &Name,
        bound: &Bound,
        new: bool,
    ) {
        let Some(from) = self.change_table(parent) else { return };
        from.children.insert(name.clone());
        // What has partitions is partitioned, even if its creation was not seen.
        from.kind = TableKind::Partitioned;
        let Some(from) = self.shared(parent) else { return };
        let Relation::Table(from) = &*from else { return };
        let Some(table) = self.change_table(name) else { return };
        table.partition_of = Some((parent.clone(), bound.clone()));
        if new {
            table.known &= from.known;
            copy_columns(table, from);
        }
        copy_checks(table, from);
        adopt(table, from);
        for trigger in from.triggers.iter().filter(|trigger| trigger.each_row) {
            if !table.triggers.iter().any(|known| known.name == trigger.name) {
                table.triggers.push(Trigger { inherited: true, ..trigger.clone() });
            }
        }
        for index in &from.indexes {
            let Some(index) = self.index(index).cloned() else { continue };
            match self.matching_index(name, &index) {
                Some(found) => self.link_indexes(&index.name, &found),
                None => drop(self.clone_index(&index, name, Some(&index.name))),
            }
        }
        let keys = from
            .constraints
            .iter()
            .filter(|constraint| matches!(constraint.kind, ConstraintForm::ForeignKey(..)));
        for key in keys.cloned().collect::<Vec<_>>() {
            self.add_inherited_key(name, key);
        }
    }

    fn add_inherited_key(&mut self, name: &Name, key: TableConstraint) {
        let ConstraintForm::ForeignKey(references, _) = key.kind.clone() else { return };
        let Some(table) = self.change_table(name) else { return };
        let there = table
            .constraints
            .iter()
            .any(|known| known.kind == key.kind && known.columns == key.columns);
        if there {
            return;
        }
        table.constraints.push(TableConstraint { inherited: true, ..key.clone() });
        if let Some(target) = self.change_table(&references) {
            target.referenced_by.insert((name.clone(), key.name));
        }
    }

    /// An index of `table` that may stand in for a part of the partitioned index `like`.
    pub fn matching_index(&self, table: &Name, like: &Index) -> Option<Name> {
        let table = self.table(table)?;
        let found = table.indexes.iter().filter_map(|index| self.index(index)).find(|index| {
            index.keys == like.keys
                && index.computed_from == like.computed_from
                && index.unique == like.unique
                && index.method == like.method
                && index.partial == like.partial
                && index.parent.is_none()
                && (like.constraint.is_none() || index.constraint.is_some())
        });
        found.map(|index| index.name.clone())
    }

    pub(super) fn link_indexes(&mut self, parent: &Name, child: &Name) {
        if let Some(child) = self.change_index(child) {
            child.parent = Some(parent.clone());
        }
        let Some(index) = self.change_index(parent) else { return };
        index.children.insert(child.clone());
        let (table, children) = (index.table.clone(), index.children.len());
        let partitions = self.table(&table).map_or(0, |table| table.children.len());
        if partitions <= children
            && let Some(index) = self.change_index(parent)
        {
            index.valid = true;
        }
    }

    pub(super) fn create_table_as(&mut self, create: &CreateTableAs) {
        let name = self.new_table_name(&create.name, create.persistence);
        if self.relations.contains_key(&name) {
            return;
        }
        let names = create.columns.clone().or_else(|| create.query.outputs.clone());
        let columns = names
            .unwrap_or_default()
            .into_iter()
            .map(|name| Column { ty: None, ..plain_column(name, TypeName::builtin("text")) });
        let table = Table {
            name: name.clone(),
            persistence: create.persistence,
            // Types are not known, and of `SELECT *` not even the columns.
            known: false,
            born: self.now(),
            columns: columns.collect(),
            ..Table::default()
        };
        self.put(Relation::Table(table));
    }

    /// Adds a column, and what is written with it. Children get it too.
    pub(super) fn add_column(&mut self, name: &Name, def: &ColumnDef) {
        let typed = self.table(name).and_then(|table| table.column(&def.name)).is_some();
        let now = self.now();
        let children = self.descendants(name);
        let serial = def.ty.as_ref().and_then(TypeName::serial_base);
        let sequence = serial.map(|_| self.owned_sequence(name, &def.name));
        let identity = matches!(def.generated, Some(Generated::Identity(_)));
        if let Some(Generated::Identity(told)) = &def.generated {
            self.identity_sequence(name, &def.name, told.sequence.as_ref());
        }
        let next = sequence.as_ref().map(|sequence| {
            let name = sequence.to_sql().replace('\'', "''");
            format!("nextval('{name}'::regclass)")
        });
        let default = sequence.map(|sequence| Expr::Call {
            name: Name::bare("nextval"),
            arguments: vec![Expr::String(sequence.to_string())],
        });
        let column = Column {
            name: def.name.clone(),
            ty: serial.map(TypeName::builtin).or_else(|| def.ty.clone()),
            not_null: def.not_null || serial.is_some() || identity,
            default: default.or_else(|| def.default.as_ref().map(|default| default.tree.clone())),
            default_sql: next.or_else(|| def.default.as_ref().map(|default| default.sql.clone())),
            filled: def.generated.as_ref().map(|generated| match generated {
                Generated::Stored(expression) => Filled::Stored(expression.tree.clone()),
                Generated::Virtual(expression) => Filled::Virtual(expression.tree.clone()),
                Generated::Identity(_) => Filled::Identity,
            }),
            collation: def.collation.clone(),
            born: now,
            inherited: false,
        };
        self.note_type(column.ty.as_ref());
        for (number, name) in std::iter::once(name.clone()).chain(children).enumerate() {
            let Some(table) = self.change_table(&name) else { continue };
            let known = if typed { table.column_mut(&def.name) } else { None };
            match known {
                // A typed table or a partition says more of a column that it has already.
                Some(known) => {
                    known.not_null |= column.not_null;
                    if column.default.is_some() {
                        known.default.clone_from(&column.default);
                        known.default_sql.clone_from(&column.default_sql);
                    }
                }
                None => table.columns.push(Column { inherited: number > 0, ..column.clone() }),
            }
        }
        if let Some(not_null) = &def.not_null_name {
            self.name_not_null(name, &def.name, not_null);
        }
        for constraint in &def.constraints {
            self.add_constraint(name, constraint, false);
        }
    }

    /// Makes the sequence of a serial column; gives its name.
    fn owned_sequence(&mut self, table: &Name, column: &str) -> Name {
        let name = self.free_sequence_name(table, column);
        self.put_sequence(name.clone(), table, column, false);
        name
    }

    /// Makes the sequence of an identity column, under the name that is given if one is.
    pub(super) fn identity_sequence(&mut self, table: &Name, column: &str, told: Option<&Name>) {
        let schema = table.schema.as_deref().unwrap_or(DEFAULT_SCHEMA);
        let name = match told {
            // Without a schema it is in that of its table.
            Some(Name { schema: None, name }) => Name::in_schema(schema, name.as_str()),
            Some(name) => name.clone(),
            None => self.free_sequence_name(table, column),
        };
        self.put_sequence(name, table, column, true);
    }

    fn free_sequence_name(&self, table: &Name, column: &str) -> Name {
        let schema = table.schema.as_deref().unwrap_or(DEFAULT_SCHEMA);
        self.free_relation_name(schema, &table.name, Some(column), "seq")
    }

    fn put_sequence(&mut self, name: Name, table: &Name, column: &str, identity: bool) {
        let owned_by = Some((table.clone(), column.to_owned()));
        let born = self.now();
        let serial = !identity;
        self.put(Relation::Sequence(Sequence { name, owned_by, identity, serial, born }));
    }

    /// Notes the name of a column's `NOT NULL`, which servers before 18 do not keep.
    fn name_not_null(&mut self, name: &Name, column: &str, not_null: &str) {
        let made = TableConstraint {
            name: not_null.to_owned(),
            kind: ConstraintForm::NotNull,
            columns: vec![column.to_owned()],
            valid: true,
            enforced: true,
            no_inherit: false,
            deferrable: false,
            actions: Vec::new(),
            condition: None,
            definition: None,
            born: self.now(),
            index: None,
            inherited: false,
        };
        let children = self.descendants(name);
        self.push_constraint(name, &made, &children);
    }

    /// Adds a constraint, with its index if it has one. Children get what they inherit; with
    /// `only`, the index of a partitioned table stays alone.
    pub(super) fn add_constraint(&mut self, name: &Name, constraint: &Constraint, only: bool) {
        let made = self.new_constraint(name, constraint);
        match &constraint.kind {
            ConstraintKind::Check(_) => {
                let children =
                    if constraint.no_inherit { Vec::new() } else { self.descendants(name) };
                self.push_constraint(name, &made, &children);
            }
            ConstraintKind::NotNull(column) => {
                let children =
                    if constraint.no_inherit { Vec::new() } else { self.descendants(name) };
                for table in std::iter::once(name).chain(&children) {
                    if let Some(table) = self.change_table(table)
                        && let Some(column) = table.column_mut(column)
                    {
                        column.not_null |= !constraint.not_valid;
                    }
                }
                self.push_constraint(name, &made, &children);
            }
            ConstraintKind::Key(key) => self.add_key(name, made, key, only),
            ConstraintKind::Patterns { columns } => {
                let key = sql::Key {
                    primary: false,
                    columns: columns.clone(),
                    include: Vec::new(),
                    nulls_not_distinct: false,
                    storage: String::new(),
                    using_index: None,
                };
                self.add_key(name, made, &key, only);
            }
            ConstraintKind::ForeignKey(key) => {
                let references = self.ensure(&key.references);
                for (number, table) in
                    std::iter::once(name.clone()).chain(self.partitions(name)).enumerate()
                {
                    let copy = TableConstraint { inherited: number > 0, ..made.clone() };
                    let own = self.own_key(&table, &made, true).filter(|_| number > 0);
                    let Some(table) = self.change_table(&table) else { continue };
                    if let Some(own) = own.and_then(|own| table.constraint_mut(&own)) {
                        own.inherited = true;
                        continue;
                    }
                    table.constraints.push(copy);
                    let entry = (table.name.clone(), made.name.clone());
                    if let Some(target) = self.change_table(&references) {
                        target.referenced_by.insert(entry);
                    }
                }
            }
        }
    }

    /// The foreign key of a partition that one of its parent takes over instead of making another
    /// (`tryAttachPartitionForeignKey`): one that is validated, or from 18 on one that is not,
    /// which is checked then.
    pub fn own_key(&self, partition: &Name, key: &TableConstraint, valid: bool) -> Option<String> {
        let referenced = |form: &ConstraintForm| match form {
            ConstraintForm::ForeignKey(target, columns) if columns.is_empty() => {
                let primary = self.table(target).and_then(Table::primary_key);
                Some((target.clone(), primary.map(|key| key.columns.clone()).unwrap_or_default()))
            }
            ConstraintForm::ForeignKey(target, columns) => Some((target.clone(), columns.clone())),
            _ => None,
        };
        let wanted = referenced(&key.kind)?;
        let same = |known: &&TableConstraint| {
            known.valid == valid
                && known.columns == key.columns
                && known.actions == key.actions
                && known.deferrable == key.deferrable
                && referenced(&known.kind).is_some_and(|found| found == wanted)
        };
        self.table(partition)?.constraints.iter().find(same).map(|known| known.name.clone())
    }

    fn push_constraint(&mut self, name: &Name, made: &TableConstraint, children: &[Name]) {
        for (number, name) in std::iter::once(name).chain(children).enumerate() {
            if let Some(table) = self.change_table(name)
                && table.constraint(&made.name).is_none()
            {
                table.constraints.push(TableConstraint { inherited: number > 0, ..made.clone() });
            }
        }
    }

    /// The constraint under the name it has or gets.
    fn new_constraint(&self, table: &Name, constraint: &Constraint) -> TableConstraint {
        self.constraint_of(table, constraint, &[])
    }

    /// The constraint under the name it has, or gets once those in `gone` are no more
    /// (`ChooseConstraintName`).
    pub fn constraint_of(
        &self,
        table: &Name,
        constraint: &Constraint,
        gone: &[&str],
    ) -> TableConstraint {
        let (kind, columns, second, label) = match &constraint.kind {
            ConstraintKind::Check(expression) => {
                let columns: Vec<String> =
                    expression.tree.columns().into_iter().map(str::to_owned).collect();
                let second =
                    if let [only] = columns.as_slice() { Some(only.clone()) } else { None };
                (ConstraintForm::Check(expression.tree.clone()), columns, second, "check")
            }
            ConstraintKind::NotNull(column) => {
                let second = Some(column.clone());
                (ConstraintForm::NotNull, vec![column.clone()], second, "not_null")
            }
            ConstraintKind::Key(key) if key.primary => {
                (ConstraintForm::Primary, key.columns.clone(), None, "pkey")
            }
            ConstraintKind::Key(key) => {
                // The name is of all columns of the index (`DefineIndex` in indexcmds.c).
                let all: Vec<&str> =
                    key.columns.iter().chain(&key.include).map(String::as_str).collect();
                let second = Some(all.join("_"));
                (ConstraintForm::Unique, key.columns.clone(), second, "key")
            }
            ConstraintKind::Patterns { columns } => {
                let second = Some(columns.join("_"));
                (ConstraintForm::Patterns, columns.clone(), second, "excl")
            }
            ConstraintKind::ForeignKey(key) => {
                let references = self.resolve(&key.references);
                let form = ConstraintForm::ForeignKey(references, key.referenced_columns.clone());
                (form, key.columns.clone(), Some(key.columns.join("_")), "fkey")
            }
        };
        let made = || {
            let constraints = self.table(table).map(|table| table.constraints.as_slice());
            self.work.gather(constraints.map_or(0, <[_]>::len));
            let named: HashSet<&str> = constraints
                .iter()
                .flat_map(|all| all.iter())
                .map(|one| one.name.as_str())
                .collect();
            naming::free(&table.name, second.as_deref(), label, |name| {
                self.work.find();
                let index = Name { schema: table.schema.clone(), name: name.to_owned() };
                let known = named.contains(name)
                    || (matches!(label, "pkey" | "key" | "excl")
                        && self.relations.contains_key(&index));
                known && !gone.contains(&name)
            })
        };
        let (using_index, actions) = match &constraint.kind {
            ConstraintKind::Key(key) => (key.using_index.clone(), Vec::new()),
            ConstraintKind::ForeignKey(key) => (None, key.actions()),
            _ => (None, Vec::new()),
        };
        TableConstraint {
            name: constraint.name.clone().or(using_index).or_else(made).unwrap_or_default(),
            kind,
            columns,
            valid: !constraint.not_valid && !constraint.not_enforced,
            enforced: !constraint.not_enforced,
            no_inherit: constraint.no_inherit,
            deferrable: constraint.deferrable,
            actions,
            born: self.now(),
            index: None,
            condition: condition_of(constraint),
            definition: definition_of(constraint),
            inherited: false,
        }
    }

    /// A key or exclusion constraint with its index.
    fn add_key(&mut self, name: &Name, mut made: TableConstraint, key: &sql::Key, only: bool) {
        let schema = name.schema.clone();
        let index = Name { schema: schema.clone(), name: made.name.clone() };
        if let Some(used) = &key.using_index {
            let used = Name { schema, name: used.clone() };
            let keys = self.index(&used).map(|index| index.keys.clone()).unwrap_or_default();
            made.columns = keys.into_iter().flatten().collect();
            if used != index {
                self.rename_relation(&used, &index);
            }
            if let Some(index) = self.change_index(&index) {
                index.constraint = Some(made.name.clone());
            }
        } else {
            self.put(Relation::Index(Index {
                name: index.clone(),
                table: name.clone(),
                unique: made.kind != ConstraintForm::Patterns,
                method: "btree".to_owned(),
                keys: key.columns.iter().cloned().map(Some).collect(),
                valid: !only || self.table(name).is_none_or(|table| table.children.is_empty()),
                constraint: Some(made.name.clone()),
                born: self.now(),
                ..Index::default()
            }));
        }
        made.index = Some(index.clone());
        let primary = made.kind == ConstraintForm::Primary;
        let columns = made.columns.clone();
        if let Some(table) = self.change_table(name) {
            table.indexes.insert(index.clone());
            table.constraints.push(made);
        }
        if primary {
            self.set_not_null(name, &columns);
        }
        let partitions: Vec<Name> = match self.table(name) {
            Some(table) if table.is_partitioned() && !only => {
                table.children.iter().cloned().collect()
            }
            _ => Vec::new(),
        };
        if let Some(index) = self.index(&index).cloned() {
            for partition in partitions {
                self.spread_index(&index, &partition);
            }
        }
    }

    fn set_not_null(&mut self, name: &Name, columns: &[String]) {
        for table in std::iter::once(name.clone()).chain(self.descendants(name)) {
            let Some(table) = self.change_table(&table) else { continue };
            for column in columns {
                if let Some(column) = table.column_mut(column) {
                    column.not_null = true;
                }
            }
        }
    }

    /// Gives a partition, and its own partitions, their part of a partitioned index.
    fn spread_index(&mut self, parent: &Index, partition: &Name) {
        // Partitions may be partitioned to any depth.
        let mut open = vec![(parent.clone(), partition.clone())];
        while let Some((parent, partition)) = open.pop() {
            let child = match self.matching_index(&partition, &parent) {
                Some(found) => {
                    self.link_indexes(&parent.name, &found);
                    found
                }
                None => self.clone_index(&parent, &partition, Some(&parent.name)),
            };
            let Some(child) = self.index(&child) else { continue };
            let Some(table) = self.table(&partition).filter(|table| table.is_partitioned()) else {
                continue;
            };
            open.extend(table.children.iter().rev().map(|below| (child.clone(), below.clone())));
        }
    }

    /// Adds an index; gives its name.
    pub(super) fn create_index(&mut self, create: &CreateIndex) -> Option<Name> {
        let table = match self.relation(&create.table) {
            Some(Relation::View(view)) => view.name.clone(),
            _ => self.ensure(&create.table),
        };
        let keys: Vec<Option<String>> = create.keys.iter().map(|key| key.column.clone()).collect();
        let name = match &create.name {
            Some(name) => Name { schema: table.schema.clone(), name: name.clone() },
            None => self.made_index_name(&table, create),
        };
        if self.relations.contains_key(&name) {
            return None;
        }
        let (mut computed_from, mut calls) = (Vec::new(), Vec::new());
        let expressions = create.keys.iter().filter_map(|key| key.expression.as_ref());
        for expression in expressions.chain(&create.predicate) {
            computed_from.extend(expression.tree.columns().into_iter().map(str::to_owned));
            expression.tree.walk(&mut |expr| {
                if let Expr::Call { name, .. } = expr {
                    calls.push(name.clone());
                }
            });
        }
        let partitioned = self.table(&table).is_some_and(Table::is_partitioned);
        let only = partitioned && create.only;
        let index = Index {
            name: name.clone(),
            table: table.clone(),
            unique: create.unique,
            method: create.method.clone(),
            keys,
            computed_from,
            calls,
            partial: create.predicate.is_some(),
            predicate: create.predicate.as_ref().map(|predicate| predicate.tree.clone()),
            special: create.keys.iter().any(|key| key.special),
            reordered: create.keys.iter().any(|key| key.reordered),
            valid: !only || self.table(&table).is_some_and(|table| table.children.is_empty()),
            definition: Some(create.definition.clone()),
            born: self.now(),
            ..Index::default()
        };
        self.put(Relation::Index(index.clone()));
        match self.change(&table) {
            Some(Relation::Table(table)) => drop(table.indexes.insert(name.clone())),
            Some(Relation::View(view)) => drop(view.indexes.insert(name.clone())),
            _ => {}
        }
        if partitioned && !only {
            let children = self.table(&table).map(|table| table.children.clone());
            for partition in children.unwrap_or_default() {
                self.spread_index(&index, &partition);
            }
        }
        Some(name)
    }

    /// The name of an index that is given none (`ChooseIndexName`).
    pub fn made_index_name(&self, table: &Name, create: &CreateIndex) -> Name {
        let keys = create.keys.iter().map(|key| match (&key.column, &key.expression) {
            (Some(column), _) => column.clone(),
            (None, Some(sql::Expression { tree: Expr::Call { name, .. }, .. })) => {
                name.name.clone()
            }
            (None, _) => "expr".to_owned(),
        });
        let mut parts: Vec<String> = Vec::new();
        for part in keys.chain(create.include.iter().cloned()) {
            let numbered = (1..).map(|number| format!("{part}{number}"));
            let mut free = std::iter::once(part.clone()).chain(numbered);
            parts.extend(free.find(|name| !parts.contains(name)));
        }
        let columns = parts.join("_");
        let schema = table.schema.as_deref().unwrap_or(DEFAULT_SCHEMA);
        self.free_relation_name(schema, &table.name, Some(&columns), "idx")
    }

    pub(super) fn create_view(&mut self, create: &CreateView) {
        let name = if create.temporary {
            Name::in_schema(TEMPORARY_SCHEMA, create.name.name.clone())
        } else {
            self.target(&create.name)
        };
        let before = self.view(&name).cloned();
        if self.relations.contains_key(&name) && (before.is_none() || !create.or_replace) {
            return;
        }
        for read in before.iter().flat_map(|view| view.reads.keys()) {
            self.forget_reader(read, &name);
        }
        let reads = self.reads_of(&create.query);
        let view = View {
            name: name.clone(),
            materialized: create.materialized,
            populated: create.with_data,
            query: create.query.clone(),
            reads: reads.clone(),
            columns: create.columns.clone().or_else(|| create.query.outputs.clone()),
            readers: before.as_ref().map(|view| view.readers.clone()).unwrap_or_default(),
            indexes: BTreeSet::new(),
            born: before.map_or(self.now(), |view| view.born),
            temporary: create.temporary,
        };
        self.put(Relation::View(view));
        for read in reads.into_keys() {
            match self.change(&read) {
                Some(Relation::Table(table)) => drop(table.readers.insert(name.clone())),
                Some(Relation::View(view)) => drop(view.readers.insert(name.clone())),
                _ => {}
            }
        }
    }

    pub(super) fn forget_reader(&mut self, read: &Name, reader: &Name) {
        match self.change(read) {
            Some(Relation::Table(table)) => drop(table.readers.remove(reader)),
            Some(Relation::View(view)) => drop(view.readers.remove(reader)),
            _ => {}
        }
    }
}

/// The condition of a `CHECK`, as written.
fn condition_of(constraint: &Constraint) -> Option<String> {
    match &constraint.kind {
        ConstraintKind::Check(condition) => Some(condition.sql.clone()),
        _ => None,
    }
}

/// The whole of a constraint as written; one that takes over an index says nothing of its columns.
fn definition_of(constraint: &Constraint) -> Option<String> {
    let takes = matches!(&constraint.kind, ConstraintKind::Key(key) if key.using_index.is_some());
    let Constraint { definition, attributes, .. } = constraint;
    (!takes).then(|| format!("{definition} {attributes}").trim_end().to_owned())
}

fn plain_column(name: String, ty: TypeName) -> Column {
    Column {
        name,
        ty: Some(ty),
        not_null: false,
        default: None,
        default_sql: None,
        filled: None,
        collation: None,
        born: Moment::default(),
        inherited: false,
    }
}

fn copy_columns(table: &mut Table, from: &Table) {
    for column in &from.columns {
        match table.column_mut(&column.name) {
            Some(known) => known.not_null |= column.not_null,
            None => table.columns.push(Column { inherited: true, ..column.clone() }),
        }
    }
}

fn copy_checks(table: &mut Table, from: &Table) {
    for constraint in &from.constraints {
        let comes_down = match constraint.kind {
            ConstraintForm::Check(_) | ConstraintForm::NotNull => !constraint.no_inherit,
            ConstraintForm::Primary
            | ConstraintForm::Unique
            | ConstraintForm::ForeignKey(..)
            | ConstraintForm::Patterns => false,
        };
        if comes_down && table.constraint(&constraint.name).is_none() {
            table.constraints.push(TableConstraint { inherited: true, ..constraint.clone() });
        }
    }
}

/// What a table and its new parent both have is inherited from now on.
pub(super) fn adopt(table: &mut Table, from: &Table) {
    for column in &mut table.columns {
        column.inherited |= from.column(&column.name).is_some();
    }
    for constraint in &mut table.constraints {
        let comes_down =
            matches!(constraint.kind, ConstraintForm::Check(_) | ConstraintForm::NotNull);
        let same = from.constraint(&constraint.name).filter(|same| !same.no_inherit);
        constraint.inherited |= comes_down && same.is_some();
    }
}

fn key_names(keys: &[Option<String>]) -> String {
    let names = keys.iter().map(|key| key.as_deref().unwrap_or("expr"));
    names.collect::<Vec<_>>().join("_")
}
