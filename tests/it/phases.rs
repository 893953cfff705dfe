//! Files that mix phases: what is said of them, and how they are divided.

use super::project::Project;

const GIVEN: &str = "\
CREATE TABLE users (id bigint PRIMARY KEY, name text, nickname text);
CREATE TABLE orders (id bigint PRIMARY KEY, total bigint);
";

/// The message of `mixed-phases`, and the files that it gives.
fn mixed(sql: &str) -> Option<(String, Vec<String>)> {
    let project = Project::new().file("given.sql", GIVEN).file("case.sql", sql);
    let json = project.run("lint --format json --history given.sql case.sql").json();
    let findings = json["findings"].as_array().expect("there is a list").clone();
    let found = findings.iter().find(|finding| finding["rule"] == "mixed-phases")?;
    let files = found["safe"].as_array().expect("there is a list");
    let text = |value: &serde_json::Value| value.as_str().expect("a string").to_owned();
    Some((text(&found["message"]), files.iter().map(text).collect()))
}

#[track_caller]
fn says(sql: &str, expected: &str) {
    assert_eq!(mixed(sql).expect("it mixes phases").0, expected, "{sql}");
}

#[track_caller]
fn divides(sql: &str, expected: &[&str]) {
    assert_eq!(mixed(sql).expect("it mixes phases").1, expected, "{sql}");
}

#[test]
fn all_phases_are_named_with_their_statements() {
    says(
        "ALTER TABLE users ADD COLUMN full_name text;\n\
         UPDATE users SET full_name = name WHERE id = 1;\n\
         CREATE TABLE notes (id bigint);\n\
         ALTER TABLE users DROP COLUMN name;",
        "this file mixes contract (statement 4) with expand (statements 1, 3) and migrate \
         (statement 2): what old code still needs is taken away in the same step that gives new \
         code what it needs",
    );
}

#[test]
fn what_is_said_is_true_of_what_is_done() {
    says(
        "UPDATE users SET name = '' WHERE id = 1;\n\
         ALTER TABLE users ALTER COLUMN name SET NOT NULL;",
        "this file mixes contract (statement 2) with migrate (statement 1): what old code may \
         still write is refused in the same step that still moves rows",
    );
}

#[test]
fn settings_stand_in_each_file() {
    divides(
        "SET lock_timeout = '2s';\n\
         ALTER TABLE users ADD COLUMN full_name text;\n\
         SET statement_timeout = '1h';\n\
         UPDATE users SET full_name = name WHERE id = 1;\n\
         ALTER TABLE users DROP COLUMN nickname;\n\
         RESET lock_timeout;",
        &[
            "-- expand.sql\nSET lock_timeout = '2s';\nALTER TABLE users ADD COLUMN full_name text;",
            "-- migrate.sql\nSET lock_timeout = '2s';\nSET statement_timeout = '1h';\n\
             UPDATE users SET full_name = name WHERE id = 1;",
            "-- contract.sql\nSET lock_timeout = '2s';\nSET statement_timeout = '1h';\n\
             ALTER TABLE users DROP COLUMN nickname;",
        ],
    );
}

#[test]
fn what_fits_any_phase_stays_with_what_it_follows() {
    divides(
        "CREATE TABLE notes (id bigint);\nGRANT SELECT ON notes TO app;\n\
         ALTER TABLE users DROP COLUMN nickname;",
        &[
            "-- expand.sql\nCREATE TABLE notes (id bigint);\nGRANT SELECT ON notes TO app;",
            "-- contract.sql\nALTER TABLE users DROP COLUMN nickname;",
        ],
    );
}

#[test]
fn commands_are_divided_by_their_parts() {
    divides(
        "ALTER TABLE users DROP COLUMN nickname, ADD COLUMN full_name text;",
        &[
            "-- expand.sql\nALTER TABLE users ADD COLUMN full_name text;",
            "-- contract.sql\nALTER TABLE users DROP COLUMN nickname;",
        ],
    );
}

#[test]
fn what_needs_what_is_before_it_does_not_come_first() {
    for sql in [
        // The new name is there after the old one is gone.
        "ALTER TABLE users RENAME TO members;\nALTER TABLE members ADD COLUMN phone text;",
        "ALTER TABLE users RENAME COLUMN name TO full_name;\n\
         UPDATE users SET full_name = '' WHERE id = 1;",
        "ALTER TABLE users DROP COLUMN nickname;\nALTER TABLE users ADD COLUMN phone text;\n\
         ALTER TABLE users ADD COLUMN nickname int;",
        // Rows come from a table of the session.
        "CREATE TEMPORARY TABLE batch AS SELECT id FROM users LIMIT 10;\n\
         UPDATE users SET name = '' FROM batch WHERE users.id = batch.id;\n\
         ALTER TABLE users DROP COLUMN nickname;",
        // A block runs whole.
        "DO $$ BEGIN\n  ALTER TABLE users ADD COLUMN phone text;\n\
         ALTER TABLE users DROP COLUMN nickname;\nEND $$;",
        // Nobody knows what this does.
        "CREATE TABLE notes (id bigint);\n\\i other.sql\nALTER TABLE users DROP COLUMN nickname;",
        // Others never see the function missing.
        "BEGIN;\nDROP FUNCTION IF EXISTS f();\n\
         CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1';\n\
         CREATE TABLE notes (id bigint);\nALTER TABLE users DROP COLUMN nickname;\nCOMMIT;",
    ] {
        divides(sql, &[]);
    }
}

/// The phase of the first finding.
fn phase(path: &str, sql: &str) -> String {
    let project = Project::new().file(path, sql);
    let json = project.run("lint --format json --no-transaction").json();
    json["findings"][0]["phase"].as_str().expect("there is a finding").to_owned()
}

#[test]
fn what_fits_any_phase_has_that_of_its_file() {
    let full = "VACUUM FULL users;";
    assert_eq!(phase("migrations/1_a.sql", full), "migrate");
    let add = format!("{full}\nALTER TABLE users ADD COLUMN phone text;");
    assert_eq!(phase("migrations/1_a.sql", &add), "expand");
    let native = "migrations/20260101000000_a/contract.sql";
    assert_eq!(phase(native, full), "contract");
    assert_eq!(phase("migrations/1_a.sql", "MAKE TABLE users;"), "contract");
}
