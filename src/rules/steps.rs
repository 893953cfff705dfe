//! Safe statements that several rules give, for the table and column at hand.

use super::At;
use super::table_sql;
use crate::effect::AddColumn;
use crate::effect::AddConstraint;
use crate::effect::ChangeType;
use crate::effect::ConstraintClass;
use crate::effect::Effect;
use crate::effect::Target;
use crate::effect::Wrapping;
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

/// How a column gets another type by way of a new column.
pub(super) fn retype_steps(change: &ChangeType) -> Vec<String> {
    let new = format!("{}_new", change.column);
    let column = quote_identifier(&change.column);
    let to_new = match &change.using {
        Some(using) => using.clone(),
        None => format!("{column}::{}", change.to),
    };
    // Only a plain cast is known to have a way back.
    let casts = change.from.as_ref().filter(|_| change.using.is_none());
    let casts = casts.map(|from| (format!("::{}", change.to), format!("::{from}")));
    replace_column(&change.table, &change.column, &new, &change.to.to_string(), &to_new, casts)
}

/// How a column gets another name by way of a new column.
pub(super) fn rename_steps(table: &Target, column: &str, new: &str, ty: &str) -> Vec<String> {
    let casts = Some((String::new(), String::new()));
    replace_column(table, column, new, ty, &quote_identifier(column), casts)
}

/// A new column beside an old one: add, keep in step, fill, drop the old one when nobody names it.
/// `casts` are what turns an old value into a new one and back, where that is known.
fn replace_column(
    table: &Target,
    column: &str,
    new: &str,
    ty: &str,
    value: &str,
    casts: Option<(String, String)>,
) -> Vec<String> {
    let sql = table_sql(&table.name);
    let (old, added) = (quote_identifier(column), quote_identifier(new));
    let mut steps = vec![format!("ALTER TABLE {sql} ADD COLUMN {added} {ty};")];
    let mut last = format!("ALTER TABLE {sql} DROP COLUMN {old};");
    if let Some((there, back)) = casts {
        let name = quote_identifier(&format!("{}_{new}_sync", table.name.name));
        steps.extend(sync_trigger(&sql, &name, (&old, &there), (&added, &back)));
        last = format!("DROP TRIGGER {name} ON {sql};\nDROP FUNCTION {name}();\n{last}");
    }
    let predicate = format!("{added} IS DISTINCT FROM {value}");
    steps.push(update_in_batches(table, &format!("{added} = {value}"), Some(&predicate)));
    let later = "-- later, in a contract phase, when no running release names the old column";
    steps.push(format!("{later}\n{last}"));
    steps
}

/// A trigger that carries what is written into one column over into the other.
fn sync_trigger(
    sql: &str,
    name: &str,
    (old, there): (&str, &str),
    (new, back): (&str, &str),
) -> Vec<String> {
    let function = format!(
        "CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$\n\
         BEGIN\n\
         \x20 IF TG_OP = 'INSERT' THEN\n\
         \x20   NEW.{new} := COALESCE(NEW.{new}, NEW.{old}{there});\n\
         \x20   NEW.{old} := COALESCE(NEW.{old}, NEW.{new}{back});\n\
         \x20 ELSIF NEW.{old} IS DISTINCT FROM OLD.{old} THEN\n\
         \x20   NEW.{new} := NEW.{old}{there};\n\
         \x20 ELSIF NEW.{new} IS DISTINCT FROM OLD.{new} THEN\n\
         \x20   NEW.{old} := NEW.{new}{back};\n\
         \x20 END IF;\n\
         \x20 RETURN NEW;\n\
         END $$;"
    );
    let trigger = format!(
        "SET lock_timeout = '2s';\nCREATE TRIGGER {name} BEFORE INSERT OR UPDATE ON {sql}\n\
         \x20 FOR EACH ROW EXECUTE FUNCTION {name}();"
    );
    vec![function, trigger]
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

/// The statement with the comment that says why it may run.
pub(super) fn allowed(rule: &str, statement: &str) -> String {
    format!("-- migrate: allow {rule} because <no running release uses it since …>\n{statement}")
}
