//! What is made: tables, views, functions, triggers and other objects.

use super::analyst::Analyst;
use super::lock::LockMode;
use super::model::AddConstraint;
use super::model::Break;
use super::model::ConstraintClass;
use super::model::Create;
use super::model::CreateTrigger;
use super::model::Effect;
use super::model::ObjectChange;
use super::model::OwnTable;
use super::model::PartitionMove;
use super::model::Refresh;
use super::model::Shape;
use super::model::Standing;
use super::model::Target;
use super::model::Who;
use crate::schema::Attached;
use crate::schema::Column;
use crate::schema::ConstraintForm;
use crate::schema::Filled;
use crate::schema::Relation;
use crate::schema::Table;
use crate::schema::View;
use crate::sql;
use crate::sql::Bound;
use crate::sql::ColumnDef;
use crate::sql::ConstraintKind;
use crate::sql::CreateTable;
use crate::sql::CreateTableAs;
use crate::sql::Expr;
use crate::sql::Generated;
use crate::sql::Name;
use crate::sql::ObjectKind;
use crate::sql::Persistence;
use crate::sql::Query;
use crate::sql::Rows;
use crate::sql::Source;
use crate::sql::TypeName;

impl Analyst<'_> {
    /// Notes a new object.
    pub(super) fn create(&mut self, kind: ObjectKind, name: Name) {
        self.create_shaped(kind, name, false, Shape::default());
    }

    fn create_shaped(&mut self, kind: ObjectKind, name: Name, exists: bool, shape: Shape) {
        self.effect(Effect::Create(Create { kind, name, on: None, exists, shape }));
    }

    /// Whether a relation of this name is there already: then `IF NOT EXISTS` does nothing, and
    /// anything else is refused.
    fn relation_exists(&mut self, name: &Name, if_not_exists: bool) -> bool {
        let exists = self.schema.relation(name).is_some();
        if exists && !if_not_exists {
            self.refuse("42P07", format!("relation \"{}\" already exists", name.name));
        }
        exists && if_not_exists
    }

    pub(super) fn create_table(&mut self, create: &CreateTable) {
        let name = match create.persistence {
            Persistence::Temporary => {
                Name::in_schema(crate::schema::TEMPORARY_SCHEMA, create.name.name.clone())
            }
            Persistence::Permanent | Persistence::Unlogged => self.schema.target(&create.name),
        };
        let exists = self.relation_exists(&name, create.if_not_exists);
        let kind = if create.foreign { ObjectKind::ForeignTable } else { ObjectKind::Table };
        if exists {
            return self.create_shaped(kind, name, exists, Shape::default());
        }
        if create.if_not_exists && !self.schema.is_complete() {
            self.assume();
        }
        match &create.partition_of {
            Some((parent, bound)) => self.create_partition(create, &name, parent, bound),
            None => self.create(kind, name.clone()),
        }
        for like in &create.likes {
            let source = self.target(&like.source);
            self.lock(&source.name, LockMode::AccessShare);
        }
        for parent in &create.inherits {
            let parent = self.target(parent);
            self.lock(&parent.name, LockMode::ShareUpdateExclusive);
            if parent.partitioned {
                let name = &parent.name.name;
                self.refuse("42809", format!("cannot inherit from partitioned table \"{name}\""));
            }
        }
        let virtuals = |column: &ColumnDef| matches!(column.generated, Some(Generated::Virtual(_)));
        if create.columns.iter().any(virtuals) {
            self.check_virtual();
        }
        let inline = create.columns.iter().flat_map(|column| &column.constraints);
        for constraint in inline.chain(&create.constraints) {
            self.new_table_constraint(create, &name, constraint);
        }
    }

    /// Of a new table's constraints only foreign keys touch another table.
    fn new_table_constraint(
        &mut self,
        create: &CreateTable,
        table: &Name,
        constraint: &sql::Constraint,
    ) {
        if constraint.not_enforced && !self.postgres.at_least(18) {
            self.refuse("42601", "syntax error at or near \"ENFORCED\"");
        }
        let ConstraintKind::ForeignKey(key) = &constraint.kind else { return };
        let other = self.schema.target(&key.references) != *table;
        let references = other.then(|| self.target(&key.references));
        if let Some(references) = &references {
            let columns: Vec<&sql::ColumnDef> = create.columns.iter().collect();
            self.check_key(key, None, &columns);
            self.lock_tree(&references.name, LockMode::ShareRowExclusive);
        }
        let new = Target { name: table.clone(), standing: Standing::New, partitioned: false };
        self.span = constraint.span;
        self.effect(Effect::AddConstraint(AddConstraint {
            table: new,
            full_name: constraint.name.clone().unwrap_or_default(),
            name: constraint.name.clone(),
            class: ConstraintClass::ForeignKey,
            columns: key.columns.clone(),
            definition: constraint.definition.clone(),
            index: String::new(),
            condition: None,
            attributes: constraint.attributes.clone(),
            not_valid: false,
            not_enforced: constraint.not_enforced,
            inline: constraint.inline,
            on_new_columns: true,
            demands: None,
            scans: false,
            builds_index: false,
            using_index: None,
            nullable: Vec::new(),
            references,
            lacks_index: lacks_index(create, &key.columns),
        }));
    }

    fn create_partition(
        &mut self,
        create: &CreateTable,
        name: &Name,
        parent: &Name,
        bound: &Bound,
    ) {
        let parent = self.target(parent);
        self.lock(&parent.name, LockMode::AccessExclusive);
        let (default, scans_default) = self.look_into_default(&parent, bound);
        for index in self.indexes(&parent.name) {
            self.lock(&index, LockMode::ShareUpdateExclusive);
        }
        self.lock_keys_of_parent(&parent.name);
        let found = self.table(&parent.name);
        let identity = |table: &Table| {
            let filled = |column: &Column| column.filled == Some(Filled::Identity);
            !table.known || table.columns.iter().any(filled)
        };
        self.effect(Effect::CreatePartition(PartitionMove {
            partition: name.clone(),
            default,
            scans_default: scans_default.is_some(),
            exclusion: found.and_then(|found| super::partition::exclusion_sql(found, bound)),
            bound: bound_sql(bound),
            identity: found.is_none_or(identity),
            own: own_table(create),
            parent,
        }));
    }

    /// The default partition of a partitioned table.
    pub(super) fn default_of(&self, parent: &Target) -> Option<Name> {
        let table = self.table(&parent.name)?;
        self.schema.default_partition(table).map(|partition| partition.name.clone())
    }

    /// A new partition takes part in the foreign keys of its parent, in both directions.
    fn lock_keys_of_parent(&mut self, parent: &Name) {
        let Some(table) = self.table(parent) else { return };
        for constraint in &table.constraints {
            if let ConstraintForm::ForeignKey(target, _) = &constraint.kind {
                self.lock_tree(target, LockMode::ShareRowExclusive);
            }
        }
        if self.postgres.at_least(15) {
            for (other, _) in &table.referenced_by {
                self.lock(other, LockMode::ShareRowExclusive);
            }
        }
    }

    pub(super) fn create_table_as(&mut self, create: &CreateTableAs) {
        let name = match create.persistence {
            Persistence::Temporary => {
                Name::in_schema(crate::schema::TEMPORARY_SCHEMA, create.name.name.clone())
            }
            Persistence::Permanent | Persistence::Unlogged => self.schema.target(&create.name),
        };
        let exists = self.relation_exists(&name, create.if_not_exists);
        if !exists {
            self.read(&create.query, create.with_data);
        }
        self.create_shaped(ObjectKind::Table, name, exists, Shape::default());
    }

    pub(super) fn create_view(&mut self, create: &sql::CreateView) {
        let name = self.schema.target(&create.name);
        let kind =
            if create.materialized { ObjectKind::MaterializedView } else { ObjectKind::View };
        let there = self.schema.relation(&name).is_some();
        let other = match self.schema.relation(&name) {
            Some(Relation::View(view)) => view.materialized,
            // `ALTER TABLE` may have named a view.
            Some(Relation::Table(table)) => table.known,
            Some(_) => true,
            None => false,
        };
        if other && create.or_replace && !create.materialized {
            self.refuse("42809", format!("\"{}\" is not a view", name.name));
            return self.effect(Effect::Other);
        }
        if there && create.or_replace && !create.materialized {
            return self.replace_view(&name, create);
        }
        let columns = create.columns.clone().or_else(|| create.query.outputs.clone());
        let shape = Shape { columns, ..Shape::default() };
        let exists = self.relation_exists(&name, create.if_not_exists);
        if !exists {
            self.read(&create.query, create.materialized && create.with_data);
        }
        if create.or_replace && !there && !self.schema.is_complete() {
            // Whether it replaces anything is not known.
            self.assume();
            let view = self.target_of(&name);
            self.lock(&name, LockMode::AccessExclusive);
            let change = ObjectChange::of(kind, view.name, false);
            return self.effect(Effect::Replace(ObjectChange { shape, ..change }));
        }
        self.create_shaped(kind, name, exists, shape);
    }

    /// A view may only get more columns, at the end.
    fn replace_view(&mut self, name: &Name, create: &sql::CreateView) {
        let view = self.target_of(name);
        self.lock(name, LockMode::AccessExclusive);
        self.read(&create.query, false);
        let before = self.schema.view(name).and_then(|view| view.columns.clone());
        let after = create.columns.clone().or_else(|| create.query.outputs.clone());
        if let (Some(before), Some(after)) = (&before, &after) {
            let kept = after.len() >= before.len() && after[..before.len()] == before[..];
            if after.len() < before.len() {
                self.refuse("42P16", "cannot drop columns from view");
            } else if !kept {
                self.refuse("42P16", "cannot change name of view column");
            }
            let now = self.schema.view(name).map(|view| self.output_types(&view.query));
            let types = now.unwrap_or_default().into_iter().zip(self.output_types(&create.query));
            for (column, (was, is)) in before.iter().zip(types) {
                if let (Some(was), Some(is)) = (was, is)
                    && !is_same_type(&was, &is)
                {
                    let change = format!("\"{column}\" from {was} to {is}");
                    self.refuse(
                        "42P16",
                        format!("cannot change data type of view column {change}"),
                    );
                }
            }
        }
        let change = ObjectChange::of(ObjectKind::View, name.clone(), !view.in_use());
        self.effect(Effect::Replace(change));
    }

    /// The types of the columns that a query gives, where they are plain columns or casts.
    fn output_types(&self, query: &Query) -> Vec<Option<TypeName>> {
        query.selected.iter().map(|expr| self.output_type(query, expr)).collect()
    }

    fn output_type(&self, query: &Query, expr: &Expr) -> Option<TypeName> {
        match expr {
            Expr::Cast { to, .. } => Some(to.clone()),
            Expr::Column(parts) => {
                let (column, qualifier) = parts.split_last()?;
                let named = |source: &&Source| match qualifier {
                    [] => true,
                    [.., name] => *name == source.name,
                };
                // A name may be that of a query in `WITH`.
                let table = |source: &Source| match &source.rows {
                    Rows::Relation(name) if query.with.is_empty() => self.schema.table(name),
                    _ => None,
                };
                let tables = query.from.iter().filter(named).map(table);
                let tables: Option<Vec<&Table>> = tables.collect();
                let mut found = tables?.into_iter().filter_map(|table| table.column(column));
                let only = found.next()?.ty.clone();
                if found.next().is_some() { None } else { only }
            }
            _ => None,
        }
    }

    pub(super) fn refresh(&mut self, refresh: &sql::Refresh) {
        let view = self.target(&refresh.name);
        let found = self.schema.view(&view.name);
        let mode =
            if refresh.concurrently { LockMode::Exclusive } else { LockMode::AccessExclusive };
        self.lock(&view.name, mode);
        if let Some(found) = &found {
            self.check_refresh(refresh, found);
            if refresh.with_data {
                self.read(&found.query, true);
            }
        }
        for index in self.indexes(&view.name) {
            let mode = if refresh.concurrently {
                LockMode::RowExclusive
            } else {
                LockMode::AccessExclusive
            };
            self.lock(&index, mode);
        }
        if refresh.with_data && !refresh.concurrently {
            self.out.rewrites.insert(view.name.clone());
        }
        let effect = Refresh {
            concurrently: refresh.concurrently,
            populated: found.is_none_or(|found| found.populated),
            empties: !refresh.with_data,
            indexed: found.is_some_and(|found| self.has_usable_index(found)),
            key: found.map(|found| self.row_key(found)).unwrap_or_default(),
            view,
        };
        let breaks = if effect.is_emptied() {
            let why = "reading it fails until it is filled again";
            Self::broken(effect.view.name.to_string(), Who::Readers, why)
        } else {
            Vec::new()
        };
        self.part(Effect::Refresh(effect), breaks, Vec::new());
    }

    fn check_refresh(&mut self, refresh: &sql::Refresh, view: &crate::schema::View) {
        if !refresh.concurrently {
            return;
        }
        if !refresh.with_data {
            self.refuse("42601", "CONCURRENTLY and WITH NO DATA options cannot be used together");
        } else if !view.populated {
            let message = "CONCURRENTLY cannot be used when the materialized view is not populated";
            self.refuse("0A000", message);
        }
        if !self.has_usable_index(view) {
            let message = "cannot refresh materialized view concurrently without a unique index";
            self.refuse("55000", message);
        }
    }

    /// Whether a materialized view has an index that a concurrent refresh can go by.
    fn has_usable_index(&self, view: &View) -> bool {
        let mut indexes = view.indexes.iter().filter_map(|index| self.schema.index(index));
        indexes
            .any(|index| index.unique && !index.partial && index.keys.iter().all(Option::is_some))
    }

    /// Columns of a view that no two rows share: those it is grouped by, or the primary key of the
    /// one table it reads.
    fn row_key(&self, view: &View) -> Vec<String> {
        let (Some(columns), Some(outputs)) = (&view.columns, &view.query.outputs) else {
            return Vec::new();
        };
        let grouped = view.query.grouped_by.iter().flatten();
        let grouped: Vec<String> =
            grouped.filter_map(|place| columns.get(*place).cloned()).collect();
        if view.query.grouped_by.is_some() {
            return grouped;
        }
        let [read] = view.query.relations.as_slice() else { return Vec::new() };
        let key = self.key_of(&self.schema.resolve(&read.name));
        let places = key.iter().map(|column| outputs.iter().position(|output| output == column));
        let named = places.map(|place| place.and_then(|place| columns.get(place).cloned()));
        named.collect::<Option<Vec<String>>>().unwrap_or_default()
    }

    pub(super) fn create_function(&mut self, create: &sql::CreateFunction) {
        let kind = if create.procedure { ObjectKind::Procedure } else { ObjectKind::Function };
        let name = self.schema.target(&create.name);
        let there = self
            .schema
            .functions(&name)
            .iter()
            .any(|function| function.arguments == create.arguments);
        let (arguments, optional) = (Some(create.arguments.clone()), create.optional);
        let shape = Shape { arguments, optional, ..Shape::default() };
        if there && create.or_replace {
            let change = ObjectChange::of(kind, name, false);
            return self.effect(Effect::Replace(ObjectChange { shape, ..change }));
        }
        if there {
            self.refuse("42723", format!("function \"{}\" already exists", create.name.name));
        }
        self.create_shaped(kind, name, false, shape);
    }

    pub(super) fn create_trigger(&mut self, create: &sql::CreateTrigger) {
        let table = self.target(&create.table);
        let on_view = self.schema.view(&table.name).is_some();
        if let Some(found) = self.table(&table.name)
            && found.triggers.iter().any(|trigger| trigger.name == create.name)
            && !create.or_replace
        {
            self.refuse("42710", format!("trigger \"{}\" already exists", create.name));
        }
        if create.or_replace && !self.postgres.at_least(14) {
            self.refuse("42601", "syntax error at or near \"TRIGGER\"");
        }
        let has_parent = |found: &Table| found.partition_of.is_some() || !found.parents.is_empty();
        if create.transitions
            && create.each_row
            && (table.partitioned || self.table(&table.name).is_some_and(has_parent))
        {
            let message = "ROW triggers with transition tables are not supported on partitioned \
                tables, partitions and inheritance children";
            self.refuse("0A000", message);
        }
        if create.each_row && table.partitioned {
            self.lock_tree(&table.name, LockMode::ShareRowExclusive);
        } else {
            self.lock(&table.name, LockMode::ShareRowExclusive);
        }
        if let Some(from) = &create.from {
            let from = self.target(from);
            self.lock(&from.name, LockMode::AccessShare);
        }
        let name = create.name.clone();
        self.effect(Effect::CreateTrigger(CreateTrigger { table, name, on_view }));
    }

    pub(super) fn create_on_table(&mut self, create: &sql::CreateOnTable) {
        let table = self.target(&create.table);
        self.lock(&table.name, LockMode::AccessExclusive);
        let same = |known: &Attached| {
            known.name == create.name && known.policy == (create.kind == ObjectKind::Policy)
        };
        if !create.or_replace
            && self.table(&table.name).is_some_and(|found| found.attached.iter().any(same))
        {
            let message = format!(
                "{} \"{}\" for \"{}\" already exists",
                create.kind.words(),
                create.name,
                table.name.name
            );
            self.refuse("42710", message);
        }
        for used in &create.uses.relations {
            let used = self.target(&used.name);
            self.lock(&used.name, LockMode::AccessShare);
        }
        for change in create.uses.writes() {
            let written = self.target(&change.table);
            self.lock(&written.name, LockMode::RowExclusive);
        }
        self.effect(Effect::Create(Create {
            kind: create.kind,
            name: Name::bare(create.name.clone()),
            on: Some(table),
            exists: false,
            shape: Shape::default(),
        }));
    }

    pub(super) fn create_schema(&mut self, create: &sql::CreateSchema) {
        self.create(ObjectKind::Schema, Name::bare(create.name.clone()));
        for inner in &create.inner {
            let inner = super::analyst::analyse(inner, self.schema, self.session, self.postgres);
            for (name, mode) in inner.locks {
                // What is made inside is not there yet, whatever else has its name.
                if name.schema.as_deref() != Some(create.name.as_str()) {
                    self.lock(&name, mode);
                }
            }
            self.out.parts.extend(inner.parts);
        }
    }

    pub(super) fn create_other(&mut self, create: &sql::CreateOther) {
        let kind = create.object.kind;
        self.lock_listed(&create.tables);
        let off = |name: &str| {
            create.options.iter().any(|(option, value)| {
                option == name && ["false", "off", "0"].contains(&value.as_str())
            })
        };
        self.out.transactional = match kind {
            ObjectKind::Database | ObjectKind::Tablespace => false,
            ObjectKind::Subscription => off("connect") || off("create_slot"),
            _ => true,
        };
        let name = self.object_name(&create.object);
        if kind == ObjectKind::Publication && self.schema.has_publication(&name.name) {
            self.refuse("42710", format!("publication \"{}\" already exists", name.name));
        }
        if kind == ObjectKind::Statistics {
            self.check_statistics(create);
        }
        self.create(kind, name);
    }

    /// Tables that a publication or extended statistics list.
    fn lock_listed(&mut self, tables: &[sql::Listed]) {
        for listed in tables {
            let table = self.target(&listed.table).name;
            for child in self.schema.published_with(&table, listed.only) {
                self.lock(&child, LockMode::ShareUpdateExclusive);
            }
            self.lock(&table, LockMode::ShareUpdateExclusive);
        }
    }

    fn check_statistics(&mut self, create: &sql::CreateOther) {
        let name = self.schema.target(&create.object.name);
        if !create.if_not_exists && self.schema.statistics_table(&name).is_some() {
            self.refuse("42710", format!("statistics object \"{}\" already exists", name.name));
        }
        for listed in &create.tables {
            let table = self.schema.resolve(&listed.table);
            if self.schema.view(&table).is_some_and(|view| !view.materialized) {
                let message = format!("cannot define statistics for relation \"{}\"", table.name);
                self.refuse("42809", message);
            }
        }
    }

    /// A table that is listed already is not added, and one that is not is not dropped.
    fn check_listed(&mut self, publication: &str, tables: &[sql::Listed], change: sql::ListChange) {
        let known: Vec<Name> = self.schema.published_by(publication).cloned().collect();
        for listed in tables {
            let table = self.schema.resolve(&listed.table);
            let is_listed = known.contains(&table);
            if change == sql::ListChange::Add && is_listed {
                let message = format!(
                    "relation \"{}\" is already member of publication \"{publication}\"",
                    table.name
                );
                self.refuse("42710", message);
            } else if change == sql::ListChange::Drop && !is_listed && !known.is_empty() {
                let message = format!("relation \"{}\" is not part of the publication", table.name);
                self.refuse("42704", message);
            }
        }
    }

    pub(super) fn alter_object(&mut self, alter: &sql::AlterObject) {
        let sql::AlterObject { object, verb } = alter;
        let on = object.on.as_ref().map(|on| self.target(on));
        match object.kind {
            ObjectKind::Trigger | ObjectKind::Rule | ObjectKind::Policy => {
                if let Some(on) = &on {
                    let renamed = matches!(verb, sql::AlterObjectVerb::RenameTo(_));
                    let depends = matches!(verb, sql::AlterObjectVerb::Other(word)
                        if ["depends", "no"].contains(&word.as_str()));
                    if depends {
                        self.lock(&on.name, LockMode::AccessShare);
                    } else if object.kind == ObjectKind::Trigger
                        && renamed
                        && self.postgres.at_least(15)
                    {
                        self.lock_tree(&on.name, LockMode::AccessExclusive);
                    } else {
                        self.lock(&on.name, LockMode::AccessExclusive);
                    }
                }
            }
            ObjectKind::System => self.out.transactional = false,
            _ => {}
        }
        match verb {
            sql::AlterObjectVerb::Tables { tables, change } => {
                self.lock_listed(tables);
                self.check_listed(&object.name.name, tables, *change);
                if *change == sql::ListChange::Set {
                    let before = self.schema.published_by(&object.name.name);
                    for table in before.cloned().collect::<Vec<_>>() {
                        self.lock(&table, LockMode::ShareUpdateExclusive);
                    }
                }
                self.effect(Effect::Other);
            }
            sql::AlterObjectVerb::SetTablespace => {
                self.out.transactional = object.kind != ObjectKind::Database;
                if object.kind == ObjectKind::Database {
                    self.effect(Effect::Other);
                } else {
                    self.empty_tablespace(object.kind, &object.name);
                }
            }
            sql::AlterObjectVerb::Refresh => {
                self.out.transactional = false;
                self.effect(Effect::Other);
            }
            sql::AlterObjectVerb::RenameTo(to) | sql::AlterObjectVerb::SetSchema(to) => {
                self.rename_object(
                    object,
                    on,
                    to,
                    matches!(verb, sql::AlterObjectVerb::RenameTo(_)),
                );
            }
            sql::AlterObjectVerb::OwnerTo(_)
            | sql::AlterObjectVerb::Volatility(_)
            | sql::AlterObjectVerb::Other(_) => self.effect(Effect::Other),
        }
    }

    fn rename_object(
        &mut self,
        object: &sql::ObjectRef,
        on: Option<Target>,
        to: &str,
        renames: bool,
    ) {
        let new = self.object_is_new(object);
        let to = Some(to.to_owned());
        let change = ObjectChange::of(object.kind, self.object_name(object), new);
        let change = ObjectChange { on, to, ..change };
        let harmless = new || !super::classify::is_named_by_code(object.kind);
        let breaks = if harmless {
            Vec::new()
        } else {
            let why = format!("code that names the {} fails", object.kind.words());
            vec![Break { object: change.name.to_string(), who: Who::Both, why }]
        };
        let effect =
            if renames { Effect::RenameObject(change) } else { Effect::MoveObject(change) };
        self.part(effect, breaks, Vec::new());
    }

    /// The name of an object, with its schema if such objects have one.
    pub(super) fn object_name(&self, object: &sql::ObjectRef) -> Name {
        let qualified = matches!(
            object.kind,
            ObjectKind::Aggregate
                | ObjectKind::Collation
                | ObjectKind::Conversion
                | ObjectKind::Domain
                | ObjectKind::Function
                | ObjectKind::Operator
                | ObjectKind::OperatorClass
                | ObjectKind::OperatorFamily
                | ObjectKind::Procedure
                | ObjectKind::Routine
                | ObjectKind::Statistics
                | ObjectKind::TextSearch
                | ObjectKind::Type
        );
        if qualified || is_relation(object.kind) {
            self.schema.target(&object.name)
        } else {
            object.name.clone()
        }
    }

    /// Whether an object that is no relation is made by what ships with this statement.
    pub(super) fn object_is_new(&self, object: &sql::ObjectRef) -> bool {
        let born = match object.kind {
            ObjectKind::Type | ObjectKind::Domain => {
                self.schema.type_(&object.name).map(|ty| ty.born)
            }
            ObjectKind::Function | ObjectKind::Procedure | ObjectKind::Routine => {
                let functions = self.schema.functions(&object.name);
                functions.iter().map(|function| function.born).min()
            }
            _ => self.schema.relation(&object.name).map(Relation::born),
        };
        born.is_some_and(|born| self.schema.is_new(born))
    }

    pub(super) fn comment(&mut self, object: &sql::ObjectRef) {
        let hangs = matches!(
            object.kind,
            ObjectKind::Trigger | ObjectKind::Rule | ObjectKind::Policy | ObjectKind::Constraint
        );
        if let Some(on) = &object.on {
            let on = self.target(on);
            let mode = if hangs { LockMode::AccessShare } else { LockMode::ShareUpdateExclusive };
            self.lock(&on.name, mode);
        } else if is_relation(object.kind) {
            let name = self.target(&object.name);
            self.lock(&name.name, LockMode::ShareUpdateExclusive);
        }
        self.effect(Effect::Other);
    }

    pub(super) fn grant(&mut self, grant: &sql::Grant) {
        let relations = grant.objects.iter().filter(|object| is_relation(object.kind));
        for object in relations {
            let target = self.target(&object.name);
            if self.postgres.at_least(18) {
                self.lock(&target.name, LockMode::AccessShare);
            }
        }
        self.effect(Effect::Other);
    }
}

