//! What a statement changes in the schema.
//!
//! Nothing here refuses: whether the server would is for `effect` to say, and what would be refused
//! is not applied.

mod alter;
mod create;
mod drop;
mod rename;
mod rows;

use super::Attached;
use super::Domain;
use super::Function;
use super::Schema;
use super::Sequence;
use super::Table;
use super::Trigger;
use super::Type;
use super::TypeKind;
use super::model::Relation;
use crate::sql::AlterDomain;
use crate::sql::AlterDomainVerb;
use crate::sql::AlterObject;
use crate::sql::AlterObjectVerb;
use crate::sql::AlterType;
use crate::sql::AlterTypeVerb;
use crate::sql::Body;
use crate::sql::Constraint;
use crate::sql::ConstraintKind;
use crate::sql::CreateDomain;
use crate::sql::CreateFunction;
use crate::sql::CreateOnTable;
use crate::sql::CreateOther;
use crate::sql::CreateSchema;
use crate::sql::CreateSequence;
use crate::sql::CreateTrigger;
use crate::sql::CreateType;
use crate::sql::Expression;
use crate::sql::ListChange;
use crate::sql::Listed;
use crate::sql::Name;
use crate::sql::ObjectKind;
use crate::sql::Persistence;
use crate::sql::RelationUse;
use crate::sql::SetParameter;
use crate::sql::Statement;
use crate::sql::TypeForm;
use std::collections::BTreeMap;

impl Schema {
    /// Changes the schema as the statement does.
    pub fn apply(&mut self, statement: &Statement) {
        match &statement.body {
            Body::CreateTable(table) => self.create_table(table),
            Body::CreateTableAs(table) => self.create_table_as(table),
            Body::AlterRelation(alter) => self.alter_relation(alter),
            Body::CreateIndex(index) => drop(self.create_index(index)),
            Body::CreateView(view) => self.create_view(view),
            Body::Refresh(refresh) => {
                let name = self.resolve(&refresh.name);
                if let Some(view) = self.change_view(&name) {
                    view.populated = refresh.with_data;
                }
            }
            Body::CreateSequence(sequence) => self.create_sequence(sequence),
            Body::CreateType(ty) => self.create_type(ty),
            Body::CreateDomain(domain) => self.create_domain(domain),
            Body::AlterType(alter) => self.alter_type(alter),
            Body::AlterDomain(alter) => self.alter_domain(alter),
            Body::CreateFunction(function) => self.create_function(function),
            Body::CreateTrigger(trigger) => self.create_trigger(trigger),
            Body::CreateOnTable(attached) => self.attach(attached),
            Body::CreateSchema(schema) => self.create_schema(schema),
            Body::CreateOther(other) => self.create_other(other),
            Body::AlterObject(alter) => self.alter_object(alter),
            Body::Drop(objects) => self.drop_objects(objects),
            Body::Cluster(cluster) => {
                if let (Some(table), Some(index)) = (&cluster.table, &cluster.index) {
                    let table = self.resolve(table);
                    if let Some(table) = self.change_table(&table) {
                        table.clustered_on = Some(index.clone());
                    }
                }
            }
            Body::Do(block) => {
                for inner in &block.inner {
                    self.apply(&inner.statement);
                }
            }
            Body::Set(set) => self.set_parameter(set),
            Body::Query(query) => {
                for setting in query.settings.iter().filter(|set| set.name == "search_path") {
                    self.set_search_path(split_path(&setting.value), setting.local);
                }
            }
            Body::Dynamic(_) | Body::Unreadable(_) => self.mark_unseen(),
            Body::Transaction(_)
            | Body::Truncate(_)
            | Body::Lock(_)
            | Body::Comment(_)
            | Body::Grant(_)
            | Body::Reindex(_)
            | Body::Vacuum(_)
            | Body::Data(_)
            | Body::Copy(_)
            | Body::Utility(_)
            | Body::Call(_)
            | Body::Explain(..) => {}
        }
    }

    fn set_parameter(&mut self, set: &SetParameter) {
        if set.name == "search_path" {
            match &set.values {
                Some(values) => {
                    let path = values.iter().flat_map(|value| split_path(value)).collect();
                    self.set_search_path(path, set.local);
                }
                None => self.set_search_path(vec![super::DEFAULT_SCHEMA.to_owned()], set.local),
            }
        } else if set.name == "all" && set.values.is_none() {
            self.set_search_path(vec![super::DEFAULT_SCHEMA.to_owned()], false);
        }
    }

