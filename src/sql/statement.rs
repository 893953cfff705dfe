//! One statement as the rest of the house sees it.

use super::cursor::Misread;
use super::expr::Expr;
use super::expr::Expression;
use super::lexer::Comment;
use super::lexer::Placeholder;
use super::name::Name;
use super::query::DataChange;
use super::query::Query;
use super::since::Since;
use super::span::Span;
use super::types::TypeName;

/// A statement with its place in the file.
#[derive(Clone, Debug)]
pub struct Statement {
    /// From its first to its last token, the `;` left out.
    pub span: Span,
    /// What it says.
    pub body: Body,
    /// The newest syntax in it, where not every version that we know of reads it.
    pub since: Option<Since>,
}

/// What a statement says.
#[derive(Clone, Debug)]
pub enum Body {
    /// `CREATE TABLE`, plain, `PARTITION OF`, `OF` a type, or foreign.
    CreateTable(Box<CreateTable>),
    /// `CREATE TABLE … AS` and `SELECT … INTO`.
    CreateTableAs(Box<CreateTableAs>),
    /// `ALTER TABLE`, and what `ALTER INDEX`, `ALTER VIEW`, `ALTER SEQUENCE` share with it.
    AlterRelation(Box<AlterRelation>),
    /// `CREATE INDEX`.
    CreateIndex(Box<CreateIndex>),
    /// `CREATE VIEW` and `CREATE MATERIALIZED VIEW`.
    CreateView(Box<CreateView>),
    /// `REFRESH MATERIALIZED VIEW`.
    Refresh(Refresh),
    /// `CREATE SEQUENCE`.
    CreateSequence(CreateSequence),
    /// `CREATE TYPE`.
    CreateType(CreateType),
    /// `CREATE DOMAIN`.
    CreateDomain(Box<CreateDomain>),
    /// `ALTER TYPE` beyond name, owner and schema.
    AlterType(AlterType),
    /// `ALTER DOMAIN` beyond name, owner and schema.
    AlterDomain(AlterDomain),
    /// `CREATE FUNCTION` and `CREATE PROCEDURE`.
    CreateFunction(Box<CreateFunction>),
    /// `CREATE TRIGGER`.
    CreateTrigger(Box<CreateTrigger>),
    /// `CREATE RULE` and `CREATE POLICY`: what hangs on a table and changes what it does.
    CreateOnTable(CreateOnTable),
    /// `CREATE SCHEMA`, with the statements inside it.
    CreateSchema(CreateSchema),
    /// `CREATE` of any other object.
    CreateOther(CreateOther),
    /// `ALTER` of any other object, or a change of name, owner or schema.
    AlterObject(AlterObject),
    /// `DROP`.
    Drop(DropObjects),
    /// `TRUNCATE`.
    Truncate(Truncate),
    /// `LOCK TABLE`.
    Lock(LockTable),
    /// `COMMENT ON` and `SECURITY LABEL`.
    Comment(ObjectRef),
    /// `GRANT` and `REVOKE`, of privileges or of roles.
    Grant(Grant),
    /// `REINDEX`.
    Reindex(Reindex),
    /// `CLUSTER`.
    Cluster(Cluster),
    /// `VACUUM` and `ANALYZE`.
    Vacuum(Vacuum),
    /// `INSERT`, `UPDATE`, `DELETE`, `MERGE`.
    Data(Box<DataChange>),
    /// `SELECT`, `VALUES`, `TABLE`.
    Query(Box<Query>),
    /// `COPY`.
    Copy(CopyRows),
    /// `DO`, and `CALL` of a procedure.
    Do(DoBlock),
    /// `BEGIN`, `COMMIT` and their kin.
    Transaction(TransactionVerb),
    /// `SET` and `RESET` of a parameter.
    Set(SetParameter),
    /// A statement that touches no relation and needs no more said, such as `SHOW` or `LISTEN`.
    Utility(&'static str),
    /// `CALL` of a procedure.
    Call(Name),
    /// `EXPLAIN`: the statement inside, and whether it is run.
    Explain(Box<Statement>, bool),
    /// SQL that is put together while it runs.
    Dynamic(Dynamic),
    /// Not understood.
    Unreadable(Misread),
}

/// The kinds of objects that SQL names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the names say it")]
pub enum ObjectKind {
    AccessMethod,
    Aggregate,
    Cast,
    Collation,
    Column,
    Constraint,
    Conversion,
    Database,
    DefaultPrivileges,
    Domain,
    EventTrigger,
    Extension,
    ForeignDataWrapper,
    ForeignTable,
    Function,
    Index,
    Language,
    LargeObject,
    MaterializedView,
    Operator,
    OperatorClass,
    OperatorFamily,
    Owned,
    Parameter,
    Policy,
    Procedure,
    Publication,
    Role,
    Routine,
    Rule,
    Schema,
    Sequence,
    Server,
    Statistics,
    Subscription,
    System,
    Table,
    Tablespace,
    TextSearch,
    Transform,
    Trigger,
    Type,
    UserMapping,
    View,
}

impl ObjectKind {
    /// The kind in SQL's words, in lower case: `materialized view`.
    pub fn words(self) -> &'static str {
        match self {
            ObjectKind::AccessMethod => "access method",
            ObjectKind::Aggregate => "aggregate",
            ObjectKind::Cast => "cast",
            ObjectKind::Collation => "collation",
            ObjectKind::Column => "column",
            ObjectKind::Constraint => "constraint",
            ObjectKind::Conversion => "conversion",
            ObjectKind::Database => "database",
            ObjectKind::DefaultPrivileges => "default privileges",
            ObjectKind::Domain => "domain",
            ObjectKind::EventTrigger => "event trigger",
            ObjectKind::Extension => "extension",
            ObjectKind::ForeignDataWrapper => "foreign data wrapper",
            ObjectKind::ForeignTable => "foreign table",
            ObjectKind::Function => "function",
            ObjectKind::Index => "index",
            ObjectKind::Language => "language",
            ObjectKind::LargeObject => "large object",
            ObjectKind::MaterializedView => "materialized view",
            ObjectKind::Operator => "operator",
            ObjectKind::OperatorClass => "operator class",
            ObjectKind::OperatorFamily => "operator family",
            ObjectKind::Owned => "owned",
            ObjectKind::Parameter => "parameter",
            ObjectKind::Policy => "policy",
            ObjectKind::Procedure => "procedure",
            ObjectKind::Publication => "publication",
            ObjectKind::Role => "role",
            ObjectKind::Routine => "routine",
            ObjectKind::Rule => "rule",
            ObjectKind::Schema => "schema",
            ObjectKind::Sequence => "sequence",
            ObjectKind::Server => "server",
            ObjectKind::Statistics => "statistics",
            ObjectKind::Subscription => "subscription",
            ObjectKind::System => "system",
            ObjectKind::Table => "table",
            ObjectKind::Tablespace => "tablespace",
            ObjectKind::TextSearch => "text search",
            ObjectKind::Transform => "transform",
            ObjectKind::Trigger => "trigger",
            ObjectKind::Type => "type",
            ObjectKind::UserMapping => "user mapping",
            ObjectKind::View => "view",
        }
    }
}

