//! What there is to be said of a statement by what was there before it, beside what it does: an
//! index that another makes idle, a function whose body breaks, a key that can never be set.

mod change;
mod index;
mod key;
mod rows;
mod table;

use crate::effect::analyst::Analyst;
use crate::effect::model::Effect;
use crate::effect::model::Target;
use crate::sql::AlterAction;
use crate::sql::AlterObject;
use crate::sql::AlterRelation;
use crate::sql::AlterVerb;
use crate::sql::Body;
use crate::sql::Name;
use crate::sql::ObjectKind;
use crate::sql::TypeName;

/// Something to be said of a statement.
#[derive(Clone, Debug)]
pub enum Remark {
    /// A new index finds nothing that another does not find already.
    Redundant(Redundant),
    /// `IF NOT EXISTS` passes over something that differs from what is written.
    Differs(Differs),
    /// A foreign key compares columns of different types.
    KeyTypes(KeyTypes),
    /// A foreign key sets a column to `NULL` that takes none.
    SetsNull(SetsNull),
    /// A `CHECK` gives another answer tomorrow: the call that does.
    MovingCheck(Target, String),
    /// A constraint is turned off, or never on: new rows are not checked.
    NotEnforced(Target, String),
    /// Columns that have to hold what a widened key holds stay narrow.
    LeftNarrow(LeftNarrow),
    /// Functions whose bodies name a column that goes.
    Bodies(Bodies),
    /// A published table loses a column, or its name.
    Published(Published),
    /// A table that becomes a partition gets what it lacks while it is locked.
    BuiltOnAttach(BuiltOnAttach),
    /// Row-level security hides all rows: there is no policy.
    HidesRows(Target),
    /// A policy is made or changed: its name.
    Policy(Target, String),
    /// A rule is made on a table: its name.
    Rule(Target, String),
    /// A table is made whose rows a crash takes away.
    Unlogged(Name),
    /// Autovacuum is off for a table.
    AutovacuumOff(Target),
    /// A query is run to fill something new: what is read.
    LongRead(Name, Vec<Name>),
    /// A sequence counts otherwise: what is done.
    Counts(Name, String),
    /// Rows bring their own numbers for a column that a sequence numbers.
    OwnNumbers(OwnNumbers),
    /// A sequence is set to a number.
    SetsSequence,
    /// A column goes while another, new one ships with it.
    TakenTooEarly(TakenTooEarly),
    /// A table is analysed: its name, or `None` for all.
    Analyzes(Option<Name>),
    /// A command on a partitioned table locks so many partitions against reads and writes.
    Fanout(Target, usize),
    /// A table inherits from another from here on, or does not any more.
    Inherits(Inherits),
    /// Two tables that an earlier file locks in the opposite order.
    LockOrder(Name, Name),
    /// A constraint that no later file validates.
    LeftUnvalidated(Target, String),
    /// A `CHECK` that only proved a `NOT NULL`, and that no later file drops.
    LeftBehind(Target, String),
    /// Extended statistics, or an index over an expression, that know nothing yet.
    NeedsAnalyze(Target),
}

/// A new index that finds nothing new.
#[derive(Clone, Debug)]
pub struct Redundant {
    /// The table.
    pub table: Target,
    /// The new index.
    pub index: String,
    /// The one that finds it all.
    pub by: Name,
    /// It is over the very same columns.
    pub same: bool,
}

/// What is there already, and differs from what is written.
#[derive(Clone, Debug)]
pub struct Differs {
    /// What it is, for a message.
    pub what: String,
    /// The table.
    pub table: Target,
    /// How it differs.
    pub how: Vec<String>,
}

/// A foreign key between columns of different types.
#[derive(Clone, Debug)]
pub struct KeyTypes {
    /// The referencing table.
    pub table: Target,
    /// Its column.
    pub column: String,
    /// The type of that.
    pub ty: TypeName,
    /// The referenced table.
    pub references: Name,
    /// Its column.
    pub other: String,
    /// The type of that.
    pub other_ty: TypeName,
    /// The referencing column holds fewer numbers.
    pub overflows: bool,
}

