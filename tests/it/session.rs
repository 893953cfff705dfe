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

/// The message and the safe SQL of the only finding.
fn said(sql: &str, sent: &str) -> (String, String) {
    let project = Project::new().file("given.sql", GIVEN).file("case.sql", sql);
    let run = project.run(&format!("lint --format json --history given.sql {sent} case.sql"));
    assert_eq!(run.rules().len(), 1, "{sql}\n{}", run.out);
    let finding = run.json()["findings"][0].clone();
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    (text(&finding["message"]), text(&finding["safe"][0]))
}

#[test]
fn a_time_is_told_in_its_unit() {
    let add = "ALTER TABLE orders ADD COLUMN note text;";
    for (value, expected) in [
        ("600000", "a lock_timeout of 10 min is too long"),
        ("'90s'", "a lock_timeout of 90 s is too long"),
        ("'1d'", "a lock_timeout of 1 d is too long"),
        ("5", "lock_timeout = 5 is 5 ms: say '5s' if seconds were meant"),
        ("'10ms'", "a lock_timeout of 10 ms is too short"),
    ] {
        let sql = format!("SET lock_timeout = {value};\n{add}");
        let (message, safe) = said(&sql, "--no-transaction");
        assert!(message.starts_with(expected), "{message}");
        assert_eq!(safe, "SET lock_timeout = '2s';");
        assert_eq!(said(&sql, "--in-transaction").1, "SET LOCAL lock_timeout = '2s';");
    }
}

#[test]
fn who_waits_for_a_backfill_goes_by_the_lock() {
    let key = "ALTER TABLE items ADD CONSTRAINT items_id_fkey FOREIGN KEY (id) \
               REFERENCES orders (id) NOT VALID;";
    let copy = "CREATE TABLE notes (id bigint);\nINSERT INTO notes SELECT id FROM items;";
    let (message, _) = said(&format!("{key}\n{copy}"), "--in-transaction");
    assert!(message.starts_with("statement 1 of this file took a lock"), "{message}");
    assert!(message.ends_with("are written, and writes wait"), "{message}");
    let add = "SET LOCAL lock_timeout = '2s';\nALTER TABLE orders ADD COLUMN note text;";
    let (message, _) = said(&format!("{add}\n{copy}"), "--in-transaction");
    assert!(message.starts_with("statement 2 of this file took a lock"), "{message}");
    assert!(message.ends_with("are written, and everybody waits"), "{message}");
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