/// An object by kind and name; `on` is the table of what hangs on one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectRef {
    /// What it is.
    pub kind: ObjectKind,
    /// Its name; empty for objects that have none, such as casts.
    pub name: Name,
    /// The table it hangs on: for columns, constraints, triggers, rules and policies.
    pub on: Option<Name>,
    /// Argument types, for functions and their kin where given.
    pub arguments: Option<Vec<TypeName>>,
}

impl ObjectRef {
    /// An object that stands alone.
    pub fn new(kind: ObjectKind, name: Name) -> ObjectRef {
        ObjectRef { kind, name, on: None, arguments: None }
    }
}

/// How long a relation lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Persistence {
    /// Until it is dropped, crash-safe.
    #[default]
    Permanent,
    /// Until it is dropped; emptied by a crash.
    Unlogged,
    /// Until the session ends; seen by no other.
    Temporary,
}

/// `CREATE TABLE`.
#[derive(Clone, Debug, Default)]
pub struct CreateTable {
    /// The new table.
    pub name: Name,
    /// Temporary or unlogged.
    pub persistence: Persistence,
    /// `IF NOT EXISTS`.
    pub if_not_exists: bool,
    /// `CREATE FOREIGN TABLE`.
    pub foreign: bool,
    /// Its columns.
    pub columns: Vec<ColumnDef>,
    /// Its table constraints.
    pub constraints: Vec<Constraint>,
    /// `LIKE` clauses: the source, and whether indexes or constraints come along.
    pub likes: Vec<Like>,
    /// `INHERITS`.
    pub inherits: Vec<Name>,
    /// `OF` a composite type.
    pub of_type: Option<Name>,
    /// `PARTITION BY`.
    pub partition_by: Option<PartitionBy>,
    /// `PARTITION OF`: the parent, and which rows.
    pub partition_of: Option<(Name, Bound)>,
    /// Of a partition: what stands in parentheses after its parent, and after its bound.
    pub partition_text: (String, String),
    /// `USING`.
    pub access_method: Option<String>,
    /// `WITH (…)`.
    pub options: Vec<(String, String)>,
}

