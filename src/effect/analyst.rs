//! One statement against the schema before it: the notes that are taken, and where each kind of
//! statement is looked at.

use super::lock::LockMode;
use super::model::Analysis;
use super::model::Break;
use super::model::Confidence;
use super::model::Effect;
use super::model::Part;
use super::model::Refusal;
use super::model::SetParameter;
use super::model::Standing;
use super::model::Target;
use super::model::Who;
use super::session::Session;
use crate::schema::Relation;
use crate::schema::Schema;
use crate::schema::Table;
use crate::schema::TableKind;
use crate::sql;
use crate::sql::Body;
use crate::sql::Name;
use crate::sql::Span;
use crate::sql::Statement;
use crate::version::Major;
use std::collections::BTreeMap;
use std::collections::BTreeSet;

/// What an analysis is made against.
pub(super) struct Analyst<'a> {
    pub(super) schema: &'a Schema,
    pub(super) session: &'a Session,
    pub(super) postgres: Major,
    /// The part of the statement that is looked at.
    pub(super) span: Span,
    /// Constraints added `NOT VALID` in the transaction that is open.
    pub(super) out: Analysis,
}

/// Says what a statement does. `DO` blocks are taken apart by [`super::script`].
pub(super) fn analyse(
    statement: &Statement,
    schema: &Schema,
    session: &Session,
    postgres: Major,
) -> Analysis {
    let mut analyst = before(statement, schema, session, postgres);
    schema.compare(things(&statement.body));
    if schema.is_spent() {
        return too_much(analyst.out);
    }
    if let Some(since) = statement.since.as_ref().filter(|since| !postgres.at_least(since.major)) {
        analyst.refuse("42601", format!("syntax error at or near \"{}\"", since.near));
    }
    analyst.body(&statement.body);
    analyst.check_labels(&statement.body);
    analyst.remark_on(&statement.body);
    if !statement.body.is_understood() {
        analyst.assume();
    }
    if schema.is_spent() { too_much(analyst.out) } else { analyst.out }
}

/// What a statement is looked at with, before anything is noted.
pub(super) fn before<'a>(
    statement: &Statement,
    schema: &'a Schema,
    session: &'a Session,
    postgres: Major,
) -> Analyst<'a> {
    let kind = super::kind::of(&statement.body);
    let out = Analysis {
        span: statement.span,
        words: super::kind::words(&statement.body, &kind),
        kind,
        parts: Vec::new(),
        locks: BTreeMap::new(),
        rewrites: BTreeSet::new(),
        scans: BTreeSet::new(),
        transactional: true,
        repeatable: super::repeat::is_repeatable(&statement.body),
        confidence: Confidence::Known,
        hides: false,
        refusal: None,
    };
    Analyst { schema, session, postgres, span: statement.span, out }
}

/// How many things of a statement are held against one another.
fn things(body: &Body) -> usize {
    match body {
        Body::CreateTable(create) => {
            let inline = create.columns.iter().map(|column| 1 + column.constraints.len());
            inline.sum::<usize>() + create.constraints.len() + create.likes.len()
        }
        Body::AlterRelation(alter) => alter.actions.len(),
        Body::CreateIndex(create) => create.keys.len() + create.include.len(),
        Body::Drop(drop) => drop.objects.len(),
        Body::Data(change) => change.assignments.len() + change.source.from.len(),
        Body::Query(query) => query.from.len(),
        _ => 0,
    }
}

/// What is said of a statement that there was no more looking at.
fn too_much(said: Analysis) -> Analysis {
    let dynamic = sql::Dynamic::TooMuch;
    let part = Part::of(said.span, Effect::Dynamic(dynamic));
    Analysis { parts: vec![part], confidence: Confidence::Opaque, refusal: None, ..said }
}

impl<'a> Analyst<'a> {
    /// A table that is known; it outlives the notes.
    pub(super) fn table(&self, name: &Name) -> Option<&'a Table> {
        self.schema.table(name)
    }
}

