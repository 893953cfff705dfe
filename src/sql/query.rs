//! Queries and data changes, as far as an analysis asks about them.

use super::expr::Expr;
use super::expr::Expression;
use super::name::Name;
use super::span::Span;

/// What a query reads and calls.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Query {
    /// Relations in its `FROM` lists, subqueries included; names of `WITH` queries left out.
    pub relations: Vec<RelationUse>,
    /// Columns mentioned anywhere, as the parts of their names; `*` stands for all.
    pub columns: Vec<Vec<String>>,
    /// Functions called anywhere.
    pub calls: Vec<Name>,
    /// Aggregates among these that put rows together in the order in which they come, and are told
    /// none.
    pub unordered: Vec<Name>,
    /// Parameters that top-level calls of `set_config` set.
    pub settings: Vec<Setting>,
    /// Something else than relations gives columns too: a query in parentheses, a function.
    pub derives: bool,
    /// `LIMIT` or `FETCH` bounds the outermost query.
    pub limited: bool,
    /// A query in a `FROM` list has no alias.
    pub nameless: bool,
    /// The outermost query has a `WHERE`.
    pub filtered: bool,
    /// Every row comes from `VALUES`, or there is no `FROM`; how many rows then.
    pub constant_rows: Option<usize>,
    /// The first rows of `VALUES`; what is no string and no number in them is [`Expr::Opaque`].
    pub rows: Vec<Vec<Expr>>,
    /// The `FROM` list of the outermost query.
    pub from: Vec<Source>,
    /// The `WHERE` of the outermost query.
    pub condition: Option<Box<Expr>>,
    /// The outermost query gives one row: an aggregate without `GROUP BY`.
    pub aggregated: bool,
    /// The queries that `UNION` joins; for `EXCEPT` and `INTERSECT` the first.
    pub arms: Vec<Query>,
    /// What stands in its `WITH`, in order.
    pub with: Vec<With>,
    /// `FOR UPDATE` and its kin: the strength, and the tables named after `OF`.
    pub row_lock: Option<(RowLock, Vec<Name>)>,
    /// The table that `SELECT … INTO` makes.
    pub into: Option<Name>,
    /// The columns a `SELECT` gives, by name where each has one.
    pub outputs: Option<Vec<String>>,
    /// The expressions of its select list, where each is one.
    pub selected: Vec<Expr>,
    /// The places in the select list of what it is grouped by, where all is selected; `None`
    /// without `GROUP BY`.
    pub grouped_by: Option<Vec<usize>>,
    /// Nothing in it was left unread.
    pub understood: bool,
}

/// A relation in a `FROM` list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RelationUse {
    /// The relation.
    pub name: Name,
    /// The name it goes by in the query.
    pub alias: Option<String>,
}

/// A parameter that `set_config` sets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    /// The parameter, in lower case.
    pub name: String,
    /// Its value.
    pub value: String,
    /// For the rest of the transaction only.
    pub local: bool,
}

/// What gives rows to a `FROM` list.
#[derive(Clone, Debug, PartialEq)]
pub struct Source {
    /// The name it goes by in the query.
    pub name: String,
    /// Where its rows come from.
    pub rows: Rows,
    /// `ON` of the join that it comes with.
    pub on: Option<Expr>,
    /// It stands to the right of a `LEFT JOIN`, and leaves out no row of what is before it.
    pub optional: bool,
    /// It comes with a `RIGHT` or `FULL JOIN`, and brings rows that have none before it.
    pub outer: bool,
    /// Its alias has names for its columns.
    pub renamed: bool,
}

/// Where rows come from.
#[derive(Clone, Debug, PartialEq)]
pub enum Rows {
    /// A relation, or a query in `WITH`.
    Relation(Name),
    /// A query in parentheses.
    Query(Box<Query>),
    /// A function; how many rows it gives, for a series between constants.
    Function(Option<u64>),
}

/// A statement in `WITH`.
#[derive(Clone, Debug, PartialEq)]
pub struct With {
    /// Its name.
    pub name: String,
    /// What it says.
    pub body: WithBody,
}

/// What a statement in `WITH` says.
#[derive(Clone, Debug, PartialEq)]
pub enum WithBody {
    /// A query.
    Query(Box<Query>),
    /// A data change.
    Change(Box<DataChange>),
}

/// The strength of a row lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowLock {
    /// `FOR UPDATE` or `FOR NO KEY UPDATE`.
    Update,
    /// `FOR SHARE` or `FOR KEY SHARE`.
    Share,
}

