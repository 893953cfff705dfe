//! Comments that allow a finding, with a reason: and what is said of those that do not help.

use super::project::Project;

#[track_caller]
fn check(sql: &str, expected: &[&str]) {
    let run = Project::with_migration(sql).run("lint --format json");
    assert_eq!(run.rules(), expected, "{sql}");
}

#[test]
fn a_comment_before_the_statement_allows_it() {
    check("-- migrate: allow drop-table because nobody reads it since May\nDROP TABLE users;", &[]);
    check("/* migrate: allow drop-table because it is empty */ DROP TABLE users;", &[]);
}

#[test]
fn a_comment_at_the_end_of_the_statement_allows_it() {
    check("DROP TABLE users; -- migrate: allow drop-table because it is empty", &[]);
    check("DROP TABLE\n  users -- migrate: allow drop-table because it is empty\n;", &[]);
}

#[test]
fn several_rules_share_a_reason() {
    let sql = "-- migrate: allow drop-table, drop-fk-locks-both because it is empty\n\
               DROP TABLE orders;";
    let project = Project::new()
        .file(
            "migrations/001_first.sql",
            "CREATE TABLE users (id bigint PRIMARY KEY);\n\
             CREATE TABLE orders (user_id bigint REFERENCES users (id));",
        )
        .file("migrations/002_drop.sql", sql);
    let run = project.run("lint --format json migrations/002_drop.sql");
    assert_eq!(run.rules(), [""; 0], "{}", run.out);
}

#[test]
fn it_allows_its_own_statement_only() {
    check(
        "-- migrate: allow drop-table because it is empty\nDROP TABLE a;\nDROP TABLE b;",
        &["drop-table"],
    );
}

#[test]
fn no_reason_is_a_finding() {
    check("-- migrate: allow drop-table\nDROP TABLE users;", &["suppression-without-reason"]);
    let empty = "-- migrate: allow drop-table because \nDROP TABLE users;";
    check(empty, &["suppression-without-reason"]);
}

#[test]
fn what_suppresses_nothing_is_a_finding() {
    check(
        "-- migrate: allow drop-table because it is empty\nCREATE TABLE users (a int);",
        &["unused-suppression"],
    );
    let last = "CREATE TABLE t (a int);\n-- migrate: allow drop-table because x";
    check(last, &["unused-suppression"]);
}

#[test]
fn a_rule_that_is_not_there_is_a_finding() {
    let run = Project::with_migration("-- migrate: allow drop-tabel because x\nDROP TABLE users;")
        .run("lint --format json");
    assert_eq!(run.rules(), ["suppression-of-unknown-rule", "drop-table"]);
    let help = run.json()["findings"][0]["help"].as_str().expect("there is help").to_owned();
    assert!(help.contains("drop-table"), "{help}");
}

#[test]
fn a_rule_that_is_off_needs_no_suppression() {
    let sql = "-- migrate: allow drop-table because x\nDROP TABLE users;";
    let run = Project::with_migration(sql).run("lint --format json --rule drop-table=off");
    assert_eq!(run.rules(), ["unused-suppression"]);
}
