//! What a statement does, in PostgreSQL's words: the types that rules ask.

use super::held::Held;
use super::lock::LockMode;
use super::phase::Phase;
use super::remark::Remark;
use crate::sql::Clauses;
use crate::sql::DataVerb;
use crate::sql::Dynamic;
use crate::sql::Expr;
use crate::sql::Expression;
use crate::sql::Identity;
use crate::sql::Misread;
use crate::sql::Name;
use crate::sql::ObjectKind;
use crate::sql::OnConflict;
use crate::sql::Span;
use crate::sql::TransactionVerb;
use crate::sql::TypeName;
use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::sync::Arc;

/// All that one statement does.
#[derive(Clone, Debug)]
pub struct Analysis {
    /// Where the statement stands.
    pub span: Span,
    /// What it is, in words joined by hyphens: `alter-table`.
    pub kind: String,
    /// What it is, for a message; of a block, what stands in it and is refused there.
    pub words: String,
    /// What it does, part by part.
    pub parts: Vec<Part>,
    /// The strongest lock on each relation that was there before.
    pub locks: BTreeMap<Name, LockMode>,
    /// Tables whose rows are written anew.
    pub rewrites: BTreeSet<Name>,
    /// Tables that are read from end to end.
    pub scans: BTreeSet<Name>,
    /// It may run inside a transaction block.
    pub transactional: bool,
    /// Where it is done already, a second run passes over it.
    pub repeatable: bool,
    /// How much of this is known.
    pub confidence: Confidence,
    /// A routine that it may call takes something away, or does what nobody can tell.
    pub hides: bool,
    /// The server would refuse it.
    pub refusal: Option<Refusal>,
}

/// How much of an answer is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Confidence {
    /// All that it depends on was seen.
    Known,
    /// It depends on objects whose creation was not seen, or on a condition at run time.
    Assumed,
    /// It could not be read.
    Opaque,
}

impl Confidence {
    /// The word for it in output.
    pub fn word(self) -> &'static str {
        match self {
            Confidence::Known => "known",
            Confidence::Assumed => "assumed",
            Confidence::Opaque => "opaque",
        }
    }
}

/// Why the server would refuse a statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The SQLSTATE, such as `25001`.
    pub sqlstate: &'static str,
    /// What the server would say.
    pub message: String,
}

impl Refusal {
    /// Whether the statement and its transaction alone give the reason, and not what is there.
    pub fn is_of_syntax(&self) -> bool {
        self.sqlstate.starts_with("25") || ["2D000", "42601", "0A000"].contains(&self.sqlstate)
    }
}

/// One thing that a statement does.
#[derive(Clone, Debug)]
pub struct Part {
    /// Where it is written: a sub-command, or the whole statement.
    pub span: Span,
    /// What it does.
    pub effect: Effect,
    /// What it breaks for code that runs beside it.
    pub breaks: Vec<Break>,
    /// Data that is gone.
    pub loses: Vec<String>,
    /// It stands under a condition, in a loop or in an exception handler.
    pub conditional: bool,
    /// A later statement of the same transaction makes good for it: what is dropped is created
    /// again, what is renamed gets a view with the old name.
    pub made_good: bool,
    /// Strong locks on tables in use that earlier statements of the same block took.
    pub held: Arc<[Held]>,
}

/// What stops working, and for whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Break {
    /// The object, such as `public.users.email`.
    pub object: String,
    /// For whom.
    pub who: Who,
    /// Why, as a fragment of a sentence.
    pub why: String,
}

/// Code that runs beside a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    /// That which reads.
    Readers,
    /// That which writes.
    Writers,
    /// Either.
    Both,
}

impl Who {
    /// The word for it in output.
    pub fn word(self) -> &'static str {
        match self {
            Who::Readers => "readers",
            Who::Writers => "writers",
            Who::Both => "both",
        }
    }
}

/// A relation that a statement touches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// Its full name.
    pub name: Name,
    /// Who else may be using it.
    pub standing: Standing,
    /// It is a partitioned parent.
    pub partitioned: bool,
}

/// Who may be using a relation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Nobody: it is created by what ships with this statement.
    New,
    /// Nobody else: it is a temporary table.
    Temporary,
    /// The application: its creation was seen, in something deployed earlier.
    Existing,
    /// The application, it must be assumed: its creation was not seen.
    Assumed,
}

impl Target {
    /// Whether somebody may be using it.
    pub fn in_use(&self) -> bool {
        match self.standing {
            Standing::Existing | Standing::Assumed => true,
            Standing::New | Standing::Temporary => false,
        }
    }

