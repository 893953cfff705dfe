//! What is known of single objects: tables, views, indexes, sequences, types, functions.

use super::reads::ColumnsRead;
use crate::sql::Bound;
use crate::sql::Expr;
use crate::sql::Expression;
use crate::sql::Name;
use crate::sql::PartitionBy;
use crate::sql::Persistence;
use crate::sql::Query;
use crate::sql::TypeName;
use crate::sql::Volatility;
use std::collections::BTreeMap;
use std::collections::BTreeSet;

/// When something came to be: in which deploy unit, and in which transaction of it.
///
/// Units are numbered from one; zero is before everything.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment {
    /// What ships together has the same number.
    pub unit: u32,
    /// Statements of one transaction have the same number, which no other transaction has.
    pub transaction: u32,
}

/// A relation: whatever has a row in `pg_class`.
#[derive(Clone, Debug)]
pub enum Relation {
    /// A table, partitioned and foreign ones included.
    Table(Table),
    /// A view or materialized view.
    View(View),
    /// An index.
    Index(Index),
    /// A sequence.
    Sequence(Sequence),
}

impl Relation {
    /// When it was created.
    pub fn born(&self) -> Moment {
        match self {
            Relation::Table(table) => table.born,
            Relation::View(view) => view.born,
            Relation::Index(index) => index.born,
            Relation::Sequence(sequence) => sequence.born,
        }
    }

    /// Its name, schema included.
    pub fn name(&self) -> &Name {
        match self {
            Relation::Table(table) => &table.name,
            Relation::View(view) => &view.name,
            Relation::Index(index) => &index.name,
            Relation::Sequence(sequence) => &sequence.name,
        }
    }
}

/// The kinds of tables.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TableKind {
    /// With rows of its own.
    #[default]
    Plain,
    /// A partitioned parent, without rows of its own.
    Partitioned,
    /// A foreign table.
    Foreign,
}

/// A table.
#[derive(Clone, Debug, Default)]
pub struct Table {
    /// Its name, schema included.
    pub name: Name,
    /// Plain, partitioned or foreign.
    pub kind: TableKind,
    /// Temporary or unlogged.
    pub persistence: Persistence,
    /// Its creation was seen: what is not listed here does not exist.
    pub known: bool,
    /// When it was created.
    pub born: Moment,
    /// Its columns, in order.
    pub columns: Vec<Column>,
    /// Its constraints.
    pub constraints: Vec<TableConstraint>,
    /// Its indexes, those of constraints included.
    pub indexes: BTreeSet<Name>,
    /// Its triggers.
    pub triggers: Vec<Trigger>,
    /// Its rules and policies.
    pub attached: Vec<Attached>,
    /// The tables it inherits from.
    pub parents: Vec<Name>,
    /// The table it is a partition of, and its bound.
    pub partition_of: Option<(Name, Bound)>,
    /// Its partitions and inheritance children.
    pub children: BTreeSet<Name>,
    /// Its partition key.
    pub partition_by: Option<PartitionBy>,
    /// The type of a typed table.
    pub of_type: Option<Name>,
    /// Foreign keys that reference it: table and constraint.
    pub referenced_by: BTreeSet<(Name, String)>,
    /// Views that read it.
    pub readers: BTreeSet<Name>,
    /// It is known to hold rows.
    pub filled: bool,
    /// Some statement may have put rows into it.
    pub written: bool,
    /// Row-level security is on.
    pub row_security: bool,
    /// The index it was last clustered on.
    pub clustered_on: Option<String>,
    /// The index of its replica identity.
    pub replica_identity: Option<String>,
    /// Its access method, where one was named.
    pub access_method: Option<String>,
}

impl Table {
    /// The column of this name, if it is known.
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }

    pub(super) fn column_mut(&mut self, name: &str) -> Option<&mut Column> {
        self.columns.iter_mut().find(|column| column.name == name)
    }

    /// The constraint of this name, if it is known.
    pub fn constraint(&self, name: &str) -> Option<&TableConstraint> {
        self.constraints.iter().find(|constraint| constraint.name == name)
    }

    pub(super) fn constraint_mut(&mut self, name: &str) -> Option<&mut TableConstraint> {
        self.constraints.iter_mut().find(|constraint| constraint.name == name)
    }

    /// Generated columns that are computed from a column.
    pub fn computed_from<'a>(&'a self, column: &'a str) -> impl Iterator<Item = &'a Column> {
        self.columns.iter().filter(move |other| match &other.filled {
            Some(Filled::Stored(expr) | Filled::Virtual(expr)) => expr.columns().contains(&column),
            Some(Filled::Identity) | None => false,
        })
    }

    /// The primary key, if one is known.
    pub fn primary_key(&self) -> Option<&TableConstraint> {
        self.constraints.iter().find(|constraint| constraint.kind == ConstraintForm::Primary)
    }

    /// Whether it is a partitioned parent.
    pub fn is_partitioned(&self) -> bool {
        self.kind == TableKind::Partitioned
    }

    /// Whether other sessions cannot see it.
    pub fn is_temporary(&self) -> bool {
        self.persistence == Persistence::Temporary
    }
}

