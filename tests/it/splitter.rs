//! Statements with exact spans out of any script that PostgreSQL or psql would take.

use migrate::sql;
use migrate::sql::Body;

/// The texts of the statements of a script.
fn split(script: &str) -> Vec<String> {
    let read = sql::read(script, std::slice::from_ref(&(0..script.len())));
    read.statements.iter().map(|statement| statement.span.of(script).to_owned()).collect()
}

#[track_caller]
fn check(script: &str, expected: &[&str]) {
    assert_eq!(split(script), expected, "{script}");
}

/// What could not be read.
fn unread(script: &str) -> usize {
    let read = sql::read(script, std::slice::from_ref(&(0..script.len())));
    let unreadable =
        read.statements.iter().filter(|statement| matches!(statement.body, Body::Unreadable(_)));
    unreadable.count()
}

#[test]
fn a_bracket_that_nothing_opens_makes_a_statement_unreadable() {
    assert_eq!(unread("CREATE RULE r AS ON INSERT TO t DO )"), 1);
    assert_eq!(unread("CREATE RULE r AS ON INSERT TO t DO ALSO DELETE FROM a);\nSELECT 1"), 1);
}

#[test]
fn an_execute_of_nothing_is_dynamic() {
    let sql = "SELECT 1; DO $$ BEGIN DROP VIEW v; EXECUTE $$;";
    let read = sql::read(sql, std::slice::from_ref(&(0..sql.len())));
    let Body::Do(block) = &read.statements[1].body else { panic!("a block") };
    let last = &block.inner.last().expect("it holds statements").statement.body;
    assert!(matches!(last, Body::Dynamic(_)), "{last:?}");
}

#[test]
fn semicolons_split_and_blanks_do_not_count() {
    check(" ;; SELECT 1 ;\n\n SELECT 2", &["SELECT 1", "SELECT 2"]);
    check("", &[]);
    check(";", &[]);
    check("\u{feff}SELECT 1;", &["SELECT 1"]);
}

#[test]
fn literals_hold_semicolons() {
    check("SELECT 'a;b'; SELECT 'it''s;'", &["SELECT 'a;b'", "SELECT 'it''s;'"]);
    check(r"SELECT E'a\';b'; SELECT 2", &[r"SELECT E'a\';b'", "SELECT 2"]);
    check(r"SELECT 'a\'; SELECT 2", &[r"SELECT 'a\'", "SELECT 2"]);
    check("SELECT \"a;b\"; SELECT 2", &["SELECT \"a;b\"", "SELECT 2"]);
    let unicode = "SELECT U&'!0041;' UESCAPE '!'";
    check(&format!("{unicode}; SELECT 2"), &[unicode, "SELECT 2"]);
    check("SELECT $$a;b$$; SELECT 2", &["SELECT $$a;b$$", "SELECT 2"]);
    check("SELECT $x$a;$$;b$x$; SELECT 2", &["SELECT $x$a;$$;b$x$", "SELECT 2"]);
    check("SELECT $1; SELECT 2", &["SELECT $1", "SELECT 2"]);
}

#[test]
fn comments_hold_semicolons_and_nest() {
    check("SELECT 1 -- a;b\n; SELECT 2", &["SELECT 1", "SELECT 2"]);
    let nested = "SELECT /* a; /* b; */ c; */ 1";
    check(&format!("{nested}; SELECT 2"), &[nested, "SELECT 2"]);
    check("/* before */ SELECT 1", &["SELECT 1"]);
}

#[test]
fn routine_bodies_of_the_standard_hold_semicolons() {
    let body = "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT CASE WHEN true THEN 1 END; \
                SELECT 2; END";
    check(&format!("{body}; SELECT 3"), &[body, "SELECT 3"]);
    check("BEGIN; SELECT 1; END; SELECT 2", &["BEGIN", "SELECT 1", "END", "SELECT 2"]);
}

#[test]
fn rules_hold_semicolons_in_parentheses() {
    let rule = "CREATE RULE r AS ON INSERT TO t DO ALSO (DELETE FROM a; DELETE FROM b)";
    check(&format!("{rule}; SELECT 1"), &[rule, "SELECT 1"]);
}

#[test]
fn copied_rows_are_no_statements() {
    let script = "COPY t (a) FROM stdin;\n1; DROP TABLE t;\n\\.\nSELECT 2;";
    check(script, &["COPY t (a) FROM stdin", "SELECT 2"]);
}

