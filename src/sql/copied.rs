//! The rows that follow `COPY … FROM STDIN` in a file.

use super::expr::Expr;

/// More rows are not looked at.
const ROWS_MAX: usize = 1_000;

/// Rows in the text format: a line each, fields between tabs, `\N` for `NULL` (`COPY` in the
/// manual). `None` where they are many, or hold a character that is written with a backslash.
pub(super) fn rows(data: &str) -> Option<Vec<Vec<Expr>>> {
    let rows: Vec<Vec<Expr>> = data.lines().take(ROWS_MAX + 1).map(row).collect::<Option<_>>()?;
    (rows.len() <= ROWS_MAX).then_some(rows)
}

fn row(line: &str) -> Option<Vec<Expr>> {
    let field = |field: &str| match field {
        "\\N" => Some(Expr::Null),
        field if field.contains('\\') => None,
        field => Some(Expr::String(field.to_owned())),
    };
    line.split('\t').map(field).collect()
}
