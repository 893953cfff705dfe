//! Partitions and what is stored: which relations a plan says are read, copied and locked, and the
//! statements that a finding gives instead.

use super::project::Project;
use serde_json::Value;

/// The plan of one statement after a history.
fn plan(history: &str, statement: &str, postgres: u8) -> Value {
    let project = Project::new().file("history.sql", history).file("a.sql", statement);
    let words = format!("plan --format json --postgres {postgres} --history history.sql a.sql");
    let run = project.run(&words);
    assert_eq!(run.code, 0, "{}", run.err);
    run.json()["migrations"][0]["statements"][0].clone()
}

/// What a rule gives to do instead, and its message first.
fn instead(history: &str, statement: &str, rule: &str) -> Vec<String> {
    let project = Project::new().file("history.sql", history).file("a.sql", statement);
    let json = project.run("lint --format json --history history.sql a.sql").json();
    let findings = json["findings"].as_array().expect("there is a list of findings");
    let found = findings.iter().find(|found| found["rule"] == rule).expect("it is found");
    let words = |value: &Value| value.as_str().expect("it is a string").to_owned();
    let safe = found["safe"].as_array().into_iter().flatten().map(words);
    std::iter::once(words(&found["message"])).chain(safe).collect()
}

fn names(value: &Value) -> Vec<&str> {
    value.as_array().expect("it is a list").iter().filter_map(Value::as_str).collect()
}

const JOBS: &str = "\
CREATE TABLE jobs (id bigint GENERATED ALWAYS AS IDENTITY, state text) PARTITION BY LIST (state);
CREATE TABLE rest (id bigint NOT NULL, state text);
ALTER TABLE rest ADD CHECK (state NOT IN ('done', 'failed'));
CREATE TABLE failed (id bigint NOT NULL, state text);
ALTER TABLE jobs ATTACH PARTITION rest DEFAULT;
";

#[test]
fn a_check_of_the_default_partition_spares_a_look_at_it() {
    let create =
        |state: &str| format!("CREATE TABLE p PARTITION OF jobs FOR VALUES IN ('{state}')");
    let spared = plan(JOBS, &create("done"), 16);
    assert_eq!(names(&spared["scans"]), Vec::<&str>::new());
    assert_eq!(names(&plan(JOBS, &create("open"), 16)["scans"]), ["public.rest"]);
    let locked = spared["locks"].as_array().into_iter().flatten();
    let locked: Vec<&Value> = locked.map(|lock| &lock["relation"]).collect();
    assert_eq!(locked, ["public.jobs", "public.rest"]);
}

#[test]
fn of_a_partition_all_is_kept_that_is_its_own() {
    let statement = "CREATE UNLOGGED TABLE done PARTITION OF jobs (CHECK (id > 0))\n  \
                     FOR VALUES IN ('done') PARTITION BY HASH (id)";
    let said = instead(JOBS, statement, "create-partition-of");
    assert!(!said[0].contains("reads all"), "{}", said[0]);
    assert_eq!(
        said[1..],
        [
            "CREATE UNLOGGED TABLE done (LIKE jobs INCLUDING ALL EXCLUDING IDENTITY, \
             CHECK (id > 0)) PARTITION BY HASH (id);",
            "SET lock_timeout = '2s';",
            "ALTER TABLE jobs ATTACH PARTITION done FOR VALUES IN ('done');",
        ]
    );
}

#[test]
fn a_table_and_the_default_partition_are_checked_before() {
    let statement = "ALTER TABLE jobs ATTACH PARTITION failed FOR VALUES IN ('failed', 'lost')";
    let said = instead(JOBS, statement, "attach-partition-scan");
    assert_eq!(
        said[2..4],
        [
            "ALTER TABLE failed ADD CONSTRAINT failed_bound \
             CHECK (state IS NOT NULL AND state IN ('failed', 'lost')) NOT VALID;",
            "ALTER TABLE rest ADD CONSTRAINT rest_not_failed \
             CHECK (state NOT IN ('failed', 'lost')) NOT VALID;",
        ]
    );
}

#[test]
fn a_table_with_an_identity_column_is_attached_before_17_alone() {
    let history = "CREATE TABLE jobs (id bigint, state text) PARTITION BY LIST (state);\n\
                   CREATE TABLE done (id bigint GENERATED ALWAYS AS IDENTITY, state text);";
    let attach = "ALTER TABLE jobs ATTACH PARTITION done FOR VALUES IN ('done')";
    assert_eq!(plan(history, attach, 16)["error"]["sqlstate"], Value::Null);
    assert_eq!(plan(history, attach, 17)["error"]["sqlstate"], "55000");
}

#[test]
fn an_index_moves_alone_and_a_partitioned_table_not_at_all() {
    let history = "CREATE TABLE t (id bigint PRIMARY KEY);\n\
                   CREATE TABLE p (id bigint, n int) PARTITION BY LIST (n);";
    let index = plan(history, "ALTER INDEX t_pkey SET TABLESPACE fast", 16);
    assert_eq!(index["locks"][0]["relation"], "public.t_pkey");
    assert_eq!(index["locks"].as_array().map(Vec::len), Some(1));
    let parent = plan(history, "ALTER TABLE p SET TABLESPACE fast", 16);
    assert_eq!(names(&parent["rewrites"]), Vec::<&str>::new());
    let parent = |postgres| plan(history, "ALTER TABLE p SET UNLOGGED", postgres)["error"].clone();
    assert_eq!(parent(17), Value::Null);
    assert_eq!(parent(18)["sqlstate"], "42809");
}

#[test]
fn an_access_method_comes_with_15_and_its_default_with_17() {
    let history = "CREATE TABLE t (id bigint) USING columnar;";
    let error = |method: &str, postgres| {
        let statement = format!("ALTER TABLE t SET ACCESS METHOD {method}");
        plan(history, &statement, postgres)["error"]["sqlstate"].clone()
    };
    assert_eq!(error("heap", 14), "42601");
    assert_eq!(error("heap", 15), Value::Null);
    assert_eq!(error("DEFAULT", 16), "42601");
    assert_eq!(error("DEFAULT", 17), Value::Null);
}

#[test]
fn an_emptied_view_breaks_its_readers() {
    let history = "CREATE TABLE t (id bigint);\nCREATE MATERIALIZED VIEW m AS SELECT id FROM t;";
    let emptied = plan(history, "REFRESH MATERIALIZED VIEW m WITH NO DATA", 16);
    assert_eq!(emptied["phase"], "contract");
    assert_eq!(emptied["breaks"][0]["object"], "public.m");
    let said = instead(history, "REFRESH MATERIALIZED VIEW m", "refresh-matview-blocking");
    assert_eq!(
        said[1],
        "CREATE UNIQUE INDEX CONCURRENTLY m_key ON m (<columns that no two rows share>);"
    );
}