    /// Whether all of it was seen.
    pub fn is_known(&self) -> bool {
        self.standing != Standing::Assumed
    }
}

/// One effect of a statement.
#[derive(Clone, Debug)]
pub enum Effect {
    /// A relation, type, function or other object is made.
    Create(Create),
    /// A partition is made and attached at once.
    CreatePartition(PartitionMove),
    /// A table becomes a partition.
    AttachPartition(AttachPartition),
    /// A partition becomes a table.
    DetachPartition(DetachPartition),
    /// An object is dropped; tables, columns, indexes and constraints apart.
    DropObject(ObjectChange),
    /// An object gets another name; tables and columns apart.
    RenameObject(ObjectChange),
    /// An object moves to another schema.
    MoveObject(ObjectChange),
    /// An attribute of a type gets another type.
    RetypeAttribute(ObjectChange),
    /// A view or function that is there is defined anew.
    Replace(ObjectChange),
    /// A table is dropped.
    DropTable(DropTable),
    /// A table gets another name.
    RenameTable(RenameTable),
    /// A column is added.
    AddColumn(AddColumn),
    /// A column is dropped.
    DropColumn(DropColumn),
    /// A column gets another name.
    RenameColumn(RenameColumn),
    /// A column gets another type.
    ChangeType(Box<ChangeType>),
    /// A column gets a default.
    SetDefault(ColumnChange),
    /// A column loses its default.
    DropDefault(DropDefault),
    /// A column takes no `NULL` any more.
    SetNotNull(SetNotNull),
    /// A column takes `NULL` again.
    DropNotNull(ColumnChange),
    /// A column is changed in a way that code does not notice.
    TuneColumn(ColumnChange),
    /// What fills a column changes: identity or expression.
    ChangeFilling(ColumnChange),
    /// A stored generated column is computed anew for every row.
    Recompute(ColumnChange),
    /// A constraint is added.
    AddConstraint(AddConstraint),
    /// A constraint is validated.
    ValidateConstraint(ValidateConstraint),
    /// A constraint is dropped.
    DropConstraint(DropConstraint),
    /// An index is built.
    BuildIndex(BuildIndex),
    /// An index is dropped.
    DropIndex(DropIndex),
    /// Indexes are built anew.
    Reindex(Reindex),
    /// A table's rows are written to a new file.
    Rewrite(Rewrite),
    /// Files are copied to another tablespace.
    SetTablespace(SetTablespace),
    /// Rows are removed wholesale.
    Truncate(Truncate),
    /// A trigger is created.
    CreateTrigger(CreateTrigger),
    /// Triggers are switched on or off.
    SwitchTrigger(SwitchTrigger),
    /// What identifies rows in logical replication changes.
    ReplicaIdentity(ReplicaChange),
    /// Values of a domain are restricted.
    RestrictDomain(RestrictDomain),
    /// A materialized view is filled.
    Refresh(Refresh),
    /// Rows are written.
    Write(Write),
    /// A table is locked by name.
    Lock(LockTable),
    /// A parameter is set.
    Set(SetParameter),
    /// A transaction begins or ends.
    Transaction(TransactionVerb),
    /// SQL that cannot be known before it runs.
    Dynamic(Dynamic),
    /// Not understood.
    Unreadable(Misread),
    /// Something to be said of it by what was there before.
    Remark(Remark),
    /// Something that touches no table, or none in a way that anybody notices.
    Other,
}

/// An object that is made.
#[derive(Clone, Debug)]
pub struct Create {
    /// What it is.
    pub kind: ObjectKind,
    /// Its name.
    pub name: Name,
    /// The table it hangs on, for triggers, rules and policies.
    pub on: Option<Target>,
    /// It was there already: `IF NOT EXISTS` makes this a no-op.
    pub exists: bool,
    /// What it looks like from outside.
    pub shape: Shape,
}

/// What an object looks like from outside, as far as is known.
#[derive(Clone, Debug, Default)]
pub struct Shape {
    /// Types of the arguments of a function.
    pub arguments: Option<Vec<TypeName>>,
    /// How many of the last of them have a default.
    pub optional: usize,
    /// Columns of a view.
    pub columns: Option<Vec<String>>,
}

/// A part of a type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Member {
    /// A value of an enum.
    Value(String),
    /// An attribute of a composite type.
    Attribute(String),
}

