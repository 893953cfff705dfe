//! The safe statements that findings give: those of indexes and constraints, for the case at hand.

use super::project::Project;
use super::project::Run;

const LIMIT: &str = "SET lock_timeout = '2s';";

fn lint(history: &str, sql: &str, words: &str) -> Run {
    Project::new()
        .file("migrations/001_before.sql", history)
        .file("migrations/002_case.sql", sql)
        .run(&format!("lint --format json {words} migrations/002_case.sql"))
}

/// The first finding of a rule.
fn finding(run: &Run, rule: &str) -> serde_json::Value {
    let json = run.json();
    let findings = json["findings"].as_array().expect("there is a list of findings");
    let found = findings.iter().find(|finding| finding["rule"] == rule);
    found.unwrap_or_else(|| panic!("no finding of {rule}: {}", run.out)).clone()
}

#[track_caller]
fn check_with(words: &str, history: &str, sql: &str, rule: &str, safe: &[&str]) {
    let found = finding(&lint(history, sql, words), rule);
    let given = found["safe"].as_array().expect("there is a list of statements");
    let given: Vec<&str> = given.iter().filter_map(|statement| statement.as_str()).collect();
    assert_eq!(given, safe, "{sql}");
}

#[track_caller]
fn check(history: &str, sql: &str, rule: &str, safe: &[&str]) {
    check_with("", history, sql, rule, safe);
}

#[track_caller]
fn check_message(history: &str, sql: &str, rule: &str, part: &str) {
    let found = finding(&lint(history, sql, ""), rule);
    let text = format!("{} {}", found["message"], found["help"]);
    assert!(text.contains(part), "{text}");
}

const EVENTS: &str =
    "CREATE TABLE events (id bigint NOT NULL, tags jsonb) PARTITION BY RANGE (id);";

#[test]
fn an_index_of_a_partitioned_table_keeps_its_method_and_gets_the_servers_name() {
    check(
        EVENTS,
        "CREATE INDEX ON events USING gin (tags jsonb_path_ops) WITH (fastupdate = off);",
        "create-index-on-partitioned",
        &[
            LIMIT,
            "CREATE INDEX events_tags_idx ON ONLY events \
             USING gin (tags jsonb_path_ops) WITH (fastupdate = off);",
            "CREATE INDEX CONCURRENTLY <partition>_events_tags_idx ON <partition> \
             USING gin (tags jsonb_path_ops) WITH (fastupdate = off);",
            "ALTER INDEX events_tags_idx ATTACH PARTITION <partition>_events_tags_idx;",
        ],
    );
}

#[test]
fn an_index_without_a_name_gets_the_servers_name() {
    check(
        "CREATE TABLE t (a int, b text); CREATE INDEX t_a_idx ON t (a);",
        "CREATE INDEX CONCURRENTLY ON t (a);",
        "unnamed-index",
        &["CREATE INDEX CONCURRENTLY t_a_idx1 ON t (a);"],
    );
    check(
        "CREATE TABLE t (a int, b text);",
        "CREATE INDEX ON t (a);",
        "create-index-blocking",
        &["CREATE INDEX CONCURRENTLY t_a_idx ON t (a);"],
    );
    check(
        "CREATE TABLE t (a int, b text);",
        "CREATE UNIQUE INDEX CONCURRENTLY ON t (b, lower(b), (a + 1), lower(b)) INCLUDE (a);",
        "unnamed-index",
        &["CREATE UNIQUE INDEX CONCURRENTLY t_b_lower_expr_lower1_a_idx \
           ON t (b, lower(b), (a + 1), lower(b)) INCLUDE (a);"],
    );
}

