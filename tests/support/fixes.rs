//! Fixed files on a real server: each leads to the same schema as the one before it, is silent
//! under the rules that were fixed, and is not fixed again.

use crate::fences;
use crate::fences::Case;
use crate::fences::Section;
use crate::fences::Setting;
use crate::server::Server;
use crate::server::reason;
use libtest_mimic::Failed;
use libtest_mimic::Trial;
use migrate::examine;
use migrate::examine::Options;
use migrate::examine::Scope;
use migrate::fix;
use migrate::fix::Asker;
use migrate::fix::Judged;
use migrate::gather::Gathered;
use migrate::lint;
use migrate::lint::Severities;
use migrate::migration;
use migrate::migration::Project;
use migrate::migration::Tree;
use migrate::rules;
use migrate::rules::Rule;
use migrate::sql;
use migrate::sql::Script;
use migrate::version::Major;
use migrate::workspace::MemoryTree;
use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;

/// Rules whose pages show at least one finding that is fixed.
const FIXED: &[&str] = &[
    "create-index-blocking",
    "drop-index-blocking",
    "reindex-blocking",
    "unnamed-index",
    "add-fk-validating",
    "add-check-validating",
    "add-unique-builds-index",
    "add-pk-builds-index",
];

/// What was deployed, what is fixed, and by which rule.
const MORE: &[(&str, &str, &str)] = &[
    (
        "create-index-blocking",
        "CREATE TABLE t (a int, b text, c int[]); INSERT INTO t VALUES (1, 'x');
         CREATE TABLE t_a_idx (i int);",
        "CREATE INDEX ON t (a);
         CREATE UNIQUE INDEX ON t USING btree (a DESC NULLS LAST, lower(b)) INCLUDE (c)
             WHERE a > 0;
         CREATE INDEX ON t ((a + 1), (a + 2), b);
         CREATE INDEX ON t USING gin (c) WITH (fastupdate = off);
         CREATE INDEX ON t (b COLLATE \"C\");",
    ),
    (
        "create-index-blocking",
        "CREATE SCHEMA s; CREATE TABLE s.a_table_with_a_name_that_is_long_enough_to_be_cut (
            a_column_with_a_name_that_is_long_too int, \"Änd\" int, \"x y\" int);",
        "CREATE INDEX ON s.a_table_with_a_name_that_is_long_enough_to_be_cut
            (a_column_with_a_name_that_is_long_too, \"Änd\");
         CREATE INDEX ON s.a_table_with_a_name_that_is_long_enough_to_be_cut (\"Änd\", \"x y\");",
    ),
    (
        "add-check-validating",
        "CREATE TABLE t (a int, b int, CONSTRAINT t_a_check1 CHECK (b > 1));
         INSERT INTO t VALUES (1, 2); CREATE TABLE child () INHERITS (t);",
        "ALTER TABLE t ADD CHECK (a > 0);
         ALTER TABLE t ADD CHECK (a < b), ADD COLUMN c int;
         ALTER TABLE t ADD CHECK (a > 0 AND a < 9) NO INHERIT;
         ALTER TABLE t ADD CHECK (a IS NOT NULL OR TRUE);
         ALTER TABLE t ADD CONSTRAINT \"N\" CHECK (true);",
    ),
    (
        "add-fk-validating",
        "CREATE TABLE p (a int, b int, UNIQUE (a, b)); CREATE TABLE q (a int PRIMARY KEY);
         CREATE TABLE t (a int, b int); CREATE INDEX ON t (a, b); INSERT INTO p VALUES (1, 2);
         INSERT INTO q VALUES (1); INSERT INTO t VALUES (1, 2);",
        "ALTER TABLE t ADD FOREIGN KEY (a, b) REFERENCES p (a, b) MATCH FULL ON DELETE CASCADE
             DEFERRABLE INITIALLY DEFERRED;
         ALTER TABLE t ADD FOREIGN KEY (a) REFERENCES q;
         ALTER TABLE ONLY t ADD FOREIGN KEY (a) REFERENCES q (a) ON UPDATE SET NULL;",
    ),
    (
        "add-unique-builds-index",
        "CREATE SCHEMA s; CREATE TABLE s.t (a int, b text, c int); INSERT INTO s.t VALUES (1);
         CREATE TABLE s.t_a_b_key (i int);",
        "ALTER TABLE s.t ADD UNIQUE (a, b) INCLUDE (c) WITH (fillfactor = 70)
             DEFERRABLE INITIALLY DEFERRED;",
    ),
    (
        "add-unique-builds-index",
        "CREATE TABLE t (a int, \"B c\" text);",
        "ALTER TABLE t ADD CONSTRAINT \"K 1\" UNIQUE (\"B c\", a) USING INDEX TABLESPACE fast;",
    ),
    (
        "add-pk-builds-index",
        "CREATE TABLE t (a int NOT NULL, b int NOT NULL); INSERT INTO t VALUES (1, 2);",
        "SET lock_timeout = '2s'; ALTER TABLE t ADD PRIMARY KEY (a, b);",
    ),
    (
        "refresh-matview-blocking",
        "CREATE TABLE t (a int); CREATE MATERIALIZED VIEW v AS SELECT a FROM t;
         CREATE UNIQUE INDEX k ON v (a); INSERT INTO t VALUES (1);",
        "REFRESH MATERIALIZED VIEW v WITH DATA;",
    ),
    (
        "reindex-blocking",
        "CREATE TABLE t (a int PRIMARY KEY); CREATE INDEX i ON t (a); INSERT INTO t VALUES (1);",
        "REINDEX INDEX public.i; REINDEX (VERBOSE) TABLE t;",
    ),
    (
        "drop-index-blocking",
        "CREATE TABLE t (a int); CREATE INDEX i ON t (a); CREATE INDEX j ON t (a);",
        "DROP INDEX public.i RESTRICT; DROP INDEX IF EXISTS j;",
    ),
];

/// A test for each rule's pages, and for each case.
pub(crate) fn trials(
    major: u8,
    start: &(impl Fn() -> Arc<Server> + Clone + Send + 'static),
) -> Vec<Trial> {
    let pages = rules::all().map(|rule| {
        let begin = start.clone();
        let name = format!("fix::{}::{major}", rule.id);
        Trial::test(name, move || of_page(&begin(), rule).map_err(Failed::from))
    });
    let more = MORE.iter().enumerate().map(|(number, (rule, given, code))| {
        let begin = start.clone();
        let name = format!("fix::{rule}::more::{number}::{major}");
        Trial::test(name, move || of_case(&begin(), rule, given, code).map_err(Failed::from))
    });
    pages.chain(more).collect()
}

fn of_page(server: &Server, rule: &'static Rule) -> Result<(), String> {
    let mut done = 0;
    for mut case in fences::cases(rule)? {
        if case.setting.postgres.number() <= server.major {
            case.setting.postgres = major(server)?;
            done += usize::from(same(server, &case)?.contains(&rule.id));
        }
    }
    if done == 0 && FIXED.contains(&rule.id) {
        return Err("nothing on its page is fixed".to_owned());
    }
    Ok(())
}

fn of_case(server: &Server, rule: &str, given: &str, code: &str) -> Result<(), String> {
    let case = Case {
        rule: rules::find(rule).ok_or("there is no such rule")?,
        section: Section::Unsafe,
        in_page: false,
        line: 1,
        code: code.to_owned(),
        setting: Setting::plain(major(server)?),
        history: vec![given.to_owned()],
    };
    let found = lint::lint(
        fences::examine(&case).remove(0),
        &Severities::default(),
        None,
        case.setting.postgres,
    );
    let found = found.findings.iter().filter(|finding| finding.rule == rule).count();
    let done = same(server, &case)?.iter().filter(|fixed| **fixed == rule).count();
    if done == 0 || done != found {
        return Err(format!("{found} findings, of which {done} are fixed"));
    }
    Ok(())
}

fn major(server: &Server) -> Result<Major, String> {
    Major::new(i64::from(server.major)).ok_or_else(|| "nothing is known of this server".to_owned())
}

/// Files by their paths, in their order.
type Files = Vec<(String, String)>;

/// The file of a case, as the first of a project of its own.
fn files(case: &Case) -> Files {
    let path = match case.setting.phase {
        Some(phase) => format!("migrations/20260101000000_case/{phase}.sql"),
        None => "migrations/001_case.sql".to_owned(),
    };
    vec![(path, case.code.clone())]
}

/// Files after their fixes, and the rules that were fixed.
fn mend(case: &Case, given: &Files) -> (Files, Vec<&'static str>) {
    let files = MemoryTree::new(given.clone());
    let Some(project) = migration::detect(&files, &[]).projects.into_iter().next() else {
        // It is taken for SQL of another server.
        return (given.clone(), Vec::new());
    };
    let gathered = Gathered {
        tree: Arc::new(files),
        root: "/".into(),
        project,
        scope: Scope::all(),
        edited: HashSet::new(),
        wrapped: None,
        code: None,
    };
    let history =
        case.history.iter().map(|text| sql::read(text, std::slice::from_ref(&(0..text.len()))));
    let history: Vec<Script> = history.collect();
    let judge = |tree: &dyn Tree, project: &Project| {
        let options = Options {
            postgres: case.setting.postgres,
            scope: Scope::all(),
            wrapped: case.setting.wrapped.then_some(true),
            history: &history,
            alone: false,
            adopted: false,
            catalog: None,
        };
        let mut files = Vec::new();
        examine::examine(tree, project, &options, str::to_owned, |file| {
            let (delivery, alone) = (file.delivery, fix::is_alone(&file));
            let linted = lint::lint(file, &Severities::default(), None, case.setting.postgres);
            files.push(Judged { linted, delivery, alone });
        });
        files
    };
    let outcome = fix::fix(&gathered, &Asker { judge: &judge, wanted: &|_| true });
    let paths = outcome.project.entries.iter().map(|entry| entry.path.clone());
    let mended = paths.map(|path| {
        let text = outcome.tree.text(&path).expect("a file of the project is there");
        (path, text)
    });
    (mended.collect(), outcome.done.iter().map(|spot| spot.rule).collect())
}

/// Numbers for the names of databases.
static DATABASES: AtomicUsize = AtomicUsize::new(0);

/// Sees that the fixed files lead to the same schema; gives the rules that were fixed.
fn same(server: &Server, case: &Case) -> Result<Vec<&'static str>, String> {
    let files = files(case);
    let (fixed, done) = mend(case, &files);
    if done.is_empty() {
        return if fixed == files { Ok(done) } else { Err("it changed unsaid".to_owned()) };
    }
    let (again, more) = mend(case, &fixed);
    if again != fixed || !more.is_empty() {
        return Err(format!("it is fixed again\n{fixed:#?}\n{again:#?}"));
    }
    let (one, other) = (schema(server, case, &files)?, schema(server, case, &fixed)?);
    if one == other {
        return Ok(done);
    }
    Err(format!("{}\nleads to\n{one}\n{fixed:#?}\nlead to\n{other}", case.code))
}

/// The schema that files lead to, under what the server refused of them.
fn schema(server: &Server, case: &Case, files: &Files) -> Result<String, String> {
    let number = DATABASES.fetch_add(1, Ordering::Relaxed);
    let session = server.database(&format!("fix_{number}")).map_err(|error| reason(&error))?;
    for script in &case.history {
        session.run_each(script)?;
    }
    let mut all = String::new();
    for (_, text) in files {
        // The statement that is refused may have been fixed before it.
        if let Err(why) = session.run_each(text) {
            all.push_str(why.lines().last().unwrap_or_default());
            break;
        }
    }
    all.push('\n');
    for query in CATALOGS {
        all.push_str(&session.text(query).map_err(|error| reason(&error))?);
    }
    Ok(all)
}

/// All that a schema is, in an order that does not hang on numbers.
const CATALOGS: [&str; 4] = [
    "SELECT relnamespace::regnamespace, relname, relkind, relpersistence, relispopulated,
        relispartition, reloptions, spcname
        FROM pg_class LEFT JOIN pg_tablespace ON pg_tablespace.oid = reltablespace
        WHERE relnamespace::regnamespace::text !~ '^pg_|^information_schema'
        ORDER BY 1, 2",
    "SELECT attrelid::regclass, attname, format_type(atttypid, atttypmod), attnotnull,
        attidentity, attgenerated, pg_get_expr(adbin, adrelid)
        FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
        LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
        WHERE relnamespace::regnamespace::text !~ '^pg_|^information_schema' AND attnum > 0
        AND relkind <> 'i' ORDER BY attrelid::regclass::text, attnum",
    "SELECT conrelid::regclass, conname, contype, pg_get_constraintdef(oid), convalidated,
        condeferrable, condeferred, conislocal, coninhcount, connoinherit, conindid::regclass
        FROM pg_constraint WHERE connamespace::regnamespace::text !~ '^pg_|^information_schema'
        ORDER BY conrelid::regclass::text, conname",
    "SELECT pg_get_indexdef(indexrelid), indisvalid, indisready, indislive, indisunique,
        indisprimary, indimmediate, indisclustered, indisreplident
        FROM pg_index JOIN pg_class ON pg_class.oid = indrelid
        WHERE relnamespace::regnamespace::text !~ '^pg_|^information_schema' ORDER BY 1",
];
