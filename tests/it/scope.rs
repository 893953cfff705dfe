//! Which files are judged, and which are history: all, since a revision, staged, after a version.

use super::project::Project;

const CREATE: &str = "CREATE TABLE users (id bigint PRIMARY KEY, name varchar(10));";
const INDEX: &str = "CREATE INDEX i ON users (name);";

/// A repository whose first commit holds the table.
fn repository() -> Project {
    let project = Project::new().file("db/migrations/001_users.sql", CREATE);
    project.git(&["init", "-q"]);
    project.commit("first");
    project
}

#[test]
fn each_file_is_judged_as_if_those_before_it_were_deployed() {
    let project = Project::new()
        .file("migrations/001_users.sql", CREATE)
        .file("migrations/002_index.sql", INDEX);
    assert_eq!(project.run("lint --format json").rules(), ["create-index-blocking"]);
}

#[test]
fn a_file_that_is_named_has_its_neighbours_for_history() {
    let project = Project::new()
        .file("migrations/001_users.sql", CREATE)
        .file("migrations/002_wider.sql", "ALTER TABLE users ALTER COLUMN name TYPE varchar(20);")
        .file("migrations/003_drop.sql", "DROP TABLE users;");
    let run = project.run("lint --format json migrations/002_wider.sql");
    assert_eq!(run.json()["summary"]["files"], 1);
    assert_eq!(run.rules(), [""; 0], "widening is free, and 003 is not judged");
}

#[test]
fn history_that_is_told_takes_the_place_of_neighbours() {
    let project = Project::new()
        .file("base.sql", CREATE)
        .file("cases/001_a.sql", "ALTER TABLE users ALTER COLUMN name TYPE text;")
        .file("cases/002_b.sql", "ALTER TABLE users ALTER COLUMN name TYPE varchar(20);");
    let run = project.run("lint --format json --history base.sql cases/002_b.sql");
    assert_eq!(run.rules(), [""; 0], "001 did not make it text: {}", run.out);
    let run = project.run("lint --format json --history nowhere.sql cases/002_b.sql");
    assert_eq!(run.code, 2);
}

#[test]
fn files_that_are_no_projects_run_in_the_order_given() {
    let project = Project::new().file("b.sql", CREATE).file("a.sql", INDEX);
    let run = project.run("lint --format json b.sql a.sql");
    let json = run.json();
    assert_eq!(json["findings"][0]["confidence"], "known", "the table was seen: {}", run.out);
}

#[test]
fn base_judges_what_the_branch_adds_or_edits_as_one_change() {
    let project = repository();
    project.git(&["switch", "-q", "-c", "feature"]);
    project.write("db/migrations/002_orders.sql", "CREATE TABLE orders (id bigint);");
    project.write("db/migrations/003_index.sql", "CREATE INDEX o ON orders (id);");
    project.commit("one change");
    project.write("db/migrations/004_index.sql", INDEX);
    let run = project.run("lint --format json --base main");
    assert_eq!(run.json()["summary"]["files"], 3, "the one that is not committed too");
    assert_eq!(run.rules(), ["create-index-blocking"], "orders ships with its index");
    assert_eq!(run.json()["findings"][0]["path"], "db/migrations/004_index.sql");
}

#[test]
fn base_ignores_what_happened_on_the_base_meanwhile() {
    let project = repository();
    project.git(&["switch", "-q", "-c", "feature"]);
    project.git(&["switch", "-q", "main"]);
    project.write("db/migrations/005_theirs.sql", "DROP TABLE users;");
    project.commit("theirs");
    project.git(&["switch", "-q", "feature"]);
    let run = project.run("lint --format json --base main");
    assert_eq!(run.code, 0, "{}", run.out);
    assert_eq!(run.json()["summary"]["files"], 0);
}

#[test]
fn base_works_from_a_folder_below_and_with_a_tag() {
    let project = repository();
    project.git(&["tag", "-a", "v1", "-m", "one"]);
    project.write("db/migrations/002_index.sql", INDEX);
    let run = project.run_in("db", "lint --format json --base v1", "");
    assert_eq!(run.rules(), ["create-index-blocking"], "{}", run.err);
    assert_eq!(run.json()["findings"][0]["path"], "migrations/002_index.sql");
    let github = project.run_in("db", "lint --format github --base v1", "");
    assert!(github.out.contains("file=db/migrations/002_index.sql"), "{}", github.out);
}

#[test]
fn a_base_that_is_not_there_is_explained() {
    let project = repository();
    let run = project.run("lint --base nowhere");
    assert_eq!(run.code, 2);
    assert!(run.err.contains("nowhere") && run.err.contains("git fetch"), "{}", run.err);
    let outside = Project::with_migration(INDEX).run("lint --base main");
    assert_eq!(outside.code, 2);
    assert!(outside.err.contains("in no git repository"), "{}", outside.err);
}

#[test]
fn a_shallow_clone_is_explained() {
    let project = repository();
    project.git(&["switch", "-q", "-c", "feature"]);
    project.write("db/migrations/002_index.sql", INDEX);
    project.commit("two");
    project.git(&["switch", "-q", "main"]);
    project.write("db/migrations/003_other.sql", INDEX);
    project.commit("three");
    project.git(&["switch", "-q", "feature"]);
    let clone = Project::new();
    let from = format!("file://{}", project.path().display());
    clone.git(&["clone", "-q", "--depth", "1", "--no-single-branch", &from, "."]);
    let run = clone.run("lint --base origin/main");
    assert_eq!(run.code, 2, "{}", run.out);
    assert!(run.err.contains("shallow"), "{}", run.err);
}

