//! How much of a file was read: counts for the summary, and the places that were not.

use crate::sql::Body;
use crate::sql::Script;
use crate::sql::Span;
use crate::sql::Statement;

/// How much was read and understood.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Statements, those inside of `DO` blocks among them.
    pub statements: usize,
    /// Statements that were not understood.
    pub unreadable: usize,
    /// Statements that are put together while they run.
    pub opaque: usize,
    /// Statements of which a part, such as a query, was only looked through for names.
    pub partial: usize,
}

/// A statement that was not understood, or not all of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Miss {
    /// The place that stopped the reader.
    pub span: Span,
    /// Why, as a fragment of a sentence.
    pub why: String,
}

impl Counts {
    /// Adds those of another file.
    pub fn add(&mut self, other: Counts) {
        self.statements += other.statements;
        self.unreadable += other.unreadable;
        self.opaque += other.opaque;
        self.partial += other.partial;
    }

    /// Of a hundred statements, how many were understood whole. What is put together while it runs
    /// counts as understood: that it cannot be known is all there is to understand.
    pub fn percent(self) -> f64 {
        if self.statements == 0 {
            return 100.0;
        }
        let missed = self.unreadable + self.partial;
        #[expect(clippy::cast_precision_loss, reason = "counts of statements are small")]
        let share = missed as f64 / self.statements as f64;
        100.0 * (1.0 - share)
    }
}

/// Counts a script's statements, and lists what was missed.
pub fn survey(script: &Script) -> (Counts, Vec<Miss>) {
    let mut counts = Counts::default();
    let mut misses = Vec::new();
    for statement in &script.statements {
        count(statement, &mut counts, &mut misses);
    }
    (counts, misses)
}

fn count(statement: &Statement, counts: &mut Counts, misses: &mut Vec<Miss>) {
    counts.statements += 1;
    match &statement.body {
        Body::Unreadable(misread) => {
            counts.unreadable += 1;
            misses.push(Miss { span: misread.span, why: misread.reason.clone() });
        }
        Body::Dynamic(_) => counts.opaque += 1,
        Body::Do(block) => {
            for inner in &block.inner {
                count(&inner.statement, counts, misses);
            }
        }
        body if !body.is_understood() => {
            counts.partial += 1;
            let why = "a query or an expression in it was only looked through for names";
            misses.push(Miss { span: statement.span, why: why.to_owned() });
        }
        _ => {}
    }
}