/// A partition that is made.
#[derive(Clone, Debug)]
pub struct PartitionMove {
    /// The partitioned table.
    pub parent: Target,
    /// The partition.
    pub partition: Name,
    /// The default partition, which is locked.
    pub default: Option<Name>,
    /// It is read, to see that none of its rows belongs into the partition.
    pub scans_default: bool,
    /// A condition that all rows fulfil which do not belong there, where one can be written.
    pub exclusion: Option<String>,
    /// Its bound, as written.
    pub bound: String,
    /// The parent has an identity column, as far as is known.
    pub identity: bool,
    /// How the same table is made on its own, where it can be.
    pub own: Option<OwnTable>,
}

/// What is written of a partition besides its parent and its bound.
#[derive(Clone, Debug)]
pub struct OwnTable {
    /// `UNLOGGED`.
    pub unlogged: bool,
    /// Its constraints.
    pub constraints: String,
    /// `PARTITION BY`, `TABLESPACE` and so on.
    pub rest: String,
}

/// A table that becomes a partition.
#[derive(Clone, Debug)]
pub struct AttachPartition {
    /// The partitioned table.
    pub parent: Target,
    /// The table.
    pub partition: Target,
    /// Its rows are read to see that they fit.
    pub scans_partition: bool,
    /// The default partition, where it is read too.
    pub scans_default: Option<Name>,
    /// Its bound, as written.
    pub bound: String,
    /// A condition that its rows fulfil and no other, where one can be written.
    pub condition: Option<String>,
    /// A condition that all other rows fulfil.
    pub exclusion: Option<String>,
}

/// A partition that becomes a table.
#[derive(Clone, Debug)]
pub struct DetachPartition {
    /// The partitioned table.
    pub parent: Target,
    /// The partition.
    pub partition: Name,
    /// `CONCURRENTLY` or `FINALIZE`.
    pub concurrently: bool,
    /// The default partition, which is locked too, and with which `CONCURRENTLY` is refused.
    pub default: Option<Name>,
}

/// Something done to an object as a whole.
#[derive(Clone, Debug)]
pub struct ObjectChange {
    /// What it is.
    pub kind: ObjectKind,
    /// Its name.
    pub name: Name,
    /// The table it hangs on.
    pub on: Option<Target>,
    /// Its new name or schema.
    pub to: Option<String>,
    /// `CASCADE`.
    pub cascade: bool,
    /// It is made by what ships with this statement.
    pub new: bool,
    /// The part of it that is meant; else it is meant as a whole.
    pub member: Option<Member>,
    /// What it looks like from outside.
    pub shape: Shape,
    /// Columns of a view that the one which takes its place lacks.
    pub lost: Vec<String>,
}

impl ObjectChange {
    /// A change of an object as a whole, which is all that is said of it.
    pub(super) fn of(kind: ObjectKind, name: Name, new: bool) -> ObjectChange {
        ObjectChange {
            kind,
            name,
            on: None,
            to: None,
            cascade: false,
            new,
            member: None,
            shape: Shape::default(),
            lost: Vec::new(),
        }
    }
}

/// A table that is dropped.
#[derive(Clone, Debug)]
pub struct DropTable {
    /// The table.
    pub table: Target,
    /// `CASCADE`.
    pub cascade: bool,
    /// Tables that its foreign keys reference, with the constraints: they are locked too.
    pub references: Vec<(String, Target)>,
    /// The table it is a partition of.
    pub partition_of: Option<Target>,
    /// The default partition of that, which is locked too.
    pub default: Option<Name>,
    /// Views that `CASCADE` takes along.
    pub views: Vec<Name>,
    /// Foreign keys of other tables that `CASCADE` takes along.
    pub keys: Vec<(Name, String)>,
    /// It is a partition, and none beside it is the default one: it can be detached concurrently.
    pub detachable: bool,
    /// `IF EXISTS`, and it is not there.
    pub missing: bool,
}

impl DropTable {
    /// The drop of a table that nothing is known of.
    pub(super) fn of(table: Target, cascade: bool) -> DropTable {
        DropTable {
            table,
            cascade,
            references: Vec::new(),
            partition_of: None,
            default: None,
            views: Vec::new(),
            keys: Vec::new(),
            detachable: false,
            missing: false,
        }
    }
}

/// A table that gets another name.
#[derive(Clone, Debug)]
pub struct RenameTable {
    /// The table.
    pub table: Target,
    /// Its new name, in the same schema.
    pub to: String,
}

/// A domain whose values are checked, and what does the same without it.
#[derive(Clone, Debug, PartialEq)]
pub struct Restricted {
    /// The domain.
    pub domain: Name,
    /// The type under it.
    pub base: TypeName,
    /// Its conditions.
    pub conditions: Vec<Expression>,
    /// It takes no `NULL`.
    pub not_null: bool,
}

