//! Input that is deep, long or broken: it is read, or said not to be understood, and nothing dies.

use super::project::Project;
use std::time::Duration;
use std::time::Instant;

/// Runs the linter over a text; it must end by itself with one of its own codes.
#[track_caller]
fn survives(sql: &str) {
    let project = Project::with_migration(sql);
    for words in ["lint --format json", "plan --format json", "lint"] {
        let run = project.run(words);
        assert!([0, 3].contains(&run.code), "{words}: {} {}", run.code, run.err);
    }
}

#[test]
fn deep_nesting_overflows_no_stack() {
    for (open, close) in [("(", ")"), ("f(", ")"), ("(SELECT ", ")"), ("ARRAY[", "]"), ("NOT ", "")]
    {
        for depth in [100, 20_000] {
            survives(&format!("SELECT {}1{};", open.repeat(depth), close.repeat(depth)));
            survives(&format!(
                "ALTER TABLE t ADD CONSTRAINT c CHECK ({}a{});",
                open.repeat(depth),
                close.repeat(depth)
            ));
        }
    }
}

#[test]
fn bytes_that_are_no_text_are_found() {
    let sql = b"CREATE TABLE t (id text);\n-- caf\xe9\nINSERT INTO t VALUES ('M\xfcller');\n";
    let project = Project::new().file("migrations/001_first.sql", sql);
    let run = project.run("lint --format json --fail-on warning");
    assert_eq!((run.code, run.rules()), (3, vec!["unreadable-statement".to_owned()]));
    assert!(run.out.contains("\"line\": 3"), "{}", run.out);
    let drawn = project.run("lint").out;
    assert!(drawn.contains("'M?ller'") && !drawn.contains('\0'), "{drawn}");
}

#[test]
fn long_chains_overflow_no_stack() {
    for link in [" + 1", " OR a = 1", " || 'x'", "::text", ".a", " UNION ALL SELECT 1", "[1]"] {
        survives(&format!("SELECT 1{};", link.repeat(20_000)));
    }
    survives(&format!("SELECT {};", "CASE WHEN a THEN ".repeat(20_000)));
    survives(&format!("WITH {} SELECT 1;", "a AS (SELECT 1), ".repeat(5_000)));
}

#[test]
fn blocks_in_blocks_overflow_no_stack() {
    survives(&format!("DO $$ {} $$;", "BEGIN ".repeat(20_000)));
    survives(&format!("DO $$ {} END $$;", "BEGIN IF a THEN ".repeat(5_000)));
    survives(&"EXPLAIN ".repeat(20_000));
    let mut nested = "SELECT 1".to_owned();
    for depth in 0..14 {
        nested = format!("DO $a{depth}$ BEGIN {nested}; END $a{depth}$");
    }
    survives(&nested);
}

#[test]
fn what_is_never_closed_is_read_all_the_same() {
    for text in ["SELECT '", "SELECT \"", "SELECT $$", "/* ", "SELECT (", "COPY t FROM stdin;\n1"] {
        survives(text);
        survives(&format!("{}\nSELECT 1;", text.repeat(2_000)));
    }
}

#[test]
fn bytes_that_are_no_text_move_nothing() {
    let mut bytes = b"CREATE TABLE t (a int); -- \xff\xfe\x80\nDROP TABLE ".to_vec();
    bytes.extend(b"\xc3\x28;\nDROP TABLE users;\n\x00");
    let project = Project::new().file("migrations/001_first.sql", &bytes);
    let run = project.run("lint --format json");
    assert_eq!(run.code, 3, "{}", run.err);
    let found = run.json();
    let drop = found["findings"]
        .as_array()
        .expect("a list")
        .iter()
        .find(|found| found["relation"] == "public.users")
        .expect("the drop is found");
    assert_eq!(drop["span"]["line"], 3);
}

#[test]
fn an_empty_file_says_nothing() {
    for text in ["", "\n\n", "-- only a comment\n", ";;;"] {
        assert_eq!(Project::with_migration(text).run("lint").code, 0, "{text:?}");
    }
}

/// Words, marks and literals that mean something somewhere.
const WORDS: &str = "ALTER TABLE ADD COLUMN CONSTRAINT CHECK ( ) SELECT FROM t a , ; 'x' 1 NOT \
    NULL VALID DROP INDEX CONCURRENTLY $$ DO BEGIN END CREATE UNIQUE ON USING PARTITION OF FOR \
    VALUES IN DEFAULT TYPE = :: [ ] * . SET UPDATE WHERE \\x -- /* */ \" ' ${x} :v COPY stdin \
    EXECUTE IF THEN";

#[test]
fn tokens_in_any_order_kill_nothing() {
    // A fixed stream of pseudo-random numbers: a failure can be run again.
    let mut state: u64 = 0x9E37_79B9_7F4A_7C15;
    let mut next = |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state % below as u64).expect("it is below a usize")
    };
    let words: Vec<&str> = WORDS.split_whitespace().collect();
    for _ in 0..40 {
        let mut text = String::new();
        for _ in 0..400 {
            text.push_str(words[next(words.len())]);
            text.push(if next(12) == 0 { '\n' } else { ' ' });
        }
        survives(&text);
    }
}

/// A text of this many bytes or a little less: its parts are numbered.
fn long(bytes: usize, head: &str, part: impl Fn(usize) -> String) -> String {
    let mut text = head.to_owned();
    for number in 0.. {
        let next = part(number);
        if bytes < text.len() + next.len() {
            break;
        }
        text.push_str(&next);
    }
    text
}

