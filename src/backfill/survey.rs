//! What a table is like: its partitions, the keys it can be walked by, and whether its rows can be
//! written again in place.

use super::error::BackfillError;
use super::rights;
use crate::db::Session;
use crate::db::identifier;
use crate::db::literal;
use crate::job::Job;
use crate::job::KeyColumn;
use crate::job::Options;
use crate::job::Walk;
use crate::job::Way;
use crate::sql::DataVerb;
use crate::sql::Name;

/// A table that is walked.
#[derive(Clone, Debug)]
pub(super) struct Leaf {
    pub(super) oid: u32,
    /// Its name, with its schema, as it is written in SQL.
    pub(super) name: String,
    pub(super) filenode: u32,
    pub(super) bytes: u64,
    /// How large a block is.
    block: u64,
    pub(super) rows: u64,
    pub(super) walk: Walk,
    pub(super) stripes: u32,
}

impl Leaf {
    /// How many blocks it has.
    pub(super) fn blocks(&self) -> u64 {
        self.bytes / self.block.max(1)
    }
}

/// A table, and what of it is walked.
#[derive(Clone, Debug)]
pub(super) struct Survey {
    pub(super) relation: u32,
    pub(super) leaves: Vec<Leaf>,
}

/// A table of more than this gains by rows that are written in place.
const WORTH_STRIPES: u64 = 256 << 20;

/// In how many stripes a slice is walked: a tenth of the rows leaves room for the next tenth.
const STRIPES: u32 = 10;

/// Looks at the table that a job walks.
pub(super) fn survey(
    session: &Session,
    job: &Job,
    options: &Options,
) -> Result<Survey, BackfillError> {
    let named = literal(&written(&job.walked));
    let rows = session.rows(&format!(
        "SELECT c.oid, c.relkind, {} FROM pg_class c WHERE c.oid = to_regclass({named})",
        is_named_so(job)
    ))?;
    let (Some(relation), kind) = rows
        .first()
        .map_or((None, None), |row| (row.get(0).and_then(|oid| oid.parse().ok()), row.get(1)))
    else {
        return Err(BackfillError::unfit(job, "there is no such table"));
    };
    if rows.first().and_then(|row| row.get(2)) != Some("t") {
        let why = "the server takes a name in the statement for another table; write each with \
                   its schema";
        return Err(BackfillError::unfit(job, why));
    }
    if !matches!(kind, Some("r" | "p")) {
        return Err(BackfillError::unfit(job, "it is no table, and cannot be walked"));
    }
    let leaves = session.rows(&leaves_sql(relation))?;
    let mut found = Vec::with_capacity(leaves.len());
    for row in &leaves {
        let number = |at: usize| row.get(at).and_then(|text| text.parse::<u64>().ok());
        let small = |at: usize| row.get(at).and_then(|text| text.parse::<u32>().ok());
        let (Some(oid), Some(name), Some(filenode)) = (small(0), row.get(1), small(2)) else {
            return Err(BackfillError::unfit(job, "a part of it has no file: it is foreign"));
        };
        let bytes = number(3).unwrap_or(0);
        let in_cache = row.get(5) == Some("t");
        let leaf = Leaf {
            oid,
            name: name.to_owned(),
            filenode,
            bytes,
            block: number(6).unwrap_or(8192),
            rows: number(4).unwrap_or(0),
            walk: Walk::Blocks,
            stripes: 1,
        };
        found.push(choose(session, job, options, leaf, in_cache)?);
    }
    let survey = Survey { relation, leaves: found };
    rights::must_suffice(session, job, &survey)?;
    Ok(survey)
}

/// How many rows of tables were ever written, by the statistics.
pub(super) fn writes(leaves: &[u32]) -> String {
    let of = |oid: &u32| {
        format!("pg_stat_get_tuples_inserted({oid}) + pg_stat_get_tuples_updated({oid})")
    };
    let all: Vec<String> = leaves.iter().map(of).collect();
    if all.is_empty() { "0".to_owned() } else { format!("({})", all.join(" + ")) }
}

