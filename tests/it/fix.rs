//! `--fix` and `--diff`: what is mechanical and certain is put right in files that were not deployed,
//! and nothing else is touched.

use super::project::Project;

const TABLE: &str = "CREATE TABLE users (id bigint PRIMARY KEY, email text);\n";
const INDEX: &str = "CREATE INDEX users_email_idx ON users (email);\n";
const BUILT: &str = "CREATE INDEX CONCURRENTLY users_email_idx ON users (email);\n";

/// Plain files, of which the second builds an index.
fn plain(second: &str) -> Project {
    Project::new().file("migrations/001_users.sql", TABLE).file("migrations/002_second.sql", second)
}

const SECOND: &str = "migrations/002_second.sql";

#[test]
fn an_index_is_built_concurrently() {
    let project = plain(INDEX);
    let run = project.run("lint --fix --since 001");
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
    assert_eq!(project.read(SECOND), BUILT);
    assert!(
        run.err.contains("fixed: migrations/002_second.sql:1: create-index-blocking"),
        "{}",
        run.err
    );
    assert_eq!(project.read("migrations/001_users.sql"), TABLE);
    let again = project.run("lint --fix --since 001");
    assert_eq!((again.code, again.err.as_str()), (0, ""), "nothing is left to do");
    assert_eq!(project.read(SECOND), BUILT);
}
