//! `--fix` and `--diff`: what is mechanical and certain is put right in files that were not
//! deployed, and nothing else is touched.

use super::project::Project;

const TABLE: &str = "CREATE TABLE users (id bigint PRIMARY KEY, email text, age int);\n";
const INDEX: &str = "CREATE INDEX users_email_idx ON users (email);\n";
const BUILT: &str = "CREATE INDEX CONCURRENTLY users_email_idx ON users (email);\n";

const FIRST: &str = "migrations/001_users.sql";
const SECOND: &str = "migrations/002_second.sql";

/// Plain files: what is deployed, and what is not.
fn plain(first: &str, second: &str) -> Project {
    Project::new().file(FIRST, first).file(SECOND, second)
}

/// What a file of no tool becomes after what was deployed; the fix holds, and nothing is left.
fn fixed(first: &str, second: &str) -> String {
    let project = plain(first, second);
    let run = project.run("lint --fix --since 001");
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
    assert_eq!(project.read(FIRST), first, "what was deployed stays");
    let text = project.read(SECOND);
    let again = project.run("lint --fix --since 001");
    assert_eq!((again.code, again.err.as_str()), (0, ""), "nothing is left to do");
    assert_eq!(project.read(SECOND), text, "a second run changes nothing");
    text
}

/// Why a file is left as it is.
fn left(first: &str, second: &str) -> String {
    let project = plain(first, second);
    let run = project.run("lint --fix --since 001");
    assert_eq!(run.code, 3, "{}{}", run.out, run.err);
    assert_eq!(project.read(SECOND), second, "it is not touched");
    run.err
}

#[test]
fn an_index_is_built_concurrently() {
    assert_eq!(fixed(TABLE, INDEX), BUILT);
    let unique = "/* why */ create  unique index i -- here\n on users(email);";
    let built = "/* why */ create  unique index CONCURRENTLY i -- here\n on users(email);";
    assert_eq!(fixed(TABLE, unique), built);
    let several = "SET lock_timeout = '2s';\nCREATE INDEX a ON users (email);\n\
                   CREATE INDEX b ON users (age)";
    let built = "SET lock_timeout = '2s';\nCREATE INDEX CONCURRENTLY a ON users (email);\n\
                 CREATE INDEX CONCURRENTLY b ON users (age)";
    assert_eq!(fixed(TABLE, several), built);
}

#[test]
fn it_is_told_what_was_fixed() {
    let run = plain(TABLE, INDEX).run("lint --fix --since 001");
    assert_eq!(run.err, "fixed: migrations/002_second.sql:1: create-index-blocking\n");
}

#[test]
fn an_index_gets_the_name_that_the_server_would_give_it() {
    let first = format!("{TABLE}CREATE INDEX users_age_idx ON users (email);\n");
    assert_eq!(
        fixed(&first, "CREATE INDEX ON users (age);"),
        "CREATE INDEX CONCURRENTLY users_age_idx1 ON users (age);"
    );
    assert_eq!(
        fixed(TABLE, "CREATE INDEX CONCURRENTLY ON users (lower(email), age);"),
        "CREATE INDEX CONCURRENTLY users_lower_age_idx ON users (lower(email), age);"
    );
}

#[test]
fn indexes_are_dropped_and_rebuilt_concurrently() {
    let first = format!("{TABLE}{INDEX}");
    assert_eq!(
        fixed(&first, "DROP INDEX IF EXISTS public.users_email_idx;"),
        "DROP INDEX CONCURRENTLY IF EXISTS public.users_email_idx;"
    );
    assert_eq!(
        fixed(&first, "REINDEX INDEX users_email_idx;"),
        "REINDEX INDEX CONCURRENTLY users_email_idx;"
    );
    assert_eq!(
        fixed(&first, "REINDEX (VERBOSE) TABLE users;"),
        "REINDEX (VERBOSE) TABLE CONCURRENTLY users;"
    );
}

#[test]
fn a_view_is_refreshed_concurrently_where_it_has_the_index_for_it() {
    let view = format!("{TABLE}CREATE MATERIALIZED VIEW v AS SELECT id FROM users;\n");
    let refresh = "REFRESH MATERIALIZED VIEW v;";
    assert!(left(&view, refresh).contains("no unique index"));
    let indexed = format!("{view}CREATE UNIQUE INDEX k ON v (id);\n");
    assert_eq!(fixed(&indexed, refresh), "REFRESH MATERIALIZED VIEW CONCURRENTLY v;");
}