/// Why a default is taken to differ from row to row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Volatile {
    /// It calls a function that says so.
    Known(String),
    /// It calls a function that no migration creates, and PostgreSQL does not have.
    Unseen(String),
    /// It was not understood.
    Opaque,
}

/// What fills a new column of rows that are there.
#[derive(Clone, Debug, PartialEq)]
pub enum Fill {
    /// `NULL`.
    Null,
    /// A value that is kept beside the table: no row is touched.
    Constant,
    /// Something that gives each row its own value.
    Volatile(Volatile),
    /// `serial`: the integer type under it.
    Serial(&'static str),
    /// `GENERATED … AS IDENTITY`.
    Identity(Identity),
    /// `GENERATED … STORED`: the expression, as written.
    Stored(String),
    /// `GENERATED … VIRTUAL`: the expression, as written.
    Virtual(String),
    /// A domain whose constraints have to be checked.
    Domain(Restricted),
}

impl Fill {
    /// Whether every row is written anew.
    pub fn rewrites(&self) -> bool {
        match self {
            Fill::Null | Fill::Constant | Fill::Virtual(_) => false,
            Fill::Volatile(_)
            | Fill::Serial(_)
            | Fill::Identity(_)
            | Fill::Stored(_)
            | Fill::Domain(_) => true,
        }
    }
}

/// A column that is added.
#[derive(Clone, Debug)]
pub struct AddColumn {
    /// The table.
    pub table: Target,
    /// The column.
    pub column: String,
    /// Its type, as written, with its collation.
    pub ty: String,
    /// What fills it.
    pub fill: Fill,
    /// Its default, as written here or with its domain.
    pub default: Option<String>,
    /// The default is that of its domain.
    pub default_of_domain: bool,
    /// All of it as written, its constraints but `NOT NULL` left out.
    pub definition: String,
    /// `NOT NULL`, or part of a primary key.
    pub not_null: bool,
    /// It is the primary key.
    pub primary: bool,
    /// It takes no `NULL`, and nothing else fills it.
    pub required: bool,
    /// It is there already, and `IF NOT EXISTS` says to leave it.
    pub exists: bool,
}

/// A column that is dropped.
#[derive(Clone, Debug)]
pub struct DropColumn {
    /// The table.
    pub table: Target,
    /// The column.
    pub column: String,
    /// It was added by what ships with this statement.
    pub new: bool,
    /// Tables that its foreign keys reference, with the constraints.
    pub references: Vec<(String, Target)>,
    /// The primary key, and constraints and indexes of several columns, that go with it.
    pub takes: Vec<String>,
    /// The primary key, where it goes with it.
    pub primary_key: Option<String>,
}

/// What gives a column a value that an `INSERT` leaves out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Filling {
    /// Nothing: it is `NULL` then.
    Nothing,
    /// A default, or the numbers of a sequence.
    Default,
    /// The expression of a generated column.
    Expression,
    /// It was not seen.
    Unknown,
}

/// What one column has to be known of to put another in its place.
#[derive(Clone, Copy, Debug)]
pub struct Replaced {
    /// What fills it.
    pub filling: Filling,
    /// Its values can be told apart by `=`.
    pub comparable: bool,
}

/// A column that gets another name.
#[derive(Clone, Debug)]
pub struct RenameColumn {
    /// The table.
    pub table: Target,
    /// The column.
    pub column: String,
    /// Its type, where known.
    pub ty: Option<TypeName>,
    /// What else is known of it.
    pub old: Replaced,
    /// Its new name.
    pub to: String,
    /// It was added by what ships with this statement.
    pub new: bool,
    /// It is a column of a view: `View` or `MaterializedView`.
    pub of_view: Option<ObjectKind>,
}

/// Something done to a column.
#[derive(Clone, Debug)]
pub struct ColumnChange {
    /// The table.
    pub table: Target,
    /// The column.
    pub column: String,
    /// It was added by what ships with this statement.
    pub new: bool,
    /// What is done, in SQL's words.
    pub what: String,
}

/// What fills a column that is left out, and goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Filler {
    /// A default.
    Default,
    /// The numbers of an identity.
    Identity,
    /// The expression of a generated column, which no code could write.
    Expression,
}

impl Filler {
    /// What it is called.
    pub fn word(self) -> &'static str {
        match self {
            Filler::Default => "default",
            Filler::Identity => "identity",
            Filler::Expression => "expression",
        }
    }
}

/// A column that loses its default, or what stands for one.
#[derive(Clone, Debug)]
pub struct DropDefault {
    /// The table.
    pub table: Target,
    /// The column.
    pub column: String,
    /// Whether it takes no `NULL`, where known.
    pub not_null: Option<bool>,
    /// It was added, with this default, by what ships with this statement.
    pub new: bool,
    /// What goes.
    pub filler: Filler,
}

