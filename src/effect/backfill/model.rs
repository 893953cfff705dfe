//! What is told of a statement that fills data in: how it is cut, or what is in the way.

use crate::sql::DataVerb;
use crate::sql::Name;
use crate::sql::Span;

/// A statement that can be run batch by batch, and again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Backfill {
    /// What it does.
    pub verb: DataVerb,
    /// The table whose rows are walked.
    pub walked: Name,
    /// The table that is written to.
    pub written: Name,
    /// The same two as the statement names them.
    pub named: [Name; 2],
    /// What the walked table is called in the statement, as it must be written there.
    pub alias: String,
    /// Where that table stands in the statement, with `ONLY` and its alias.
    pub reference: Span,
    /// Its condition, where it has one.
    pub filter: Option<Span>,
    /// The end of what stands before its condition, or would.
    pub end: usize,
    /// What else must hold of a row for it to be written: it is not done yet.
    pub narrow: Option<String>,
    /// The condition, on a row of the walked table, that holds until the row is done.
    pub rest: Option<String>,
    /// The columns that are set.
    pub sets: Vec<String>,
    /// Why it may be run twice.
    pub twice: Twice,
}

/// Why it does no harm to run a statement again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Twice {
    /// What it sets makes its own condition false.
    Condition,
    /// What it sets comes out the same.
    Values,
    /// What it deletes is gone.
    Gone,
    /// A row that is there already is left as it is, or gets the same values.
    Conflict,
}

/// Why a statement cannot be run batch by batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unfit {
    /// A word for the reason.
    pub code: &'static str,
    /// What would go wrong.
    pub danger: Danger,
    /// Where the reason stands.
    pub span: Span,
    /// The reason.
    pub why: String,
    instead: Instead,
}

/// What would go wrong if a statement ran batch by batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Danger {
    /// Run again, it would do something else than the first time.
    Twice,
    /// It cannot be cut, or its batches would do something else than the whole.
    Batches,
    /// Nothing: it writes no rows, and runs once, as it is written.
    None,
}

/// The nearest form that can be run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Advice {
    /// What to do, in words.
    Words(String),
    /// A statement.
    Sql(String),
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Instead {
    Words(String),
    Sql(String),
    /// A part of the file, with other text in some places.
    Edited(Span, Vec<(Span, String)>),
}

impl Unfit {
    fn new(code: &'static str, danger: Danger, span: Span, why: impl Into<String>) -> Unfit {
        let instead = Instead::Words(String::new());
        Unfit { code, danger, span, why: why.into(), instead }
    }

    pub(super) fn twice(code: &'static str, span: Span, why: impl Into<String>) -> Unfit {
        Unfit::new(code, Danger::Twice, span, why)
    }

    pub(super) fn batches(code: &'static str, span: Span, why: impl Into<String>) -> Unfit {
        Unfit::new(code, Danger::Batches, span, why)
    }

    pub(super) fn whole(span: Span) -> Unfit {
        let why = "it writes no rows, and is run once, as it is written";
        Unfit::new("whole", Danger::None, span, why)
    }

    pub(super) fn words(self, words: impl Into<String>) -> Unfit {
        Unfit { instead: Instead::Words(words.into()), ..self }
    }

    pub(super) fn sql(self, sql: impl Into<String>) -> Unfit {
        Unfit { instead: Instead::Sql(sql.into()), ..self }
    }

    pub(super) fn edited(self, of: Span, edits: Vec<(Span, String)>) -> Unfit {
        Unfit { instead: Instead::Edited(of, edits), ..self }
    }

    /// The nearest form that can be run, given the text of the file.
    pub fn advice(&self, text: &str) -> Advice {
        match &self.instead {
            Instead::Words(words) => Advice::Words(words.clone()),
            Instead::Sql(sql) => Advice::Sql(sql.clone()),
            Instead::Edited(of, edits) => {
                let mut sql = of.of(text).to_owned();
                let mut edits: Vec<&(Span, String)> = edits.iter().collect();
                edits.sort_by_key(|(span, _)| span.offset);
                for (span, new) in edits.into_iter().rev() {
                    let (from, mut to) = (span.offset - of.offset, span.end() - of.offset);
                    // Of the blanks around a clause that goes, one side goes with it.
                    if new.is_empty() && sql[..from].ends_with(char::is_whitespace) {
                        let rest = &sql[to..];
                        to += rest.len() - rest.trim_start_matches(' ').len();
                    }
                    sql.replace_range(from..to, new);
                }
                Advice::Sql(tidy(&sql))
            }
        }
    }
}

/// Without the blanks that a clause leaves behind at the end of a line.
fn tidy(sql: &str) -> String {
    let lines = sql.trim().lines().map(str::trim_end).filter(|line| !line.is_empty());
    lines.collect::<Vec<_>>().join("\n")
}
