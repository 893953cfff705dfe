//! What is dropped, and what is locked or goes with it.

use super::analyst::Analyst;
use super::lock::LockMode;
use super::model::Break;
use super::model::DropTable;
use super::model::Effect;
use super::model::Member;
use super::model::ObjectChange;
use super::model::RestrictDomain;
use super::model::Shape;
use super::model::Standing;
use super::model::Target;
use super::model::Who;
use crate::schema::ConstraintForm;
use crate::schema::Domain;
use crate::schema::Relation;
use crate::schema::Table;
use crate::schema::Trigger;
use crate::schema::TypeKind;
use crate::sql;
use crate::sql::DropObjects;
use crate::sql::Expr;
use crate::sql::Name;
use crate::sql::ObjectKind;
use crate::sql::ObjectRef;
use crate::sql::TypeName;
use std::collections::BTreeSet;
use std::collections::HashSet;

impl Analyst<'_> {
    pub(super) fn drop_objects(&mut self, drop: &DropObjects) {
        let together: Vec<Name> =
            drop.objects.iter().map(|object| self.schema.resolve(&object.name)).collect();
        for (object, span) in drop.objects.iter().zip(&drop.spans) {
            if drop.objects.len() > 1 {
                self.span = *span;
            }
            match drop.kind {
                ObjectKind::Table | ObjectKind::ForeignTable => {
                    self.drop_table(drop, object, &together);
                }
                ObjectKind::Index => self.drop_index(drop, object),
                ObjectKind::View | ObjectKind::MaterializedView => self.drop_view(drop, object),
                ObjectKind::Sequence => self.drop_sequence(drop, object),
                ObjectKind::Trigger | ObjectKind::Rule | ObjectKind::Policy => {
                    self.drop_attached(drop, object);
                }
                ObjectKind::Schema => self.drop_schema(drop, object),
                _ => self.drop_other(drop, object),
            }
        }
    }

    fn missing(&mut self, drop: &DropObjects, object: &ObjectRef) -> bool {
        let missing = self.schema.is_missing(&object.name);
        if missing && !drop.if_exists {
            let message = format!("{} \"{}\" does not exist", drop.kind.words(), object.name);
            self.refuse("42P01", message);
        }
        missing
    }

    fn drop_table(&mut self, drop: &DropObjects, object: &ObjectRef, together: &[Name]) {
        let missing = self.missing(drop, object);
        if missing {
            let name = self.schema.resolve(&object.name);
            let table = Target { name, standing: Standing::Assumed, partitioned: false };
            let mut effect = DropTable::of(table, drop.cascade);
            effect.missing = true;
            return self.effect(Effect::DropTable(effect));
        }
        let table = self.target(&object.name);
        let mut effect = DropTable::of(table.clone(), drop.cascade);
        if let Some(found) = self.table(&table.name) {
            self.check_drop_table(drop, found, together, &mut effect);
            effect.references = self.lock_dropped_table(found);
            let parent = found.partition_of.as_ref().map(|(parent, _)| self.target_of(parent));
            if let Some(parent) = parent {
                self.lock(&parent.name, LockMode::AccessExclusive);
                let default = self.default_of(&parent);
                effect.detachable = default.is_none();
                effect.default = default.filter(|default| *default != found.name);
                if let Some(default) = &effect.default {
                    self.lock(default, LockMode::AccessExclusive);
                }
                effect.partition_of = Some(parent);
            }
        } else {
            self.lock(&table.name, LockMode::AccessExclusive);
        }
        let name = table.name.to_string();
        let (breaks, loses) = if table.in_use() {
            (Self::broken(name.clone(), Who::Both, "code that names the table fails"), vec![name])
        } else {
            (Vec::new(), Vec::new())
        };
        self.part(Effect::DropTable(effect), breaks, loses);
    }

    fn check_drop_table(
        &mut self,
        drop: &DropObjects,
        table: &Table,
        together: &[Name],
        effect: &mut DropTable,
    ) {
        let inside = |name: &Name| *name == table.name || together.contains(name);
        let keys = table.referenced_by.iter().filter(|(other, _)| !inside(other));
        let children = table.children.iter().filter(|_| !table.is_partitioned());
        let children = children.filter(|child| !inside(child));
        let readers = table.readers.iter().filter(|reader| !inside(reader));
        let attached: Vec<Name> = self
            .schema
            .attached_reading(&table.name, None)
            .filter(|on| !inside(on))
            .cloned()
            .collect();
        let dependents = keys.clone().count() + children.clone().count() + readers.clone().count();
        if !drop.cascade && (dependents > 0 || !attached.is_empty()) {
            let message = format!("cannot drop table {}: other objects depend on it", table.name);
            return self.refuse("2BP01", message);
        }
        effect.keys = keys.cloned().collect();
        let locked = effect.keys.iter().map(|(other, _)| other).chain(children);
        for name in locked {
            self.lock_tree(name, LockMode::AccessExclusive);
        }
        for on in attached {
            self.lock(&on, LockMode::AccessExclusive);
        }
        let mut noted = HashSet::new();
        for reader in readers {
            self.lock_readers(reader);
            let views = self.with_readers(reader);
            effect.views.extend(views.into_iter().filter(|view| noted.insert(view.clone())));
        }
    }

    /// A view, and the views that read it, and so on: each once, for a view may come to read
    /// itself by `CREATE OR REPLACE`.
    fn with_readers(&self, view: &Name) -> Vec<Name> {
        let mut seen = HashSet::from([view.clone()]);
        let mut found = vec![view.clone()];
        let mut at = 0;
        while let Some(next) = found.get(at) {
            at += 1;
            let Some(next) = self.schema.view(next) else { continue };
            let readers = next.readers.iter().filter(|reader| seen.insert((*reader).clone()));
            found.extend(readers.cloned().collect::<Vec<_>>());
        }
        found
    }

    /// Locks a table that goes with its partitions, and what their foreign keys reference; gives
    /// the latter.
    fn lock_dropped_table(&mut self, table: &Table) -> Vec<(String, Target)> {
        let mut references = Vec::new();
        for name in self.tree(&table.name, false) {
            self.lock(&name, LockMode::AccessExclusive);
            for index in self.indexes(&name) {
                self.lock(&index, LockMode::AccessExclusive);
            }
            for sequence in self.schema.sequences_owned_by(&name, None) {
                self.lock(&sequence, LockMode::AccessExclusive);
            }
            let Some(found) = self.table(&name) else { continue };
            for constraint in &found.constraints {
                let ConstraintForm::ForeignKey(target, _) = &constraint.kind else { continue };
                // One of a partition that came from its parent leaves the other table alone.
                if *target == table.name || constraint.inherited {
                    continue;
                }
                let target = self.target_of(target);
                self.lock_tree(&target.name, LockMode::AccessExclusive);
                if name == table.name {
                    references.push((constraint.name.clone(), target));
                }
            }
        }
        references
    }

    /// Locks a view, and the views that read it.
    pub(super) fn lock_readers(&mut self, view: &Name) {
        for view in self.with_readers(view) {
            self.lock(&view, LockMode::AccessExclusive);
            for index in self.indexes(&view) {
                self.lock(&index, LockMode::AccessExclusive);
            }
        }
    }

    fn drop_view(&mut self, drop: &DropObjects, object: &ObjectRef) {
        if self.missing(drop, object) {
            return self.effect(Effect::Other);
        }
        let view = self.target(&object.name);
        let readers = self.schema.view(&view.name).map(|view| view.readers.clone());
        if !drop.cascade && readers.is_some_and(|readers| !readers.is_empty()) {
            let message = format!("cannot drop view {}: other objects depend on it", view.name);
            self.refuse("2BP01", message);
        }
        self.lock_readers(&view.name);
        let breaks = if view.in_use() {
            Self::broken(view.name.to_string(), Who::Readers, "code that names the view fails")
        } else {
            Vec::new()
        };
        let columns = self.schema.view(&view.name).and_then(|view| view.columns.clone());
        let change = ObjectChange {
            cascade: drop.cascade,
            shape: Shape { columns, ..Shape::default() },
            ..ObjectChange::of(drop.kind, view.name.clone(), !view.in_use())
        };
        self.part(Effect::DropObject(change), breaks, Vec::new());
    }

    fn drop_sequence(&mut self, drop: &DropObjects, object: &ObjectRef) {
        if self.missing(drop, object) {
            return self.effect(Effect::Other);
        }
        let name = self.schema.resolve(&object.name);
        self.lock(&name, LockMode::AccessExclusive);
        let found = self.schema.sequence(&name);
        if let Some((table, column)) = found.and_then(|sequence| sequence.owned_by.as_ref()) {
            if found.is_some_and(|sequence| sequence.identity) {
                let message = format!("cannot drop sequence {name}: column {column} requires it");
                self.refuse("2BP01", message);
            } else if self.table(table).is_none_or(|table| !table.known) {
                // Its default was not seen.
                self.lock(table, LockMode::AccessExclusive);
            }
        }
        for user in self.users_of_sequence(&name, &Name::default()) {
            if !drop.cascade {
                let message = format!("cannot drop sequence {name}: other objects depend on it");
                self.refuse("2BP01", message);
            }
            self.lock(&user, LockMode::AccessExclusive);
        }
        self.drop_other(drop, object);
    }

    /// Tables but `owner` with a default that takes numbers from a sequence.
    pub(super) fn users_of_sequence(&self, sequence: &Name, owner: &Name) -> Vec<Name> {
        let uses = |table: &&Table| {
            table.name != *owner
                && table
                    .columns
                    .iter()
                    .filter_map(|column| column.default.as_ref())
                    .any(|default| default.any(&mut |expr| names_sequence(expr, sequence)))
        };
        self.schema.tables().filter(uses).map(|table| table.name.clone()).collect()
    }

    fn drop_attached(&mut self, drop: &DropObjects, object: &ObjectRef) {
        let Some(on) = &object.on else { return };
        let table = self.target(on);
        let found = self.table(&table.name);
        let there = found.is_none_or(|found| match drop.kind {
            ObjectKind::Trigger => {
                found.triggers.iter().any(|trigger| trigger.name == object.name.name)
            }
            _ => found.attached.iter().any(|attached| attached.name == object.name.name),
        });
        // What SQL made that was not seen has to be there where it is dropped without `IF EXISTS`.
        let blind = self.schema.is_blind();
        if !there && table.is_known() && (drop.if_exists || !blind) {
            if blind {
                self.assume();
            }
            if !drop.if_exists {
                let message = format!("{} \"{}\" does not exist", drop.kind.words(), object.name);
                self.refuse("42704", message);
            }
            return self.effect(Effect::Other);
        }
        let of_parent = |trigger: &Trigger| trigger.name == object.name.name && trigger.inherited;
        if drop.kind == ObjectKind::Trigger
            && found.is_some_and(|found| found.triggers.iter().any(of_parent))
        {
            let message =
                format!("cannot drop trigger {}: that of the parent needs it", object.name);
            self.refuse("2BP01", message);
        }
        if drop.kind == ObjectKind::Trigger {
            self.lock_tree(&table.name, LockMode::AccessExclusive);
        } else {
            self.lock(&table.name, LockMode::AccessExclusive);
        }
        let new = !table.in_use();
        let breaks = if new {
            Vec::new()
        } else {
            let why = format!("the {} no longer acts", drop.kind.words());
            let object = format!("{}.{}", table.name, object.name.name);
            vec![Break { object, who: Who::Both, why }]
        };
        let change = ObjectChange {
            on: Some(table),
            cascade: drop.cascade,
            ..ObjectChange::of(drop.kind, object.name.clone(), new)
        };
        self.part(Effect::DropObject(change), breaks, Vec::new());
    }

    fn drop_schema(&mut self, drop: &DropObjects, object: &ObjectRef) {
        let inside = |name: &Name| name.schema.as_deref() == Some(object.name.name.as_str());
        let relations: Vec<Name> = self
            .schema
            .relations()
            .map(Relation::name)
            .filter(|name| inside(name))
            .cloned()
            .collect();
        if !drop.cascade && !relations.is_empty() {
            let message = format!("cannot drop schema {}: other objects depend on it", object.name);
            self.refuse("2BP01", message);
        }
        let made_here = self.schema.is_new_schema(&object.name.name) || !relations.is_empty();
        let new = made_here
            && relations.iter().all(|name| {
                self.schema.relation(name).is_some_and(|found| self.schema.is_new(found.born()))
            });
        for name in relations {
            if let Some(table) = self.table(&name) {
                self.lock_dropped_table(table);
                for (other, _) in &table.referenced_by {
                    self.lock_tree(other, LockMode::AccessExclusive);
                }
                for reader in &table.readers {
                    self.lock_readers(reader);
                }
            } else {
                self.lock_readers(&name);
            }
        }
        let name = object.name.to_string();
        let (breaks, loses) = if new {
            (Vec::new(), Vec::new())
        } else {
            let why = "code that names anything in the schema fails";
            let loses = if drop.cascade { vec![name.clone()] } else { Vec::new() };
            (Self::broken(name, Who::Both, why), loses)
        };
        let change = self.object_change(drop, object, new);
        self.part(Effect::DropObject(change), breaks, loses);
    }

    fn object_change(&self, drop: &DropObjects, object: &ObjectRef, new: bool) -> ObjectChange {
        ObjectChange {
            cascade: drop.cascade,
            shape: Shape { arguments: self.arguments(object), ..Shape::default() },
            ..ObjectChange::of(drop.kind, self.object_name(object), new)
        }
    }

    /// The types of the arguments of a function: as given, else of the only one of that name.
    fn arguments(&self, object: &ObjectRef) -> Option<Vec<TypeName>> {
        let given = object.arguments.clone();
        given.or_else(|| match self.schema.functions(&object.name) {
            [only] => Some(only.arguments.clone()),
            _ => None,
        })
    }

    /// Objects that are no relations: types, functions, extensions and so on.
    fn drop_other(&mut self, drop: &DropObjects, object: &ObjectRef) {
        self.out.transactional = !matches!(
            drop.kind,
            ObjectKind::Database | ObjectKind::Tablespace | ObjectKind::Subscription
        );
        match drop.kind {
            ObjectKind::Statistics => {
                if let Some(table) = self.schema.statistics_table(&object.name).cloned() {
                    self.lock(&table, LockMode::ShareUpdateExclusive);
                }
                return self.effect(Effect::Other);
            }
            ObjectKind::Function | ObjectKind::Procedure | ObjectKind::Routine => {
                self.lock_users_of_function(drop, object);
            }
            ObjectKind::Type | ObjectKind::Domain => self.lock_users_of_type(drop, object),
            ObjectKind::Server | ObjectKind::ForeignDataWrapper if drop.cascade => {
                let foreign: Vec<Name> = self
                    .schema
                    .tables()
                    .filter(|table| table.kind == crate::schema::TableKind::Foreign)
                    .map(|table| table.name.clone())
                    .collect();
                for table in foreign {
                    self.lock(&table, LockMode::AccessExclusive);
                }
            }
            _ => {}
        }
        let new = self.object_is_new(object);
        let change = self.object_change(drop, object, new);
        let breaks = if new {
            Vec::new()
        } else {
            let why = format!("code that uses the {} fails", drop.kind.words());
            vec![Break { object: change.name.to_string(), who: Who::Both, why }]
        };
        let lost = matches!(drop.kind, ObjectKind::Database | ObjectKind::Owned) || drop.cascade;
        let loses = if lost && !new { vec![change.name.to_string()] } else { Vec::new() };
        self.part(Effect::DropObject(change), breaks, loses);
    }

    fn lock_users_of_function(&mut self, drop: &DropObjects, object: &ObjectRef) {
        let name = self.schema.target(&object.name);
        let named = |called: &Name| {
            called.name == name.name
                && called.schema.as_ref().is_none_or(|schema| Some(schema) == name.schema.as_ref())
        };
        let calls = |expr: &Expr| {
            expr.any(&mut |expr| matches!(expr, Expr::Call { name, .. } if named(name)))
        };
        let mut users = Vec::new();
        for table in self.schema.tables() {
            let triggers = table.triggers.iter().any(|trigger| named(&trigger.function));
            let checks = table.constraints.iter().any(
                |constraint| matches!(&constraint.kind, ConstraintForm::Check(expr) if calls(expr)),
            );
            let defaults =
                table.columns.iter().filter_map(|column| column.default.as_ref()).any(calls);
            let indexes = table
                .indexes
                .iter()
                .filter_map(|index| self.schema.index(index))
                .any(|index| index.calls.iter().any(named));
            if triggers || checks || defaults || indexes {
                users.push(table.name.clone());
            }
        }
        if !users.is_empty() && !drop.cascade {
            self.refuse(
                "2BP01",
                format!("cannot drop function {name}: other objects depend on it"),
            );
        }
        for user in users {
            self.lock_tree(&user, LockMode::AccessExclusive);
        }
    }

    fn lock_users_of_type(&mut self, drop: &DropObjects, object: &ObjectRef) {
        let users = self.tables_with_type(&object.name);
        if !users.is_empty() && !drop.cascade {
            let message = format!("cannot drop type {}: other objects depend on it", object.name);
            self.refuse("2BP01", message);
        }
        for user in users {
            self.lock_tree(&user, LockMode::AccessExclusive);
            let Some(table) = self.table(&user) else { continue };
            let of_type = table.columns.iter().filter(|column| {
                column.ty.as_ref().is_some_and(|ty| same_type(&ty.name, &object.name))
            });
            for column in of_type {
                for reader in self.readers_of_column(table, &column.name).0 {
                    self.lock_readers(&reader);
                }
            }
        }
    }

    /// Tables with a column of a type.
    pub(super) fn tables_with_type(&self, name: &Name) -> Vec<Name> {
        let uses = |table: &&Table| {
            let types = table.columns.iter().filter_map(|column| column.ty.as_ref());
            types.map(|ty| &ty.name).any(|ty| same_type(ty, name))
        };
        self.schema.tables().filter(uses).map(|table| table.name.clone()).collect()
    }
}

