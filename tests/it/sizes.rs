//! Small tables: what only costs time is less bad there, when the user asks for it.

use super::project::Project;
use super::project::Run;
use migrate::rules;
use migrate::rules::Category;

const HISTORY: &str = "CREATE TABLE users (id int PRIMARY KEY, email text, \
                       CONSTRAINT users_email CHECK (email <> ''));\n\
                       CREATE TABLE orders (id int PRIMARY KEY, user_id int);\n\
                       CREATE TABLE others (a int);\n\
                       CREATE SCHEMA audit; CREATE TABLE audit.log (id int);";

const SIZES: &str = "users = { rows = 50, bytes = 8192 }\n\
                     orders = { rows = 2_000_000 }\n\
                     audit.log = { bytes = 8192 }\n";

fn project(sql: &str) -> Project {
    Project::new().file("h.sql", HISTORY).file("sizes.toml", SIZES).file("a.sql", sql)
}

fn lint(project: &Project, words: &str) -> Run {
    project.run(&format!("lint --format json --history h.sql {words} a.sql"))
}

/// The severities of what is found, with tables of fewer than a thousand rows small.
fn severities(sql: &str) -> Vec<(String, String)> {
    lint(&project(sql), "--sizes sizes.toml --small-tables 1000").found()
}

fn found(rule: &str, severity: &str) -> Vec<(String, String)> {
    vec![(rule.to_owned(), severity.to_owned())]
}

#[test]
fn on_a_small_table_time_costs_less_and_the_message_says_so() {
    let project = project("CREATE INDEX users_email_idx ON users (email);");
    assert_eq!(lint(&project, "").found(), found("create-index-blocking", "error"));
    let run = lint(&project, "--sizes sizes.toml --small-tables 1000");
    assert_eq!(run.found(), found("create-index-blocking", "warning"));
    let json = run.json();
    let message = json["findings"][0]["message"].as_str().expect("a message");
    assert!(message.contains("(no error, for public.users has 50 rows)"), "{message}");
    let before = lint(&project, "").json()["findings"][0]["fingerprint"].clone();
    assert_eq!(json["findings"][0]["fingerprint"], before, "a baseline goes on to hold");
}

#[test]
fn on_a_large_one_or_one_that_nobody_measured_it_is_as_bad_as_ever() {
    let large = severities("CREATE INDEX orders_user ON orders (user_id);");
    assert_eq!(large, found("create-index-blocking", "error"));
    let unknown = severities("CREATE INDEX others_a ON others (a);");
    assert_eq!(unknown, found("create-index-blocking", "error"));
}

#[test]
fn all_that_is_read_must_be_small() {
    let small = "ALTER TABLE users ADD CONSTRAINT c CHECK (id > 0);";
    assert_eq!(severities(small), found("add-check-validating", "warning"));
    let both = "DO $$ BEGIN ALTER TABLE users ADD CONSTRAINT c CHECK (id > 0); \
                ALTER TABLE orders ADD CONSTRAINT c CHECK (id > 0); END $$;";
    let rules: Vec<(String, String)> = severities(both);
    let checks = rules.iter().filter(|(rule, _)| rule == "add-check-validating");
    let checks: Vec<&str> = checks.map(|(_, severity)| severity.as_str()).collect();
    assert_eq!(checks, ["error", "error"], "the lock on one is held while the other is read");
}

#[test]
fn bytes_tell_how_many_rows_there_can_be() {
    let sql = "CREATE INDEX log_id ON audit.log (id);";
    assert_eq!(severities(sql), found("create-index-blocking", "warning"), "one block: 291 rows");
    let strict = lint(&project(sql), "--sizes sizes.toml --small-tables 291").found();
    assert_eq!(strict, found("create-index-blocking", "error"));
    let sizes = "[audit.log]\nrows = 3\nbytes = 90_000_000_000\n";
    let bloated = project(sql).file("sizes.toml", sizes);
    let bloated = lint(&bloated, "--sizes sizes.toml --small-tables 1000").found();
    assert_eq!(bloated, found("create-index-blocking", "error"), "what is empty is read as well");
}

#[test]
fn what_breaks_or_loses_is_never_lowered() {
    for sql in ["ALTER TABLE users DROP COLUMN email;", "ALTER TABLE users RENAME TO people;"] {
        assert_eq!(severities(sql), lint(&project(sql), "").found(), "{sql}");
    }
    for rule in rules::all().filter(|rule| rule.settings().grows_with_table) {
        assert_eq!(rule.settings().category, Category::Lock, "{}", rule.id);
    }
}

#[test]
fn the_configuration_may_say_it() {
    let config = "small-tables = 1000\nsizes = \"sizes.toml\"\n";
    let project = project("CREATE INDEX i ON users (email);").file("migrate.toml", config);
    assert_eq!(lint(&project, "").found(), found("create-index-blocking", "warning"));
    assert_eq!(
        lint(&project, "--small-tables 10").found(),
        found("create-index-blocking", "error")
    );
    project.write("migrate.toml", "small-tables = 1000\n");
    let run = lint(&project, "");
    assert_eq!(run.found(), found("create-index-blocking", "error"));
    assert!(run.err.contains("small-tables is without effect"), "{}", run.err);
    project.write("migrate.toml", "small-tables = 0\nsizes = 3\nsmall-table = 4\n");
    let run = lint(&project, "");
    assert_eq!(run.code, 2);
    for expected in [
        "expected a number of rows, one or more",
        "expected a string",
        "did you mean `small-tables`?",
    ] {
        assert!(run.err.contains(expected), "{}", run.err);
    }
    let schema = project.run("config schema").json();
    assert_eq!(schema["properties"]["small-tables"]["type"], "integer");
    assert_eq!(schema["properties"]["sizes"]["type"], "string");
}

#[test]
fn what_cannot_be_judged_is_an_error() {
    let project = project("SELECT 1;");
    let refused = |words: &str| {
        let run = lint(&project, words);
        assert_eq!(run.code, 2, "{}", run.err);
        run.err
    };
    assert!(refused("--small-tables 10").contains("give --database-url, or --sizes FILE"));
    assert!(refused("--sizes sizes.toml").contains("--small-tables"));
    refused("--small-tables 0 --sizes sizes.toml");
    let text = "users = { row = 5 }\norders = 7\nthings = { rows = -1 }\n";
    project.write("sizes.toml", text);
    let said = refused("--small-tables 10 --sizes sizes.toml");
    for expected in [
        "there is no key `row`",
        "did you mean `rows`?",
        "sizes.toml:1:11",
        "expected the size of a table, found integer",
        "expected a number of zero or more",
    ] {
        assert!(said.contains(expected), "no {expected:?} in:\n{said}");
    }
}