/// Yes, no, or it depends on what is not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Answer {
    Yes,
    No,
    Unknown,
}

/// What becomes of values that a type does not hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Narrowing {
    /// Some are refused.
    pub refuses: bool,
    /// Some are rounded or cut, without a word.
    pub rounds: bool,
}

impl Narrowing {
    /// Whether there are such values.
    pub fn narrows(self) -> bool {
        self.refuses || self.rounds
    }
}

/// A `CHECK` that is verified again.
#[derive(Clone, Debug)]
pub struct Recheck {
    /// Its name.
    pub name: String,
    /// Its condition, where it is known as written.
    pub condition: Option<String>,
}

/// An index that is built again.
#[derive(Clone, Debug)]
pub struct Rebuild {
    /// Its name.
    pub name: Name,
    /// `UNIQUE`.
    pub unique: bool,
    /// It is behind a constraint.
    pub constraint: bool,
    /// Its text from the table's name on, where known.
    pub definition: Option<String>,
}

/// A column that gets another type.
#[derive(Clone, Debug)]
pub struct ChangeType {
    /// The table.
    pub table: Target,
    /// The column.
    pub column: String,
    /// Its type before, where known.
    pub from: Option<TypeName>,
    /// What else is known of it.
    pub old: Replaced,
    /// Its type after.
    pub to: TypeName,
    /// `COLLATE`.
    pub collation: Option<Name>,
    /// Values of the type after can be told apart by `=`.
    pub comparable: bool,
    /// What the type after checks of its values, if it is a domain that does.
    pub restricted: Option<Restricted>,
    /// `USING`, as written.
    pub using: Option<String>,
    /// `USING` only casts the column to the type.
    pub only_casts: bool,
    /// Whether every row is written anew.
    pub rewrites: Answer,
    /// Rows are read, to check a constraint again or to build an index again.
    pub scans: bool,
    /// What becomes of values that fitted before.
    pub narrowing: Narrowing,
    /// Clients see a type of another kind.
    pub visible: bool,
    /// The answer depends on the time zone of the session.
    pub zoned: bool,
    /// Constraints that are verified again while the table is locked.
    pub rechecks: Vec<Recheck>,
    /// Indexes that are built anew while the table is locked.
    pub rebuilds: Vec<Rebuild>,
    /// It was added by what ships with this statement.
    pub new: bool,
}

/// Why `SET NOT NULL` need not read the table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Proof {
    /// The column takes no `NULL` already.
    NotNull,
    /// A valid `CHECK` proves it.
    Check(String),
    /// A `CHECK` that would prove it is dropped in the same command.
    Dropped(String),
    /// What this constraint says was not seen; it goes in the same command, and proves nothing.
    DroppedUnseen(String),
    /// A `CHECK` that would prove it is not validated.
    NotValidated(String),
    /// Nothing does.
    Nothing,
    /// The table's constraints were not all seen.
    Unknown,
}

/// A column that takes no `NULL` any more.
#[derive(Clone, Debug)]
pub struct SetNotNull {
    /// The table.
    pub table: Target,
    /// The column.
    pub column: String,
    /// Why the table need not be read.
    pub proof: Proof,
    /// It was added by what ships with this statement.
    pub new: bool,
    /// It is new, and nothing fills it: an `INSERT` that does not name it fails.
    pub required: bool,
}

/// What kind of constraint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConstraintClass {
    /// `CHECK`.
    Check,
    /// `NOT NULL`, by name.
    NotNull,
    /// `PRIMARY KEY`.
    PrimaryKey,
    /// `UNIQUE`.
    Unique,
    /// `FOREIGN KEY`.
    ForeignKey,
    /// `EXCLUDE`.
    Patterns,
}