/// The expression for whether the names in a statement mean, to the session that asks, the tables
/// that they were taken for.
pub(super) fn is_named_so(job: &Job) -> String {
    let [walked, written] = &job.named;
    let same = |(named, table): (&Name, &Name)| {
        let [named, table] = [named, table].map(|name| literal(&self::written(name)));
        format!("to_regclass({named}) = to_regclass({table})")
    };
    let both = [(walked, &job.walked), (written, &job.written)].map(same);
    format!("coalesce({}, false)", both.join(" AND "))
}

/// The name of a table as it is written in SQL.
pub(super) fn written(name: &Name) -> String {
    let own = identifier(&name.name);
    name.schema.as_ref().map_or(own.clone(), |schema| format!("{}.{own}", identifier(schema)))
}

/// The query for the tables below one that hold rows.
pub(super) fn leaf_oids(relation: &str) -> String {
    format!(
        "(WITH RECURSIVE heirs(oid) AS (
            SELECT {relation}::oid
            UNION SELECT i.inhrelid FROM pg_inherits i JOIN heirs h ON i.inhparent = h.oid
                WHERE NOT i.inhdetachpending
         ) SELECT c.oid FROM heirs JOIN pg_class c USING (oid) WHERE c.relkind IN ('r', 'f'))"
    )
}

/// The tables below one that hold rows. What was never analysed has as many rows as would fit.
fn leaves_sql(relation: u32) -> String {
    format!(
        "SELECT c.oid, c.oid::regclass, pg_relation_filenode(c.oid), pg_relation_size(c.oid),
            CASE WHEN c.reltuples > 0 THEN c.reltuples
                ELSE pg_relation_size(c.oid) / 100 END::bigint,
            pg_relation_size(c.oid) < pg_size_bytes(current_setting('shared_buffers')) / 2,
            current_setting('block_size')
         FROM pg_class c WHERE c.oid IN {} ORDER BY c.oid",
        leaf_oids(&relation.to_string())
    )
}

/// Chooses how a table is walked.
fn choose(
    session: &Session,
    job: &Job,
    options: &Options,
    mut leaf: Leaf,
    in_cache: bool,
) -> Result<Leaf, BackfillError> {
    let keys = keys(session, &leaf)?;
    let wanted = options.key.as_ref();
    let key = match wanted {
        Some(names) => keys.iter().find(|key| key.names().eq(names.iter())),
        None => keys.first(),
    };
    if let (Some(names), None) = (wanted, key) {
        let why = format!(
            "{} has no unique index of columns that are never null on ({}): nothing else walks \
             it row by row",
            leaf.name,
            names.join(", ")
        );
        return Err(BackfillError::unfit(job, &why));
    }
    let is_scattered = |key: &Key| key.correlation.is_some_and(|by| by.abs() < 0.5) && !in_cache;
    let by_key = match options.walk {
        Way::Key => true,
        Way::Blocks => false,
        Way::Any => wanted.is_some() || key.is_some_and(|key| !is_scattered(key)),
    };
    match key.filter(|_| by_key) {
        Some(key) => leaf.walk = Walk::Key(key.columns.clone()),
        None if by_key => {
            let why = format!("{} has no key to walk by; walk = \"blocks\" needs none", leaf.name);
            return Err(BackfillError::unfit(job, &why));
        }
        None if job.rest.is_none() => {
            let why = format!(
                "{} has no key to walk by, and its rows do not show that they are done: give it \
                 a primary key",
                leaf.name
            );
            return Err(BackfillError::unfit(job, &why));
        }
        None => leaf.walk = Walk::Blocks,
    }
    leaf.stripes = match options.stripes {
        Some(stripes) => stripes.max(1),
        None if leaf.bytes >= WORTH_STRIPES && stays_in_place(session, job, &leaf)? => STRIPES,
        None => 1,
    };
    Ok(leaf)
}

/// Whether rows are written where they stand, given room: no index has a column that is set.
fn stays_in_place(session: &Session, job: &Job, leaf: &Leaf) -> Result<bool, BackfillError> {
    if job.verb != DataVerb::Update || job.rest.is_none() {
        return Ok(false);
    }
    let sets: Vec<String> = job.sets.iter().map(|column| literal(column)).collect();
    let rows = session.rows(&format!(
        "SELECT count(*) FROM pg_index i JOIN pg_depend d ON d.classid = 'pg_class'::regclass
            AND d.objid = i.indexrelid AND d.refclassid = 'pg_class'::regclass
            AND d.refobjid = i.indrelid
         JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = d.refobjsubid
         WHERE i.indrelid = {} AND a.attname IN ({})",
        leaf.oid,
        sets.join(", ")
    ))?;
    Ok(rows.first().and_then(|row| row.get(0)) == Some("0"))
}