impl Analyst<'_> {
    fn body(&mut self, body: &Body) {
        match body {
            Body::CreateTable(table) => self.create_table(table),
            Body::CreateTableAs(table) => self.create_table_as(table),
            Body::AlterRelation(alter) => self.alter_relation(alter),
            Body::CreateIndex(index) => self.create_index(index),
            Body::CreateView(view) => self.create_view(view),
            Body::Refresh(refresh) => self.refresh(refresh),
            Body::CreateSequence(sequence) => {
                let name = self.schema.target(&sequence.name);
                self.create(sql::ObjectKind::Sequence, name);
            }
            Body::CreateType(ty) => {
                let name = self.schema.target(&ty.name);
                self.create(sql::ObjectKind::Type, name);
            }
            Body::CreateDomain(domain) => {
                let name = self.schema.target(&domain.name);
                self.create(sql::ObjectKind::Domain, name);
            }
            Body::AlterType(alter) => self.alter_type(alter),
            Body::AlterDomain(alter) => self.alter_domain(alter),
            Body::CreateFunction(function) => self.create_function(function),
            Body::CreateTrigger(trigger) => self.create_trigger(trigger),
            Body::CreateOnTable(create) => self.create_on_table(create),
            Body::CreateSchema(create) => self.create_schema(create),
            Body::CreateOther(create) => self.create_other(create),
            Body::AlterObject(alter) => self.alter_object(alter),
            Body::Drop(drop) => self.drop_objects(drop),
            Body::Truncate(truncate) => self.truncate(truncate),
            Body::Lock(lock) => self.lock_table(lock),
            Body::Comment(object) => self.comment(object),
            Body::Grant(grant) => self.grant(grant),
            Body::Reindex(reindex) => self.reindex(reindex),
            Body::Cluster(cluster) => self.cluster(cluster),
            Body::Vacuum(vacuum) => self.vacuum(vacuum),
            Body::Data(change) => self.data_change(change),
            Body::Query(query) => self.query_statement(query),
            Body::Copy(copy) => self.copy(copy),
            // The driver merges what stands inside.
            Body::Do(_) => {}
            Body::Transaction(verb) => self.transaction(verb),
            Body::Set(set) => self.effect(Effect::Set(SetParameter {
                name: set.name.clone(),
                value: set.values.as_ref().map(|values| values.join(", ")),
                local: set.local,
            })),
            Body::Call(_) => {
                // What a procedure does is read as far as its body was seen.
                self.assume();
                self.effect(Effect::Other);
            }
            Body::Utility(kind) => self.utility(kind),
            Body::Explain(inner, analyze) => self.explain(inner, *analyze),
            Body::Dynamic(dynamic) => {
                self.out.confidence = Confidence::Opaque;
                self.effect(Effect::Dynamic(dynamic.clone()));
            }
            Body::Unreadable(misread) => {
                self.out.confidence = Confidence::Opaque;
                self.effect(Effect::Unreadable(misread.clone()));
            }
        }
    }

    fn transaction(&mut self, verb: &sql::TransactionVerb) {
        use sql::TransactionVerb::{CommitPrepared, RollbackPrepared};
        self.out.transactional = !matches!(verb, CommitPrepared | RollbackPrepared);
        self.effect(Effect::Transaction(verb.clone()));
    }

    fn utility(&mut self, kind: &str) {
        self.out.transactional = kind != "discard-all";
        if kind == "execute" {
            // What a prepared statement does is not looked up.
            self.assume();
        }
        self.effect(Effect::Other);
    }

    /// A plan is only made, unless it is to be run: both lock what the statement reads and writes.
    fn explain(&mut self, inner: &Statement, run: bool) {
        let inner = analyse(inner, self.schema, self.session, self.postgres);
        self.out.locks = inner.locks;
        self.out.confidence = inner.confidence;
        self.out.transactional = inner.transactional;
        if run {
            self.out.scans = inner.scans;
            self.out.parts = inner.parts;
        } else {
            self.effect(Effect::Other);
        }
    }

    // Notes.

    /// Notes an effect of the part that is looked at, which breaks nothing.
    pub(super) fn effect(&mut self, effect: Effect) {
        self.part(effect, Vec::new(), Vec::new());
    }

    /// Notes an effect with what it breaks and what it loses.
    pub(super) fn part(&mut self, effect: Effect, breaks: Vec<Break>, loses: Vec<String>) {
        self.out.parts.push(Part { breaks, loses, ..Part::of(self.span, effect) });
    }

    pub(super) fn lock(&mut self, name: &Name, mode: LockMode) {
        let held = self.out.locks.entry(name.clone()).or_insert(mode);
        *held = mode.max(*held);
    }

    pub(super) fn assume(&mut self) {
        self.out.confidence = self.out.confidence.max(Confidence::Assumed);
    }

    /// Notes that the server would refuse; the first reason stands.
    pub(super) fn refuse(&mut self, sqlstate: &'static str, message: impl Into<String>) {
        if self.out.refusal.is_none() {
            self.out.refusal = Some(Refusal { sqlstate, message: message.into() });
        }
    }

    // Relations.

    /// A relation by the name that is written, and who may be using it.
    pub(super) fn target(&mut self, name: &Name) -> Target {
        let full = self.schema.resolve(name);
        self.target_of(&full)
    }

    /// The same for a full name.
    pub(super) fn target_of(&mut self, name: &Name) -> Target {
        let relation = self.schema.relation(name);
        let standing = match relation {
            Some(Relation::Table(table)) if table.is_temporary() => Standing::Temporary,
            Some(Relation::View(view)) if view.temporary => Standing::Temporary,
            Some(relation) if self.schema.is_new(relation.born()) => Standing::New,
            Some(Relation::Table(table)) if !table.known => Standing::Assumed,
            Some(_) => Standing::Existing,
            None => Standing::Assumed,
        };
        if standing == Standing::Assumed {
            self.assume();
        }
        let partitioned =
            matches!(relation, Some(Relation::Table(table)) if table.is_partitioned());
        Target { name: name.clone(), standing, partitioned }
    }

    /// The table itself and, unless `only`, its children.
    pub(super) fn tree(&self, name: &Name, only: bool) -> Vec<Name> {
        let children = if only { Vec::new() } else { self.schema.descendants(name) };
        std::iter::once(name.clone()).chain(children).collect()
    }

    /// Whether a relation has rows of its own, as far as is known.
    pub(super) fn has_rows(&self, name: &Name) -> bool {
        match self.schema.relation(name) {
            Some(Relation::Table(table)) => table.kind == TableKind::Plain,
            Some(Relation::View(view)) => view.materialized,
            Some(_) => false,
            None => true,
        }
    }

    pub(super) fn scan(&mut self, names: &[Name]) {
        for name in names {
            if self.has_rows(name) && !self.schema.is_empty_table(name) {
                self.out.scans.insert(name.clone());
            }
        }
    }

    /// Notes that rows are written to a new file: they are read for it, and every index is built
    /// again.
    pub(super) fn rewrite(&mut self, names: &[Name]) {
        for name in names {
            if !self.has_rows(name) {
                continue;
            }
            self.out.rewrites.insert(name.clone());
            self.scan(std::slice::from_ref(name));
            let indexes = self.indexes(name);
            for index in indexes {
                self.lock(&index, LockMode::AccessExclusive);
            }
        }
    }

    pub(super) fn indexes(&self, name: &Name) -> Vec<Name> {
        self.schema.indexes_of(name).cloned().collect()
    }

    /// The name of a column in messages and output.
    pub(super) fn column_name(table: &Target, column: &str) -> String {
        format!("{}.{column}", table.name)
    }

    pub(super) fn broken(object: impl Into<String>, who: Who, why: &str) -> Vec<Break> {
        vec![Break { object: object.into(), who, why: why.to_owned() }]
    }
}