#[test]
fn a_foreign_key_of_a_partitioned_table_goes_by_partition_before_18() {
    let history = format!("CREATE TABLE users (id bigint PRIMARY KEY); {EVENTS}");
    let sql = "ALTER TABLE events ADD CONSTRAINT fk FOREIGN KEY (id) REFERENCES users;";
    check(
        &history,
        sql,
        "add-fk-validating",
        &[
            LIMIT,
            "ALTER TABLE <partition> \
             ADD CONSTRAINT fk FOREIGN KEY (id) REFERENCES users NOT VALID;",
            "ALTER TABLE <partition> VALIDATE CONSTRAINT fk;",
            "ALTER TABLE events ADD CONSTRAINT fk FOREIGN KEY (id) REFERENCES users;",
        ],
    );
    check_with(
        "--postgres 18",
        &history,
        sql,
        "add-fk-validating",
        &[
            LIMIT,
            "ALTER TABLE events ADD CONSTRAINT fk FOREIGN KEY (id) REFERENCES users NOT VALID;",
            "ALTER TABLE events VALIDATE CONSTRAINT fk;",
        ],
    );
}

const TWO: &str = "CREATE TABLE a (id bigint PRIMARY KEY, code text); CREATE TABLE b (a bigint);";

#[test]
fn a_constraint_stays_what_was_written() {
    check(
        TWO,
        "ALTER TABLE b ADD CONSTRAINT fk FOREIGN KEY (a) REFERENCES a (id) MATCH FULL \
         ON DELETE SET NULL (a) DEFERRABLE INITIALLY DEFERRED;",
        "add-fk-validating",
        &[
            LIMIT,
            "ALTER TABLE b ADD CONSTRAINT fk FOREIGN KEY (a) REFERENCES a (id) MATCH FULL \
             ON DELETE SET NULL (a) DEFERRABLE INITIALLY DEFERRED NOT VALID;",
            "ALTER TABLE b VALIDATE CONSTRAINT fk;",
        ],
    );
    check(
        TWO,
        "ALTER TABLE b ADD CHECK (a > 0) NO INHERIT;",
        "add-check-validating",
        &[
            LIMIT,
            "ALTER TABLE b ADD CONSTRAINT b_a_check CHECK (a > 0) NO INHERIT NOT VALID;",
            "ALTER TABLE b VALIDATE CONSTRAINT b_a_check;",
        ],
    );
}

#[test]
fn a_column_comes_before_the_constraint_that_is_written_with_it() {
    check(
        TWO,
        "ALTER TABLE b ADD COLUMN \"C\" text COLLATE \"C\" NOT NULL DEFAULT 'x' \
         CONSTRAINT good CHECK (\"C\" <> '') CONSTRAINT fk REFERENCES a (code);",
        "add-column-inline-check",
        &[
            LIMIT,
            "ALTER TABLE b ADD COLUMN \"C\" text COLLATE \"C\" NOT NULL DEFAULT 'x';",
            "ALTER TABLE b ADD CONSTRAINT good CHECK (\"C\" <> '') NOT VALID;",
            "ALTER TABLE b VALIDATE CONSTRAINT good;",
        ],
    );
    check(
        TWO,
        "ALTER TABLE b ADD COLUMN other bigint DEFAULT 1 \
         REFERENCES a ON DELETE CASCADE DEFERRABLE;",
        "add-column-fk-inline",
        &[
            LIMIT,
            "ALTER TABLE b ADD COLUMN other bigint DEFAULT 1;",
            "ALTER TABLE b ADD CONSTRAINT b_other_fkey FOREIGN KEY (other) \
             REFERENCES a ON DELETE CASCADE DEFERRABLE NOT VALID;",
            "ALTER TABLE b VALIDATE CONSTRAINT b_other_fkey;",
        ],
    );
    check(
        TWO,
        "ALTER TABLE b ADD COLUMN code text UNIQUE NULLS NOT DISTINCT;",
        "add-unique-builds-index",
        &[
            "ALTER TABLE b ADD COLUMN code text;",
            "CREATE UNIQUE INDEX CONCURRENTLY b_code_key ON b (code) NULLS NOT DISTINCT;",
            LIMIT,
            "ALTER TABLE b ADD CONSTRAINT b_code_key UNIQUE USING INDEX b_code_key;",
        ],
    );
}

#[test]
fn a_check_of_a_column_without_a_value_says_so() {
    let empty = "though the column is empty";
    let sql = "ALTER TABLE b ADD COLUMN n int CHECK (n > 0);";
    check_message(TWO, sql, "add-column-inline-check", empty);
    let sql = "ALTER TABLE b ADD COLUMN n int DEFAULT 1 CHECK (n > 0);";
    let found = finding(&lint(TWO, sql, ""), "add-column-inline-check");
    assert!(!found["message"].to_string().contains(empty), "{found}");
}

