//! `change.toml`: what is wrong in it is told with its place, and nothing in it is passed over.

use super::project::Project;
use super::project::Run;

fn told(about: &str) -> Run {
    let project = Project::new()
        .file("migrations/20260101000000_t/expand.sql", "CREATE TABLE t (id int PRIMARY KEY);")
        .file("migrations/20260105000000_fill/expand.sql", "ALTER TABLE t ADD COLUMN b int;")
        .file(
            "migrations/20260105000000_fill/migrate.sql",
            "UPDATE t SET b = id WHERE b IS NULL;\n",
        )
        .file("migrations/20260105000000_fill/change.toml", about);
    project.run("backfill plan --change fill")
}

/// A file, the line of its mistake, and what is said of it.
const MISTAKES: &[(&str, u32, &str)] = &[
    ("owner = ada\n", 1, "ada"),
    ("ownr = \"ada\"\n", 1, "unknown field `ownr`"),
    ("description = 7\n", 1, "expected a string"),
    ("owner = \"ada\"\n\n[backfil]\n", 3, "unknown field `backfil`"),
    ("owner = \"ada\"\n[backfill]\ntargt = \"1s\"\n", 3, "unknown field `targt`"),
    ("[backfill]\ntarget = \"soon\"\n", 2, "`soon` is no span of time"),
    ("[backfill]\ntarget = \"0s\"\n", 2, "`0s` is no span of time"),
    ("[backfill]\nmost = 20\nleast = 21\n", 3, "least is 21, and most is 20"),
    ("[backfill]\n\nmost = 9\n", 3, "least is 10, and most is 9"),
    ("[backfill]\nleast = 0\n", 2, "nonzero"),
    ("[backfill]\nworkers = 0\n", 2, "nonzero"),
    ("[backfill]\nstripes = 0\n", 2, "nonzero"),
    ("[backfill]\nstripes = -1\n", 2, "nonzero"),
    ("[backfill]\nwalk = \"keys\"\n", 2, "`keys` is none of any, key, blocks"),
    ("[backfill]\norder = \"id\"\n", 2, "`id` is none of ascending, descending"),
    ("[backfill]\nwindow = \"22-6\"\n", 2, "`22-6` is no span of the day"),
    ("[backfill]\nwindow = \"22:00-22:00\"\n", 2, "is no span of the day"),
    ("[backfill.throttle]\nwal = 1\n", 2, "unknown field `wal`"),
];

#[test]
fn mistakes_are_told_with_their_place() {
    for (about, line, says) in MISTAKES {
        let run = told(about);
        assert_eq!(run.code, 2, "{about}: {}{}", run.out, run.err);
        let place = format!("_fill/change.toml:{line}:");
        assert!(run.err.contains(&place), "{about}: no {place} in {}", run.err);
        assert!(run.err.contains(says), "{about}: no {says} in {}", run.err);
    }
}

#[test]
fn what_is_right_is_taken() {
    let all = "description = \"t has b\"\nowner = \"ada\"\n[backfill]\nkey = [\"id\"]\n\
               walk = \"key\"\norder = \"descending\"\nstripes = 1\ntarget = \"200ms\"\n\
               least = 5\nmost = 5\nworkers = 1\npoison = 0\npriority = -3\n\
               window = \"22:00-06:00\"\nverify = \"SELECT 0\"\n";
    for about in ["", all] {
        let run = told(about);
        assert_eq!(run.code, 0, "{about}: {}", run.err);
    }
}

#[test]
fn a_file_that_is_no_text_is_no_default() {
    let project = Project::new()
        .file("migrations/20260101000000_t/expand.sql", "CREATE TABLE t (id int PRIMARY KEY);");
    let about = project.path().join("migrations/20260101000000_t/change.toml");
    std::fs::write(&about, b"owner = \"\xff\"\n").expect("it is written");
    let run = project.run("backfill plan --change t");
    assert_eq!(run.code, 1, "{}{}", run.out, run.err);
    assert!(run.err.contains("_t/change.toml"), "{}", run.err);
}
