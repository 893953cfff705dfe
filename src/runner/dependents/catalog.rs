//! What is asked of the catalog: what goes with the objects that a contract takes away, what hangs
//! on all that, and which functions may name it in their texts.

use super::taken::Gone;
use super::taken::Way;
use super::target::What;
use super::target::below;
use super::target::relation;
use crate::db::literal;

/// What goes with an object goes without being asked for (`findDependentObjects` in dependency.c);
/// but for a publication, which notices that a table of its is gone, and a column that is computed
/// from another one. What stands in a schema goes with that.
const ALONG: &str = "CASE
    WHEN p.way = 'replaced' THEN d.deptype = 'i'
    WHEN d.classid IN (to_regclass('pg_catalog.pg_publication_rel'),
            to_regclass('pg_catalog.pg_publication_namespace'))
        THEN p.class = 'pg_publication'::regclass
    WHEN p.class = 'pg_namespace'::regclass THEN true
    WHEN d.classid = 'pg_class'::regclass AND (d.objsubid <> 0 OR d.objid = p.oid) THEN false
    WHEN p.class = 'pg_class'::regclass AND p.sub <> 0 AND a.adnum <> p.sub THEN false
    ELSE d.deptype IN ('a', 'i', 'e', 'x', 'P', 'S') END";

/// The objects themselves, and all that goes with them: by the place of the statement and what
/// becomes of them.
fn parts(all: &[Gone]) -> String {
    let roots: Vec<String> = all
        .iter()
        .filter(|gone| gone.way != Way::Renamed)
        .map(|gone| {
            let (place, way, query) = (gone.place, gone.way.word(), gone.what.query());
            format!("SELECT {place}, '{way}', found.* FROM ({query}) AS found (class, oid, sub)")
        })
        .collect();
    let none = "SELECT 0, '', 0::oid, 0::oid, 0 WHERE false".to_owned();
    let roots = if roots.is_empty() { none } else { roots.join("\nUNION ALL ") };
    format!(
        "WITH RECURSIVE root (place, way, class, oid, sub) AS ({roots}),
         part (place, way, class, oid, sub, itself) AS (
            SELECT root.*, true FROM root WHERE root.oid IS NOT NULL
            UNION
            SELECT p.place, p.way, d.classid, d.objid, d.objsubid, false
            FROM part p JOIN pg_depend d ON d.refclassid = p.class AND d.refobjid = p.oid
                AND (p.sub = 0 OR d.refobjsubid = p.sub)
            LEFT JOIN pg_attrdef a ON d.classid = 'pg_attrdef'::regclass AND a.oid = d.objid
            WHERE {ALONG})"
    )
}

/// Asks for what hangs on what goes, in words: what `CASCADE` would drop along, and without it
/// has the server refuse.
pub(super) fn hanging(all: &[Gone]) -> String {
    format!(
        "{},
         d AS (
            SELECT DISTINCT d.classid, d.objid, d.objsubid
            FROM part p JOIN pg_depend d ON d.refclassid = p.class AND d.refobjid = p.oid
                AND (p.sub = 0 OR d.refobjsubid = p.sub)
            WHERE (p.way = 'dropped' OR p.way = 'changed' AND p.itself)
                AND NOT (d.classid = p.class AND d.objid = p.oid AND d.objsubid IN (0, p.sub))
                AND NOT EXISTS (
                    SELECT FROM part q
                    WHERE q.class = d.classid AND q.oid = d.objid AND q.sub IN (0, d.objsubid)
                        AND (q.place = p.place AND q.way IN ('dropped', p.way)
                            OR q.place < p.place AND q.way IN ('dropped', 'replaced'))))
         SELECT CASE c.relkind
                WHEN 'v' THEN 'view ' || n.nspname || '.' || c.relname
                WHEN 'm' THEN 'materialized view ' || n.nspname || '.' || c.relname
                ELSE pg_describe_object(d.classid, d.objid, d.objsubid) END
         FROM d
         LEFT JOIN pg_rewrite r ON d.classid = 'pg_rewrite'::regclass AND r.oid = d.objid
         LEFT JOIN pg_class c ON c.oid = r.ev_class
         LEFT JOIN pg_namespace n ON n.oid = c.relnamespace",
        parts(all)
    )
}

