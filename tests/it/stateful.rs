//! Cases that need what came before: each with the files in their order, what of them is deployed,
//! and the verdict.

use super::project::Project;
use super::project::Run;

/// A folder of files that run in the order of their names.
fn files(texts: &[&str]) -> Project {
    let named = ('a'..).zip(1..).zip(texts);
    named.fold(Project::new(), |project, ((letter, number), sql)| {
        project.file(&format!("migrations/{number:03}_{letter}.sql"), sql)
    })
}

/// What is found in the last of the files, all before it being deployed.
fn last(texts: &[&str], words: &str) -> Run {
    let (number, letter) = (texts.len(), ('a'..).nth(texts.len() - 1).expect("few files"));
    let path = format!("migrations/{number:03}_{letter}.sql");
    files(texts).run(&format!("lint --format json {words} {path}"))
}

/// What is found in all files but the first, which ship together.
fn together(texts: &[&str], words: &str) -> Run {
    files(texts).run(&format!("lint --format json {words} --since 001_a"))
}

/// Rules that found something worse than an info.
fn hazards(run: &Run) -> Vec<String> {
    let bad = run.found().into_iter().filter(|(_, severity)| severity != "info");
    bad.map(|(rule, _)| rule).collect()
}

fn severity_of(run: &Run, rule: &str) -> String {
    let found = run.found().into_iter().find(|(found, _)| found == rule);
    found.unwrap_or_else(|| panic!("{rule} finds nothing: {}", run.out)).1
}

const QUANTITIES: &str = "CREATE TABLE inv (id bigint PRIMARY KEY, qty int);";

#[test]
fn s01_a_check_that_an_earlier_file_validated_proves_not_null() {
    let run = last(
        &[
            QUANTITIES,
            "ALTER TABLE inv ADD CONSTRAINT qn CHECK (qty IS NOT NULL) NOT VALID;",
            "ALTER TABLE inv VALIDATE CONSTRAINT qn;",
            "ALTER TABLE inv ALTER COLUMN qty SET NOT NULL;",
        ],
        "",
    );
    assert_eq!(run.rules(), [""; 0], "{}", run.out);
}

#[test]
fn s03_a_column_that_becomes_narrower_loses_data() {
    let run = last(
        &[
            "CREATE TABLE w (id bigint PRIMARY KEY, nm varchar(20));",
            "ALTER TABLE w ALTER nm TYPE varchar(10);",
        ],
        "",
    );
    assert_eq!(severity_of(&run, "alter-type-narrowing"), "error");
    assert_eq!(severity_of(&run, "alter-type-rewrite"), "error");
}

#[test]
fn s05_a_table_of_an_earlier_release_is_in_use() {
    let run = last(&["CREATE TABLE t (x int);", "CREATE INDEX i ON t (x);"], "");
    assert_eq!(severity_of(&run, "create-index-blocking"), "error");
}

#[test]
fn s07_a_table_that_ships_with_its_check_blocks_nobody() {
    let run = together(
        &[
            "CREATE TABLE other (x int);",
            "CREATE TABLE t (x int); INSERT INTO t SELECT * FROM generate_series(1, 5000000);",
            "ALTER TABLE t ADD CHECK (x > 0);",
        ],
        "",
    );
    assert!(!hazards(&run).contains(&"add-check-validating".to_owned()), "{}", run.out);
    let in_check = run.json()["findings"].clone();
    let in_check = in_check.as_array().expect("a list").iter();
    let mut in_check = in_check.filter(|found| found["path"] == "migrations/003_c.sql");
    assert!(in_check.all(|found| found["severity"] == "info"), "{}", run.out);
}

#[test]
fn s09_one_term_of_a_validated_check_is_proof_enough() {
    let run = last(
        &[
            QUANTITIES,
            "ALTER TABLE inv ADD CONSTRAINT qn CHECK (qty IS NOT NULL AND qty > 0) NOT VALID;",
            "ALTER TABLE inv VALIDATE CONSTRAINT qn;",
            "ALTER TABLE inv ALTER COLUMN qty SET NOT NULL;",
        ],
        "",
    );
    assert_eq!(run.rules(), [""; 0], "{}", run.out);
}

#[test]
fn s11_an_enum_value_cannot_be_used_before_it_is_committed() {
    for postgres in [12, 14, 18] {
        let run = last(
            &[
                "CREATE TYPE st AS ENUM ('a'); CREATE TABLE t (id int PRIMARY KEY, s st);",
                "ALTER TYPE st ADD VALUE 'b'; UPDATE t SET s = 'b' WHERE id = 1;",
            ],
            &format!("--in-transaction --postgres {postgres}"),
        );
        assert_eq!(severity_of(&run, "refused-statement"), "error", "{postgres}");
    }
}

#[test]
fn s13_a_partitioned_table_cannot_be_indexed_concurrently() {
    let run = last(
        &[
            "CREATE TABLE p (k int) PARTITION BY RANGE (k);",
            "CREATE INDEX CONCURRENTLY p_k_idx ON p (k);",
        ],
        "",
    );
    assert_eq!(severity_of(&run, "concurrently-on-partitioned"), "error");
}

#[test]
fn s15_a_concurrent_refresh_needs_a_unique_index() {
    let run = last(
        &[
            "CREATE TABLE t (x int); CREATE MATERIALIZED VIEW mv AS SELECT x FROM t;",
            "REFRESH MATERIALIZED VIEW CONCURRENTLY mv;",
        ],
        "",
    );
    assert_eq!(severity_of(&run, "refused-statement"), "error");
}