#[test]
fn a_constraint_is_validated_by_a_statement_of_its_own() {
    let first = format!("{TABLE}CREATE TABLE orders (user_id bigint, price int, n int);\n");
    let first = format!("{first}CREATE INDEX o ON orders (user_id);\n");
    assert_eq!(
        fixed(
            &first,
            "ALTER TABLE IF EXISTS ONLY public.orders\n  ADD CONSTRAINT f FOREIGN KEY (user_id) \
             REFERENCES users (id) DEFERRABLE; -- why\nSELECT 1;\n"
        ),
        "ALTER TABLE IF EXISTS ONLY public.orders\n  ADD CONSTRAINT f FOREIGN KEY (user_id) \
         REFERENCES users (id) DEFERRABLE NOT VALID;\n\
         ALTER TABLE IF EXISTS ONLY public.orders VALIDATE CONSTRAINT f; -- why\nSELECT 1;\n"
    );
    assert_eq!(
        fixed(
            &first,
            "ALTER TABLE orders ADD CHECK (price > 0), ADD CONSTRAINT \"N\" CHECK (n > 0)"
        ),
        "ALTER TABLE orders ADD CONSTRAINT orders_price_check CHECK (price > 0) NOT VALID, \
         ADD CONSTRAINT \"N\" CHECK (n > 0) NOT VALID;\n\
         ALTER TABLE orders VALIDATE CONSTRAINT orders_price_check;\n\
         ALTER TABLE orders VALIDATE CONSTRAINT \"N\""
    );
    assert_eq!(
        fixed(&first, "ALTER TABLE orders ADD FOREIGN KEY (user_id) REFERENCES users;"),
        "ALTER TABLE orders ADD CONSTRAINT orders_user_id_fkey FOREIGN KEY (user_id) REFERENCES \
         users NOT VALID;\nALTER TABLE orders VALIDATE CONSTRAINT orders_user_id_fkey;"
    );
}

#[test]
fn what_is_not_certain_is_left_and_told() {
    let partitioned = "CREATE TABLE p (a int, b int) PARTITION BY RANGE (a);\n\
                       CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (1) TO (2);\n";
    let excluding = format!("{TABLE}CREATE TABLE x (a int, EXCLUDE USING hash (a WITH =));\n");
    let cases: &[(&str, &str, &str)] = &[
        ("SELECT 1;", INDEX, "was not seen"),
        (TABLE, "CREATE INDEX CONCURRENTLY ON orders (a);", "was not seen"),
        (TABLE, "BEGIN;\nCREATE INDEX i ON users (age);\nCOMMIT;\n", "BEGIN and COMMIT"),
        (TABLE, "DO $$ BEGIN CREATE INDEX i ON users (age); END $$;", "no statement by itself"),
        (
            TABLE,
            "ALTER TABLE users ADD COLUMN a int;\nCREATE INDEX i ON users (age);\n",
            "`non-transactional-mixed-file` would find something then",
        ),
        (
            TABLE,
            "ALTER TABLE users ADD UNIQUE (email), ADD COLUMN a int;",
            "holds more than this key",
        ),
        (TABLE, "ALTER TABLE users /* why */ ADD UNIQUE (email);", "holds more than this key"),
        (TABLE, "ALTER TABLE users ADD COLUMN a int UNIQUE;", "holds more than this key"),
        (
            TABLE,
            "SELECT 1;\nALTER TABLE users ADD UNIQUE (email);",
            "other statements of the file would come before it",
        ),
        (
            "CREATE TABLE t (a int);",
            "ALTER TABLE t ADD PRIMARY KEY (a);",
            "columns of the key may hold NULL",
        ),
        (partitioned, "ALTER TABLE p DETACH PARTITION p1;", "keeps its bound as a CHECK"),
        (&excluding, "REINDEX TABLE x;", "passes over exclusion constraints"),
        (TABLE, "DROP TABLE users;", "1 finding that only a person can decide on"),
    ];
    for (first, second, why) in cases {
        let told = left(first, second);
        assert!(told.contains("not fixed: ") && told.contains(why), "{second}: {told}");
    }
}

#[test]
fn who_does_not_say_what_is_new_is_asked() {
    let project = plain(TABLE, INDEX);
    for words in ["lint --fix", "lint --fix migrations", "lint --diff"] {
        let run = project.run(words);
        assert_eq!(run.code, 2, "{words}");
        assert!(run.err.contains("--since"), "{words}: {}", run.err);
    }
    assert_eq!(project.read(SECOND), INDEX);
    for words in [
        "lint --fix --diff --since 001",
        "lint --fix --stats --since 001",
        "lint --diff --format json --since 001",
        "lint --fix -",
        "lint --fix --since 001 --baseline b.json --write-baseline",
    ] {
        assert_eq!(project.run(words).code, 2, "{words}");
    }
}

