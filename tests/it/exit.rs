//! Exit codes: documented numbers that scripts rely on.

use super::project::Project;

const UNSAFE: &str = "DROP TABLE users;";

#[test]
fn nothing_to_say_is_zero() {
    assert_eq!(Project::with_migration("CREATE TABLE t (a int);").run("lint").code, 0);
    assert_eq!(Project::new().run("explain").code, 0);
    assert_eq!(Project::new().run("--version").code, 0);
    assert_eq!(Project::new().run("--help").code, 0);
}

#[test]
fn findings_are_three() {
    let project = Project::with_migration(UNSAFE);
    for format in ["human", "json", "sarif", "github", "gitlab", "junit"] {
        assert_eq!(project.run(&format!("lint --format {format}")).code, 3, "{format}");
    }
}

#[test]
fn fail_on_moves_the_limit() {
    let warning = Project::with_migration("DROP VIEW v;");
    assert_eq!(warning.run("lint").code, 3);
    assert_eq!(warning.run("lint --fail-on error").code, 0);
    assert_eq!(warning.run("lint --fail-on never").code, 0);
    let info = Project::with_migration("ALTER TABLE t ALTER COLUMN a SET DEFAULT 1;");
    assert_eq!(info.run("lint").code, 0);
    assert_eq!(info.run("lint --fail-on info").code, 3);
}

#[test]
fn arguments_that_make_no_sense_are_two() {
    let project = Project::with_migration(UNSAFE);
    for words in [
        "lint --format xml",
        "lint nowhere.sql",
        "lint --postgres 9",
        "lint --fail-on fatal",
        "lint --rule nothing=off",
        "lint --rule drop-table=loud",
        "lint --layout rails",
        "lint --base main --staged",
        "lint --in-transaction --no-transaction",
        "lint - migrations",
        "lint --write-baseline",
        "lint --since 7",
        "explain nothing",
        "status --format xml",
        "status nowhere.sql",
        "status --database-url env:NOT_SET_AT_ALL",
        "status --database-url postgres://u@h/d?sslmode=perhaps",
        "config check",
        "",
    ] {
        let run = project.run(words);
        assert_eq!(run.code, 2, "{words}: {}", run.err);
        assert!(!run.err.trim().is_empty(), "{words} says why");
    }
}

#[test]
fn a_folder_without_migrations_is_not_called_safe() {
    let run = Project::new().file("notes.txt", "x").run("lint");
    assert_eq!(run.code, 2);
    assert!(run.err.contains("no migrations found"), "{}", run.err);
    assert!(run.err.contains("[[project]]"), "it says what to do: {}", run.err);
    let run = Project::new().file("queries/users.sql", "SELECT 1;").run("lint");
    assert_eq!(run.code, 2);
    assert!(run.err.contains("  1 queries\n"), "it says what is there: {}", run.err);
}

#[test]
fn a_database_that_is_not_reached_now_is_seventy_five() {
    let project = Project::with_migration(UNSAFE);
    // Nobody listens on the port of TCP's multiplexer.
    let address = "--database-url postgres://nobody@127.0.0.1:1/nothing";
    for command in ["status", "lint", "plan"] {
        let run = project.run(&format!("{command} {address}"));
        assert_eq!(run.code, 75, "{command}: {}", run.err);
        assert!(run.err.contains("no connection to database `nothing`"), "{}", run.err);
        assert!(run.out.is_empty(), "{}", run.out);
    }
}

#[test]
fn standard_input_is_judged() {
    let run = Project::new().run_with("lint --format json -", UNSAFE);
    assert_eq!(run.code, 3, "{}", run.err);
    assert_eq!(run.json()["findings"][0]["path"], "<stdin>");
}

#[test]
fn a_file_that_cannot_be_read_is_one() {
    let project = Project::with_migration(UNSAFE);
    let path = project.path().join("migrations/002_gone.sql");
    std::os::unix::fs::symlink("/nowhere/at/all", &path).expect("a link can be made");
    let run = project.run("lint migrations");
    assert_ne!(run.code, 0, "{}", run.err);
}

#[test]
fn a_mistyped_word_is_named() {
    let project = Project::with_migration(UNSAFE);
    let run = project.run("explain drop-tabel");
    assert!(run.err.contains("did you mean `drop-table`?"), "{}", run.err);
    let run = project.run("lint --layout diesle");
    assert!(run.err.contains("did you mean `diesel`?"), "{}", run.err);
}