#[test]
fn s17_a_function_whose_body_names_the_column_breaks_when_it_runs() {
    let run = last(
        &[
            "CREATE TABLE t (id int PRIMARY KEY, c text);
             CREATE FUNCTION f() RETURNS SETOF text LANGUAGE sql AS 'select c from t';",
            "ALTER TABLE t DROP COLUMN c;",
        ],
        "",
    );
    assert_eq!(severity_of(&run, "drop-column-breaks-function"), "error");
}

#[test]
fn s19_a_constraint_of_two_columns_goes_with_one_of_them() {
    let run = last(
        &[
            "CREATE TABLE t (id int PRIMARY KEY, a int, b int, UNIQUE (a, b));",
            "ALTER TABLE t DROP COLUMN b;",
        ],
        "",
    );
    assert_eq!(severity_of(&run, "drop-column-side-effects"), "warning");
}

#[test]
fn s21_a_partial_index_makes_no_constraint() {
    let run = last(
        &[
            "CREATE TABLE t (id int PRIMARY KEY, x int, d date);",
            "CREATE UNIQUE INDEX CONCURRENTLY u ON t (x) WHERE d IS NULL;",
            "ALTER TABLE t ADD CONSTRAINT c UNIQUE USING INDEX u;",
        ],
        "",
    );
    assert_eq!(severity_of(&run, "using-index-ineligible"), "error");
}

#[test]
fn s23_a_column_that_goes_with_its_successor_goes_too_early() {
    let texts = [
        "CREATE TABLE t (id int PRIMARY KEY, old text);",
        "ALTER TABLE t ADD COLUMN new text;",
        "ALTER TABLE t DROP COLUMN old;",
    ];
    let run = together(&texts, "");
    assert_eq!(severity_of(&run, "contract-before-expand-deployed"), "warning");
    let run = last(&texts, "");
    assert_eq!(run.rules(), ["drop-column"], "the new column is deployed: {}", run.out);
}

#[test]
fn s25_two_files_that_lock_in_opposite_order_may_end_in_a_deadlock() {
    let run = files(&[
        "CREATE TABLE t1 (a int); CREATE TABLE t2 (a int);",
        "ALTER TABLE t1 ADD COLUMN b int; ALTER TABLE t2 ADD COLUMN b int;",
        "ALTER TABLE t2 ADD COLUMN c int; ALTER TABLE t1 ADD COLUMN c int;",
    ])
    .run("lint --format json --in-transaction");
    assert_eq!(severity_of(&run, "lock-order"), "info");
    assert_eq!(hazards(&run), [""; 0], "{}", run.out);
}

#[test]
fn s27_a_table_of_another_schema_is_another_table() {
    let run = together(
        &[
            "CREATE SCHEMA s1; CREATE SCHEMA s2; CREATE TABLE s2.t (id int PRIMARY KEY, a int);",
            "CREATE TABLE s1.t (id int PRIMARY KEY, a int);",
            "SET search_path = s2; ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0);",
        ],
        "",
    );
    assert_eq!(severity_of(&run, "add-check-validating"), "error");
    assert_eq!(run.json()["findings"][0]["relation"], "s2.t", "{}", run.out);
}

#[test]
fn s29_if_not_exists_passes_over_a_table_of_another_shape() {
    let run =
        last(&["CREATE TABLE t (a int, b text);", "CREATE TABLE IF NOT EXISTS t (a int);"], "");
    assert_eq!(severity_of(&run, "misleading-if-not-exists"), "warning");
}

#[test]
fn s31_files_that_were_there_are_not_edited_nor_passed_by() {
    let project = Project::new()
        .file("migrations/006_t.sql", "CREATE TABLE t (a int);")
        .file("migrations/007_u.sql", "CREATE TABLE u (a int);");
    project.git(&["init", "-q"]);
    project.commit("first");
    project.git(&["switch", "-q", "-c", "feature"]);
    project.write("migrations/006b_v.sql", "CREATE TABLE v (a int);");
    project.write("migrations/007_u.sql", "CREATE TABLE u (a bigint);");
    project.write("migrations/008_w.sql", "CREATE TABLE w (a int);");
    project.git(&["add", "-A"]);
    let staged = project.run("lint --format json --staged");
    project.commit("a change");
    for run in [staged, project.run("lint --format json --base main")] {
        assert_eq!(run.rules(), ["out-of-order", "edited-after-release"], "{}", run.out);
        assert_eq!(run.json()["findings"][0]["path"], "migrations/006b_v.sql");
        assert_eq!(run.json()["findings"][1]["path"], "migrations/007_u.sql");
    }
}

#[test]
fn s33_only_the_forward_part_of_a_file_is_judged() {
    let goose = Project::new().file(
        "migrations/00001_t.sql",
        "-- +goose Up\n-- +goose StatementBegin\nCREATE TABLE t (a int);\n-- +goose StatementEnd\n\
         -- +goose Down\nDROP TABLE t;\n",
    );
    let dbmate = Project::new().file(
        "db/migrations/20260101000000_t.sql",
        "-- migrate:up\nCREATE TABLE t (a int);\n-- migrate:down\nDROP TABLE t;\n",
    );
    for project in [goose, dbmate] {
        let run = project.run("lint --format json");
        assert_eq!(run.rules(), [""; 0], "{}", run.out);
        let plan = project.run("plan --format json").json();
        assert_eq!(plan["migrations"][0]["statements"].as_array().map(Vec::len), Some(1));
    }
}

#[test]
fn s35_what_psql_and_runners_put_in_is_known_for_that() {
    let run = last(
        &[
            "CREATE TABLE t (id int PRIMARY KEY, a int);",
            "\\set x 1\nUPDATE t SET a = :x WHERE id = 1;\n\
             ALTER TABLE ${schema}.u ADD COLUMN b int;",
        ],
        "",
    );
    assert_eq!(run.rules(), [""; 0], "{}", run.out);
}