/// `LIKE source INCLUDING …`.
#[derive(Clone, Debug)]
pub struct Like {
    /// The table that is copied.
    pub source: Name,
    /// What is included, in capitals: `INDEXES`, `CONSTRAINTS`, `DEFAULTS` …; for `ALL` each.
    pub including: Vec<String>,
}

/// `PARTITION BY strategy (keys)`.
#[derive(Clone, Debug, PartialEq)]
pub struct PartitionBy {
    /// `range`, `list` or `hash`.
    pub strategy: String,
    /// Columns of the key; an expression gives `None`.
    pub columns: Vec<Option<String>>,
    /// Columns that its expressions mention.
    pub computed_from: Vec<String>,
}

/// Which rows a partition holds.
#[derive(Clone, Debug, PartialEq)]
pub enum Bound {
    /// All that no other takes.
    Default,
    /// `IN (…)`.
    In(Vec<Expression>),
    /// `FROM (…) TO (…)`.
    Range(Vec<Expression>, Vec<Expression>),
    /// `WITH (MODULUS …, REMAINDER …)`.
    Hash(i64, i64),
}

/// `CREATE TABLE … AS`, `SELECT … INTO`.
#[derive(Clone, Debug)]
pub struct CreateTableAs {
    /// The new table.
    pub name: Name,
    /// Temporary or unlogged.
    pub persistence: Persistence,
    /// `IF NOT EXISTS`.
    pub if_not_exists: bool,
    /// Column names, where given.
    pub columns: Option<Vec<String>>,
    /// Where the rows come from.
    pub query: Query,
    /// Not `WITH NO DATA`.
    pub with_data: bool,
}

/// A column of a table.
#[derive(Clone, Debug)]
pub struct ColumnDef {
    /// Name, type and constraints together.
    pub span: Span,
    /// Its name.
    pub name: String,
    /// Its type; `None` in a typed table or a partition, where the parent says it.
    pub ty: Option<TypeName>,
    /// `COLLATE`.
    pub collation: Option<Name>,
    /// `DEFAULT`.
    pub default: Option<Expression>,
    /// `GENERATED … AS`.
    pub generated: Option<Generated>,
    /// Whether `NOT NULL` stands here.
    pub not_null: bool,
    /// The name that its `NOT NULL` is given.
    pub not_null_name: Option<String>,
    /// Other constraints written with the column, in the form of table constraints.
    pub constraints: Vec<Constraint>,
    /// Its text, without those constraints.
    pub plain: String,
}

/// What fills a generated column.
#[derive(Clone, Debug)]
pub enum Generated {
    /// `GENERATED ALWAYS AS (…) STORED`.
    Stored(Expression),
    /// `GENERATED ALWAYS AS (…) VIRTUAL`, or without either word.
    Virtual(Expression),
    /// `GENERATED … AS IDENTITY`.
    Identity(Identity),
}

/// `GENERATED … AS IDENTITY`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// `ALWAYS`, else `BY DEFAULT`.
    pub always: bool,
    /// The options of its sequence, as written.
    pub options: String,
    /// The name of its sequence, where one is given.
    pub sequence: Option<Name>,
}

/// A constraint, as a table constraint; one of a column names that column.
#[derive(Clone, Debug)]
pub struct Constraint {
    /// The whole of it.
    pub span: Span,
    /// The name after `CONSTRAINT`.
    pub name: Option<String>,
    /// What it demands.
    pub kind: ConstraintKind,
    /// The same as written, in the form of a table constraint.
    pub definition: String,
    /// What is written behind it, such as `DEFERRABLE`, without `NOT VALID`.
    pub attributes: String,
    /// `NOT VALID`.
    pub not_valid: bool,
    /// `NOT ENFORCED`.
    pub not_enforced: bool,
    /// `NO INHERIT`.
    pub no_inherit: bool,
    /// `DEFERRABLE`.
    pub deferrable: bool,
    /// It was written with a column.
    pub inline: bool,
}

/// What a constraint demands.
#[derive(Clone, Debug)]
pub enum ConstraintKind {
    /// `CHECK`.
    Check(Expression),
    /// `NOT NULL column`.
    NotNull(String),
    /// `UNIQUE` or `PRIMARY KEY`.
    Key(Key),
    /// `FOREIGN KEY`.
    ForeignKey(ForeignKey),
    /// `EXCLUDE`.
    Patterns {
        /// The columns it names; expressions left out.
        columns: Vec<String>,
    },
}

