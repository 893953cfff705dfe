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
    let Some(mut table) = Table::of(statement, text) else {
        return statement.span.of(text).to_owned();
    };
    table.parts.sort_unstable();
    let inner: Vec<String> = table.parts.iter().map(|part| format!("  {part}")).collect();
    format!("{}\n{}\n{}", table.head, inner.join(",\n"), table.tail)
}

/// The statements of a catalog in its order; of a table each column and constraint on a line of its
/// own. The last of them has a comma, too, so that one more changes no line but its own.
pub(super) fn in_lines(statements: &str) -> Vec<String> {
    let script = sql::read(statements, std::slice::from_ref(&(0..statements.len())));
    let told = |statement: &Statement| match Table::of(statement, statements) {
        Some(Table { head, parts, tail }) => {
            let inner: String = parts.iter().flat_map(|part| ["  ", *part, ",\n"]).collect();
            format!("{head}\n{inner}{tail};\n")
        }
        None => format!("{};\n", statement.span.of(statements)),
    };
    script.statements.iter().map(told).collect()
}

/// A statement that makes a table, taken apart.
struct Table<'a> {
    head: &'a str,
    /// Its columns and constraints.
    parts: Vec<&'a str>,
    tail: &'a str,
}

impl Table<'_> {
    fn of<'a>(statement: &Statement, text: &'a str) -> Option<Table<'a>> {
        let Body::CreateTable(create) = &statement.body else { return None };
        let columns = create.columns.iter().map(|column| column.span);
        let constraints = create.constraints.iter().map(|constraint| constraint.span);
        let mut spans: Vec<Span> = columns.chain(constraints).collect();
        spans.sort_by_key(|span| span.offset);
        let (first, last) = (spans.first()?.offset, spans.last()?.end());
        Some(Table {
            head: &text[statement.span.offset..first],
            parts: spans.iter().map(|span| span.of(text)).collect(),
            tail: &text[last..statement.span.end()],
        })
    }
}
