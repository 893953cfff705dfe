//! Safe statements that several rules give, for the table and column at hand.

use super::At;
use super::table_sql;
use crate::effect::AddColumn;
use crate::effect::AddConstraint;
use crate::effect::ConstraintClass;
use crate::effect::CutBy;
use crate::effect::Effect;
use crate::effect::Target;
use crate::effect::Wrapping;
use crate::effect::Write;
use crate::effect::left_to_do;
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

/// How a key is added by way of an index that is built concurrently; the columns that may hold
/// `NULL` are looked at before.
pub(super) fn key_steps(at: At, add: &AddConstraint, postgres: Major) -> Vec<String> {
    let (sql, name) = (table_sql(&add.table.name), quote_identifier(&add.full_name));
    let kind = if add.class == ConstraintClass::PrimaryKey { "PRIMARY KEY" } else { "UNIQUE" };
    let index = &add.index;
    let mut steps: Vec<String> = column_first(at).into_iter().collect();
    steps.push(format!("CREATE UNIQUE INDEX CONCURRENTLY {name} ON {sql} {index};"));
    steps.extend(lock_timeout(at));
    let nullable = add.nullable.iter();
    steps.extend(nullable.flat_map(|column| not_null_steps(&add.table.name, column, postgres)));
    let using = format!("{kind} USING INDEX {name} {}", add.attributes);
    steps.push(format!("ALTER TABLE {sql} ADD CONSTRAINT {name} {};", using.trim_end()));
    steps
}

/// What a key on a partitioned table takes, for which `CONCURRENTLY` and `USING INDEX` are refused.
pub(super) const KEY_OF_PARTITIONS: &str = concat!(
    "build its index concurrently on each partition and make it the constraint there; add the ",
    "constraint ON ONLY the parent; then attach the indexes to that of the parent"
);

/// The limit for the wait of a statement that locks others out. Within a transaction that has
/// begun it comes too late.
pub(super) fn lock_timeout(at: At) -> Option<String> {
    let begun = at.fact.wrapping == Some(Wrapping::Explicit);
    (!begun).then(|| "SET lock_timeout = '2s';".to_owned())
}

/// The column that a constraint is written with.
pub(super) fn column_of(at: At<'_>) -> Option<&AddColumn> {
    at.fact.analysis.parts.iter().find_map(|part| match &part.effect {
        Effect::AddColumn(add) if part.span == at.part.span => Some(add),
        _ => None,
    })
}

/// That column without the constraint, to be added first.
pub(super) fn column_first(at: At) -> Option<String> {
    let add = column_of(at)?;
    Some(format!("ALTER TABLE {} ADD COLUMN {};", table_sql(&add.table.name), add.definition))
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
    let head = format!("UPDATE {sql} SET {set}");
    match predicate {
        Some(predicate) if !table.partitioned => {
            format!("{head}\n  {}; -- again until UPDATE 0", few_rows(&sql, Some(predicate)))
        }
        _ => format!("{head}{};", key_range(predicate, &[], None)),
    }
}

/// A range of the key, to be filled in; where the key is not known, it too.
fn key_range(predicate: Option<&str>, key: &[String], of: Option<&str>) -> String {
    let of = of.map(|name| format!("{name}.")).unwrap_or_default();
    let columns: Vec<String> =
        key.iter().map(|column| format!("{of}{}", quote_identifier(column))).collect();
    let range = match columns.as_slice() {
        [] => "<key> BETWEEN <from> AND <to>".to_owned(),
        [column] => format!("{column} BETWEEN <from> AND <to>"),
        several => format!("({}) BETWEEN (<from>) AND (<to>)", several.join(", ")),
    };
    match predicate {
        Some(predicate) => format!("\n  WHERE {} AND {range}", as_term(predicate)),
        None => format!(" WHERE {range}"),
    }
}

/// A condition that a few of the rows fulfil. It stands twice: a row that somebody changed
/// meanwhile is asked again. Places of rows are unique within one table file only.
fn few_rows(sql: &str, predicate: Option<&str>) -> String {
    let (outer, inner) = match predicate {
        Some(rows) => (format!("{}\n    AND ", as_term(rows)), format!(" WHERE {rows}")),
        None => (String::new(), String::new()),
    };
    format!("WHERE {outer}ctid = ANY (ARRAY(SELECT ctid FROM {sql}{inner} LIMIT {BATCH_ROWS}))")
}

/// A condition as it may stand beside `AND`.
fn as_term(condition: &str) -> String {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let (mut depth, mut word) = (0_i32, String::new());
    for c in condition.chars().chain([' ']) {
        if is_word(c) {
            word.push(c);
            continue;
        }
        if depth == 0 && word.eq_ignore_ascii_case("or") {
            return format!("({condition})");
        }
        word.clear();
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
    }
    condition.to_owned()
}

/// A data change, a few rows at a time, where it can be cut.
pub(super) fn batched(write: &Write) -> Option<String> {
    let cut = write.cut.as_ref()?;
    let only = if cut.only { "ONLY " } else { "" };
    let alias = cut.alias.as_ref().map(|alias| format!(" {}", quote_identifier(alias)));
    let table = format!("{only}{}{}", table_sql(&write.table.name), alias.unwrap_or_default());
    let with = cut.clauses.with.as_ref().map(|with| format!("{with}\n")).unwrap_or_default();
    let from = cut.clauses.from.as_ref().map(|from| format!("\n  {from}")).unwrap_or_default();
    let (word, head) = match write.verb {
        DataVerb::Delete => ("DELETE", format!("{with}DELETE FROM {table}{from}")),
        _ => ("UPDATE", format!("{with}UPDATE {table} SET {}{from}", cut.clauses.set)),
    };
    let rows = match cut.by {
        CutBy::Key => {
            let name = cut.alias.as_deref().unwrap_or(&write.table.name.name);
            let of = cut.clauses.from.as_ref().map(|_| quote_identifier(name));
            let range = key_range(cut.predicate.as_deref(), &write.key, of.as_deref());
            return Some(format!("{head}{range};"));
        }
        CutBy::Condition => cut.predicate.clone(),
        CutBy::Values => match &cut.predicate {
            Some(rows) => {
                Some(format!("{} AND {}", as_term(rows), as_term(&left_to_do(&cut.sets, None))))
            }
            None => Some(left_to_do(&cut.sets, None)),
        },
    };
    let rows = few_rows(&table, rows.as_deref());
    Some(format!("{head}\n  {rows}; -- again until {word} 0"))
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