/// `UNIQUE` or `PRIMARY KEY`.
#[derive(Clone, Debug)]
pub struct Key {
    /// `PRIMARY KEY`.
    pub primary: bool,
    /// The key columns; empty with `USING INDEX`.
    pub columns: Vec<String>,
    /// `INCLUDE`.
    pub include: Vec<String>,
    /// `NULLS NOT DISTINCT`.
    pub nulls_not_distinct: bool,
    /// `WITH (…)` and `TABLESPACE` of its index, as `CREATE INDEX` takes them.
    pub storage: String,
    /// `USING INDEX name`.
    pub using_index: Option<String>,
}

/// `FOREIGN KEY`.
#[derive(Clone, Debug)]
pub struct ForeignKey {
    /// The referencing columns.
    pub columns: Vec<String>,
    /// The referenced table.
    pub references: Name,
    /// The referenced columns; empty for the primary key.
    pub referenced_columns: Vec<String>,
    /// `ON DELETE`, in capitals.
    pub on_delete: Option<String>,
    /// `ON UPDATE`, in capitals.
    pub on_update: Option<String>,
    /// `MATCH FULL`.
    pub match_full: bool,
}

/// `ALTER TABLE`, `ALTER INDEX`, `ALTER VIEW`, `ALTER MATERIALIZED VIEW`, `ALTER SEQUENCE`,
/// `ALTER FOREIGN TABLE`.
#[derive(Clone, Debug)]
pub struct AlterRelation {
    /// The word after `ALTER`; PostgreSQL lets `TABLE` stand for most others.
    pub kind: ObjectKind,
    /// The relation.
    pub name: Name,
    /// `IF EXISTS`.
    pub if_exists: bool,
    /// `ONLY`.
    pub only: bool,
    /// What is done, in order.
    pub actions: Vec<AlterAction>,
}

/// One sub-command of `ALTER TABLE`.
#[derive(Clone, Debug)]
pub struct AlterAction {
    /// Its place.
    pub span: Span,
    /// What it does.
    pub verb: AlterVerb,
}

/// What a sub-command of `ALTER TABLE` does.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "each is named by its SQL")]
pub enum AlterVerb {
    AddColumn { column: Box<ColumnDef>, if_not_exists: bool },
    DropColumn { column: String, if_exists: bool, cascade: bool },
    AlterType { column: String, ty: TypeName, collation: Option<Name>, using: Option<Expression> },
    SetDefault { column: String, default: Expression },
    DropDefault { column: String },
    SetNotNull { column: String },
    DropNotNull { column: String },
    SetExpression { column: String, expression: Expression },
    DropExpression { column: String, if_exists: bool },
    AddIdentity { column: String, always: bool, sequence: Option<Name> },
    SetIdentity { column: String, always: bool },
    DropIdentity { column: String, if_exists: bool },
    SetStatistics { column: String },
    SetAttributeOptions { column: String },
    SetStorage { column: String },
    SetCompression { column: String },
    AddConstraint(Box<Constraint>),
    AlterConstraint { constraint: String, enforced: Option<bool>, inherit: Option<bool> },
    ValidateConstraint { constraint: String },
    DropConstraint { constraint: String, if_exists: bool, cascade: bool },
    RenameColumn { from: String, to: String },
    RenameConstraint { from: String, to: String },
    RenameTo(String),
    SetSchema(String),
    OwnerTo(String),
    Trigger { enable: bool, replica: bool, which: String },
    Rule { enable: bool, which: String },
    RowSecurity(RowSecurity),
    ClusterOn { index: String },
    SetWithoutCluster,
    SetWithoutOids,
    SetTablespace(String),
    SetAccessMethod(String),
    SetLogged(bool),
    SetOptions { options: Vec<(String, String)>, reset: bool },
    Inherit { parent: Name, remove: bool },
    OfType(Option<Name>),
    ReplicaIdentity(ReplicaIdentity),
    AttachPartition { partition: Name, bound: Bound },
    DetachPartition { partition: Name, mode: Detach },
    AttachIndex { index: Name },
    DependsOnExtension,
    Sequence { options: String, owned_by: Option<Owner>, ty: Option<TypeName> },
    ViewDefault { column: String },
    Options,
}

/// How row-level security is turned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum RowSecurity {
    Enable,
    Disable,
    Force,
    NoForce,
}

/// What identifies a row in logical replication.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum ReplicaIdentity {
    Default,
    Nothing,
    Full,
    Index(String),
}

/// How a partition is detached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Detach {
    Plain,
    Concurrently,
    Finalize,
}