fn names_sequence(expr: &Expr, sequence: &Name) -> bool {
    let Expr::Call { name, arguments } = expr else { return false };
    name.name == "nextval"
        && arguments.iter().any(|argument| {
            let mut argument = argument;
            while let Expr::Cast { expr, .. } = argument {
                argument = expr;
            }
            matches!(argument, Expr::String(text)
                if *text == sequence.to_string() || *text == sequence.name)
        })
}

/// Who keeps values of a domain.
#[derive(Default)]
struct DomainUsers {
    /// Tables with a column of the domain, or of one that is made from it.
    tables: BTreeSet<Name>,
    /// A column that holds such values inside of others, in an array or a composite type.
    inside: Option<String>,
}

impl Analyst<'_> {
    /// What the server reads to check a domain (`get_rels_with_domain`).
    fn users_of_domain(&self, domain: &Name) -> DomainUsers {
        let mut users = DomainUsers::default();
        let (mut open, mut seen) = (vec![domain.clone()], BTreeSet::new());
        // Types that hold values of the domain inside of others.
        let mut holders: Vec<Name> = Vec::new();
        while let Some(domain) = open.pop() {
            if !seen.insert(domain.clone()) {
                continue;
            }
            let is = |ty: &TypeName| same_type(&ty.name, &domain);
            for (name, ty) in self.schema.types() {
                match &ty.form {
                    TypeKind::Domain(over) if is(&over.base) && over.base.dimensions == 0 => {
                        open.push(name.clone());
                    }
                    TypeKind::Domain(over) if is(&over.base) => holders.push(name.clone()),
                    TypeKind::Composite(parts) if parts.iter().any(|(_, ty)| is(ty)) => {
                        holders.push(name.clone());
                    }
                    _ => {}
                }
            }
            for (table, column, ty) in self.typed_columns() {
                if is(ty) && ty.dimensions == 0 {
                    users.tables.insert(table.clone());
                } else if is(ty) {
                    users.inside = Some(format!("{}.{column}", table.name));
                }
            }
        }
        for (table, column, ty) in self.typed_columns() {
            if holders.iter().any(|holder| same_type(&ty.name, holder)) {
                users.inside = Some(format!("{}.{column}", table.name));
            }
        }
        users
    }

    fn typed_columns(&self) -> impl Iterator<Item = (&Name, &str, &TypeName)> {
        self.schema.tables().flat_map(|table| {
            let columns = table.columns.iter();
            columns.filter_map(|column| {
                column.ty.as_ref().map(|ty| (&table.name, column.name.as_str(), ty))
            })
        })
    }
}

