//! Looking at what is in a database, in one transaction that can only read and waits for nobody.

use super::DbError;
use super::Row;
use super::Session;

/// One moment for all questions; times are told in UTC, as ISO 8601 has them.
const BEGIN: &str = "\
BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;
SET LOCAL statement_timeout = '30s';
SET LOCAL lock_timeout = '2s';
SET LOCAL TimeZone = 'UTC';
SET LOCAL DateStyle = 'ISO'";

/// How many statements those are.
const BEGUN: usize = 5;

/// The rows of one question, as text.
pub type Cells = Vec<Vec<Option<String>>>;

/// A look at a database. It is one transaction, and so a pooler is no harm.
pub struct Look<'a> {
    session: &'a Session,
}

impl<'a> Look<'a> {
    /// Begins with questions: a statement each, all in one message.
    pub fn begin(
        session: &'a Session,
        questions: &[&str],
    ) -> Result<(Look<'a>, Vec<Cells>), DbError> {
        let rows = session.rows(&format!("{BEGIN};\n{}", questions.join(";\n")))?;
        Ok((Look { session }, by_statement(&rows, BEGUN)))
    }

    /// Asks more, all in one message: what each gave, in order.
    pub fn ask(&self, questions: &[String]) -> Result<Vec<Cells>, DbError> {
        if questions.is_empty() {
            return Ok(Vec::new());
        }
        let mut answers = by_statement(&self.session.rows(&questions.join(";\n"))?, 0);
        answers.resize(questions.len(), Cells::new());
        Ok(answers)
    }

    /// The database and its server, as messages name them.
    pub fn place(&self) -> &str {
        self.session.place()
    }

    /// Ends the look.
    pub fn end(self) -> Result<(), DbError> {
        self.session.rows("ROLLBACK").map(drop)
    }
}

/// Rows by the statement that gave them, from the first that counts.
fn by_statement(rows: &[Row], first: usize) -> Vec<Cells> {
    let mut answers: Vec<Cells> = Vec::new();
    for row in rows {
        let Some(at) = row.statement().checked_sub(first) else { continue };
        if answers.len() <= at {
            answers.resize(at + 1, Cells::new());
        }
        let values = (0..row.len()).map(|at| row.get(at).map(str::to_owned));
        answers[at].push(values.collect());
    }
    answers
}
