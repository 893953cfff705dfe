//! `migrate plan`: the stable output, on a file of several statements.

use super::golden;
use super::project::Project;
use super::project::root;
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;

/// The plan of the example, with the history before it.
fn plan() -> String {
    let folder = root().join("tests/data/plan");
    let read = |name: &str| fs::read_to_string(folder.join(name)).expect("the data is there");
    let project = Project::new()
        .file("history.sql", read("history.sql"))
        .file("migration.sql", read("migration.sql"));
    let run = project.run("plan --format json --postgres 16 --history history.sql migration.sql");
    assert_eq!(run.code, 0, "{}", run.err);
    run.out
}

#[test]
fn the_plan_is_as_it_was() {
    golden::check("tests/data/plan/plan.json", &plan()).unwrap_or_else(|why| panic!("{why}"));
}

/// The keys of an object.
fn keys(value: &Value) -> BTreeSet<&str> {
    value.as_object().expect("it is an object").keys().map(String::as_str).collect()
}

#[test]
fn the_plan_has_the_promised_shape() {
    let plan: Value = serde_json::from_str(&plan()).expect("it is JSON");
    // What is seen of a database is there where one was asked.
    assert_eq!(keys(&plan), BTreeSet::from(["schema_version", "postgres", "migrations"]));
    assert_eq!(plan["schema_version"], 1);
    assert_eq!(plan["postgres"], 16);
    let migration = &plan["migrations"][0];
    assert_eq!(keys(migration), BTreeSet::from(["id", "path", "phase", "statements"]));
    assert_eq!(migration["phase"], "contract", "the strongest of its statements");
    let always = BTreeSet::from([
        "sql",
        "span",
        "kind",
        "phase",
        "transactional",
        "confidence",
        "locks",
        "rewrites",
        "scans",
        "breaks",
        "loses",
    ]);
    let statements = migration["statements"].as_array().expect("a list");
    assert!(statements.len() > 5, "several statements");
    for statement in statements {
        let mut found = keys(statement);
        if found.remove("error") {
            assert_eq!(keys(&statement["error"]), BTreeSet::from(["sqlstate", "message"]));
        }
        assert_eq!(found, always);
        assert_eq!(
            keys(&statement["span"]),
            BTreeSet::from(["offset", "length", "line", "column"])
        );
    }
}

#[test]
fn the_wrapping_is_the_users_where_the_layout_says_nothing() {
    let project = Project::new().file("a.sql", "CREATE INDEX CONCURRENTLY i ON t (a);");
    let error = |words: &str| {
        let run = project.run(&format!("plan --format json {words} a.sql"));
        run.json()["migrations"][0]["statements"][0]["error"]["sqlstate"].clone()
    };
    assert_eq!(error("--in-transaction"), "25001");
    assert_eq!(error("--no-transaction"), Value::Null);
    assert_eq!(error(""), Value::Null);
}

#[test]
fn people_get_a_line_for_each_statement() {
    let project = Project::with_migration("CREATE TABLE t (a int);\nDROP TABLE u;");
    let run = project.run("plan");
    assert!(run.out.contains("1:1 expand   CREATE TABLE t (a int)"), "{}", run.out);
    assert!(run.out.contains("locks    public.u ACCESS EXCLUSIVE"), "{}", run.out);
}

#[test]
fn rows_may_be_those_that_the_files_write() {
    let project = Project::new()
        .file(
            "given.sql",
            "CREATE TABLE empty (a int);\nCREATE TABLE held (a int);\n\
             COPY held FROM stdin;\n1\n\\.\n",
        )
        .file(
            "case.sql",
            "ALTER TABLE empty ALTER a SET NOT NULL;\nALTER TABLE held ALTER a SET NOT NULL;\n",
        );
    let scans = |words: &str| {
        let plan = project.run(&format!("plan --format json {words} --history given.sql case.sql"));
        let plan = plan.json();
        let statements = plan["migrations"][0]["statements"].as_array().expect("a list").clone();
        statements.iter().map(|statement| statement["scans"].to_string()).collect::<Vec<_>>()
    };
    assert_eq!(scans(""), ["[\"public.empty\"]", "[\"public.held\"]"], "others may write");
    assert_eq!(scans("--rows seen"), ["[]", "[\"public.held\"]"]);
}