    fn create_sequence(&mut self, create: &CreateSequence) {
        let name = match create.persistence {
            Persistence::Temporary => {
                Name::in_schema(super::TEMPORARY_SCHEMA, create.name.name.clone())
            }
            Persistence::Permanent | Persistence::Unlogged => self.target(&create.name),
        };
        if self.relations.contains_key(&name) {
            return;
        }
        let owned_by =
            create.owned_by.clone().map(|(table, column)| (self.resolve(&table), column));
        let (identity, born) = (false, self.now);
        self.put(Relation::Sequence(Sequence { name, owned_by, identity, serial: false, born }));
    }

    fn create_type(&mut self, create: &CreateType) {
        let form = match &create.form {
            TypeForm::Enum(labels) => {
                TypeKind::Enum(labels.iter().map(|label| (label.clone(), self.now)).collect())
            }
            TypeForm::Composite(attributes) => TypeKind::Composite(attributes.clone()),
            TypeForm::Range | TypeForm::Base => TypeKind::Other,
        };
        self.put_type(self.target(&create.name), Type { form, born: self.now });
    }

    fn create_domain(&mut self, create: &CreateDomain) {
        let name_of = |number: usize, constraint: &Constraint| {
            let made = || {
                let suffix = if number == 0 { String::new() } else { number.to_string() };
                super::naming::object_name(&create.name.name, None, &format!("check{suffix}"))
            };
            constraint.name.clone().unwrap_or_else(made)
        };
        let checks = create.constraints.iter().enumerate();
        let conditions = checks.clone().filter_map(|(number, constraint)| {
            condition_of(constraint).map(|condition| (name_of(number, constraint), condition))
        });
        let conditions = conditions.collect();
        let checks =
            checks.map(|(number, constraint)| (name_of(number, constraint), !constraint.not_valid));
        let domain = Domain {
            base: create.ty.clone(),
            not_null: create.not_null,
            default: create.default.clone(),
            checks: checks.collect(),
            conditions,
        };
        let form = TypeKind::Domain(Box::new(domain));
        self.put_type(self.target(&create.name), Type { form, born: self.now });
    }

    fn alter_type(&mut self, alter: &AlterType) {
        let now = self.now;
        if alter.verbs.iter().any(|verb| matches!(verb, AlterTypeVerb::AddValue { .. })) {
            self.label_added = now;
        }
        let Some(ty) = self.change_type(&alter.name) else { return };
        for verb in &alter.verbs {
            match (verb, &mut ty.form) {
                (AlterTypeVerb::AddValue { label, .. }, TypeKind::Enum(labels))
                    if !labels.iter().any(|(known, _)| known == label) =>
                {
                    labels.push((label.clone(), now));
                }
                (AlterTypeVerb::RenameValue { from, to }, TypeKind::Enum(labels)) => {
                    for (label, _) in labels.iter_mut().filter(|(label, _)| label == from) {
                        label.clone_from(to);
                    }
                }
                (AlterTypeVerb::RenameAttribute { from, to, .. }, TypeKind::Composite(all)) => {
                    for (name, _) in all.iter_mut().filter(|(name, _)| name == from) {
                        name.clone_from(to);
                    }
                }
                (AlterTypeVerb::AddAttribute { attribute, ty, .. }, TypeKind::Composite(all)) => {
                    all.push((attribute.clone(), ty.clone()));
                }
                (AlterTypeVerb::DropAttribute { attribute, .. }, TypeKind::Composite(all)) => {
                    all.retain(|(name, _)| name != attribute);
                }
                (AlterTypeVerb::AlterAttribute { attribute, ty, .. }, TypeKind::Composite(all)) => {
                    for (_, known) in all.iter_mut().filter(|(name, _)| name == attribute) {
                        known.clone_from(ty);
                    }
                }
                _ => {}
            }
        }
    }