/// Files of this size are slow to read for nobody, and show what grows faster than its input.
const LONG_BYTES: usize = 20_000;

/// Far more than it takes, in a debug build on a busy machine: what grows with the square of its
/// input takes minutes.
const PATIENCE: Duration = Duration::from_mins(1);

#[test]
fn what_is_repeated_takes_no_more_than_its_length() {
    type Part = fn(usize) -> String;
    let shapes: [(&str, Part); 8] = [
        ("CREATE TABLE t (a int);\n", |n| format!("CREATE INDEX i{n} ON t (a);\n")),
        ("BEGIN;\nCREATE TABLE t (a int);\n", |n| format!("ALTER TABLE t ADD c{n} int;\n")),
        ("CREATE TABLE t (a int);\n", |_| "ALTER TABLE t ADD CHECK (a > 0);\n".to_owned()),
        ("CREATE TABLE p (a int) PARTITION BY LIST (a);\n", |n| {
            format!("CREATE TABLE p{n} PARTITION OF p FOR VALUES IN ({n});\nTABLE p;\n")
        }),
        ("BEGIN;\n", |n| format!("SAVEPOINT s;\nLOCK t{n};\nROLLBACK TO s;\n")),
        ("BEGIN;\n", |n| format!("LOCK t{n};\nUPDATE u SET a = {n};\n")),
        ("CREATE TABLE t0 (a int);\n", |n| {
            format!("CREATE TABLE t{} () INHERITS (t{n});\nALTER TABLE t0 ADD c{n} int;\n", n + 1)
        }),
        ("", |n| format!("DROP TABLE t{n};")),
    ];
    for (head, part) in shapes {
        let began = Instant::now();
        survives(&long(LONG_BYTES, head, part));
        assert!(began.elapsed() < PATIENCE, "{head}{}: {:?}", part(0), began.elapsed());
    }
}

#[test]
fn what_is_too_much_to_be_looked_at_is_not_called_safe() {
    let head = "CREATE TABLE t0 (a int);\n";
    let chain = long(60_000, head, |n| {
        format!("CREATE TABLE t{} () INHERITS (t{n});\nALTER TABLE t0 ADD c{n} int;\n", n + 1)
    });
    let run = Project::with_migration(&chain).run("lint --format json");
    let found = run.json();
    let last = found["findings"].as_array().expect("a list").last().expect("something is found");
    assert_eq!(last["rule"], "opaque-statement");
    assert_eq!(last["phase"], "contract");
    let message = last["message"].as_str().expect("a text");
    assert!(message.contains("comes after more than is looked at"), "{message}");
}

#[test]
fn many_findings_are_all_told() {
    let text = long(60_000, "", |n| format!("DROP TABLE t{n};\n"));
    let told = Project::with_migration(&text).run("lint").out;
    let count = text.lines().count();
    let last = format!(":{count}:1: ");
    let line = told.lines().find(|line| line.contains(&last)).expect("the last one is told");
    assert!(line.contains("[drop-table]"), "{line}");
}

/// Things that each stand on the one before.
fn chain(first: &str, next: impl Fn(usize) -> String, end: &str) -> String {
    const LENGTH: usize = 12_000;
    let links: Vec<String> = (1..LENGTH).map(next).collect();
    format!("{first}\n{}\n{end}\n", links.join("\n"))
}

#[test]
fn long_chains_of_views_overflow_no_stack() {
    let view = |at: usize| format!("CREATE VIEW v{at} AS SELECT * FROM v{};", at - 1);
    let end = "SELECT * FROM v11999; DROP VIEW v0 CASCADE;";
    survives(&chain("CREATE VIEW v0 AS SELECT 1 AS a;", view, end));
}

#[test]
fn long_chains_of_heirs_overflow_no_stack() {
    let heir = |at: usize| format!("CREATE TABLE t{at} () INHERITS (t{});", at - 1);
    survives(&chain("CREATE TABLE t0 (a int);", heir, "DROP TABLE t0 CASCADE;"));
}

#[test]
fn views_that_read_others_on_many_ways_are_read_once() {
    let both = |at: usize| {
        let (one, two) = (format!("a{}", at - 1), format!("b{}", at - 1));
        format!(
            "CREATE VIEW a{at} AS SELECT 1 FROM {one}, {two};
             CREATE VIEW b{at} AS SELECT 2 FROM {two}, {one};"
        )
    };
    let views: Vec<String> = (1..60).map(both).collect();
    let first = "CREATE TABLE a0 (a int); CREATE TABLE b0 (b int);";
    survives(&format!("{first}{}SELECT * FROM a59; DROP TABLE a0 CASCADE;", views.join("\n")));
}

#[test]
fn views_that_read_themselves_are_looked_at_once() {
    survives("CREATE VIEW v AS SELECT * FROM v; SELECT * FROM v; INSERT INTO v SELECT * FROM v;");
    survives("CREATE VIEW v AS SELECT * FROM v; DROP VIEW v;");
    survives("CREATE TABLE t (a int); CREATE VIEW v AS SELECT * FROM t, v; DROP TABLE t CASCADE;");
    survives(
        "CREATE VIEW a AS SELECT 1 AS x; CREATE VIEW b AS SELECT * FROM a;
         CREATE OR REPLACE VIEW a AS SELECT * FROM b; ALTER VIEW a RENAME TO c;
         DROP VIEW c CASCADE;",
    );
}
