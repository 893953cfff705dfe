//! What the catalog says of the index that a step makes: whether it is there, whether it is the
//! same, and who builds it right now.

use super::blockers::Blocker;
use super::blockers::blocker;
use crate::db::DbError;
use crate::db::Row;
use crate::db::Session;
use crate::db::literal;
use crate::plan::Index;

/// What has the name of an index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Named {
    /// Nothing.
    Nothing,
    /// The index, whole.
    Whole,
    /// The index, or what a build of it that did not end has left.
    Half,
    /// Something else, in words.
    Another(String),
}

/// Asks what has the name of an index in the schema of its table.
pub(super) fn named(index: &Index, ask: impl Fn(&str) -> Result<Vec<Row>, DbError>) -> Asked {
    let rows = ask(&look(index))?;
    let Some(row) = rows.first() else { return Ok(Named::Nothing) };
    Ok(match row.get(0) {
        Some("whole") => Named::Whole,
        Some("half") => Named::Half,
        _ => Named::Another(row.get(1).unwrap_or_default().to_owned()),
    })
}

/// What was said.
type Asked = Result<Named, DbError>;

/// Who builds an index of this name right now, or may: the server tells the name of what is built
/// only to some roles, and not at once.
pub(super) fn builders(session: &Session, index: &Index) -> Result<Vec<Blocker>, DbError> {
    let rows = session.rows(&format!(
        "SELECT DISTINCT ON (p.pid) p.pid, 1, coalesce(usename, ''),
            coalesce(application_name, ''), coalesce(state, ''),
            greatest(extract(epoch FROM clock_timestamp() - query_start), 0)::bigint,
            left(regexp_replace(coalesce(query, ''), '\\s+', ' ', 'g'), 120)
         FROM pg_class t
         JOIN pg_class c ON c.relnamespace = t.relnamespace AND c.relname = {}
         JOIN pg_stat_progress_create_index p ON p.pid <> pg_backend_pid()
            AND (coalesce(p.index_relid, 0) IN (0, c.oid) OR p.command LIKE 'REINDEX%')
         JOIN pg_locks l ON l.pid = p.pid AND l.locktype = 'relation' AND l.relation = t.oid
            AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
         LEFT JOIN pg_stat_activity activity ON activity.pid = p.pid
         WHERE t.oid = to_regclass({})",
        literal(&index.name),
        literal(&index.table.to_sql())
    ))?;
    Ok(rows.iter().filter_map(blocker).collect())
}

/// A query for what has the name of an index: `whole`, `half` or `another`, and what that is.
fn look(index: &Index) -> String {
    let text = |name: &Option<String>| literal(name.as_deref().unwrap_or_default());
    let columns = index.keys.iter().map(text).chain(index.include.iter().map(|name| literal(name)));
    let columns = columns.collect::<Vec<_>>().join(", ");
    let (keys, all) = (index.keys.len(), index.keys.len() + index.include.len());
    let whole = "i.indisvalid AND i.indisready AND i.indislive";
    format!(
        "SELECT CASE
            WHEN i.indrelid IS DISTINCT FROM t.oid OR m.amname <> {method}
                OR (i.indpred IS NOT NULL) <> {partial}
                OR i.indnkeyatts <> {keys} OR i.indnatts <> {all}
                OR EXISTS (SELECT
                    FROM unnest(ARRAY[{columns}]::text[]) WITH ORDINALITY AS w(name, at)
                    JOIN unnest(i.indkey) WITH ORDINALITY AS k(attnum, at) USING (at)
                    LEFT JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = k.attnum
                    WHERE w.name <> '' AND w.name IS DISTINCT FROM a.attname)
                THEN 'another'
            WHEN NOT ({whole}) THEN 'half'
            WHEN i.indisunique <> {unique} THEN 'another'
            ELSE 'whole' END,
            CASE WHEN i.indrelid IS NULL THEN CASE c.relkind WHEN 'v' THEN 'a view'
                WHEN 'm' THEN 'a materialized view' WHEN 'S' THEN 'a sequence'
                WHEN 'c' THEN 'a type' ELSE 'a table' END
            ELSE CASE WHEN {whole} THEN '' ELSE 'an invalid index, ' END || pg_get_indexdef(c.oid)
            END
         FROM pg_class t
         JOIN pg_class c ON c.relnamespace = t.relnamespace AND c.relname = {name}
         LEFT JOIN pg_index i ON i.indexrelid = c.oid
         LEFT JOIN pg_am m ON m.oid = c.relam
         WHERE t.oid = to_regclass({table})",
        method = literal(&index.method),
        partial = index.partial,
        unique = index.unique,
        name = literal(&index.name),
        table = literal(&index.table.to_sql()),
    )
}

/// Statements that fail where an index that `IF NOT EXISTS` finds is another, or is not whole.
pub(super) fn must_be_whole(indexes: &[Index]) -> String {
    indexes.iter().map(check).collect()
}

fn check(index: &Index) -> String {
    let message = format!(
        "the name \"{}\" is taken, which IF NOT EXISTS would hide: there is %; drop that or \
         rename one of the two",
        index.name.replace('%', "%%")
    );
    let block = format!(
        "DECLARE state text; what text;
         BEGIN
            {} INTO state, what;
            IF state <> 'whole' THEN
                RAISE EXCEPTION {}, what USING ERRCODE = '42P07';
            END IF;
         END",
        look(index),
        literal(&message)
    );
    format!("DO {};\n", literal(&block))
}