/// A foreign key that sets a column to `NULL`.
#[derive(Clone, Debug)]
pub struct SetsNull {
    /// The referencing table.
    pub table: Target,
    /// The constraint, where it has a name.
    pub constraint: String,
    /// The column, which takes no `NULL`.
    pub column: String,
    /// `DELETE` or `UPDATE`.
    pub event: &'static str,
}

/// What stays narrow when a key is widened.
#[derive(Clone, Debug)]
pub struct LeftNarrow {
    /// The table with the key.
    pub table: Target,
    /// The column.
    pub column: String,
    /// Its new type.
    pub to: TypeName,
    /// Columns that reference it, with their tables.
    pub columns: Vec<(Name, String)>,
    /// Its sequence, which still stops at the end of the old type.
    pub sequence: Option<Name>,
}

/// Functions that name a column in their bodies.
#[derive(Clone, Debug)]
pub struct Bodies {
    /// The table.
    pub table: Target,
    /// The column.
    pub column: String,
    /// The functions.
    pub functions: Vec<Name>,
    /// It only gets another name.
    pub renamed: bool,
}

/// A change of a published table.
#[derive(Clone, Debug)]
pub struct Published {
    /// The table.
    pub table: Target,
    /// What is done, for a message.
    pub what: String,
    /// The publications that list it.
    pub publications: Vec<String>,
}

/// What a table gets while it is attached.
#[derive(Clone, Debug)]
pub struct BuiltOnAttach {
    /// The table.
    pub partition: Target,
    /// Indexes of the parent that have no match; with the text after the table's name of those
    /// that are behind no constraint and not unique.
    pub indexes: Vec<(Name, Option<String>)>,
    /// Foreign keys of the parent that have no match, each with its referenced table.
    pub keys: Vec<(String, Name)>,
}

/// Rows that bring their own numbers.
#[derive(Clone, Debug)]
pub struct OwnNumbers {
    /// The table.
    pub table: Target,
    /// The column.
    pub column: String,
    /// Its sequence, where known.
    pub sequence: Option<Name>,
}

/// A change of inheritance.
#[derive(Clone, Debug)]
pub struct Inherits {
    /// The table that inherits.
    pub child: Target,
    /// The one that it inherits from.
    pub parent: Target,
    /// It does not any more.
    pub ends: bool,
}

/// A column that goes too early.
#[derive(Clone, Debug)]
pub struct TakenTooEarly {
    /// The table.
    pub table: Target,
    /// The column.
    pub column: String,
    /// It gets another name.
    pub renamed: bool,
    /// Columns of the table that ship with this.
    pub with: Vec<String>,
}

