//! The schema as it is, in a form that does not tell in which order it came to be: a column that is
//! brought back stands last, and no script can put it elsewhere.

use super::error::RehearseError;
use crate::db::Address;
use crate::db::Catalog;
use crate::db::read_catalog;
use crate::sql;
use crate::sql::Body;
use crate::sql::Span;
use crate::sql::Statement;

/// A schema.
pub(super) struct Schema {
    pub(super) catalog: Catalog,
    /// Its statements, sorted.
    pub(super) text: String,
}

impl Schema {
    /// Reads that of a database.
    pub(super) fn read(address: &Address) -> Result<Schema, RehearseError> {
        let catalog = read_catalog(address)?;
        let text = sorted(&catalog.statements);
        Ok(Schema { catalog, text })
    }
}

fn sorted(statements: &str) -> String {
    let script = sql::read(statements, std::slice::from_ref(&(0..statements.len())));
    let mut each: Vec<String> =
        script.statements.iter().map(|statement| told(statement, statements)).collect();
    each.sort();
    each.iter().fold(String::new(), |all, statement| all + statement + ";\n")
}

/// A statement; of a table each column and constraint on a line of its own, sorted.
fn told(statement: &Statement, text: &str) -> String {
    let whole = statement.span.of(text);
    let Body::CreateTable(create) = &statement.body else { return whole.to_owned() };
    let columns = create.columns.iter().map(|column| column.span);
    let constraints = create.constraints.iter().map(|constraint| constraint.span);
    let spans: Vec<Span> = columns.chain(constraints).collect();
    let (Some(first), Some(last)) =
        (spans.iter().map(|span| span.offset).min(), spans.iter().map(|span| span.end()).max())
    else {
        return whole.to_owned();
    };
    let mut lines: Vec<&str> = spans.iter().map(|span| span.of(text)).collect();
    lines.sort_unstable();
    let (head, tail) = (&text[statement.span.offset..first], &text[last..statement.span.end()]);
    let inner: Vec<String> = lines.iter().map(|line| format!("  {line}")).collect();
    format!("{head}\n{}\n{tail}", inner.join(",\n"))
}