/// A column of a table.
#[derive(Clone, Debug)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// Its type, where it was seen.
    pub ty: Option<TypeName>,
    /// It takes no `NULL`.
    pub not_null: bool,
    /// Its default.
    pub default: Option<Expr>,
    /// Its default, as written.
    pub default_sql: Option<String>,
    /// What fills it.
    pub filled: Option<Filled>,
    /// Its collation, where one was named.
    pub collation: Option<Name>,
    /// When it was added.
    pub born: Moment,
    /// It came from a parent table.
    pub inherited: bool,
}

impl Column {
    /// Whether an `INSERT` that leaves it out puts something in: `DEFAULT NULL` is no default.
    pub fn has_default(&self) -> bool {
        self.default.as_ref().is_some_and(|default| !default.is_null())
    }
}

/// What fills a generated column.
#[derive(Clone, Debug, PartialEq)]
pub enum Filled {
    /// An expression, when the row is written.
    Stored(Expr),
    /// An expression, when the row is read.
    Virtual(Expr),
    /// A sequence, as `GENERATED … AS IDENTITY`.
    Identity,
}

/// A constraint of a table.
#[derive(Clone, Debug)]
pub struct TableConstraint {
    /// Its name, as given or as the server makes it.
    pub name: String,
    /// What it demands.
    pub kind: ConstraintForm,
    /// The columns it is about.
    pub columns: Vec<String>,
    /// All rows are known to satisfy it.
    pub valid: bool,
    /// New rows are checked.
    pub enforced: bool,
    /// Children do not have it.
    pub no_inherit: bool,
    /// It may be checked at the end of a transaction.
    pub deferrable: bool,
    /// What a foreign key does beside refusing: `ON DELETE CASCADE`, `MATCH FULL`.
    pub actions: Vec<String>,
    /// When it was added.
    pub born: Moment,
    /// The index behind it.
    pub index: Option<Name>,
    /// The condition of a `CHECK`, as written; `None` where a name in it has changed since.
    pub condition: Option<String>,
    /// The whole of it in the form of a table constraint, as written; `None` where a name in it has
    /// changed since.
    pub definition: Option<String>,
    /// It came from a parent table.
    pub inherited: bool,
}

/// What a constraint demands.
#[derive(Clone, Debug, PartialEq)]
pub enum ConstraintForm {
    /// `CHECK`.
    Check(Expr),
    /// `NOT NULL`, as a constraint with a name of its own.
    NotNull,
    /// `PRIMARY KEY`.
    Primary,
    /// `UNIQUE`.
    Unique,
    /// `FOREIGN KEY`: the referenced table and columns.
    ForeignKey(Name, Vec<String>),
    /// `EXCLUDE`.
    Patterns,
}

/// A trigger.
#[derive(Clone, Debug)]
pub struct Trigger {
    /// Its name.
    pub name: String,
    /// The function it calls.
    pub function: Name,
    /// `FOR EACH ROW`.
    pub each_row: bool,
    /// Columns after `UPDATE OF` and in `WHEN`.
    pub columns: Vec<String>,
    /// It came from a partitioned parent.
    pub inherited: bool,
}

/// A rule or policy.
#[derive(Clone, Debug)]
pub struct Attached {
    /// Its name.
    pub name: String,
    /// A policy, else a rule.
    pub policy: bool,
    /// Columns it mentions.
    pub columns: Vec<String>,
    /// The relations it reads, its own table included, and what of each.
    pub reads: BTreeMap<Name, ColumnsRead>,
}

impl Attached {
    /// Whether it is known to read a table, or a column of it.
    pub(super) fn is_reading(&self, table: &Name, column: Option<&str>) -> bool {
        let read = self.reads.get(table);
        read.is_some_and(|read| column.is_none_or(|column| read.surely.contains(column)))
    }
}