/// A constraint that is added.
#[derive(Clone, Debug)]
pub struct AddConstraint {
    /// The table.
    pub table: Target,
    /// Its name, as given.
    pub name: Option<String>,
    /// Its name, as given or made by the server.
    pub full_name: String,
    /// Its kind.
    pub class: ConstraintClass,
    /// The columns it is about.
    pub columns: Vec<String>,
    /// Its text after the name, without `NOT VALID`.
    pub definition: String,
    /// The index of a key in SQL, from its columns on.
    pub index: String,
    /// The condition of a check.
    pub condition: Option<Expr>,
    /// What is written behind it, such as `DEFERRABLE`.
    pub attributes: String,
    /// `NOT VALID`.
    pub not_valid: bool,
    /// `NOT ENFORCED`.
    pub not_enforced: bool,
    /// It is written with a column that is added.
    pub inline: bool,
    /// All its columns were added by what ships with this statement; of a unique key it is enough
    /// that one was which nothing fills, for two `NULL`s are not alike.
    pub on_new_columns: bool,
    /// One of these that nothing fills, and that may not hold `NULL` from here on.
    pub demands: Option<String>,
    /// Rows are read while the table is locked.
    pub scans: bool,
    /// An index is built while the table is locked.
    pub builds_index: bool,
    /// The index that is used.
    pub using_index: Option<String>,
    /// Key columns that may hold `NULL`, of a primary key.
    pub nullable: Vec<String>,
    /// The referenced table, of a foreign key.
    pub references: Option<Target>,
    /// Whether an index of the referencing columns is known to be missing.
    pub lacks_index: bool,
}

/// A constraint that is validated.
#[derive(Clone, Debug)]
pub struct ValidateConstraint {
    /// The table.
    pub table: Target,
    /// The constraint.
    pub constraint: String,
    /// Its kind, where known.
    pub class: Option<ConstraintClass>,
    /// It was added `NOT VALID` in the same transaction, whose lock is still held.
    pub added_in_transaction: bool,
    /// The lock of the command, where another part of it needs one that keeps others out.
    pub in_stronger_command: Option<LockMode>,
    /// Rows are read.
    pub scans: bool,
}

/// A constraint that is dropped.
#[derive(Clone, Debug)]
pub struct DropConstraint {
    /// The table.
    pub table: Target,
    /// The constraint.
    pub constraint: String,
    /// Its kind, where known or given away by its name.
    pub class: Option<ConstraintClass>,
    /// The kind is guessed from the name.
    pub guessed: bool,
    /// The referenced table, of a foreign key whose definition is known.
    pub references: Option<Target>,
    /// Its columns, where known.
    pub columns: Vec<String>,
    /// The condition of a check, where known.
    pub condition: Option<Expr>,
    /// It was added by what ships with this statement.
    pub new: bool,
    /// It only says what `NOT NULL`, another constraint or the bound of the partition says already.
    pub redundant: bool,
    /// What keeps duplicates out of the columns of a `UNIQUE` as it did.
    pub replaced_by: Option<String>,
    /// `CASCADE`.
    pub cascade: bool,
    /// Foreign keys that need it, each with its table.
    pub dependents: Vec<(String, Name)>,
}

/// An index that is built.
#[derive(Clone, Debug)]
pub struct BuildIndex {
    /// The table or materialized view.
    pub table: Target,
    /// Its name, as given.
    pub name: Option<String>,
    /// Its name, as given or made by the server.
    pub full_name: String,
    /// `UNIQUE`.
    pub unique: bool,
    /// Its key columns; an expression gives `None`.
    pub keys: Vec<Option<String>>,
    /// The part of the rows that it covers.
    pub predicate: Option<Expr>,
    /// `CONCURRENTLY`.
    pub concurrently: bool,
    /// `IF NOT EXISTS`.
    pub if_not_exists: bool,
    /// It was there already.
    pub exists: bool,
    /// `ON ONLY` a partitioned table: nothing is built.
    pub only: bool,
    /// Each partition has such an index already, which it takes over: nothing is built.
    pub attaches: bool,
    /// Its text from the table's name on.
    pub definition: String,
    /// Its text after the table's name.
    pub shape: String,
    /// No two rows are alike to it, those that old code writes included: all columns it is about
    /// were added by what ships with this statement, or one of them was that nothing fills.
    pub harmless: bool,
    /// It is on a materialized view.
    pub on_view: bool,
}

/// An index that is dropped.
#[derive(Clone, Debug)]
pub struct DropIndex {
    /// The index.
    pub index: Name,
    /// Its table, where known.
    pub table: Option<Target>,
    /// `CONCURRENTLY`.
    pub concurrently: bool,
    /// Its key columns, where known; an expression gives `None`.
    pub keys: Vec<Option<String>>,
    /// It was made by what ships with this statement, or is not there.
    pub new: bool,
    /// It belongs to a partitioned table, where `CONCURRENTLY` is refused.
    pub partitioned: bool,
}

/// Indexes that are built anew.
#[derive(Clone, Debug)]
pub struct Reindex {
    /// What is rebuilt: an index, a table, a schema, a database.
    pub kind: ObjectKind,
    /// Its name.
    pub name: Option<Name>,
    /// `CONCURRENTLY`.
    pub concurrently: bool,
    /// Its other options, as written.
    pub options: Vec<String>,
    /// The table, where it is one and known.
    pub table: Option<Target>,
    /// It has an exclusion constraint, whose index `CONCURRENTLY` passes over.
    pub excludes: bool,
}