/// A key that a table can be walked by.
struct Key {
    columns: Vec<KeyColumn>,
    /// How far its order is that of the rows, from -1 to 1; `None` where nobody counted.
    correlation: Option<f64>,
}

impl Key {
    fn names(&self) -> impl Iterator<Item = &String> {
        self.columns.iter().map(|column| &column.name)
    }
}

/// The keys of a table, the primary one first: unique, at once, of columns that are never null, and
/// in the order of `<`, as it is found by that name.
/// From PostgreSQL 18 on a column may be `NOT NULL` and have nulls, as long as that is not
/// validated.
fn keys(session: &Session, leaf: &Leaf) -> Result<Vec<Key>, BackfillError> {
    let rows = session.rows(&format!(
        "SELECT i.indexrelid, a.attname, format_type(a.atttypid, a.atttypmod), s.correlation
         FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
         JOIN pg_am m ON m.oid = c.relam AND m.amname = 'btree'
         JOIN LATERAL unnest(i.indkey) WITH ORDINALITY AS k(attnum, nth) ON k.nth <= i.indnkeyatts
         JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
         JOIN pg_class t ON t.oid = i.indrelid JOIN pg_namespace n ON n.oid = t.relnamespace
         LEFT JOIN pg_stats s ON s.schemaname = n.nspname AND s.tablename = t.relname
            AND s.attname = a.attname AND NOT s.inherited
         WHERE i.indrelid = {} AND i.indisunique AND i.indisvalid AND i.indimmediate
            AND i.indpred IS NULL AND NOT 0 = ANY (i.indkey)
            AND 0 = ALL (i.indoption::int2[])
            AND NOT EXISTS (
                SELECT FROM unnest(i.indkey) WITH ORDINALITY AS part(attnum, nth)
                JOIN pg_attribute p ON p.attrelid = i.indrelid AND p.attnum = part.attnum
                JOIN pg_opclass o ON o.oid = i.indclass[part.nth::int - 1]
                WHERE part.nth <= i.indnkeyatts
                    AND (i.indcollation[part.nth::int - 1] <> p.attcollation OR NOT o.opcdefault
                        OR EXISTS (
                            SELECT FROM pg_amop m JOIN pg_operator r ON r.oid = m.amopopr
                            WHERE m.amopfamily = o.opcfamily AND m.amoplefttype = o.opcintype
                                AND m.amoprighttype = o.opcintype
                                AND (r.oprname <> (ARRAY['<', '<=', '=', '>=', '>'])[m.amopstrategy]
                                    OR NOT pg_operator_is_visible(r.oid)))))
            AND NOT EXISTS (
                SELECT FROM unnest(i.indkey) WITH ORDINALITY AS part(attnum, nth)
                JOIN pg_attribute p ON p.attrelid = i.indrelid AND p.attnum = part.attnum
                WHERE part.nth <= i.indnkeyatts AND NOT (p.attnotnull AND NOT EXISTS (
                    SELECT FROM pg_constraint c WHERE c.conrelid = i.indrelid
                        AND c.contype = 'n' AND NOT c.convalidated
                        AND p.attnum = ANY (c.conkey))))
         ORDER BY i.indisprimary DESC, i.indnkeyatts, i.indexrelid, k.nth",
        leaf.oid
    ))?;
    let mut keys: Vec<(String, Key)> = Vec::new();
    for row in &rows {
        let (Some(index), Some(name), Some(ty)) = (row.get(0), row.get(1), row.get(2)) else {
            continue;
        };
        let column = KeyColumn { name: name.to_owned(), ty: ty.to_owned() };
        if let Some((_, key)) = keys.last_mut().filter(|(last, _)| last == index) {
            key.columns.push(column);
            continue;
        }
        let correlation = row.get(3).and_then(|text| text.parse().ok());
        keys.push((index.to_owned(), Key { columns: vec![column], correlation }));
    }
    Ok(keys.into_iter().map(|(_, key)| key).collect())
}
