//! A file that lists old findings, so that only new ones are spoken of.

use super::project::Project;

#[test]
fn old_findings_are_forgotten_and_new_ones_are_not() {
    let project = Project::with_migration("DROP TABLE users;");
    let run = project.run("lint --write-baseline --baseline known.json");
    assert_eq!(run.code, 0, "{}", run.err);
    let run = project.run("lint --baseline known.json");
    assert_eq!(run.code, 0, "{}", run.out);
    assert!(run.out.contains("1 finding known from the baseline"), "{}", run.out);
    project.write("migrations/001_first.sql", "\n-- moved\nDROP  TABLE users;\nDROP TABLE orders;");
    let run = project.run("lint --format json --baseline known.json");
    let json = run.json();
    let findings = json["findings"].as_array().expect("a list");
    assert_eq!(findings.len(), 1, "{}", run.out);
    assert_eq!(findings[0]["relation"], "public.orders");
}

#[test]
fn the_same_twice_is_two_findings() {
    let project = Project::with_migration("DELETE FROM users;");
    project.run("lint --write-baseline --baseline known.json");
    project.write("migrations/001_first.sql", "DELETE FROM users;\nDELETE FROM users;");
    let run = project.run("lint --format json --baseline known.json");
    assert_eq!(run.rules(), ["delete-without-where"]);
}

#[test]
fn the_configuration_names_it() {
    let project = Project::with_migration("DROP TABLE users;")
        .file("migrate.toml", "baseline = \"known.json\"\n");
    assert_eq!(project.run("lint --write-baseline").code, 0);
    assert!(project.read("known.json").contains("drop-table"));
    assert_eq!(project.run_in("migrations", "lint", "").code, 0, "it holds in a folder below");
}

#[test]
fn a_baseline_that_cannot_be_read_stops_the_run() {
    let project = Project::with_migration("DROP TABLE users;");
    assert_eq!(project.run("lint --baseline missing.json").code, 1);
    project.write("known.json", "{}");
    let run = project.run("lint --baseline known.json");
    assert_eq!(run.code, 2);
    assert!(run.err.contains("--write-baseline"), "it says what to do: {}", run.err);
    project.write("known.json", "{\"version\": 99, \"findings\": []}");
    assert_eq!(project.run("lint --baseline known.json").code, 2);
}