/// `CREATE INDEX`.
#[derive(Clone, Debug)]
pub struct CreateIndex {
    /// Its name, where given.
    pub name: Option<String>,
    /// `IF NOT EXISTS`.
    pub if_not_exists: bool,
    /// `UNIQUE`.
    pub unique: bool,
    /// `CONCURRENTLY`.
    pub concurrently: bool,
    /// `ON ONLY`.
    pub only: bool,
    /// The table or materialized view.
    pub table: Name,
    /// The access method; `btree` unless said.
    pub method: String,
    /// Its key.
    pub keys: Vec<IndexKey>,
    /// `INCLUDE`.
    pub include: Vec<String>,
    /// `NULLS NOT DISTINCT`.
    pub nulls_not_distinct: bool,
    /// `TABLESPACE`.
    pub tablespace: Option<String>,
    /// `WHERE`.
    pub predicate: Option<Expression>,
    /// Its text from the table's name on, to write it again with other options.
    pub definition: String,
    /// Its text after the table's name: access method, key and what follows.
    pub shape: String,
}

/// One key of an index.
#[derive(Clone, Debug)]
pub struct IndexKey {
    /// The column, unless it is an expression.
    pub column: Option<String>,
    /// The expression, unless it is a column.
    pub expression: Option<Expression>,
    /// Collation, operator class or order is not the default.
    pub special: bool,
    /// `DESC` or `NULLS FIRST`: not the default order.
    pub reordered: bool,
}

/// `CREATE VIEW`, `CREATE MATERIALIZED VIEW`.
#[derive(Clone, Debug)]
pub struct CreateView {
    /// The view.
    pub name: Name,
    /// `MATERIALIZED`.
    pub materialized: bool,
    /// `OR REPLACE`.
    pub or_replace: bool,
    /// `IF NOT EXISTS`.
    pub if_not_exists: bool,
    /// `TEMPORARY`.
    pub temporary: bool,
    /// Column names, where given.
    pub columns: Option<Vec<String>>,
    /// The query behind it.
    pub query: Query,
    /// Not `WITH NO DATA`.
    pub with_data: bool,
}

/// `REFRESH MATERIALIZED VIEW`.
#[derive(Clone, Debug)]
pub struct Refresh {
    /// The view.
    pub name: Name,
    /// `CONCURRENTLY`.
    pub concurrently: bool,
    /// Not `WITH NO DATA`.
    pub with_data: bool,
}

/// What `OWNED BY` of a sequence names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Owner {
    /// A column: its table, and its name.
    Column(Name, String),
    /// `NONE`.
    Nobody,
}

/// `CREATE SEQUENCE`.
#[derive(Clone, Debug)]
pub struct CreateSequence {
    /// The sequence.
    pub name: Name,
    /// `IF NOT EXISTS`.
    pub if_not_exists: bool,
    /// `TEMPORARY` or `UNLOGGED`.
    pub persistence: Persistence,
    /// `OWNED BY table.column`.
    pub owned_by: Option<(Name, String)>,
}

/// `CREATE TYPE`.
#[derive(Clone, Debug)]
pub struct CreateType {
    /// The type.
    pub name: Name,
    /// What it is made of.
    pub form: TypeForm,
}

/// What a type is made of.
#[derive(Clone, Debug)]
pub enum TypeForm {
    /// Labels of an enum.
    Enum(Vec<String>),
    /// Attributes of a composite type.
    Composite(Vec<(String, TypeName)>),
    /// A range over some subtype.
    Range,
    /// A base type, or only its name.
    Base,
}

/// `CREATE DOMAIN`.
#[derive(Clone, Debug)]
pub struct CreateDomain {
    /// The domain.
    pub name: Name,
    /// The type under it.
    pub ty: TypeName,
    /// `DEFAULT`.
    pub default: Option<Expression>,
    /// `NOT NULL`.
    pub not_null: bool,
    /// `CHECK`s.
    pub constraints: Vec<Constraint>,
}

/// `ALTER TYPE`.
#[derive(Clone, Debug)]
pub struct AlterType {
    /// The type.
    pub name: Name,
    /// What is done to it.
    pub verbs: Vec<AlterTypeVerb>,
}

/// What `ALTER TYPE` does.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "each is named by its SQL")]
pub enum AlterTypeVerb {
    AddValue { label: String, if_not_exists: bool },
    DropValue,
    RenameValue { from: String, to: String },
    RenameAttribute { from: String, to: String, cascade: bool },
    AddAttribute { attribute: String, ty: TypeName, cascade: bool },
    DropAttribute { attribute: String, cascade: bool },
    AlterAttribute { attribute: String, ty: TypeName, cascade: bool },
    SetOptions,
}

/// `ALTER DOMAIN`.
#[derive(Clone, Debug)]
pub struct AlterDomain {
    /// The domain.
    pub name: Name,
    /// What is done to it.
    pub verb: AlterDomainVerb,
}

