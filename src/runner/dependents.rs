//! What depends on the objects that a contract takes away: from the catalog, and from the texts of
//! functions, of which the catalog knows nothing.

use super::error::RunError;
use crate::db::Session;
use crate::db::literal;
use crate::effect::Fact;
use std::collections::BTreeSet;

/// The objects that a file takes away, such as `public.users.email`.
pub(super) fn taken(facts: &[Fact]) -> BTreeSet<String> {
    let breaks =
        facts.iter().flat_map(|fact| fact.analysis.breaks().map(|gone| gone.object.clone()));
    let loses = facts.iter().flat_map(|fact| fact.analysis.loses().map(str::to_owned));
    breaks.chain(loses).collect()
}

/// What depends on them, in words; what goes with them is none.
pub(super) fn dependents(
    session: &Session,
    taken: &BTreeSet<String>,
) -> Result<Vec<String>, RunError> {
    let mut found = BTreeSet::new();
    for object in taken {
        let parts: Vec<&str> = object.split('.').collect();
        let (table, column) = match parts.as_slice() {
            [schema, table] => (format!("{schema}.{table}"), None),
            [schema, table, column] => (format!("{schema}.{table}"), Some(*column)),
            _ => continue,
        };
        let name = parts.get(1).copied().unwrap_or_default();
        for row in session.rows(&query(&table, name, column))? {
            let (Some(words), Some(what)) = (row.get(0), row.get(1)) else { continue };
            if !taken.contains(what) {
                found.insert(words.to_owned());
            }
        }
    }
    Ok(found.into_iter().collect())
}

/// Asks for what hangs on a table or a column of it, each in words and by its name.
fn query(table: &str, name: &str, column: Option<&str>) -> String {
    let quoted: Vec<String> = table.split('.').map(crate::db::identifier).collect();
    let class = literal(&quoted.join("."));
    let (of_column, in_text) = match column {
        Some(column) => (
            format!(
                "AND d.refobjsubid = (SELECT attnum FROM pg_attribute WHERE attrelid = t.oid \
                 AND attname = {})",
                literal(column)
            ),
            format!("AND p.prosrc ~ {}", word(column)),
        ),
        None => (String::new(), String::new()),
    };
    format!(
        "WITH t AS (SELECT to_regclass({class}) AS oid),
         d AS (
            SELECT d.* FROM pg_depend d, t
            WHERE d.refclassid = 'pg_class'::regclass AND d.refobjid = t.oid AND d.deptype = 'n'
                AND NOT (d.classid = 'pg_class'::regclass AND d.objid = t.oid) {of_column}
         )
         SELECT CASE WHEN r.oid IS NOT NULL
                THEN CASE c.relkind WHEN 'm' THEN 'materialized view ' ELSE 'view ' END
                    || n.nspname || '.' || c.relname
                ELSE pg_describe_object(d.classid, d.objid, d.objsubid) END,
            coalesce(n.nspname || '.' || c.relname, '')
         FROM d
         LEFT JOIN pg_rewrite r ON d.classid = 'pg_rewrite'::regclass AND r.oid = d.objid
         LEFT JOIN pg_class c ON c.oid = r.ev_class
         LEFT JOIN pg_namespace n ON n.oid = c.relnamespace
         UNION
         SELECT 'function ' || p.oid::regprocedure || ', which names it in its text', ''
         FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace, t
         WHERE t.oid IS NOT NULL
            AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'migrate')
            AND p.prokind IN ('f', 'p') AND p.prosrc ~ {} {in_text}",
        word(name)
    )
}

/// A pattern that finds a name as a whole word.
fn word(name: &str) -> String {
    let escaped: String = name
        .chars()
        .flat_map(|c| {
            let plain = c.is_alphanumeric() || c == '_';
            (!plain).then_some('\\').into_iter().chain([c])
        })
        .collect();
    literal(&format!("\\m{escaped}\\M"))
}
