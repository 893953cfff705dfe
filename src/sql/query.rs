//! Queries and data changes, as far as an analysis asks about them.

use super::expr::Expr;
use super::expr::Expression;
use super::name::Name;

/// What a query reads and calls.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Query {
    /// Relations in its `FROM` lists, subqueries included; names of `WITH` queries left out.
    pub relations: Vec<RelationUse>,
    /// Columns mentioned anywhere, as the parts of their names.
    pub columns: Vec<Vec<String>>,
    /// Functions called anywhere.
    pub calls: Vec<Name>,
    /// The plain string arguments of top-level calls, such as those of `set_config`.
    pub settings: Vec<(String, String)>,
    /// `*` stands in a select list.
    pub star: bool,
    /// `LIMIT` or `FETCH` bounds the outermost query.
    pub limited: bool,
    /// The outermost query has a `WHERE`.
    pub filtered: bool,
    /// Every row comes from `VALUES`, or there is no `FROM`; how many rows then.
    pub constant_rows: Option<usize>,
    /// `FOR UPDATE` and its kin: the strength, and the tables named after `OF`.
    pub row_lock: Option<(RowLock, Vec<Name>)>,
    /// The table that `SELECT … INTO` makes.
    pub into: Option<Name>,
    /// The columns a `SELECT` gives, by name where each has one.
    pub outputs: Option<Vec<String>>,
    /// The expressions of its select list, where each is one.
    pub selected: Vec<Expr>,
    /// The relations it selects from, where these are all.
    pub from: Option<Vec<RelationUse>>,
    /// The places in the select list of what it is grouped by, where all is selected; `None`
    /// without `GROUP BY`.
    pub grouped_by: Option<Vec<usize>>,
    /// Data-changing statements in `WITH`.
    pub writes: Vec<DataChange>,
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
    /// Its alias.
    pub alias: Option<String>,
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
    /// `MERGE` holds a `DELETE`, or an `UPDATE`.
    pub merges: Vec<DataVerb>,
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
    /// Its new value; the whole right side where several columns share it.
    pub value: Expression,
}

impl Query {
    /// Whether all of it was read, the data changes in it too.
    pub fn is_understood(&self) -> bool {
        self.understood && self.writes.iter().all(DataChange::is_understood)
    }
}

impl DataChange {
    /// Whether all of it was read.
    pub fn is_understood(&self) -> bool {
        self.source.is_understood()
    }
}