impl Analyst<'_> {
    /// Says what else there is to be said of a statement.
    pub(super) fn remark_on(&mut self, body: &Body) {
        if self.out.refusal.is_some() {
            return;
        }
        self.span = self.out.span;
        match body {
            Body::CreateTable(create) => self.remark_on_table(create),
            Body::CreateTableAs(create) if create.with_data => {
                let name = self.schema.target(&create.name);
                self.remark_on_long_read(name, &create.query, create.persistence);
            }
            Body::CreateView(create) if create.materialized && create.with_data => {
                let name = self.schema.target(&create.name);
                self.remark_on_long_read(name, &create.query, crate::sql::Persistence::Permanent);
            }
            Body::CreateIndex(create) => self.remark_on_index(create),
            Body::AlterRelation(alter) => self.remark_on_alter(alter),
            Body::AlterObject(alter) => self.remark_on_object(alter),
            Body::CreateOnTable(create) if create.kind == ObjectKind::Policy => {
                let table = self.target(&create.table);
                self.remark_on_policy(&table, &create.name);
            }
            Body::CreateOnTable(create) => {
                let table = self.target(&create.table);
                if table.in_use() && self.table(&table.name).is_some() {
                    self.remark(Remark::Rule(table, create.name.clone()));
                }
            }
            Body::CreateOther(create) if create.object.kind == ObjectKind::Statistics => {
                for listed in &create.tables {
                    let table = self.target(&listed.table);
                    self.remark(Remark::NeedsAnalyze(table));
                }
            }
            Body::Drop(drop) if drop.kind == ObjectKind::Table => self.remark_on_drop(drop),
            Body::Data(change) => self.remark_on_rows(change),
            Body::Query(query) if query.calls.iter().any(|call| call.name == "setval") => {
                self.remark(Remark::SetsSequence);
            }
            Body::Vacuum(vacuum) if vacuum.analyze => self.remark_on_analyze(vacuum),
            _ => {}
        }
    }

    fn remark(&mut self, remark: Remark) {
        self.effect(Effect::Remark(remark));
    }

    fn remark_on_alter(&mut self, alter: &AlterRelation) {
        let name = self.schema.resolve(&alter.name);
        if alter.kind == ObjectKind::Sequence || self.schema.sequence(&name).is_some() {
            return self.remark_on_sequence(&name, alter);
        }
        if self.schema.index(&name).is_some() || self.schema.view(&name).is_some() {
            return;
        }
        let table = self.target_of(&name);
        self.remark_on_fanout(&table);
        for AlterAction { span, verb } in &alter.actions {
            self.span = *span;
            self.remark_on_action(alter, &table, verb);
        }
    }

    fn remark_on_action(&mut self, alter: &AlterRelation, table: &Target, verb: &AlterVerb) {
        match verb {
            AlterVerb::AddColumn { column, if_not_exists } => {
                self.remark_on_column(alter, table, column, *if_not_exists);
            }
            AlterVerb::DropColumn { column, .. } => self.remark_on_lost(table, column, None),
            AlterVerb::RenameColumn { from, to } => self.remark_on_lost(table, from, Some(to)),
            AlterVerb::RenameTo(to) => {
                self.remark_on_published(table, &format!("gets the name `{to}`"));
            }
            AlterVerb::AlterType { column, ty, .. } => self.remark_on_type(table, column, ty),
            AlterVerb::SetNotNull { column } => self.remark_on_not_null(table, column),
            AlterVerb::AddConstraint(constraint) => {
                self.remark_on_constraint(table, constraint, &defs(alter));
            }
            AlterVerb::AlterConstraint { constraint, enforced: Some(false), .. } => {
                self.remark(Remark::NotEnforced(table.clone(), constraint.clone()));
            }
            AlterVerb::Inherit { parent, remove } => {
                let parent = self.target(parent);
                self.remark_on_inheritance(table, parent, *remove);
            }
            AlterVerb::AttachPartition { partition, .. } => {
                self.remark_on_attach(table, partition);
            }
            AlterVerb::RowSecurity(crate::sql::RowSecurity::Enable) => {
                self.remark_on_row_security(table);
            }
            AlterVerb::SetOptions { options, reset: false } => {
                self.remark_on_options(table, options);
            }
            _ => {}
        }
    }

    fn remark_on_object(&mut self, alter: &AlterObject) {
        if alter.object.kind == ObjectKind::Policy
            && let Some(on) = &alter.object.on
            && matches!(alter.verb, crate::sql::AlterObjectVerb::Other(_))
        {
            let table = self.target(on);
            self.remark_on_policy(&table, &alter.object.name.name);
        }
    }
}

/// The columns that a command adds.
fn defs(alter: &AlterRelation) -> Vec<&crate::sql::ColumnDef> {
    let added = alter.actions.iter().filter_map(|action| match &action.verb {
        AlterVerb::AddColumn { column, .. } => Some(&**column),
        _ => None,
    });
    added.collect()
}