fn is_same_type(one: &TypeName, other: &TypeName) -> bool {
    one.name.name == other.name.name
        && one.modifiers == other.modifiers
        && one.dimensions.min(1) == other.dimensions.min(1)
        && one.fields == other.fields
}

/// What a partition is besides its parent's, where that can be said of a table made with `LIKE`:
/// no column is described again, and no foreign server is named.
fn own_table(create: &CreateTable) -> Option<OwnTable> {
    let alike = create.columns.is_empty() && !create.foreign;
    alike.then(|| OwnTable {
        unlogged: create.persistence == Persistence::Unlogged,
        constraints: create.partition_text.0.trim().to_owned(),
        rest: create.partition_text.1.trim().to_owned(),
    })
}

/// Whether no key of a new table starts with these columns. What it takes over from another table
/// may.
fn lacks_index(create: &CreateTable, columns: &[String]) -> bool {
    let inline = create.columns.iter().flat_map(|column| &column.constraints);
    let finds = |constraint: &sql::Constraint| match &constraint.kind {
        ConstraintKind::Key(key) => {
            let keys: Vec<Option<String>> = key.columns.iter().cloned().map(Some).collect();
            super::index::finds_rows(&keys, None, columns)
        }
        _ => false,
    };
    create.persistence != Persistence::Temporary
        && create.partition_of.is_none()
        && create.likes.is_empty()
        && !inline.chain(&create.constraints).any(finds)
}

/// Whether objects of this kind have a row in `pg_class`.
pub(super) fn is_relation(kind: ObjectKind) -> bool {
    matches!(
        kind,
        ObjectKind::Table
            | ObjectKind::ForeignTable
            | ObjectKind::View
            | ObjectKind::MaterializedView
            | ObjectKind::Index
            | ObjectKind::Sequence
    )
}

/// A partition's bound in SQL.
pub(super) fn bound_sql(bound: &Bound) -> String {
    let list = |values: &[sql::Expression]| {
        values.iter().map(|value| value.sql.as_str()).collect::<Vec<_>>().join(", ")
    };
    match bound {
        Bound::Default => "DEFAULT".to_owned(),
        Bound::In(values) => format!("FOR VALUES IN ({})", list(values)),
        Bound::Range(from, to) => format!("FOR VALUES FROM ({}) TO ({})", list(from), list(to)),
        Bound::Hash(modulus, remainder) => {
            format!("FOR VALUES WITH (MODULUS {modulus}, REMAINDER {remainder})")
        }
    }
}
