//! SQL that is not seen: nothing is foretold after it, and it is counted.

use super::project::Project;

const GIVEN: &str = "\
CREATE TABLE orders (id bigint PRIMARY KEY, total bigint);
";

const MISSING: &str = "ALTER TABLE invoices ADD COLUMN note text;\nDROP TABLE bills;\n\
                       ALTER TABLE orders ALTER COLUMN note SET STORAGE EXTERNAL;";

/// How many statements are said to be refused, after history and in the file itself.
fn refused(before: &str) -> [usize; 2] {
    let count = |project: &Project| {
        let run = project.run("lint --format json --no-transaction --history given.sql case.sql");
        run.rules().iter().filter(|rule| *rule == "refused-statement").count()
    };
    let project = Project::new();
    project.write("given.sql", format!("{GIVEN}{before}"));
    project.write("case.sql", MISSING);
    let history = count(&project);
    project.write("given.sql", GIVEN);
    project.write("case.sql", format!("{before}\n{MISSING}"));
    [history, count(&project)]
}

#[test]
fn what_is_missing_is_refused_where_all_was_seen() {
    assert_eq!(refused(""), [3, 3]);
    for harmless in [
        "SELECT now();",
        "SELECT pg_advisory_lock(1);",
        "CREATE EXTENSION IF NOT EXISTS pgcrypto;",
        "\\set ON_ERROR_STOP on\n",
        "UPDATE orders SET total = lower('1')::int WHERE id = 1;",
        "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'; SELECT f();",
    ] {
        assert_eq!(refused(harmless), [3, 3], "{harmless}");
    }
}

#[test]
fn after_sql_that_is_not_seen_nothing_is_refused() {
    for unseen in [
        "\\i other.sql\n",
        "\\ir ../other.sql\n",
        "{{ template \"other\" . }}\n",
        "{% include 'other.sql' %}\n",
        "SELECT make_invoices();",
        "CALL make_invoices();",
        "INSERT INTO orders SELECT * FROM make_invoices();",
        "DO $$ BEGIN EXECUTE 'CREATE ' || 'TABLE invoices (id int)'; END $$;",
        "DO $$ BEGIN PERFORM make_invoices(); END $$;",
        "CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS 'BEGIN RETURN 1; END'; SELECT f();",
        "MAKE TABLE invoices;",
    ] {
        assert_eq!(refused(unseen), [0, 0], "{unseen}");
    }
}

#[test]
fn an_extension_may_make_tables_and_changes_none() {
    assert_eq!(refused("CREATE EXTENSION timescaledb;"), [1, 1]);
}

#[test]
fn what_a_rollback_undoes_was_not_run() {
    assert_eq!(refused("BEGIN;\nSELECT make_invoices();\nROLLBACK;"), [3, 3]);
}

#[test]
fn names_with_placeholders_are_not_refused_and_shown_as_written() {
    let sql = "ALTER TABLE ${prefix}invoices RENAME TO ${prefix}bills;\n\
               ALTER TABLE orders RENAME COLUMN {{ .Column }} TO sum;\n\
               ALTER TABLE \"${Prefix}lines\" DROP COLUMN $name;";
    let project = Project::new().file("given.sql", GIVEN).file("case.sql", sql);
    let run = project.run("lint --format json --history given.sql case.sql");
    assert!(!run.rules().contains(&"refused-statement".to_owned()), "{}", run.out);
    for shown in ["`${prefix}invoices`", "{{ .Column }}", "${Prefix}lines", "$name"] {
        assert!(run.out.contains(shown), "{shown}\n{}", run.out);
    }
    let plan = project.run("plan --format json --history given.sql case.sql");
    assert!(plan.out.contains("\"public.${prefix}invoices\""), "{}", plan.out);
    let human = project.run("plan --history given.sql case.sql");
    assert!(human.out.contains("public.${prefix}invoices"), "{}", human.out);
}

#[test]
fn names_with_placeholders_in_a_block_are_not_refused() {
    let sql = "DO $$ BEGIN\n  ALTER TABLE ${schema}.invoices DROP COLUMN note;\nEND $$;";
    let project = Project::new().file("given.sql", GIVEN).file("case.sql", sql);
    let run = project.run("lint --format json --history given.sql case.sql");
    assert_eq!(run.rules(), ["drop-column"], "{}", run.out);
    assert!(run.out.contains("`${schema}.invoices.note`"), "{}", run.out);
}

#[test]
fn a_name_with_a_placeholder_may_be_any() {
    assert_eq!(refused("CREATE TABLE ${prefix}invoices (id bigint);"), [1, 1]);
}

#[test]
fn what_is_brought_in_is_counted_as_unknown() {
    let sql = "\\i other.sql\nSELECT 1;\n{{ template \"more\" . }}";
    let project = Project::new().file("case.sql", sql);
    let run = project.run("lint --format json case.sql");
    assert_eq!(run.json()["summary"]["opaque"], 2, "{}", run.out);
    assert_eq!(run.rules(), ["opaque-statement", "opaque-statement"]);
    let stats = project.run("lint --stats case.sql");
    assert!(stats.out.contains("2 put together at run time"), "{}", stats.out);
}

#[test]
fn a_statement_that_was_read_in_part_is_not_known() {
    let sql = "CREATE VIEW v AS SELECT * FROM orders MATCH_RECOGNIZE (PATTERN (a) ) AS m WINDOW;";
    let project = Project::new().file("given.sql", GIVEN).file("case.sql", sql);
    let run = project.run("plan --format json --history given.sql case.sql");
    let statement = &run.json()["migrations"][0]["statements"][0];
    assert_eq!(statement["confidence"], "assumed", "{}", run.out);
}

#[test]
fn a_backtick_in_a_reason_is_not_in_backticks() {
    let sql = "ALTER TABLE `orders` ADD COLUMN note text;";
    let run = Project::new().file("case.sql", sql).run("lint --format json case.sql");
    assert!(run.out.contains("found '`'"), "{}", run.out);
}