/// What `ALTER DOMAIN` does.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "each is named by its SQL")]
pub enum AlterDomainVerb {
    SetDefault(Expression),
    DropDefault,
    SetNotNull,
    DropNotNull,
    AddConstraint(Box<Constraint>),
    AddNotNull,
    DropConstraint { constraint: String, if_exists: bool },
    RenameConstraint { from: String, to: String },
    ValidateConstraint { constraint: String },
}

/// `CREATE FUNCTION`, `CREATE PROCEDURE`.
#[derive(Clone, Debug)]
pub struct CreateFunction {
    /// The routine.
    pub name: Name,
    /// `PROCEDURE`.
    pub procedure: bool,
    /// `OR REPLACE`.
    pub or_replace: bool,
    /// Types of the arguments that callers give.
    pub arguments: Vec<TypeName>,
    /// How many of the last of them have a default.
    pub optional: usize,
    /// `RETURNS`.
    pub returns: Option<TypeName>,
    /// The language, in lower case.
    pub language: Option<String>,
    /// What it promises of its results.
    pub volatility: Volatility,
    /// `STRICT`.
    pub strict: bool,
    /// `SECURITY DEFINER`.
    pub security_definer: bool,
    /// It has `SET` clauses.
    pub sets_parameters: bool,
    /// The body's place and text: a string's value, or `BEGIN ATOMIC … END`.
    pub body: Option<FunctionBody>,
}

/// The body of a routine.
#[derive(Clone, Debug)]
pub struct FunctionBody {
    /// Where it stands, quotes included.
    pub span: Span,
    /// Its text, without quotes.
    pub text: String,
    /// SQL that was parsed when the routine was created, so that dependencies are known.
    pub parsed: bool,
}

/// What a function promises of its results.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Volatility {
    /// The same result for ever.
    Immutable,
    /// The same result within a statement.
    Stable,
    /// Nothing.
    #[default]
    Volatile,
}

/// `CREATE TRIGGER`.
#[derive(Clone, Debug)]
pub struct CreateTrigger {
    /// The trigger.
    pub name: String,
    /// The table.
    pub table: Name,
    /// `OR REPLACE`.
    pub or_replace: bool,
    /// `CONSTRAINT`.
    pub constraint: bool,
    /// `FROM` another table.
    pub from: Option<Name>,
    /// Columns after `UPDATE OF`.
    pub update_of: Vec<String>,
    /// `REFERENCING`.
    pub transitions: bool,
    /// `WHEN`.
    pub when: Option<Expression>,
    /// `FOR EACH ROW`.
    pub each_row: bool,
    /// The function it calls.
    pub function: Name,
}

/// `CREATE RULE`, `CREATE POLICY`.
#[derive(Clone, Debug)]
pub struct CreateOnTable {
    /// Which of the two.
    pub kind: ObjectKind,
    /// The rule or policy.
    pub name: String,
    /// The table or view.
    pub table: Name,
    /// `OR REPLACE`.
    pub or_replace: bool,
    /// What it reads: of a policy its expressions, of a rule its actions.
    pub uses: Query,
}

/// `CREATE SCHEMA`.
#[derive(Clone, Debug)]
pub struct CreateSchema {
    /// The schema; empty if it is named after its owner.
    pub name: String,
    /// `IF NOT EXISTS`.
    pub if_not_exists: bool,
    /// Statements inside, which create objects in it.
    pub inner: Vec<Statement>,
}

/// `CREATE` of an object that needs no more said.
#[derive(Clone, Debug)]
pub struct CreateOther {
    /// The object.
    pub object: ObjectRef,
    /// `OR REPLACE`.
    pub or_replace: bool,
    /// `IF NOT EXISTS`.
    pub if_not_exists: bool,
    /// Tables of a publication or of extended statistics.
    pub tables: Vec<Listed>,
    /// A publication of all tables, or of those of whole schemas.
    pub all_tables: bool,
    /// Options in lower case, where they matter: those of a subscription.
    pub options: Vec<(String, String)>,
}

/// A table that a publication or extended statistics list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// The table.
    pub table: Name,
    /// `ONLY`: without those that inherit from it.
    pub only: bool,
    /// Columns that a publication names of it, in its list or in its condition.
    pub columns: Vec<String>,
}

/// What becomes of the tables that `ALTER PUBLICATION` lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListChange {
    /// `ADD`.
    Add,
    /// `SET`: they take the place of all.
    Set,
    /// `DROP`.
    Drop,
}

/// `ALTER` of an object that needs no more said.
#[derive(Clone, Debug)]
pub struct AlterObject {
    /// The object.
    pub object: ObjectRef,
    /// What is done to it.
    pub verb: AlterObjectVerb,
}