#[test]
fn psql_lines_are_no_statements() {
    let script = "\\set x 1\n\\restrict abc\nSELECT 1;\n\\if :x\nSELECT 2;\n\\endif\n\
                  \\unrestrict abc\n";
    check(script, &["SELECT 1", "SELECT 2"]);
    assert_eq!(unread(script), 0);
    check("SELECT 1 \\g\nSELECT 2;", &["SELECT 1", "SELECT 2"]);
}

#[test]
fn what_brings_in_a_file_stands_for_its_statements() {
    let script = "SELECT 1;\n\\i other.sql\nSELECT 2;\n{{ template \"more\" . }}\nSELECT 3;";
    let expected =
        ["SELECT 1", "\\i other.sql", "SELECT 2", "{{ template \"more\" . }}", "SELECT 3"];
    check(script, &expected);
    check("{% include 'a.sql' %}\nSELECT 1;", &["{% include 'a.sql' %}", "SELECT 1"]);
    assert_eq!(unread(script), 0);
}

#[test]
fn what_brings_in_a_file_in_a_statement_makes_it_unknown() {
    let script = "SELECT 1,\n\\i rest.sql\n2; SELECT 3";
    check(script, &["SELECT 1,\n\\i rest.sql\n2", "SELECT 3"]);
    let read = sql::read(script, std::slice::from_ref(&(0..script.len())));
    assert!(matches!(read.statements[0].body, Body::Dynamic(_)));
}

#[test]
fn placeholders_keep_every_offset() {
    let script = "CREATE TABLE ${schema}.t (a int); INSERT INTO :\"t\" VALUES (:'v', :n); \
                  ALTER TABLE {{ .table }} ADD COLUMN b int; SELECT * FROM $TABLE;";
    let expected = [
        "CREATE TABLE ${schema}.t (a int)",
        "INSERT INTO :\"t\" VALUES (:'v', :n)",
        "ALTER TABLE {{ .table }} ADD COLUMN b int",
        "SELECT * FROM $TABLE",
    ];
    check(script, &expected);
    assert_eq!(unread(script), 0);
}

#[test]
fn one_bad_statement_costs_no_other() {
    let script = "CREATE TABLE a (x int);\nCREATE TABEL b (x int);\nDROP TABLE c;";
    check(script, &["CREATE TABLE a (x int)", "CREATE TABEL b (x int)", "DROP TABLE c"]);
    assert_eq!(unread(script), 1);
}

#[test]
fn a_quote_that_is_never_closed_costs_one_statement() {
    let script = "CREATE TABLE a (x int);\nINSERT INTO a VALUES ('oops);\nDROP TABLE c;\n";
    let statements = split(script);
    assert!(statements.contains(&"CREATE TABLE a (x int)".to_owned()), "{statements:?}");
    assert!(statements.contains(&"DROP TABLE c".to_owned()), "{statements:?}");
    assert_eq!(unread(script), 1);
}

#[test]
fn no_statement_crosses_from_one_part_into_the_next() {
    let script = "SELECT 1\n--> cut\nSELECT 2";
    let parts = [0..9, 17..25];
    let read = sql::read(script, &parts);
    let texts: Vec<&str> =
        read.statements.iter().map(|statement| statement.span.of(script)).collect();
    assert_eq!(texts, ["SELECT 1", "SELECT 2"]);
}

#[test]
fn spans_stand_on_characters() {
    let script = "SELECT 'ä€😀';\nSELECT 'ö' AS \"ü\";\n-- ß\nSELECT 1;";
    check(script, &["SELECT 'ä€😀'", "SELECT 'ö' AS \"ü\"", "SELECT 1"]);
}

#[test]
fn blocks_are_read_for_their_static_sql() {
    let script = "DO $$ BEGIN\n  IF x THEN ALTER TABLE t ADD COLUMN a int; END IF;\n  \
                  EXECUTE 'DROP TABLE u';\n  EXECUTE format('DROP TABLE %I', v);\nEND $$;";
    let read = sql::read(script, std::slice::from_ref(&(0..script.len())));
    let Body::Do(block) = &read.statements[0].body else { panic!("it is a block") };
    let inner: Vec<(&str, bool)> = block
        .inner
        .iter()
        .map(|inner| (inner.statement.span.of(script), inner.conditional))
        .collect();
    assert_eq!(inner[0], ("ALTER TABLE t ADD COLUMN a int", true));
    assert!(inner[1].0.contains("DROP TABLE u"), "{inner:?}");
    assert!(matches!(block.inner[1].statement.body, Body::Drop(_)));
    assert!(matches!(block.inner[2].statement.body, Body::Dynamic(_)));
}
