//! `migrate.toml`: every mistake at once, each with its place; and the schema that says the same.

use super::project::Project;
use serde_json::Value;

const DROP: &str = "DROP TABLE users;";

#[test]
fn every_mistake_is_reported_at_once_with_its_place() {
    let text = "postgers = 14\nfail-on = \"fatal\"\nexclude = \"x\"\n\n[rules]\n\
                drop-tabel = \"off\"\ndrop-column = \"loud\"\n\n[[project]]\nlayout = \"diesle\"\n";
    let run = Project::with_migration(DROP).file("migrate.toml", text).run("lint");
    assert_eq!(run.code, 2);
    for expected in [
        "there is no key `postgers`",
        "did you mean `postgres`?",
        "migrate.toml:1:1",
        "migrate.toml:2:11",
        "expected a list of strings, found string",
        "did you mean `drop-table`?",
        "migrate.toml:6:1",
        "migrate.toml:7:15",
        "did you mean `diesel`?",
        "this table has no `path`",
    ] {
        assert!(run.err.contains(expected), "no {expected:?} in:\n{}", run.err);
    }
    assert!(run.out.is_empty(), "nothing is judged by half a configuration");
}

#[test]
fn text_that_is_no_toml_is_pointed_at() {
    let run = Project::with_migration(DROP).file("migrate.toml", "postgres = \n").run("lint");
    assert_eq!(run.code, 2);
    assert!(run.err.contains("migrate.toml:1:"), "{}", run.err);
}

#[test]
fn severities_are_the_users() {
    let project = Project::with_migration(DROP);
    project.write("migrate.toml", "[rules]\ndrop-table = \"info\"\n");
    assert_eq!(project.run("lint --format json").found()[0].1, "info");
    assert_eq!(project.run("lint").code, 0);
    project.write("migrate.toml", "fail-on = \"info\"\n[rules]\ndrop-table = \"info\"\n");
    assert_eq!(project.run("lint").code, 3);
    project.write("migrate.toml", "[rules]\ndrop-table = \"off\"\n");
    assert_eq!(project.run("lint --format json").rules(), [""; 0]);
    let told = project.run("lint --format json --rule drop-table=warning");
    assert_eq!(told.found()[0].1, "warning", "the command line comes last");
}

#[test]
fn the_oldest_server_is_the_users() {
    let sql = "ALTER TABLE t ADD COLUMN a int GENERATED ALWAYS AS (1) STORED;";
    let project = Project::with_migration(sql).file("migrate.toml", "postgres = 17\n");
    assert_eq!(project.run("lint --format json").json()["postgres"], 17);
    assert_eq!(project.run("lint --format json --postgres 15").json()["postgres"], 15);
}

#[test]
fn excluded_files_are_history_and_not_judged() {
    let project = Project::new()
        .file("migrations/001_old.sql", "CREATE TABLE t (a varchar(5)); DROP TABLE gone;")
        .file("migrations/002_new.sql", "ALTER TABLE t ALTER COLUMN a TYPE varchar(9);")
        .file("migrate.toml", "exclude = [\"/migrations/001_*\"]\n");
    let run = project.run("lint --format json");
    assert_eq!(run.json()["summary"]["files"], 1);
    assert_eq!(run.rules(), [""; 0], "the type before is known: {}", run.out);
}

#[test]
fn a_project_may_be_told() {
    let project = Project::new()
        .file("sql/one.sql", "CREATE TABLE t (a int);")
        .file("sql/two.sql", "CREATE INDEX CONCURRENTLY i ON t (a);")
        .file(
            "migrate.toml",
            "[[project]]\npath = \"sql\"\nlayout = \"plain\"\ntransaction = true\n",
        );
    let run = project.run("lint --format json");
    assert_eq!(run.rules(), ["concurrently-in-transaction"], "{}", run.err);
}

#[test]
fn the_schema_says_what_the_reader_takes() {
    let run = Project::new().run("config schema");
    let schema: Value = serde_json::from_str(&run.out).expect("it is JSON");
    let validator = jsonschema::validator_for(&schema).expect("it is a JSON Schema");
    let texts = [
        ("", true),
        ("postgres = 14\nfail-on = \"never\"\nexclude = [\"a\"]\nbaseline = \"b\"\n", true),
        ("[rules]\ndrop-table = \"off\"\n", true),
        ("[[project]]\npath = \"a\"\nlayout = \"goose\"\ntransaction = false\n", true),
        ("postgres = 9\n", false),
        ("postgres = \"14\"\n", false),
        ("fail-on = \"off\"\n", false),
        ("[rules]\nnothing = \"off\"\n", false),
        ("[rules]\ndrop-table = \"never\"\n", false),
        ("[[project]]\nlayout = \"goose\"\n", false),
        ("[[project]]\npath = \"a\"\nlayout = \"rails\"\n", false),
        ("something = 1\n", false),
    ];
    for (text, good) in texts {
        let value: toml::Value = toml::from_str(text).expect("it is TOML");
        let value = serde_json::to_value(value).expect("TOML has a JSON form");
        assert_eq!(validator.is_valid(&value), good, "the schema on {text:?}");
        let project = Project::new().file("migrate.toml", text);
        let code = project.run("config check").code;
        assert_eq!(code == 0, good, "the reader on {text:?}");
    }
}