/// `INSERT`, `UPDATE`, `DELETE` or `MERGE`.
#[derive(Clone, Debug, PartialEq)]
pub struct DataChange {
    /// Which of the four.
    pub verb: DataVerb,
    /// The table written to.
    pub table: Name,
    /// `ONLY`.
    pub only: bool,
    /// Its alias.
    pub alias: Option<String>,
    /// Where the table stands, with `ONLY` and its alias.
    pub target: Span,
    /// Columns of an `INSERT`, where given.
    pub columns: Option<Vec<String>>,
    /// Columns set by an `UPDATE` or by `ON CONFLICT DO UPDATE`, with their values.
    pub assignments: Vec<Assignment>,
    /// `WHERE`, or `ON` of a `MERGE`.
    pub predicate: Option<Expression>,
    /// What it reads besides: `FROM`, `USING`, `SELECT`, `WITH`, `RETURNING`.
    pub source: Query,
    /// `ON CONFLICT`.
    pub on_conflict: Option<OnConflict>,
    /// What the branches of a `MERGE` do.
    pub merges: Vec<DataVerb>,
    /// A branch of a `MERGE` is for rows that the source does not have.
    pub by_source: bool,
    /// Its clauses as written.
    pub clauses: Clauses,
    /// `RETURNING …`.
    pub returning: Option<Span>,
    /// `ORDER BY` or `LIMIT` and what follows, which PostgreSQL does not have here.
    pub tail: Option<Span>,
    /// The `SELECT` that gives the rows of an `INSERT`.
    pub select: Option<Box<Select>>,
    /// What stands after `ON CONFLICT`.
    pub conflict: Option<Conflict>,
}

/// A `SELECT` that gives rows, clause by clause.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Select {
    /// `DISTINCT`, with its list where it has one.
    pub distinct: Option<Span>,
    /// Its select list, without the names that are given.
    pub items: Vec<Expression>,
    /// The list after `FROM`.
    pub from: Option<Span>,
    /// The first item of that list.
    pub first: Option<Span>,
    /// The condition after `WHERE`.
    pub filter: Option<Expression>,
    /// What it is grouped by.
    pub group: Vec<Expression>,
    /// All else that follows, from the first word of it on: `ORDER BY`, `LIMIT`, `UNION`, `FOR`.
    pub tail: Option<Span>,
    /// A window stands in its select list.
    pub windowed: bool,
}

/// What stands after `ON CONFLICT`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Conflict {
    /// From `ON` to the end.
    pub span: Span,
    /// The columns of the key; an expression gives `None`.
    pub columns: Option<Vec<Option<String>>>,
    /// The key has a condition: that of a partial index.
    pub partial: bool,
    /// The constraint after `ON CONSTRAINT`.
    pub constraint: Option<String>,
}

/// The text of clauses, to write a data change again for fewer rows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Clauses {
    /// `WITH …`.
    pub with: Option<String>,
    /// What follows `SET`.
    pub set: String,
    /// `FROM …` or `USING …`.
    pub from: Option<String>,
}

/// The verb of a data change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DataVerb {
    /// `INSERT`.
    Insert,
    /// `UPDATE`.
    Update,
    /// `DELETE`.
    Delete,
    /// `MERGE`.
    Merge,
}

/// What an `INSERT` does with a row that is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnConflict {
    /// `DO NOTHING`.
    Nothing,
    /// `DO UPDATE`.
    Update,
}

/// One column set to a value.
#[derive(Clone, Debug, PartialEq)]
pub struct Assignment {
    /// The column.
    pub column: String,
    /// The left side as written: the column, part of its value, or several in parentheses.
    pub target: String,
    /// Its new value; the whole right side where several columns share it.
    pub value: Expression,
}

impl Query {
    /// Data-changing statements in `WITH`.
    pub fn writes(&self) -> impl Iterator<Item = &DataChange> {
        self.with.iter().filter_map(|with| match &with.body {
            WithBody::Change(change) => Some(&**change),
            WithBody::Query(_) => None,
        })
    }

    /// Whether all of it was read, the data changes in it too.
    pub fn is_understood(&self) -> bool {
        self.understood && self.writes().all(DataChange::is_understood)
    }
}

impl DataChange {
    /// Whether all of it was read.
    pub fn is_understood(&self) -> bool {
        self.source.is_understood()
    }
}