    fn alter_domain(&mut self, alter: &AlterDomain) {
        let domain_name = alter.name.name.clone();
        if let Some(Type { form: TypeKind::Domain(domain), .. }) = self.type_(&alter.name) {
            self.compare(domain.checks.len());
        }
        let Some(Type { form: TypeKind::Domain(domain), .. }) = self.change_type(&alter.name)
        else {
            return;
        };
        match &alter.verb {
            AlterDomainVerb::SetDefault(default) => domain.default = Some(default.clone()),
            AlterDomainVerb::DropDefault => domain.default = None,
            AlterDomainVerb::SetNotNull | AlterDomainVerb::AddNotNull => domain.not_null = true,
            AlterDomainVerb::DropNotNull => domain.not_null = false,
            AlterDomainVerb::AddConstraint(constraint) => {
                let taken = |name: &str| domain.checks.iter().any(|(known, _)| known == name);
                let made = super::naming::free(&domain_name, None, "check", taken);
                let name = constraint.name.clone().or(made).unwrap_or_default();
                domain.conditions.extend(condition_of(constraint).map(|text| (name.clone(), text)));
                domain.checks.push((name, !constraint.not_valid));
            }
            AlterDomainVerb::DropConstraint { constraint, .. } => {
                domain.checks.retain(|(name, _)| name != constraint);
                domain.conditions.remove(constraint);
            }
            AlterDomainVerb::RenameConstraint { from, to } => {
                for (name, _) in domain.checks.iter_mut().filter(|(name, _)| name == from) {
                    name.clone_from(to);
                }
                if let Some(condition) = domain.conditions.remove(from) {
                    domain.conditions.insert(to.clone(), condition);
                }
            }
            AlterDomainVerb::ValidateConstraint { constraint } => {
                for (_, valid) in domain.checks.iter_mut().filter(|(name, _)| name == constraint) {
                    *valid = true;
                }
            }
        }
    }

    fn create_function(&mut self, create: &CreateFunction) {
        let name = self.target(&create.name);
        let body = create.body.as_ref();
        // What keeps the planner from putting the body in place of a call (`inline_function`).
        let plain = !create.strict && !create.security_definer && !create.sets_parameters;
        let function = Function {
            arguments: create.arguments.clone(),
            returns: create.returns.clone(),
            volatility: create.volatility,
            language: create.language.clone().unwrap_or_else(|| "sql".to_owned()),
            body: body.map(|body| body.text.clone()),
            parsed: body.is_some_and(|body| body.parsed),
            plain: plain && !create.procedure,
            born: self.now,
        };
        let functions = self.change_functions(&name);
        match functions.iter_mut().find(|known| known.arguments == function.arguments) {
            Some(known) => {
                let born = known.born;
                *known = Function { born, ..function };
            }
            None => functions.push(function),
        }
    }

    fn create_trigger(&mut self, create: &CreateTrigger) {
        let table = self.ensure(&create.table);
        let mut columns = create.update_of.clone();
        let when = create.when.as_ref().map(|when| when.tree.columns()).unwrap_or_default();
        columns.extend(when.into_iter().map(str::to_owned));
        let trigger = Trigger {
            name: create.name.clone(),
            function: create.function.clone(),
            each_row: create.each_row,
            columns,
            inherited: false,
        };
        let children = if create.each_row { self.partitions(&table) } else { Vec::new() };
        for (number, name) in std::iter::once(table).chain(children).enumerate() {
            let Some(table) = self.change_table(&name) else { continue };
            table.triggers.retain(|known| known.name != trigger.name);
            table.triggers.push(Trigger { inherited: number > 0, ..trigger.clone() });
        }
    }

    fn attach(&mut self, create: &CreateOnTable) {
        let name = self.ensure(&create.table);
        let columns = create.uses.columns.iter().filter_map(|parts| parts.last()).cloned();
        let policy = create.kind == ObjectKind::Policy;
        // The rows of a rule's table are `NEW` and `OLD`, what it writes stands in no `WITH`.
        let rows = if policy { [None].as_slice() } else { &[Some("new"), Some("old")] };
        let own = |alias: Option<&str>| RelationUse {
            name: create.table.clone(),
            alias: alias.map(str::to_owned),
        };
        let mut uses = create.uses.clone();
        uses.relations.extend(rows.iter().copied().map(own));
        uses.with.clear();
        let reads = self.reads_of(&uses);
        let attached =
            Attached { name: create.name.clone(), policy, columns: columns.collect(), reads };
        if let Some(table) = self.change_table(&name) {
            table
                .attached
                .retain(|known| known.name != attached.name || known.policy != attached.policy);
            table.attached.push(attached);
        }
    }

    fn create_schema(&mut self, create: &CreateSchema) {
        // `IF NOT EXISTS` makes a schema new only if it cannot have been there.
        let may_exist = create.if_not_exists && self.may_hold_more();
        let born = if may_exist { super::Moment::default() } else { self.now };
        self.schemas.entry(create.name.clone()).or_insert(born);
        let path = self.search_path.clone();
        self.search_path = vec![create.name.clone()];
        for inner in &create.inner {
            self.apply(inner);
        }
        self.search_path = path;
    }

