//! What transactions do to settings and locks, and what rules make of that.

use super::project::Project;

const GIVEN: &str = "\
CREATE TABLE orders (id bigint PRIMARY KEY, total bigint);
CREATE TABLE items (id bigint PRIMARY KEY, total bigint);
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
";

const TRIGGER: &str =
    "CREATE TRIGGER touch BEFORE INSERT ON orders FOR EACH ROW EXECUTE FUNCTION touch();";

const BUILD: &str = "CREATE INDEX CONCURRENTLY orders_total_idx ON orders (total);";

/// The rules that find something in a file, as it is sent.
fn rules(sql: &str, sent: &str) -> Vec<String> {
    let project = Project::new().file("given.sql", GIVEN).file("case.sql", sql);
    project.run(&format!("lint --format json --history given.sql {sent} case.sql")).rules()
}

#[track_caller]
fn blocks(sql: &str, sent: &str, expected: bool) {
    let found = rules(sql, sent).contains(&"create-trigger-blocking".to_owned());
    assert_eq!(found, expected, "{sent} {sql}");
}

#[track_caller]
fn is_killed(sql: &str, expected: bool) {
    let found = rules(sql, "--no-transaction").contains(&"cic-statement-timeout".to_owned());
    assert_eq!(found, expected, "{sql}");
}

#[test]
fn a_setting_of_a_transaction_ends_with_it() {
    is_killed(&format!("SET statement_timeout = '5s';\n{BUILD}"), true);
    is_killed(&format!("BEGIN; SET LOCAL statement_timeout = '5s'; COMMIT;\n{BUILD}"), false);
    is_killed(&format!("BEGIN; SET statement_timeout = '5s'; COMMIT;\n{BUILD}"), true);
    let both = "SET statement_timeout = '5s'; BEGIN; SET LOCAL statement_timeout = 0; COMMIT;";
    is_killed(&format!("{both}\n{BUILD}"), true);
    let config = "SELECT set_config('statement_timeout', '5s', true);";
    is_killed(&format!("BEGIN; {config} COMMIT;\n{BUILD}"), false);
}

#[test]
fn a_setting_that_is_rolled_back_is_undone() {
    is_killed(&format!("BEGIN; SET statement_timeout = '5s'; ROLLBACK;\n{BUILD}"), false);
    let back = "SET statement_timeout = '5s'; BEGIN; SET statement_timeout = 0; ROLLBACK;";
    is_killed(&format!("{back}\n{BUILD}"), true);
    let savepoint = "BEGIN; SAVEPOINT a; SET statement_timeout = '5s'; ROLLBACK TO a; COMMIT;";
    is_killed(&format!("{savepoint}\n{BUILD}"), false);
    let released = "BEGIN; SAVEPOINT a; SET statement_timeout = '5s'; RELEASE a; COMMIT;";
    is_killed(&format!("{released}\n{BUILD}"), true);
}

#[test]
fn the_last_statement_of_a_transaction_locks_briefly() {
    let limit = "SET LOCAL lock_timeout = '2s';";
    blocks(&format!("{limit}\n{TRIGGER}"), "--in-transaction", false);
    blocks(TRIGGER, "--in-transaction", true);
    blocks(&format!("BEGIN; {limit}\n{TRIGGER}\nCOMMIT;"), "--no-transaction", false);
    let quick = "SET LOCAL lock_timeout = '1s'; CREATE TABLE notes (id bigint);";
    blocks(&format!("{limit}\n{TRIGGER}\n{quick}"), "--in-transaction", false);
}

#[test]
fn a_lock_is_kept_while_more_is_done() {
    let limit = "SET LOCAL lock_timeout = '2s';";
    for later in [
        "UPDATE items SET total = 0 WHERE id = 1;",
        "ALTER TABLE items ADD COLUMN note text;",
        "SELECT count(*) FROM items;",
        "INSERT INTO items SELECT id, total FROM orders LIMIT 5;",
        "DO LANGUAGE plpython3u 'pass';",
        "CALL clean_up();",
    ] {
        blocks(&format!("{limit}\n{TRIGGER}\n{later}"), "--in-transaction", true);
        let apart = format!("BEGIN; {limit}\n{TRIGGER}\nCOMMIT;\n{later}");
        blocks(&apart, "--no-transaction", false);
    }
}

#[test]
fn the_search_path_of_a_transaction_ends_with_it() {
    let sql = "CREATE SCHEMA app;\nCREATE TABLE app.orders (id bigint);\n\
               BEGIN;\nSET LOCAL search_path = app;\nCOMMIT;\nDROP TABLE orders;";
    let project = Project::new().file("given.sql", GIVEN).file("case.sql", sql);
    let run = project.run("lint --format json --history given.sql --no-transaction case.sql");
    let json = run.json();
    let found = json["findings"].as_array().expect("there is a list");
    let relation = found.iter().find(|finding| finding["rule"] == "drop-table");
    assert_eq!(relation.expect("it is found")["relation"], "public.orders", "{}", run.out);
}