/// A view.
#[derive(Clone, Debug, Default)]
pub struct View {
    /// Its name, schema included.
    pub name: Name,
    /// It holds rows of its own.
    pub materialized: bool,
    /// A materialized view that was filled.
    pub populated: bool,
    /// Its query.
    pub query: Query,
    /// The relations it reads, and what of each.
    pub reads: BTreeMap<Name, ColumnsRead>,
    /// Its columns, where all have names that are known.
    pub columns: Option<Vec<String>>,
    /// Views that read it.
    pub readers: BTreeSet<Name>,
    /// Indexes of a materialized view.
    pub indexes: BTreeSet<Name>,
    /// When it was created.
    pub born: Moment,
    /// It is seen by this session only.
    pub temporary: bool,
}

/// An index.
#[derive(Clone, Debug, Default)]
pub struct Index {
    /// Its name, schema included.
    pub name: Name,
    /// The table or materialized view.
    pub table: Name,
    /// `UNIQUE`.
    pub unique: bool,
    /// Its access method.
    pub method: String,
    /// Key columns; an expression gives `None`.
    pub keys: Vec<Option<String>>,
    /// Columns that its expressions and its predicate mention.
    pub computed_from: Vec<String>,
    /// Functions that its expressions and its predicate call.
    pub calls: Vec<Name>,
    /// It covers part of the rows.
    pub partial: bool,
    /// Which part, where it was seen.
    pub predicate: Option<Expr>,
    /// A key has an operator class, collation or order that is not the default.
    pub special: bool,
    /// A key is sorted in another order than the default.
    pub reordered: bool,
    /// `false` for the parent of partitions' indexes until all are attached.
    pub valid: bool,
    /// The constraint it is behind.
    pub constraint: Option<String>,
    /// Its text from the table's name on; `None` where a name in it has changed since.
    pub definition: Option<String>,
    /// The index of the partitioned parent it belongs to.
    pub parent: Option<Name>,
    /// Indexes of partitions that belong to it.
    pub children: BTreeSet<Name>,
    /// When it was created.
    pub born: Moment,
    /// How many were created before it and with it: the server goes through them in this order.
    pub number: u32,
}

impl Index {
    /// Whether the column is a key of it, or an expression or its predicate mentions it.
    pub fn mentions(&self, column: &str) -> bool {
        self.keys.iter().flatten().any(|key| key == column)
            || self.computed_from.iter().any(|mentioned| mentioned == column)
    }
}

/// A sequence.
#[derive(Clone, Debug, Default)]
pub struct Sequence {
    /// Its name, schema included.
    pub name: Name,
    /// The column it is dropped with.
    pub owned_by: Option<(Name, String)>,
    /// It numbers an identity column, which cannot be without it.
    pub identity: bool,
    /// It came with a `serial` column, whose type it has.
    pub serial: bool,
    /// When it was created.
    pub born: Moment,
}

/// A type.
#[derive(Clone, Debug)]
pub struct Type {
    /// What it is made of.
    pub form: TypeKind,
    /// When it was created.
    pub born: Moment,
}

/// What a type is made of.
#[derive(Clone, Debug)]
pub enum TypeKind {
    /// Labels, each with the moment it was added.
    Enum(Vec<(String, Moment)>),
    /// A domain.
    Domain(Box<Domain>),
    /// Attributes.
    Composite(Vec<(String, TypeName)>),
    /// A range or base type.
    Other,
}

/// A domain.
#[derive(Clone, Debug)]
pub struct Domain {
    /// The type under it.
    pub base: TypeName,
    /// It takes no `NULL`.
    pub not_null: bool,
    /// It has a default.
    pub default: Option<Expression>,
    /// Its `CHECK`s: name and whether it was validated.
    pub checks: Vec<(String, bool)>,
    /// The conditions of its `CHECK`s, by name.
    pub conditions: BTreeMap<String, Expression>,
}

impl Domain {
    /// Whether values must be looked at before they fit.
    pub fn is_constrained(&self) -> bool {
        self.not_null || !self.checks.is_empty()
    }
}

/// A function or procedure.
#[derive(Clone, Debug)]
pub struct Function {
    /// Types of its arguments.
    pub arguments: Vec<TypeName>,
    /// What it gives.
    pub returns: Option<TypeName>,
    /// What it promises of its results.
    pub volatility: Volatility,
    /// Its language.
    pub language: String,
    /// Its body, without quotes.
    pub body: Option<String>,
    /// The body was parsed when it was created: the server knows what it uses.
    pub parsed: bool,
    /// A planner may put its body in place of the call.
    pub plain: bool,
    /// When it was created.
    pub born: Moment,
}