/// Asks for functions whose texts may name what goes: what of it, by its place in the list; the
/// function, its language and its text; and whether it gets rows of the table. A text is read when
/// it runs, so that what is dropped later in the contract is gone by then.
pub(super) fn naming(all: &[Gone]) -> Option<String> {
    let named = all.iter().enumerate().filter(|(_, gone)| gone.named);
    let named: Vec<String> = named
        .map(|(at, gone)| {
            let (word, there, rows) = (pattern(gone.what.word()), there(&gone.what), rows(gone));
            format!("SELECT {at} AS at, {word} AS word, {rows} AS rows WHERE {there}")
        })
        .collect();
    if named.is_empty() {
        return None;
    }
    Some(format!(
        "{},
         named AS ({}),
         gone AS (SELECT class, oid FROM part WHERE way IN ('dropped', 'replaced') AND sub = 0)
         SELECT named.at, p.oid::regprocedure, l.lanname, p.prosrc,
            p.prorettype = ANY (types) OR p.proargtypes::oid[] && types OR EXISTS (
                SELECT FROM pg_trigger t WHERE t.tgfoid = p.oid AND t.tgrelid = ANY (named.rows)
                    AND NOT EXISTS (
                        SELECT FROM gone
                        WHERE gone.class = 'pg_trigger'::regclass AND gone.oid = t.oid))
         FROM named
         CROSS JOIN LATERAL (
            SELECT array_agg(c.reltype) FROM pg_class c
            WHERE c.oid = ANY (named.rows) AND c.reltype <> 0) AS of (types)
         JOIN pg_proc p ON p.prosrc ~* named.word
         JOIN pg_language l ON l.oid = p.prolang
         JOIN pg_namespace n ON n.oid = p.pronamespace
         WHERE n.nspname NOT IN ('pg_catalog', 'information_schema', 'migrate')
            AND p.prokind IN ('f', 'p') AND l.lanname NOT IN ('c', 'internal')
            AND NOT EXISTS (
                SELECT FROM gone WHERE gone.class = 'pg_proc'::regclass AND gone.oid = p.oid)",
        parts(all),
        named.join("\nUNION ALL ")
    ))
}

/// Whether it is there still, and no other of its name stays: a call does not say which of several
/// functions is meant.
fn there(what: &What) -> String {
    let query = what.query();
    let there = format!("EXISTS (SELECT FROM ({query}) AS f (class, oid, sub) WHERE oid <> 0)");
    if !matches!(what, What::Function(..)) {
        return there;
    }
    format!(
        "{there} AND NOT EXISTS (
            SELECT FROM ({query}) AS f (class, oid, sub)
            JOIN pg_proc p ON p.oid = f.oid
            JOIN pg_proc o ON o.proname = p.proname AND o.pronamespace = p.pronamespace
            WHERE o.oid NOT IN (SELECT oid FROM part
                WHERE class = 'pg_proc'::regclass AND way = 'dropped'))"
    )
}

/// The relations whose rows have a column: its table, what inherits from it, and what that
/// inherits from, as a trigger there runs for rows of all of them.
fn rows(gone: &Gone) -> String {
    let What::Column(table, _) = &gone.what else { return "'{}'::oid[]".to_owned() };
    format!(
        "ARRAY(SELECT oid FROM ({}) AS below UNION
            (WITH RECURSIVE line (oid) AS (
                SELECT {} UNION
                SELECT i.inhparent FROM pg_inherits i JOIN line ON i.inhrelid = line.oid)
             SELECT oid FROM line))",
        below(table),
        relation(table)
    )
}

/// A pattern that finds a name as a whole word.
fn pattern(name: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || c == '_';
    let escape = |c: char| (!plain(c)).then_some('\\').into_iter().chain([c]);
    let escaped: String = name.chars().flat_map(escape).collect();
    // A word has ends where it has letters.
    let begins = if name.starts_with(plain) { "\\m" } else { "" };
    let ends = if name.ends_with(plain) { "\\M" } else { "" };
    literal(&format!("{begins}{escaped}{ends}"))
}

impl Way {
    /// The word for it in queries.
    fn word(self) -> &'static str {
        match self {
            Way::Dropped => "dropped",
            Way::Changed => "changed",
            Way::Replaced => "replaced",
            Way::Renamed => "renamed",
        }
    }
}