#[test]
fn history_and_files_by_name_say_what_is_new() {
    let project = plain(TABLE, INDEX);
    assert_eq!(project.run("lint --fix migrations/002_second.sql").code, 0);
    assert_eq!(project.read(SECOND), BUILT);
    let project = Project::new().file("base.sql", TABLE).file("new/1.sql", INDEX);
    let run = project.run("lint --fix --history base.sql new/1.sql");
    assert_eq!((run.code, project.read("new/1.sql").as_str()), (0, BUILT), "{}", run.err);
    assert_eq!(project.read("base.sql"), TABLE);
}

#[test]
fn what_the_base_has_too_is_not_touched() {
    let project = plain(TABLE, "CREATE INDEX a ON users (age);\n");
    project.git(&["init", "-q"]);
    project.commit("first");
    project.git(&["switch", "-q", "-c", "feature"]);
    let edited = "CREATE INDEX a ON users (age, email);\n";
    project.write(SECOND, edited);
    project.write("migrations/003_third.sql", INDEX);
    let run = project.run("lint --fix --base main");
    assert_eq!(run.code, 3, "the edited one is found still");
    assert_eq!(project.read(SECOND), edited);
    assert_eq!(project.read("migrations/003_third.sql"), BUILT);
    assert!(run.err.contains("may have been deployed"), "{}", run.err);
}

#[test]
fn staged_files_are_fixed_where_the_disk_has_the_same() {
    let project = plain(TABLE, "SELECT 1;");
    project.git(&["init", "-q"]);
    project.commit("first");
    project.write(SECOND, "CREATE INDEX a ON users (age);");
    project.write("migrations/003_third.sql", INDEX);
    project.git(&["add", "-A"]);
    let run = project.run("lint --fix --staged");
    assert_eq!(run.code, 3, "{}", run.err);
    assert_eq!(project.read("migrations/003_third.sql"), BUILT);
    assert_eq!(project.read(SECOND), "CREATE INDEX a ON users (age);");
    project.write("migrations/003_third.sql", "SELECT 2;");
    project.write("migrations/001a_other.sql", "CREATE INDEX z ON users (age);");
    project.git(&["add", "migrations/001a_other.sql"]);
    let run = project.run("lint --fix --staged");
    assert_eq!(
        project.read("migrations/001a_other.sql"),
        "CREATE INDEX z ON users (age);",
        "all or nothing"
    );
    assert_eq!(run.code, 1, "{}", run.err);
    assert!(run.err.contains("is not what was judged"), "{}", run.err);
    assert_eq!(project.read("migrations/003_third.sql"), "SELECT 2;");
}

#[test]
fn what_is_allowed_off_or_known_is_not_touched() {
    let allowed = "-- migrate: allow create-index-blocking because the table is tiny\n\
                   CREATE INDEX i ON users (age);\n";
    let project = plain(TABLE, allowed);
    assert_eq!(project.run("lint --fix --since 001").code, 0);
    assert_eq!(project.read(SECOND), allowed);
    let project = plain(TABLE, INDEX);
    assert_eq!(project.run("lint --fix --since 001 --rule create-index-blocking=off").code, 0);
    assert_eq!(project.read(SECOND), INDEX);
    project.run("lint --since 001 --baseline known.json --write-baseline");
    assert_eq!(project.run("lint --fix --since 001 --baseline known.json").code, 0);
    assert_eq!(project.read(SECOND), INDEX);
}

#[test]
fn a_rule_that_is_off_holds_a_fix_back_all_the_same() {
    let second = "ALTER TABLE users ADD COLUMN a int;\nCREATE INDEX i ON users (age);\n";
    let project = plain(TABLE, second);
    let run = project.run("lint --fix --since 001 --rule non-transactional-mixed-file=off");
    assert_eq!(run.code, 3, "{}", run.err);
    assert_eq!(project.read(SECOND), second);
}

#[test]
fn a_diff_shows_what_would_change_and_writes_nothing() {
    let project = plain(TABLE, &format!("SELECT 1;\n{INDEX}"));
    let run = project.run("lint --diff --since 001");
    assert_eq!(run.code, 3, "as things stand there are findings");
    assert_eq!(
        run.out,
        format!("--- a/{SECOND}\n+++ b/{SECOND}\n@@ -1,2 +1,2 @@\n SELECT 1;\n-{INDEX}+{BUILT}")
    );
    assert_eq!(run.err, format!("would be fixed: {SECOND}:2: create-index-blocking\n"));
    assert_eq!(project.read(SECOND), format!("SELECT 1;\n{INDEX}"));
    project.git(&["init", "-q"]);
    project.write("fix.diff", &run.out);
    project.git(&["apply", "fix.diff"]);
    assert_eq!(project.read(SECOND), format!("SELECT 1;\n{BUILT}"), "git takes it");
}

#[test]
fn a_diff_of_standard_input() {
    let project = Project::new().file("base.sql", TABLE);
    let run = project.run_with("lint --diff --history base.sql -", INDEX);
    assert!(run.out.contains(&format!("-{INDEX}+{BUILT}")), "{}{}", run.out, run.err);
}