/// What is done to an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AlterObjectVerb {
    /// `RENAME TO`.
    RenameTo(String),
    /// `SET SCHEMA`.
    SetSchema(String),
    /// `OWNER TO`.
    OwnerTo(String),
    /// A function's `VOLATILE`, `STRICT` and so on.
    Volatility(Volatility),
    /// Tables of a publication.
    Tables {
        /// The tables.
        tables: Vec<Listed>,
        /// What becomes of them.
        change: ListChange,
    },
    /// `REFRESH PUBLICATION`, or an `ADD|SET|DROP PUBLICATION` that refreshes.
    Refresh,
    /// `ALTER DATABASE … SET TABLESPACE`.
    SetTablespace,
    /// Anything else; the first word after the name, in lower case.
    Other(String),
}

/// `DROP`.
#[derive(Clone, Debug)]
pub struct DropObjects {
    /// The objects, all of one kind.
    pub objects: Vec<ObjectRef>,
    /// Where each of them is named.
    pub spans: Vec<Span>,
    /// Their kind.
    pub kind: ObjectKind,
    /// `IF EXISTS`.
    pub if_exists: bool,
    /// `CONCURRENTLY`.
    pub concurrently: bool,
    /// `CASCADE`.
    pub cascade: bool,
}

/// `TRUNCATE`.
#[derive(Clone, Debug)]
pub struct Truncate {
    /// The tables; `true` with `ONLY`.
    pub tables: Vec<(Name, bool)>,
    /// `CASCADE`.
    pub cascade: bool,
    /// `RESTART IDENTITY`.
    pub restart_identity: bool,
}

/// `LOCK TABLE`.
#[derive(Clone, Debug)]
pub struct LockTable {
    /// The tables; `true` with `ONLY`.
    pub tables: Vec<(Name, bool)>,
    /// The mode in words, in capitals: `ACCESS EXCLUSIVE`.
    pub mode: String,
    /// `NOWAIT`.
    pub nowait: bool,
}

/// `GRANT`, `REVOKE`.
#[derive(Clone, Debug)]
pub struct Grant {
    /// `REVOKE`.
    pub revoke: bool,
    /// The objects, where they are named one by one.
    pub objects: Vec<ObjectRef>,
    /// The schemas of which all objects of a kind are meant.
    pub schemas: Vec<String>,
    /// Roles are granted, not privileges.
    pub of_roles: bool,
}

/// `REINDEX`.
#[derive(Clone, Debug)]
pub struct Reindex {
    /// `INDEX`, `TABLE`, `SCHEMA`, `DATABASE` or `SYSTEM`.
    pub kind: ObjectKind,
    /// What is rebuilt; the current database where no name is given.
    pub name: Option<Name>,
    /// `CONCURRENTLY`.
    pub concurrently: bool,
    /// Its other options, as written.
    pub options: Vec<String>,
}

/// `CLUSTER`.
#[derive(Clone, Debug)]
pub struct Cluster {
    /// The table; every clustered table where none is given.
    pub table: Option<Name>,
    /// The index.
    pub index: Option<String>,
}

/// `VACUUM`, `ANALYZE`.
#[derive(Clone, Debug)]
pub struct Vacuum {
    /// `VACUUM`, not bare `ANALYZE`.
    pub vacuum: bool,
    /// `FULL`.
    pub full: bool,
    /// `ANALYZE`, alone or with `VACUUM`.
    pub analyze: bool,
    /// The tables; all where none is given. `true` with `ONLY` (18).
    pub tables: Vec<(Name, bool)>,
    /// Columns are named, whose statistics are gathered.
    pub columns: bool,
}

/// `COPY`.
#[derive(Clone, Debug, Default)]
pub struct CopyRows {
    /// The table, unless a query is copied out.
    pub table: Option<Name>,
    /// Its columns, where they are named.
    pub columns: Option<Vec<String>>,
    /// Rows come in.
    pub into_table: bool,
    /// They are lines of fields between tabs, and all of them come in.
    pub plain: bool,
    /// The rows, where they follow the statement and are few enough to be looked at: each value is
    /// a string or `NULL`.
    pub rows: Option<Vec<Vec<Expr>>>,
    /// The query that is copied out.
    pub query: Option<Query>,
}

/// `DO`, and what else runs SQL inside one statement.
#[derive(Clone, Debug)]
pub struct DoBlock {
    /// The language, in lower case.
    pub language: String,
    /// What stands in it, in order.
    pub inner: Vec<InnerStatement>,
    /// It has an `EXCEPTION` part, which runs it in a subtransaction.
    pub catches: bool,
    /// It ends transactions, and so cannot run inside one.
    pub commits: bool,
    /// Comments in it, until they are among those of the file.
    pub comments: Vec<Comment>,
    /// Names with placeholders in it, until they are among those of the file.
    pub placeholders: Vec<Placeholder>,
}

