//! Safe statements that several rules give, for the table and column at hand.

use super::table_sql;
use crate::effect::Target;
use crate::effect::Write;
use crate::sql::DataVerb;
use crate::sql::Name;
use crate::sql::quote_identifier;
use crate::version::Major;

/// How many rows a batch writes.
const BATCH_ROWS: usize = 5_000;

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

/// How a unique index becomes a constraint: `kind` is `UNIQUE` or `PRIMARY KEY`.
pub(super) fn key_steps(table: &Name, name: &str, kind: &str, columns: &[String]) -> Vec<String> {
    let (sql, name) = (table_sql(table), quote_identifier(name));
    let columns = super::columns_sql(columns);
    vec![
        format!("CREATE UNIQUE INDEX CONCURRENTLY {name} ON {sql} ({columns});"),
        format!("ALTER TABLE {sql} ADD CONSTRAINT {name} {kind} USING INDEX {name};"),
    ]
}

/// How a constraint is added and checked in two steps.
pub(super) fn validated_later(table: &Name, name: &str, definition: &str) -> Vec<String> {
    let (sql, name) = (table_sql(table), quote_identifier(name));
    vec![
        format!("ALTER TABLE {sql} ADD CONSTRAINT {name} {definition} NOT VALID;"),
        format!("ALTER TABLE {sql} VALIDATE CONSTRAINT {name};"),
    ]
}

/// An `UPDATE` of a few rows, to be run until nothing is left.
pub(super) fn update_in_batches(table: &Target, set: &str, predicate: Option<&str>) -> String {
    let sql = table_sql(&table.name);
    match predicate {
        Some(predicate) if !table.partitioned => format!(
            "UPDATE {sql} SET {set}\n  {}; -- again until UPDATE 0",
            few_rows(&sql, predicate)
        ),
        Some(predicate) => format!("UPDATE {sql} SET {set} WHERE ({predicate}) AND {KEY_RANGE};"),
        None => format!("UPDATE {sql} SET {set} WHERE {KEY_RANGE};"),
    }
}

/// A range of a key that is not known: to be filled in.
const KEY_RANGE: &str = "<key> BETWEEN <from> AND <to>";

/// A condition that a few of the rows fulfil. Places of rows are unique within one table file, so
/// this is not for partitioned tables.
fn few_rows(sql: &str, predicate: &str) -> String {
    format!("WHERE ctid = ANY (ARRAY(SELECT ctid FROM {sql} WHERE {predicate} LIMIT {BATCH_ROWS}))")
}

/// A data change, a few rows at a time.
pub(super) fn batched(write: &Write) -> String {
    let sql = table_sql(&write.table.name);
    let set: Vec<String> = write
        .sets
        .iter()
        .map(|(column, value)| format!("{} = {value}", quote_identifier(column)))
        .collect();
    match (write.verb, &write.predicate) {
        (DataVerb::Delete, Some(predicate)) if write.repeatable && !write.table.partitioned => {
            format!("DELETE FROM {sql}\n  {}; -- again until DELETE 0", few_rows(&sql, predicate))
        }
        (DataVerb::Delete, predicate) => {
            let rows = predicate.as_ref().map(|rows| format!("({rows}) AND ")).unwrap_or_default();
            format!("DELETE FROM {sql} WHERE {rows}{KEY_RANGE};")
        }
        (_, predicate) => {
            let left = write.repeatable.then(|| left_to_do(write)).flatten();
            let rows = match (predicate, left) {
                (Some(rows), Some(left)) => Some(format!("({rows}) AND ({left})")),
                (None, Some(left)) => Some(left),
                (Some(rows), None) => {
                    return format!(
                        "UPDATE {sql} SET {} WHERE ({rows}) AND {KEY_RANGE};",
                        set.join(", ")
                    );
                }
                (None, None) => None,
            };
            update_in_batches(&write.table, &set.join(", "), rows.as_deref())
        }
    }
}

/// The condition that a row fulfils until it has its new values.
fn left_to_do(write: &Write) -> Option<String> {
    let differs = |(column, value): &(String, String)| {
        let column = quote_identifier(column);
        if value.eq_ignore_ascii_case("null") {
            return format!("{column} IS NOT NULL");
        }
        let simple =
            value.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_'.".contains(&byte));
        if simple {
            format!("{column} IS DISTINCT FROM {value}")
        } else {
            format!("{column} IS DISTINCT FROM ({value})")
        }
    };
    let all: Vec<String> = write.sets.iter().map(differs).collect();
    (!all.is_empty()).then(|| all.join(" OR "))
}

/// What spares the server a look at rows: tables get a valid `CHECK` each, `(table, name,
/// condition)`, before something is done, and lose it after. Three migrations.
pub(super) fn proven_steps(checks: &[(&Name, String, &str)], deed: &[String]) -> Vec<String> {
    let limit = || "SET lock_timeout = '2s';".to_owned();
    let alter = |verb: &'static str, extra: fn(&str) -> String| {
        checks.iter().map(move |(table, name, condition)| {
            let (table, name) = (table_sql(table), quote_identifier(name));
            format!("ALTER TABLE {table} {verb} CONSTRAINT {name}{};", extra(condition))
        })
    };
    let mut files = [vec![limit()], alter("VALIDATE", |_| String::new()).collect(), vec![limit()]];
    files[0].extend(alter("ADD", |condition| format!(" CHECK ({condition}) NOT VALID")));
    files[2].extend_from_slice(deed);
    files[2].extend(alter("DROP", |_| String::new()));
    // An empty line stands between migrations.
    for first in files[1..].iter_mut().filter_map(|file| file.first_mut()) {
        first.insert(0, '\n');
    }
    files.concat()
}

/// The statement with the comment that says why it may run.
pub(super) fn allowed(rule: &str, statement: &str) -> String {
    format!("-- migrate: allow {rule} because <no running release uses it since …>\n{statement}")
}