#[test]
fn reports_are_of_what_is_left() {
    let project = plain(TABLE, INDEX).file("migrations/003_third.sql", "DROP INDEX gone;\n");
    let run = project.run("lint --fix --format json --since 001");
    assert_eq!(run.rules(), ["drop-index-blocking"], "{}", run.out);
    assert_eq!(project.read(SECOND), BUILT);
}

#[test]
fn line_ends_marks_and_bytes_of_the_file_are_kept() {
    let second = "ALTER TABLE users ADD CONSTRAINT c CHECK (age > 0);\r\n";
    assert_eq!(
        fixed(TABLE, second),
        "ALTER TABLE users ADD CONSTRAINT c CHECK (age > 0) NOT VALID;\r\n\
         ALTER TABLE users VALIDATE CONSTRAINT c;\r\n"
    );
    let marked = format!("\u{feff}{INDEX}");
    assert!(left(TABLE, &marked).contains("byte order mark"));
    let latin = [b"-- caf\xe9\n", INDEX.as_bytes()].concat();
    let project = Project::new().file(FIRST, TABLE).file(SECOND, &latin);
    let run = project.run("lint --fix --since 001");
    assert_eq!(run.code, 1, "{}", run.err);
    let bytes = std::fs::read(project.path().join(SECOND)).expect("it is there");
    assert_eq!(bytes, latin, "what is no UTF-8 is left as it is");
}

#[test]
fn the_mode_of_a_file_stays_and_nothing_is_left_beside_it() {
    use std::os::unix::fs::PermissionsExt;
    let project = plain(TABLE, INDEX);
    let path = project.path().join(SECOND);
    let mode = std::fs::Permissions::from_mode(0o600);
    std::fs::set_permissions(&path, mode).expect("the mode can be set");
    project.run("lint --fix --since 001");
    assert_eq!(project.read(SECOND), BUILT);
    let metadata = std::fs::metadata(&path).expect("it is there");
    assert_eq!(metadata.permissions().mode() & 0o777, 0o600);
    let names = std::fs::read_dir(project.path().join("migrations")).expect("a folder");
    assert_eq!(names.count(), 2);
}

/// The files of a folder.
fn names(project: &Project, folder: &str) -> Vec<String> {
    let entries = std::fs::read_dir(project.path().join(folder)).expect("a folder");
    let names = entries.map(|entry| entry.expect("an entry").file_name());
    let mut names: Vec<String> = names.map(|name| name.to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

#[test]
fn a_key_is_built_first_and_made_a_constraint_by_the_next_migration() {
    let key = "ALTER TABLE users ADD UNIQUE (email, age) DEFERRABLE; -- why\n";
    let project = plain(TABLE, key);
    let shown = project.run("lint --diff --since 001");
    assert!(shown.out.contains("--- /dev/null\n+++ b/migrations/003_second_constraint.sql\n"));
    let run = project.run("lint --fix --since 001");
    let told = [
        "fixed: migrations/002_second.sql:1: add-unique-builds-index",
        "note: migrations/003_second_constraint.sql is new",
    ];
    assert!(told.iter().all(|line| run.err.contains(line)), "{}", run.err);
    assert_eq!(
        project.read(SECOND),
        "CREATE UNIQUE INDEX CONCURRENTLY users_email_age_key ON users (email, age); -- why\n"
    );
    assert_eq!(
        project.read("migrations/003_second_constraint.sql"),
        "ALTER TABLE users ADD CONSTRAINT users_email_age_key UNIQUE USING INDEX \
         users_email_age_key DEFERRABLE;\n"
    );
    let again = project.run("lint --fix --since 001");
    assert!(!again.err.contains("fixed: "), "{}", again.err);
    assert_eq!(names(&project, "migrations").len(), 3);
}

#[test]
fn nothing_is_put_between_migrations_that_are_there() {
    let key = "ALTER TABLE users ADD UNIQUE (email);";
    let project = plain(TABLE, key).file("migrations/003_third.sql", "SELECT 1;");
    let told = [
        "lint --fix --since 001",
        "lint --fix --history migrations/001_users.sql migrations/002_second.sql",
    ];
    for words in told {
        let run = project.run(words);
        assert!(run.err.contains("there are later ones already"), "{words}: {}", run.err);
        assert_eq!(names(&project, "migrations").len(), 3);
        assert_eq!(project.read(SECOND), key);
    }
    let odd = Project::new().file(FIRST, TABLE).file("migrations/b.sql", key);
    let run = odd.run("lint --fix --since 001");
    assert!(run.err.contains("has to be made by hand"), "{}", run.err);
    assert_eq!(odd.read("migrations/b.sql"), key);
}