    fn create_other(&mut self, create: &CreateOther) {
        match create.object.kind {
            ObjectKind::Publication => {
                let listed = (!create.all_tables).then(|| self.published(&create.tables));
                let name = create.object.name.name.clone();
                self.change_publications().insert(name, listed);
            }
            ObjectKind::Statistics => {
                if let Some(listed) = create.tables.first() {
                    let table = self.resolve(&listed.table);
                    let name = self.target(&create.object.name);
                    self.change_statistics().insert(name, table);
                }
            }
            ObjectKind::Extension => {
                let name = &create.object.name.name;
                if !PLAIN_EXTENSIONS.contains(&name.as_str()) {
                    self.mark_incomplete();
                }
                self.extensions.insert(name.clone());
            }
            // The tables that it makes are not known.
            ObjectKind::ForeignTable => self.mark_incomplete(),
            _ => {}
        }
    }

    /// The tables that a publication gets, those that inherit from them included; of partitions it
    /// holds the parent alone.
    fn published(&self, tables: &[Listed]) -> BTreeMap<Name, Vec<String>> {
        let mut listed = BTreeMap::new();
        for Listed { table, only, columns } in tables {
            let table = self.resolve(table);
            for child in self.published_with(&table, *only) {
                listed.insert(child, columns.clone());
            }
            listed.insert(table, columns.clone());
        }
        listed
    }

    /// What is listed in a publication together with a table.
    pub fn published_with(&self, table: &Name, only: bool) -> Vec<Name> {
        let partitioned = self.table(table).is_some_and(Table::is_partitioned);
        if only || partitioned { Vec::new() } else { self.descendants(table) }
    }

    fn alter_object(&mut self, alter: &AlterObject) {
        let AlterObject { object, verb } = alter;
        match (object.kind, verb) {
            (ObjectKind::Publication, AlterObjectVerb::Tables { tables, change }) => {
                let tables = self.published(tables);
                let Some(Some(listed)) = self.change_publications().get_mut(&object.name.name)
                else {
                    return;
                };
                match change {
                    ListChange::Add => listed.extend(tables),
                    ListChange::Set => *listed = tables,
                    ListChange::Drop => listed.retain(|table, _| !tables.contains_key(table)),
                }
            }
            (_, AlterObjectVerb::RenameTo(to)) => self.rename_object(object, to),
            (_, AlterObjectVerb::SetSchema(schema)) => self.move_object(object, schema),
            (_, AlterObjectVerb::Volatility(volatility)) => {
                let name = self.target(&object.name);
                for function in self.change_functions(&name) {
                    function.volatility = *volatility;
                }
            }
            _ => {}
        }
    }

    /// The full name of a table that must be there; one that was never seen is noted as unknown.
    fn ensure(&mut self, name: &Name) -> Name {
        let name = self.resolve(name);
        if !self.relations.contains_key(&name) {
            let table = super::Table { name: name.clone(), ..super::Table::default() };
            self.put(Relation::Table(table));
        }
        name
    }

    /// All partitions of a table, theirs included; children by inheritance are none.
    fn partitions(&self, table: &Name) -> Vec<Name> {
        match self.table(table) {
            Some(parent) if parent.is_partitioned() => self.descendants(table),
            _ => Vec::new(),
        }
    }
}

/// The condition of a `CHECK`.
fn condition_of(constraint: &Constraint) -> Option<Expression> {
    match &constraint.kind {
        ConstraintKind::Check(condition) => Some(condition.clone()),
        _ => None,
    }
}

/// Extensions that make functions, types and operators, but no relation that a migration names.
const PLAIN_EXTENSIONS: &[&str] = &[
    "bloom",
    "btree_gin",
    "btree_gist",
    "citext",
    "cube",
    "dblink",
    "dict_int",
    "earthdistance",
    "fuzzystrmatch",
    "hstore",
    "intarray",
    "isn",
    "lo",
    "ltree",
    "pg_trgm",
    "pgcrypto",
    "pgrowlocks",
    "pgstattuple",
    "plpgsql",
    "postgres_fdw",
    "seg",
    "tablefunc",
    "tsm_system_rows",
    "unaccent",
    "uuid-ossp",
    "vector",
];

/// The schemas of a search path written as one string.
fn split_path(value: &str) -> Vec<String> {
    let parts = value.split(',').map(|part| part.trim().trim_matches('"').to_owned());
    parts.filter(|part| !part.is_empty()).collect()
}
