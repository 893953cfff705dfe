//! Safe statements that several rules give.

use super::table_sql;
use crate::effect::ChangeType;
use crate::effect::Write;
use crate::sql::DataVerb;
use crate::sql::Name;
use crate::sql::quote_identifier;
use crate::version::Major;

/// How a column becomes `NOT NULL` without a read of the table under a strong lock.
pub(super) fn not_null_steps(table: &Name, column: &str, postgres: Major) -> Vec<String> {
    let sql = table_sql(table);
    let name = quote_identifier(&format!("{}_{column}_not_null", table.name));
    let column = quote_identifier(column);
    if postgres.at_least(18) {
        return vec![
            format!("ALTER TABLE {sql} ADD CONSTRAINT {name} NOT NULL {column} NOT VALID;"),
            format!("ALTER TABLE {sql} VALIDATE CONSTRAINT {name};"),
        ];
    }
    vec![
        format!("ALTER TABLE {sql} ADD CONSTRAINT {name} CHECK ({column} IS NOT NULL) NOT VALID;"),
        format!("ALTER TABLE {sql} VALIDATE CONSTRAINT {name};"),
        format!("ALTER TABLE {sql} ALTER COLUMN {column} SET NOT NULL;"),
        format!("ALTER TABLE {sql} DROP CONSTRAINT {name};"),
    ]
}

/// How a column gets another type by way of a new column.
pub(super) fn retype_steps(change: &ChangeType) -> Vec<String> {
    let sql = table_sql(&change.table.name);
    let column = quote_identifier(&change.column);
    let new = quote_identifier(&format!("{}_new", change.column));
    let value = match &change.using {
        Some(using) => using.clone(),
        None => format!("{column}::{}", change.to),
    };
    vec![
        format!("ALTER TABLE {sql} ADD COLUMN {new} {};", change.to),
        format!(
            "UPDATE {sql} SET {new} = {value} WHERE {new} IS NULL AND <key> BETWEEN <from> AND \
            <to>;"
        ),
        format!("ALTER TABLE {sql} DROP COLUMN {column}; -- later, in a contract phase"),
    ]
}

/// A data change over a range of the key.
pub(super) fn batched(write: &Write) -> String {
    let sql = table_sql(&write.table.name);
    let key = write.key.first().map_or_else(|| "<key>".to_owned(), |key| quote_identifier(key));
    let range = match &write.predicate {
        Some(predicate) => format!("({predicate}) AND {key} BETWEEN <from> AND <to>"),
        None => format!("{key} BETWEEN <from> AND <to>"),
    };
    match write.verb {
        DataVerb::Delete => format!("DELETE FROM {sql} WHERE {range};"),
        _ => format!("UPDATE {sql} SET {} WHERE {range};", write.assignments),
    }
}

/// The statement with the comment that says why it may run.
pub(super) fn allowed(rule: &str, statement: &str) -> String {
    format!("-- migrate: allow {rule} because <no running release uses it since …>\n{statement}")
}
