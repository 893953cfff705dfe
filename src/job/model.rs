//! What is known of a backfill before a server is asked.

use crate::effect::Twice;
use crate::sql::DataVerb;
use crate::sql::Name;
use crate::sql::Span;

/// A statement that is run batch by batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    /// Its place among the statements of `migrate.sql`, counted from one.
    pub place: u32,
    /// The digest of the statement.
    pub digest: String,
    /// What it does.
    pub verb: DataVerb,
    /// The table whose rows are walked: that of an `UPDATE` or `DELETE`, the source of an `INSERT`.
    pub walked: Name,
    /// The table that is written to.
    pub written: Name,
    /// The same two as the statement names them, perhaps without a schema.
    pub named: [Name; 2],
    /// What the walked table is called in the statement, as it must be written there.
    pub alias: String,
    /// The statement up to where the walked table stands.
    pub opening: String,
    /// That table as it is written there, with `ONLY` and its alias.
    pub reference: String,
    /// What follows, up to where a condition on the walked table belongs. The batch is `opening`,
    /// the table, `before`, the condition, and `after`.
    pub before: String,
    /// The rest of the statement.
    pub after: String,
    /// The condition, on a row of the walked table under its alias, that holds as long as the row
    /// is not done; `None` where rows do not show it.
    pub rest: Option<String>,
    /// The columns of the written table that are set.
    pub sets: Vec<String>,
    /// Why a row that is done twice is as if it were done once.
    pub twice: Twice,
}

/// Why a statement is not run batch by batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// A word for the reason.
    pub code: &'static str,
    /// Where the reason stands.
    pub span: Span,
    /// The reason.
    pub why: String,
    /// The nearest form that can be run.
    pub instead: String,
}

impl Job {
    /// The statement for the rows that a condition tells.
    pub fn batch(&self, condition: &str) -> String {
        self.cut(&self.reference, condition)
    }

    /// The same for a table that is part of the walked one, as a partition is.
    pub fn batch_of(&self, table: &str, condition: &str) -> String {
        self.cut(&format!("ONLY {table} AS {}", self.alias), condition)
    }

    fn cut(&self, table: &str, condition: &str) -> String {
        let Job { opening, before, after, .. } = self;
        format!("{opening}{table}{before}{condition}{after}")
    }
}
