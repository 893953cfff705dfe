//! Names in the SQL of code that nothing in the database has.

use super::Change;
use super::uses::in_parallel;
use super::uses::place;
use crate::code;
use crate::code::Needed;
use crate::nearest::nearest;
use crate::rules::ChangedFile;
use crate::rules::Fate;
use crate::rules::Role;
use crate::rules::Unknown;
use crate::rules::table_name;
use crate::schema::Relation;
use crate::schema::Schema;
use crate::schema::View;
use crate::sql::Lines;
use crate::sql::Name;

/// Schemas whose relations no migration makes.
const OF_THE_SERVER: &[&str] = &["information_schema", "pg_catalog", "pg_temp", "pg_toast"];

/// Databases that speak SQL, and are not PostgreSQL.
const OTHER_KINDS: &[&str] = &[
    "athena",
    "bigquery",
    "clickhouse",
    "databricks",
    "duckdb",
    "mssql",
    "mysql",
    "oracledb",
    "pinot",
    "presto",
    "redshift",
    "snowflake",
    "sqlite",
    "sqlserver",
    "trino",
];

/// Columns that every table has.
const OF_EVERY_TABLE: &[&str] = &["cmax", "cmin", "ctid", "tableoid", "xmax", "xmin"];

/// What SQL in the code of a change names and no database of it has.
pub(super) fn find(change: &Change) -> Vec<Unknown> {
    let schemas: Vec<&Schema> = change.parts.iter().filter_map(|part| part.schema).collect();
    let seen = schemas.iter().all(|schema| !schema.is_blind());
    // Where one database is not known, a name may be of that one.
    if schemas.is_empty() || schemas.len() < change.parts.len() || !seen {
        return Vec::new();
    }
    let written = |file: &&ChangedFile| file.role == Role::Code && file.fate != Fate::Deleted;
    let files: Vec<&ChangedFile> = change.files.iter().filter(written).collect();
    let found = in_parallel(&files, |file| {
        let text = change.after.text(&file.path).unwrap_or_default();
        if is_of_another(&file.path, &text) {
            return Vec::new();
        }
        let needed = code::named_columns(&file.path, &text);
        let lines = Lines::new(&text);
        let unknown = needed.into_iter().filter_map(|needed| {
            let (object, near) = missing(&schemas, &needed)?;
            let at = place((&file.path, &file.shown, &text), &lines, needed.span);
            Some(Unknown { at, object, near })
        });
        unknown.collect::<Vec<_>>()
    });
    found.into_iter().flatten().collect()
}

/// Whether a file speaks of a database of another kind, whose tables may have any name.
pub(super) fn is_of_another(path: &str, text: &str) -> bool {
    let named = |words: &str| {
        let lower = words.to_ascii_lowercase();
        OTHER_KINDS.iter().any(|kind| lower.contains(kind))
    };
    named(path) || named(text)
}

/// What is named and in no database, and what is most like it.
fn missing(schemas: &[&Schema], needed: &Needed) -> Option<(String, Option<String>)> {
    let answers: Option<Vec<_>> = schemas.iter().map(|schema| lacks(schema, needed)).collect();
    answers?.into_iter().next()
}

/// The same for one database; `None` where it has it, or may have it.
fn lacks(schema: &Schema, needed: &Needed) -> Option<(String, Option<String>)> {
    let of_server = needed.table.schema.as_deref().is_some_and(|of| OF_THE_SERVER.contains(&of));
    if of_server || needed.table.name.starts_with("pg_") {
        return None;
    }
    let name = schema.resolve(&needed.table);
    let Some(relation) = schema.relation(&name) else {
        // An extension brings relations that no migration names.
        if !schema.is_missing(&needed.table) || schema.has_extensions() {
            return None;
        }
        let all = schema.tables().map(|table| table.name.name.as_str());
        let near = nearest(&name.name, all).map(|near| format!("`{near}`"));
        return Some((format!("the table `{}`", table_name(&name)), near));
    };
    let column = needed.column.as_deref()?;
    let columns = columns(relation)?;
    if columns.contains(&column) || OF_EVERY_TABLE.contains(&column) {
        return None;
    }
    let near = nearest(column, columns).map(|near| format!("`{}.{near}`", table_name(&name)));
    Some((object(&name, column), near))
}

fn object(table: &Name, column: &str) -> String {
    format!("the column `{}.{column}`", table_name(table))
}

/// The columns of a relation, where all are known.
fn columns(relation: &Relation) -> Option<Vec<&str>> {
    match relation {
        Relation::Table(table) if table.known => {
            Some(table.columns.iter().map(|column| column.name.as_str()).collect())
        }
        Relation::View(View { columns: Some(columns), .. }) => {
            Some(columns.iter().map(String::as_str).collect())
        }
        _ => None,
    }
}