/// Whether two names mean the same type, where a schema that is not written fits any.
fn same_type(one: &Name, other: &Name) -> bool {
    one.name == other.name
        && (one.schema.is_none() || other.schema.is_none() || one.schema == other.schema)
}

impl Analyst<'_> {
    pub(super) fn alter_type(&mut self, alter: &sql::AlterType) {
        let name = self.schema.target(&alter.name);
        for verb in &alter.verbs {
            self.alter_type_verb(alter, &name, verb);
        }
    }

    fn alter_type_verb(&mut self, alter: &sql::AlterType, name: &Name, verb: &sql::AlterTypeVerb) {
        use sql::AlterTypeVerb as Verb;
        let object = ObjectRef::new(ObjectKind::Type, alter.name.clone());
        let new = self.object_is_new(&object);
        match verb {
            Verb::AddValue { label, if_not_exists } => {
                let there = match self.schema.type_(&alter.name).map(|ty| &ty.form) {
                    Some(crate::schema::TypeKind::Enum(labels)) => {
                        labels.iter().any(|(known, _)| known == label)
                    }
                    _ => false,
                };
                if there && !if_not_exists {
                    self.refuse("42710", format!("enum label \"{label}\" already exists"));
                }
                self.create(ObjectKind::Type, name.clone());
            }
            Verb::DropValue => {
                self.refuse("0A000", "dropping an enum value is not implemented");
                self.effect(Effect::Other);
            }
            Verb::RenameValue { from, to } => {
                let object = format!("{name}.{from}");
                let breaks = if new {
                    Vec::new()
                } else {
                    Self::broken(object, Who::Both, "code that sends or expects the label fails")
                };
                let change = ObjectChange {
                    to: Some(to.clone()),
                    member: Some(Member::Value(from.clone())),
                    ..ObjectChange::of(ObjectKind::Type, name.clone(), new)
                };
                self.part(Effect::RenameObject(change), breaks, Vec::new());
            }
            Verb::RenameAttribute { cascade, .. }
            | Verb::AddAttribute { cascade, .. }
            | Verb::DropAttribute { cascade, .. }
            | Verb::AlterAttribute { cascade, .. } => {
                self.alter_attribute(name, verb, *cascade, new);
            }
            Verb::SetOptions => self.effect(Effect::Other),
        }
    }

    /// Typed tables follow their type, if they are told to.
    fn alter_attribute(
        &mut self,
        name: &Name,
        verb: &sql::AlterTypeVerb,
        cascade: bool,
        new: bool,
    ) {
        use sql::AlterTypeVerb as Verb;
        let typed: Vec<Name> = self
            .schema
            .tables()
            .filter(|table| table.of_type.as_ref().is_some_and(|of| of.name == name.name))
            .map(|table| table.name.clone())
            .collect();
        if !typed.is_empty() && !cascade {
            let message = format!("cannot alter type \"{name}\": it is the type of a typed table");
            self.refuse("2BP01", message);
        }
        for table in &typed {
            self.lock(table, LockMode::AccessExclusive);
        }
        if matches!(verb, Verb::AlterAttribute { .. }) {
            if typed.is_empty() && !self.tables_with_type(name).is_empty() {
                let message = format!("cannot alter type \"{name}\": a column uses it");
                self.refuse("0A000", message);
            }
            self.rewrite(&typed);
        }
        let (attribute, to) = match verb {
            Verb::RenameAttribute { from, to, .. } => (from, Some(to.clone())),
            Verb::DropAttribute { attribute, .. } => (attribute, None),
            Verb::AlterAttribute { attribute, ty, .. } => (attribute, Some(ty.to_string())),
            _ => return self.create(ObjectKind::Type, name.clone()),
        };
        let breaks = if new {
            Vec::new()
        } else {
            let object = format!("{name}.{attribute}");
            Self::broken(object, Who::Both, "code that names the attribute fails")
        };
        let change = ObjectChange {
            to,
            cascade,
            member: Some(Member::Attribute(attribute.clone())),
            ..ObjectChange::of(ObjectKind::Type, name.clone(), new)
        };
        let effect = match verb {
            Verb::DropAttribute { .. } => Effect::DropObject(change),
            Verb::AlterAttribute { .. } => Effect::RetypeAttribute(change),
            _ => Effect::RenameObject(change),
        };
        self.part(effect, breaks, Vec::new());
    }

    /// A constraint that is dropped has to be there.
    fn check_domain_constraint(&mut self, name: &Name, verb: &sql::AlterDomainVerb) {
        self.effect(Effect::Other);
        let sql::AlterDomainVerb::DropConstraint { constraint, if_exists: false } = verb else {
            return;
        };
        let lacks = |domain: &Domain| {
            !domain.not_null && domain.checks.iter().all(|(check, _)| check != constraint)
        };
        if self.schema.domain(name).is_some_and(lacks) {
            let message =
                format!("constraint \"{constraint}\" of domain \"{name}\" does not exist");
            self.refuse("42704", message);
        }
    }

    pub(super) fn alter_domain(&mut self, alter: &sql::AlterDomain) {
        use sql::AlterDomainVerb as Verb;
        let name = self.schema.target(&alter.name);
        let object = ObjectRef::new(ObjectKind::Domain, alter.name.clone());
        let new = self.object_is_new(&object);
        let known = self.schema.domain(&alter.name);
        if known.is_none() {
            self.assume();
        }
        let (constraint, definition, mut checks, validates) = match &alter.verb {
            Verb::AddConstraint(constraint) => {
                let definition = constraint.definition.clone();
                (constraint.name.clone(), definition, !constraint.not_valid, false)
            }
            Verb::AddNotNull if !self.postgres.at_least(17) => {
                self.refuse("42601", "syntax error at or near \"NOT\"");
                return self.effect(Effect::Other);
            }
            Verb::SetNotNull | Verb::AddNotNull => {
                if known.is_some_and(|domain| domain.not_null) {
                    return self.effect(Effect::Other);
                }
                (None, "NOT NULL".to_owned(), true, false)
            }
            Verb::ValidateConstraint { constraint } => {
                let valid = known.as_ref().is_some_and(|domain| {
                    domain.checks.iter().any(|(check, valid)| check == constraint && *valid)
                });
                (Some(constraint.clone()), String::new(), !valid, true)
            }
            Verb::SetDefault(_)
            | Verb::DropDefault
            | Verb::DropNotNull
            | Verb::DropConstraint { .. }
            | Verb::RenameConstraint { .. } => {
                return self.check_domain_constraint(&name, &alter.verb);
            }
        };
        let mut tables = Vec::new();
        if checks {
            let users = self.users_of_domain(&name);
            if let Some(column) = users.inside {
                let message =
                    format!("cannot alter type \"{name}\" because column \"{column}\" uses it");
                self.refuse("0A000", message);
            }
            for table in users.tables {
                // A partitioned parent is given back as soon as it turns out to have no rows.
                if self.has_rows(&table) {
                    self.lock(&table, LockMode::Share);
                    tables.push(table);
                }
            }
            self.scan(&tables);
            checks = !tables.is_empty() || !self.schema.is_complete();
        }
        let breaks = if new || validates {
            Vec::new()
        } else {
            Self::broken(name.to_string(), Who::Writers, "values that fail the check are refused")
        };
        let restrict = RestrictDomain {
            domain: name,
            known: known.is_some(),
            constraint,
            definition,
            tables,
            checks,
            validates,
            new,
        };
        self.part(Effect::RestrictDomain(restrict), breaks, Vec::new());
    }
}