#[test]
fn a_key_keeps_what_its_index_and_its_constraint_have() {
    check(
        TWO,
        "ALTER TABLE a ADD CONSTRAINT k UNIQUE NULLS NOT DISTINCT (code) INCLUDE (id) \
         WITH (fillfactor = 70) USING INDEX TABLESPACE fast DEFERRABLE INITIALLY DEFERRED;",
        "add-unique-builds-index",
        &[
            "CREATE UNIQUE INDEX CONCURRENTLY k ON a (code) INCLUDE (id) NULLS NOT DISTINCT \
             WITH (fillfactor = 70) TABLESPACE fast;",
            LIMIT,
            "ALTER TABLE a ADD CONSTRAINT k UNIQUE USING INDEX k DEFERRABLE INITIALLY DEFERRED;",
        ],
    );
}

#[test]
fn a_key_over_columns_that_may_hold_null_looks_at_them_first() {
    check(
        TWO,
        "ALTER TABLE b ADD PRIMARY KEY (a);",
        "add-pk-builds-index",
        &[
            "CREATE UNIQUE INDEX CONCURRENTLY b_pkey ON b (a);",
            LIMIT,
            "ALTER TABLE b ADD CONSTRAINT b_a_not_null CHECK (a IS NOT NULL) NOT VALID;",
            "ALTER TABLE b VALIDATE CONSTRAINT b_a_not_null;",
            "ALTER TABLE b ALTER COLUMN a SET NOT NULL;",
            "ALTER TABLE b DROP CONSTRAINT b_a_not_null;",
            "ALTER TABLE b ADD CONSTRAINT b_pkey PRIMARY KEY USING INDEX b_pkey;",
        ],
    );
    check_message(
        TWO,
        "ALTER TABLE b ADD PRIMARY KEY (a);",
        "add-pk-builds-index",
        "looks at every row for a NULL in `a`",
    );
}

#[test]
fn a_new_column_that_is_the_key_takes_no_null_from_the_start() {
    check(
        TWO,
        "ALTER TABLE b ADD COLUMN id uuid DEFAULT gen_random_uuid() PRIMARY KEY;",
        "add-pk-builds-index",
        &[
            "ALTER TABLE b ADD COLUMN id uuid DEFAULT gen_random_uuid() NOT NULL;",
            "CREATE UNIQUE INDEX CONCURRENTLY b_pkey ON b (id);",
            LIMIT,
            "ALTER TABLE b ADD CONSTRAINT b_pkey PRIMARY KEY USING INDEX b_pkey;",
        ],
    );
}

#[test]
fn a_key_of_a_partitioned_table_gets_advice_and_no_statements() {
    let sql = "ALTER TABLE events ADD PRIMARY KEY (id);";
    check(EVENTS, sql, "add-pk-builds-index", &[]);
    check_message(EVENTS, sql, "add-pk-builds-index", "ON ONLY the parent");
}

#[test]
fn a_transaction_that_has_begun_needs_no_limit_any_more() {
    check(
        TWO,
        "BEGIN; ALTER TABLE b ADD CONSTRAINT c CHECK (a > 0); COMMIT;",
        "add-check-validating",
        &[
            "ALTER TABLE b ADD CONSTRAINT c CHECK (a > 0) NOT VALID;",
            "ALTER TABLE b VALIDATE CONSTRAINT c;",
        ],
    );
}

#[test]
fn not_valid_is_left_out_where_nothing_else_is_wrong() {
    check(
        "CREATE TABLE a (id bigint); CREATE UNIQUE INDEX i ON a (id);",
        "ALTER TABLE a ADD CONSTRAINT k UNIQUE USING INDEX i NOT VALID;",
        "not-valid-unsupported",
        &[LIMIT, "ALTER TABLE a ADD CONSTRAINT k UNIQUE USING INDEX i;"],
    );
    check(
        TWO,
        "CREATE TABLE c (id bigint); ALTER TABLE c ADD UNIQUE (id) NOT VALID DEFERRABLE;",
        "not-valid-unsupported",
        &["ALTER TABLE c ADD CONSTRAINT c_id_key UNIQUE (id) DEFERRABLE;"],
    );
}

