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

/// The message and the help of the only finding.
fn said(sql: &str, words: &str) -> (String, String) {
    let run = Project::with_migration(sql).run(&format!("lint --format json {words}"));
    assert_eq!(run.rules().len(), 1, "{sql}\n{}", run.out);
    let finding = run.json()["findings"][0].clone();
    let text = |key: &str| finding[key].as_str().unwrap_or_default().to_owned();
    (text("message"), text("help"))
}

#[test]
fn a_comment_in_a_block_allows_a_statement_of_it() {
    let block = |inside: &str| format!("DO $$\nBEGIN\n{inside}\nEND $$;");
    let allow = "-- migrate: allow drop-table because it is empty";
    check(&block(&format!("  {allow}\n  DROP TABLE a;")), &[]);
    check(&block(&format!("  DROP TABLE a; {allow}")), &[]);
    check(&block(&format!("  DROP TABLE b;\n  {allow}\n  DROP TABLE a;")), &["drop-table"]);
    check(&block(&format!("  {allow}\n  DROP TABLE a;\n  DROP TABLE b;")), &["drop-table"]);
    let last = block(&format!("  DROP TABLE a;\n  {allow}"));
    check(&last, &["drop-table", "unused-suppression"]);
    check(&format!("{allow}\n{}", block("  DROP TABLE a;\n  DROP TABLE b;")), &[]);
    let quoted = format!("DO 'BEGIN\n  PERFORM ''x'';\n  {allow}\n  DROP TABLE a;\nEND';");
    check(&quoted, &[]);
}

#[test]
fn words_without_because_are_one_finding() {
    let (message, help) =
        said("/* migrate: allow drop-table nobody reads it any more */ DROP TABLE a;", "");
    assert!(message.contains("`because` is missing"), "{message}");
    assert_eq!(help, "write: -- migrate: allow drop-table because nobody reads it any more");
    let two = "/* migrate: allow drop-table, drop-object - it is empty */ DROP TABLE a;";
    said(two, "--rule unused-suppression=off");
    check("-- migrate: allow drop-table BECAUSE it is empty\nDROP TABLE a;", &[]);
}

#[test]
fn a_comment_that_was_meant_to_allow_says_what_it_lacks() {
    let nothing = "/* migrate: allow because it is empty */ SELECT 1;";
    assert_eq!(said(nothing, "").0, "this comment names no rule to allow");
    assert_eq!(said("/* migrate: allow */ SELECT 1;", "").0, "this comment names no rule to allow");
    for verb in ["alow", "Allow", "ignore", "disable"] {
        let sql = format!("/* migrate: {verb} drop-table because it is empty */ SELECT 1;");
        let (message, help) = said(&sql, "");
        assert_eq!(message, format!("`migrate: {verb}` allows nothing"));
        assert_eq!(help, "did you mean `allow`?");
    }
    let upper = "/* migrate: allow DROP-TABLE because it is empty */ SELECT 1;";
    assert_eq!(said(upper, "").1, "did you mean `drop-table`?");
    check("-- migrate: all users are moved here\nSELECT 1;", &[]);
    check("-- migrate:up\nSELECT 1;", &[]);
}

#[test]
fn what_is_unused_is_told_apart() {
    let list = "-- migrate: allow drop-table, vacuum-full because it is empty\nDROP TABLE a;";
    let (message, help) = said(list, "");
    assert_eq!(message, "`vacuum-full` is allowed here, but finds nothing in the statement");
    assert_eq!(help, "take it out of the list");
    let alone = "SELECT 1;\n-- migrate: allow drop-table because it is empty";
    assert_eq!(said(alone, "").0, "`drop-table` is allowed here, but no statement follows");
    let off = "-- migrate: allow drop-table because it is empty\nDROP TABLE a;";
    let (message, help) = said(off, "--rule drop-table=off");
    assert_eq!(message, "`drop-table` is allowed here, and is turned off anyway");
    assert_eq!(help, "remove the comment, or turn the rule on");
}

#[test]
fn what_is_said_of_a_comment_has_the_phase_of_its_statement() {
    for (sql, phase) in [
        ("/* migrate: allow drop-table */ DROP TABLE a;", "contract"),
        ("/* migrate: allow vacuum-full because x */ CREATE TABLE a (id int);", "expand"),
        ("/* migrate: allow vacuum-full because x */ UPDATE a SET b = 1 WHERE id = 1;", "migrate"),
    ] {
        let run = Project::with_migration(sql).run("lint --format json");
        assert_eq!(run.json()["findings"][0]["phase"], phase, "{sql}");
    }
}
