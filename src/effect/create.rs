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
use super::model::PartitionMove;
use super::model::Refresh;
use super::model::Rewrite;
use super::model::RewriteCause;
use super::model::Standing;
use super::model::Target;
use super::model::Who;
use crate::schema::ConstraintForm;
use crate::schema::Relation;
use crate::sql;
use crate::sql::Bound;
use crate::sql::ConstraintKind;
use crate::sql::CreateTable;
use crate::sql::CreateTableAs;
use crate::sql::Name;
use crate::sql::ObjectKind;
use crate::sql::Persistence;

impl Analyst<'_> {
    /// Notes a new object.
    pub(super) fn create(&mut self, kind: ObjectKind, name: Name) {
        self.effect(Effect::Create(Create { kind, name, on: None, exists: false }));
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
            return self.effect(Effect::Create(Create { kind, name, on: None, exists }));
        }
        if create.if_not_exists && !self.schema.is_complete() {
            self.assume();
        }
        match &create.partition_of {
            Some((parent, bound)) => self.create_partition(&name, parent, bound),
            None => self.create(kind, name.clone()),
        }
        for like in &create.likes {
            let source = self.target(&like.source);
            self.lock(&source.name, LockMode::AccessShare);
        }
        for parent in &create.inherits {
            let parent = self.target(parent);
            self.lock(&parent.name, LockMode::ShareUpdateExclusive);
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
            scans: false,
            builds_index: false,
            using_index: None,
            nullable: Vec::new(),
            references,
            lacks_index: lacks_index(create, &key.columns),
        }));
    }

    fn create_partition(&mut self, name: &Name, parent: &Name, bound: &Bound) {
        let parent = self.target(parent);
        self.lock(&parent.name, LockMode::AccessExclusive);
        let default = self.default_of(&parent).filter(|_| *bound != Bound::Default);
        if let Some(default) = &default {
            self.lock(default, LockMode::AccessExclusive);
            self.scan(std::slice::from_ref(default));
        }
        for index in self.indexes(&parent.name) {
            self.lock(&index, LockMode::ShareUpdateExclusive);
        }
        self.lock_keys_of_parent(&parent.name);
        self.effect(Effect::CreatePartition(PartitionMove {
            parent,
            partition: name.clone(),
            default,
            bound: bound_sql(bound),
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
        let name = self.schema.target(&create.name);
        let exists = self.relation_exists(&name, create.if_not_exists);
        if !exists {
            self.read(&create.query, create.with_data);
        }
        let kind = ObjectKind::Table;
        self.effect(Effect::Create(Create { kind, name, on: None, exists }));
    }

    pub(super) fn create_view(&mut self, create: &sql::CreateView) {
        let name = self.schema.target(&create.name);
        let kind =
            if create.materialized { ObjectKind::MaterializedView } else { ObjectKind::View };
        let there = self.schema.relation(&name).is_some();
        if there && create.or_replace && !create.materialized {
            return self.replace_view(&name, create);
        }
        let exists = self.relation_exists(&name, create.if_not_exists);
        if !exists {
            self.read(&create.query, create.materialized && create.with_data);
        }
        if create.or_replace && !there && !self.schema.is_complete() {
            // Whether it replaces anything is not known.
            self.assume();
            let view = self.target_of(&name);
            self.lock(&name, LockMode::AccessExclusive);
            return self.effect(Effect::Replace(ObjectChange {
                kind,
                name: view.name,
                on: None,
                to: None,
                cascade: false,
                new: false,
            }));
        }
        self.effect(Effect::Create(Create { kind, name, on: None, exists }));
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
        }
        let new = !view.in_use();
        self.effect(Effect::Replace(ObjectChange {
            kind: ObjectKind::View,
            name: name.clone(),
            on: None,
            to: None,
            cascade: false,
            new,
        }));
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
        self.effect(Effect::Refresh(Refresh {
            view,
            concurrently: refresh.concurrently,
            populated: found.is_none_or(|found| found.populated),
            empties: !refresh.with_data,
        }));
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
        let usable =
            view.indexes.iter().filter_map(|index| self.schema.index(index)).any(|index| {
                index.unique && !index.partial && index.keys.iter().all(Option::is_some)
            });
        if !usable {
            let message = "cannot refresh materialized view concurrently without a unique index";
            self.refuse("55000", message);
        }
    }

    pub(super) fn create_function(&mut self, create: &sql::CreateFunction) {
        let kind = if create.procedure { ObjectKind::Procedure } else { ObjectKind::Function };
        let name = self.schema.target(&create.name);
        let there = self
            .schema
            .functions(&name)
            .iter()
            .any(|function| function.arguments == create.arguments);
        if there && create.or_replace {
            return self.effect(Effect::Replace(ObjectChange {
                kind,
                name,
                on: None,
                to: None,
                cascade: false,
                new: false,
            }));
        }
        if there {
            self.refuse("42723", format!("function \"{}\" already exists", create.name.name));
        }
        self.create(kind, name);
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
        for used in &create.uses.relations {
            let used = self.target(&used.name);
            self.lock(&used.name, LockMode::AccessShare);
        }
        self.effect(Effect::Create(Create {
            kind: create.kind,
            name: Name::bare(create.name.clone()),
            on: Some(table),
            exists: false,
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
        for table in &create.tables {
            let table = self.target(table);
            if kind == ObjectKind::Statistics || kind == ObjectKind::Publication {
                self.lock(&table.name, LockMode::ShareUpdateExclusive);
            }
        }
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
        let name = self.schema.target(&create.object.name);
        self.create(kind, name);
    }

    pub(super) fn alter_object(&mut self, alter: &sql::AlterObject) {
        let sql::AlterObject { object, verb } = alter;
        let on = object.on.as_ref().map(|on| self.target(on));
        match object.kind {
            ObjectKind::Trigger | ObjectKind::Rule | ObjectKind::Policy => {
                if let Some(on) = &on {
                    let renamed = matches!(verb, sql::AlterObjectVerb::RenameTo(_));
                    if object.kind == ObjectKind::Trigger && renamed && self.postgres.at_least(15) {
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
            sql::AlterObjectVerb::Tables { tables, .. } => {
                for table in tables {
                    let table = self.target(table);
                    self.lock(&table.name, LockMode::ShareUpdateExclusive);
                }
                self.effect(Effect::Other);
            }
            sql::AlterObjectVerb::SetTablespace => {
                self.out.transactional = object.kind != ObjectKind::Database;
                let moves = matches!(object.kind, ObjectKind::Table | ObjectKind::MaterializedView);
                if moves {
                    let cause = RewriteCause::Tablespace;
                    self.effect(Effect::Rewrite(Rewrite { table: None, cause }));
                } else {
                    self.effect(Effect::Other);
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
        let change = ObjectChange {
            kind: object.kind,
            name: self.schema.target(&object.name),
            on,
            to: Some(to.to_owned()),
            cascade: false,
            new,
        };
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