/// A statement inside a `DO` block.
#[derive(Clone, Debug)]
pub struct InnerStatement {
    /// The statement; its span is in the file where the text stands there unchanged, else it is
    /// the span of the string that holds it.
    pub statement: Statement,
    /// It stands under `IF`, in a loop, or in an exception handler.
    pub conditional: bool,
}

/// SQL that cannot be known before it runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Dynamic {
    /// Put together while it runs, by `EXECUTE`, by `\gexec` or in another language.
    Built(String),
    /// Put in the place of a placeholder.
    Placeholder,
    /// Brought in from another file, by `\i` or a tag.
    Included,
    /// More than is looked at.
    TooMuch,
}

/// Transaction control.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is named by its SQL")]
pub enum TransactionVerb {
    Begin,
    Commit,
    Rollback,
    CommitAndChain,
    RollbackAndChain,
    Savepoint(String),
    RollbackTo(String),
    Release(String),
    Prepare,
    CommitPrepared,
    RollbackPrepared,
}

/// `SET`, `RESET`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetParameter {
    /// The parameter, in lower case; `all` for `RESET ALL`.
    pub name: String,
    /// Its new values, strings without quotes; `None` for `RESET` and `DEFAULT`.
    pub values: Option<Vec<String>>,
    /// `SET LOCAL`.
    pub local: bool,
}

impl Body {
    /// Whether every query and expression in it was read, and not only looked through for names.
    pub fn is_understood(&self) -> bool {
        let read = |expression: &Expression| !expression.tree.is_opaque();
        match self {
            Body::Unreadable(_) | Body::Dynamic(_) => false,
            Body::Query(query) => query.is_understood(),
            Body::Data(change) => change.is_understood(),
            Body::CreateTableAs(create) => create.query.is_understood(),
            Body::CreateView(create) => create.query.is_understood(),
            Body::CreateOnTable(create) => create.uses.is_understood(),
            Body::Copy(copy) => copy.query.as_ref().is_none_or(Query::is_understood),
            Body::CreateIndex(create) => {
                create.keys.iter().filter_map(|key| key.expression.as_ref()).all(read)
                    && create.predicate.as_ref().is_none_or(read)
            }
            Body::CreateTrigger(create) => create.when.as_ref().is_none_or(read),
            Body::CreateTable(create) => {
                create.columns.iter().all(ColumnDef::is_understood)
                    && create.constraints.iter().all(Constraint::is_understood)
            }
            Body::CreateDomain(create) => create.constraints.iter().all(Constraint::is_understood),
            Body::AlterRelation(alter) => alter.actions.iter().all(|action| match &action.verb {
                AlterVerb::AddColumn { column, .. } => column.is_understood(),
                AlterVerb::AddConstraint(constraint) => constraint.is_understood(),
                AlterVerb::AlterType { using, .. } => using.as_ref().is_none_or(read),
                AlterVerb::SetDefault { default, .. } => read(default),
                AlterVerb::SetExpression { expression, .. } => read(expression),
                _ => true,
            }),
            Body::Do(block) => block.inner.iter().all(|inner| inner.statement.body.is_understood()),
            Body::Explain(inner, _) => inner.body.is_understood(),
            _ => true,
        }
    }
}

impl ForeignKey {
    /// What it does beside refusing, in SQL.
    pub fn actions(&self) -> Vec<String> {
        let on = |event: &str, action: &Option<String>| {
            let action = action.as_ref().filter(|action| *action != "NO ACTION")?;
            Some(format!("ON {event} {action}"))
        };
        let full = self.match_full.then(|| "MATCH FULL".to_owned());
        let on = [on("DELETE", &self.on_delete), on("UPDATE", &self.on_update)];
        on.into_iter().flatten().chain(full).collect()
    }
}

impl ColumnDef {
    fn is_understood(&self) -> bool {
        let generated = match &self.generated {
            Some(Generated::Stored(expression) | Generated::Virtual(expression)) => {
                !expression.tree.is_opaque()
            }
            Some(Generated::Identity(_)) | None => true,
        };
        generated
            && self.default.as_ref().is_none_or(|default| !default.tree.is_opaque())
            && self.constraints.iter().all(Constraint::is_understood)
    }
}

impl Constraint {
    fn is_understood(&self) -> bool {
        match &self.kind {
            ConstraintKind::Check(expression) => !expression.tree.is_opaque(),
            _ => true,
        }
    }
}