/// Why a table's rows are written to a new file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RewriteCause {
    /// `SET LOGGED`.
    Logged,
    /// `SET UNLOGGED`.
    Unlogged,
    /// `SET ACCESS METHOD`.
    AccessMethod,
    /// `CLUSTER`.
    Cluster,
    /// `VACUUM FULL`.
    VacuumFull,
}

/// A table whose rows are written to a new file.
#[derive(Clone, Debug)]
pub struct Rewrite {
    /// The table; `None` for all.
    pub table: Option<Target>,
    /// Why.
    pub cause: RewriteCause,
}

/// What goes to another tablespace.
#[derive(Clone, Debug)]
pub enum Moved {
    /// A table or materialized view.
    Table(Target),
    /// An index, and its table where that is known.
    Index(Name, Option<Target>),
    /// All relations of a kind that are in this tablespace.
    All(ObjectKind, String),
}

/// Files that are copied to another tablespace.
#[derive(Clone, Debug)]
pub struct SetTablespace {
    /// What is moved.
    pub moved: Moved,
    /// Where to, where one relation is named.
    pub to: Option<String>,
}

/// Rows that are removed wholesale.
#[derive(Clone, Debug)]
pub struct Truncate {
    /// The tables.
    pub tables: Vec<Target>,
    /// `CASCADE`.
    pub cascade: bool,
    /// Tables that are emptied because they reference one of these.
    pub also: Vec<Name>,
}

/// A trigger that is created.
#[derive(Clone, Debug)]
pub struct CreateTrigger {
    /// The table.
    pub table: Target,
    /// The trigger.
    pub name: String,
    /// The table is a view, which needs `INSTEAD OF` triggers to be written to.
    pub on_view: bool,
}

/// Triggers that are switched.
#[derive(Clone, Debug)]
pub struct SwitchTrigger {
    /// The table.
    pub table: Target,
    /// On, else off in ordinary sessions.
    pub enable: bool,
    /// On in sessions that apply what was replicated, and only there.
    pub replica: bool,
    /// The trigger's name, `all` or `user`.
    pub which: String,
    /// Triggers that enforce foreign keys are among them, as far as is known.
    pub keys: bool,
}

/// What identifies rows in logical replication.
#[derive(Clone, Debug)]
pub struct ReplicaChange {
    /// The table.
    pub table: Target,
    /// `nothing`, `full`, `default` or the index.
    pub identity: String,
}

/// A domain whose values are restricted.
#[derive(Clone, Debug)]
pub struct RestrictDomain {
    /// The domain.
    pub domain: Name,
    /// Its creation was seen.
    pub known: bool,
    /// The constraint, where it has a name.
    pub constraint: Option<String>,
    /// Its text, without `NOT VALID`.
    pub definition: String,
    /// Tables that are locked against writes and read; none when nothing is checked.
    pub tables: Vec<Name>,
    /// All values are checked now.
    pub checks: bool,
    /// It is `VALIDATE CONSTRAINT`.
    pub validates: bool,
    /// It was made by what ships with this statement.
    pub new: bool,
}

/// A materialized view that is filled.
#[derive(Clone, Debug)]
pub struct Refresh {
    /// The view.
    pub view: Target,
    /// `CONCURRENTLY`.
    pub concurrently: bool,
    /// It was filled before, as far as is known.
    pub populated: bool,
    /// `WITH NO DATA`.
    pub empties: bool,
    /// It has an index that `CONCURRENTLY` can use, as far as is known.
    pub indexed: bool,
    /// Columns that are different in each of its rows, as far as its query tells.
    pub key: Vec<String>,
}

impl Refresh {
    /// Whether nobody can read any more what could be read before.
    pub fn is_emptied(&self) -> bool {
        self.empties && self.populated && self.view.in_use()
    }
}

/// How many rows a data change can touch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// A number that stands in the statement.
    Listed(usize),
    /// Those of a range, or those that a key names.
    Bounded,
    /// All that match a condition which bounds nothing.
    Matching,
    /// All.
    Everything,
}

/// Rows that are written.
#[derive(Clone, Debug)]
pub struct Write {
    /// The table.
    pub table: Target,
    /// How.
    pub verb: DataVerb,
    /// What it does: the verb itself, or what the branches of a `MERGE` do.
    pub does: Vec<DataVerb>,
    /// How many rows it can touch.
    pub reach: Reach,
    /// How it is made a few rows at a time; `None` where it cannot be by itself.
    pub cut: Option<Cut>,
    /// `ON CONFLICT`.
    pub on_conflict: Option<OnConflict>,
    /// Columns of the primary key, where known.
    pub key: Vec<String>,
}