#[test]
fn not_valid_where_it_is_refused_is_one_finding() {
    let sql = "ALTER TABLE a ADD CONSTRAINT k UNIQUE (code) NOT VALID, \
               ADD CONSTRAINT e EXCLUDE USING btree (code WITH =) NOT VALID;";
    let rules = lint(TWO, sql, "").rules();
    assert_eq!(rules, ["not-valid-unsupported", "not-valid-unsupported"]);
    let sql = "ALTER TABLE a ADD CONSTRAINT e EXCLUDE USING btree (code WITH =) NOT VALID;";
    check_message(TWO, sql, "not-valid-unsupported", "an EXCLUDE constraint");
}

#[test]
fn a_rebuild_keeps_its_options() {
    let rule = "reindex-blocking";
    check(
        TWO,
        "REINDEX (VERBOSE, TABLESPACE fast, CONCURRENTLY false) TABLE a;",
        rule,
        &["REINDEX (VERBOSE, TABLESPACE fast) TABLE CONCURRENTLY a;"],
    );
    check(TWO, "REINDEX DATABASE;", rule, &["REINDEX DATABASE CONCURRENTLY;"]);
    check(EVENTS, "REINDEX TABLE events;", rule, &["REINDEX TABLE CONCURRENTLY <partition>;"]);
}

#[test]
fn what_is_refused_in_a_transaction_is_named() {
    let rule = "non-transactional-in-transaction";
    let check = |sql: &str, words: &str| check_message(EVENTS, sql, rule, words);
    check("DO $$ BEGIN VACUUM events; END $$;", "VACUUM cannot run inside a transaction");
    check("BEGIN; REINDEX SCHEMA public; COMMIT;", "REINDEX SCHEMA cannot");
    check("BEGIN; REINDEX TABLE events; COMMIT;", "REINDEX of a partitioned table cannot");
    check("BEGIN; CLUSTER; COMMIT;", "CLUSTER without a table cannot");
}

#[test]
fn a_dropped_primary_key_names_what_needs_it() {
    let history = "CREATE TABLE o (id int CONSTRAINT o_pkey PRIMARY KEY); \
                   CREATE TABLE i (o int CONSTRAINT i_fk REFERENCES o); CREATE INDEX ON i (o);";
    let drop = "ALTER TABLE o DROP CONSTRAINT o_pkey";
    let cascade = "CASCADE drops foreign keys with it: `i_fk` of `i`";
    check_message(history, &format!("{drop} CASCADE;"), "drop-pk", cascade);
    check_message(history, &format!("{drop};"), "drop-pk", "a swap too (2BP01)");
    check(history, &format!("{drop};"), "drop-pk", &[]);
}

#[test]
fn a_validation_under_a_lock_names_the_lock() {
    let history = format!("{TWO} ALTER TABLE b ADD CONSTRAINT c CHECK (a > 0) NOT VALID;");
    let rule = "validate-same-transaction";
    let validate = "ALTER TABLE b VALIDATE CONSTRAINT c";
    let check = |sql: &str, words: &str| check_message(&history, sql, rule, words);
    check(
        &format!("BEGIN; ALTER TABLE a ADD x int; {validate}; COMMIT;"),
        "statement 2 of this file holds the ACCESS EXCLUSIVE lock on `a`: reads and writes of `a`",
    );
    check(
        &format!("BEGIN; CREATE INDEX ON b (a); {validate}; COMMIT;"),
        "the SHARE lock on it: writes of `b` wait until it is done\"",
    );
    check(
        "ALTER TABLE b ADD CONSTRAINT d CHECK (a < 9) NOT VALID, VALIDATE CONSTRAINT d;",
        "while this command holds the ACCESS EXCLUSIVE lock on it: reads and writes of `b` wait \
         until it is done, and the point of NOT VALID is lost",
    );
}