#[test]
fn staged_judges_the_staged_text() {
    let project = repository();
    project.write("db/migrations/002_index.sql", INDEX);
    assert_eq!(project.run("lint --staged").code, 0, "nothing is staged");
    project.git(&["add", "-A"]);
    project.write("db/migrations/002_index.sql", "SELECT 1;");
    let run = project.run("lint --format json --staged");
    assert_eq!(run.rules(), ["create-index-blocking"], "{}", run.err);
}

#[test]
fn staged_works_before_the_first_commit() {
    let project = Project::new().file("migrations/001_a.sql", "DROP TABLE a;");
    project.git(&["init", "-q"]);
    project.git(&["add", "-A"]);
    assert_eq!(project.run("lint --format json --staged").rules(), ["drop-table"]);
}

#[test]
fn since_judges_what_comes_after_a_version_as_one_change() {
    let project = Project::new()
        .file("migrations/001_users.sql", CREATE)
        .file("migrations/002_orders.sql", "CREATE TABLE orders (id bigint);")
        .file("migrations/003_index.sql", "CREATE INDEX o ON orders (id);");
    let run = project.run("lint --format json --since 001");
    assert_eq!(run.json()["summary"]["files"], 2);
    assert_eq!(run.rules(), [""; 0], "orders ships with its index");
    let run = project.run("lint --format json --since 002_orders.sql");
    assert_eq!(run.rules(), ["create-index-blocking"]);
    let run = project.run("lint --since 0001");
    assert_eq!(run.code, 2);
    assert!(run.err.contains("no migration has the version `0001`"), "{}", run.err);
}

#[test]
fn since_passes_over_all_files_of_a_native_migration() {
    let change = "migrations/20260101000000_a";
    let project = Project::new()
        .file(&format!("{change}/expand.sql"), CREATE)
        .file(&format!("{change}/contract.sql"), "DROP TABLE users;")
        .file("migrations/20260102000000_b/expand.sql", "CREATE TABLE b (a int);");
    let run = project.run("lint --format json --since 20260101000000_a");
    assert_eq!(run.json()["summary"]["files"], 1, "{}", run.out);
}

/// Files of our own layout that are not where they would run are told of, and nothing else is.
#[test]
fn what_does_not_run_of_a_native_project_is_left_out() {
    let drop = "DROP TABLE users;";
    let project = Project::new()
        .file("migrations/20260101000000_a/expand.sql", CREATE)
        .file("migrations/20260101000000_a/expand.undo.sql", drop)
        .file("migrations/20260101000000_a/change.toml", "owner = \"shop\"\n")
        .file("migrations/20260101000000_a/exspand.sql", drop)
        .file("migrations/20260102000000_b/up.sql", drop)
        .file("migrations/20260103_c/expand.sql", drop)
        .file("migrations/drafts/contract.sql", drop)
        .file("migrations/20260104000000_d.sql", drop)
        .file("migrations/queries/report.sql", "SELECT 1;");
    let run = project.run("lint");
    assert_eq!(run.code, 0, "{}", run.out);
    let lines = run.out.lines().filter_map(|line| line.strip_prefix("left out: migrations/"));
    let left: Vec<&str> = lines.filter_map(|line| line.split(':').next()).collect();
    let wanted = [
        "20260101000000_a/exspand.sql",
        "20260102000000_b/up.sql",
        "20260103_c/expand.sql",
        "20260104000000_d.sql",
        "drafts/contract.sql",
    ];
    assert_eq!(left, wanted, "{}", run.out);
    let named = project.run("lint migrations/20260102000000_b/up.sql");
    assert!(named.out.contains("drop-table"), "{}", named.out);
}

#[test]
fn several_projects_in_one_repository_are_all_judged() {
    let project = Project::new()
        .file("a/migrations/V1__a.sql", "CREATE TABLE a (i int);")
        .file("a/migrations/V2__a.sql", "DROP TABLE a;")
        .file("b/prisma/migrations/migration_lock.toml", "provider = \"postgresql\"\n")
        .file("b/prisma/migrations/20240101000000_b/migration.sql", "CREATE TABLE b ();")
        .file("b/prisma/migrations/20240102000000_b/migration.sql", "DROP TABLE b;")
        .file("c/mysql/migrations/001_c.sql", "DROP TABLE c;");
    let run = project.run("lint --format json");
    let json = run.json();
    let relations: Vec<&str> = json["findings"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|found| found["relation"].as_str())
        .collect();
    assert_eq!(relations, ["public.a", "public.b"]);
    let human = project.run("lint");
    assert!(human.out.contains("left out: c/mysql/migrations"), "{}", human.out);
}

#[test]
fn ignored_folders_are_not_looked_into() {
    let project = Project::with_migration("CREATE TABLE t (a int);")
        .file("node_modules/x/migrations/001_a.sql", "DROP TABLE a;")
        .file("generated/migrations/001_a.sql", "DROP TABLE a;")
        .file(".gitignore", "generated/\n");
    assert_eq!(project.run("lint --format json").json()["summary"]["files"], 1);
}