/// What is needed to write an `UPDATE` or `DELETE` again for fewer rows.
#[derive(Clone, Debug)]
pub struct Cut {
    /// `ONLY`.
    pub only: bool,
    /// Its alias.
    pub alias: Option<String>,
    /// Its clauses, as written.
    pub clauses: Clauses,
    /// Columns that are set.
    pub sets: Vec<SetColumn>,
    /// The condition, as written; `None` where it is always true.
    pub predicate: Option<String>,
    /// How a batch is found.
    pub by: CutBy,
}

/// How the rows of a batch are found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CutBy {
    /// By their place, for the condition holds for no row that is done.
    Condition,
    /// By their place, among rows that do not have their new values yet.
    Values,
    /// By a range of the key: rows do not show that they are done, or places are not unique.
    Key,
}

/// A column, or several, that an `UPDATE` sets.
#[derive(Clone, Debug)]
pub struct SetColumn {
    /// The left side, as written.
    pub target: String,
    /// The new value, as written.
    pub value: String,
    /// How a row shows that it has it.
    pub shows: Shows,
}

/// How a row shows that a column has its new value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shows {
    /// It is not distinct from the value.
    Equal {
        /// The type to which that is cast first.
        cast: Option<String>,
        /// What is compared of both.
        image: &'static str,
    },
    /// It is `NULL`.
    Null,
    /// In no way: each run would give another value, or it cannot be compared.
    No,
}

/// A table that is locked by name.
#[derive(Clone, Debug)]
pub struct LockTable {
    /// The table.
    pub table: Target,
    /// The mode.
    pub mode: LockMode,
}

/// A parameter that is set.
#[derive(Clone, Debug)]
pub struct SetParameter {
    /// The parameter, in lower case.
    pub name: String,
    /// Its value; `None` when it goes back to its default.
    pub value: Option<String>,
    /// For the rest of the transaction only.
    pub local: bool,
}

impl Part {
    /// Something to be said of what stands there.
    pub(super) fn remark(span: Span, remark: Remark) -> Part {
        Part::of(span, Effect::Remark(remark))
    }

    /// An effect that breaks nothing and loses nothing.
    pub(super) fn of(span: Span, effect: Effect) -> Part {
        Part {
            span,
            effect,
            breaks: Vec::new(),
            loses: Vec::new(),
            conditional: false,
            made_good: false,
            held: Arc::default(),
        }
    }

    /// The phase it belongs to; `None` if it fits any.
    pub fn phase(&self) -> Option<Phase> {
        if self.made_good {
            return Some(Phase::Expand);
        }
        super::classify::phase(&self.effect)
    }

    /// Whether code that runs beside it breaks, or data is lost.
    pub fn harms(&self) -> bool {
        !self.breaks.is_empty() || !self.loses.is_empty()
    }
}

impl Analysis {
    /// Whether any of it says `CONCURRENTLY`.
    pub fn is_concurrent(&self) -> bool {
        self.parts.iter().any(|part| match &part.effect {
            Effect::BuildIndex(build) => build.concurrently,
            Effect::DropIndex(drop) => drop.concurrently,
            Effect::Reindex(reindex) => reindex.concurrently,
            Effect::DetachPartition(detach) => detach.concurrently,
            _ => false,
        })
    }

    /// Whether the server refuses it because a transaction is open.
    pub fn needs_no_transaction(&self) -> bool {
        self.refusal.as_ref().is_some_and(|refusal| refusal.sqlstate == "25001")
    }

    /// The phase it belongs to, the strongest of its parts; `None` if it fits any.
    pub fn phase(&self) -> Option<Phase> {
        self.parts.iter().filter_map(Part::phase).max()
    }

    /// Whether it can be told what it takes away: what is not understood is never called safe.
    pub fn is_understood(&self) -> bool {
        self.confidence != Confidence::Opaque && !self.hides
    }

    /// What it breaks.
    pub fn breaks(&self) -> impl Iterator<Item = &Break> {
        self.parts.iter().filter(|part| !part.made_good).flat_map(|part| &part.breaks)
    }

    /// Data that is gone after it.
    pub fn loses(&self) -> impl Iterator<Item = &str> {
        let kept = self.parts.iter().filter(|part| !part.made_good);
        kept.flat_map(|part| &part.loses).map(String::as_str)
    }
}
