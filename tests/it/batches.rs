//! The SQL that is given for a data change in batches: it keeps what belongs to the statement, and
//! comes to an end when it is run again.

use super::project::Project;

const GIVEN: &str = "\
CREATE TABLE users (
  id bigint PRIMARY KEY, plan text, email text, doc json, spot point, tags text[], total int,
  cents bigint, token uuid, seen timestamptz
);
CREATE TABLE teams (user_id bigint, name text);
CREATE TABLE seats (team_id bigint, number int, user_id bigint, PRIMARY KEY (team_id, number));
CREATE TABLE animals (id bigint PRIMARY KEY, kind text);
CREATE TABLE dogs (bark text) INHERITS (animals);
CREATE TABLE events (at date PRIMARY KEY, kind text) PARTITION BY RANGE (at);
CREATE VIEW free_users AS SELECT id, plan FROM users WHERE plan = 'free';
";

/// The statement in batches, as it is given; `None` where nothing is.
fn batches(sql: &str) -> Option<String> {
    let project = Project::new().file("given.sql", GIVEN).file("case.sql", sql);
    let run = project.run("lint --format json --history given.sql case.sql");
    let json = run.json();
    let safe = json["findings"][0]["safe"].as_array().expect("there is a finding");
    safe.first().map(|safe| safe.as_str().expect("it is a string").to_owned())
}

#[track_caller]
fn check(sql: &str, expected: &str) {
    assert_eq!(batches(sql).as_deref(), Some(expected), "{sql}");
}

/// A batch by place: the condition stands twice.
#[track_caller]
fn by_place(sql: &str, table: &str, rows: &str) {
    let head = sql.split(" WHERE ").next().expect("there is a head");
    let word = &head[..6];
    check(
        sql,
        &format!(
            "{head}\n  WHERE {rows}\n    AND ctid = ANY (ARRAY(SELECT ctid FROM {table} \
             WHERE {rows} LIMIT 5000)); -- again until {word} 0"
        ),
    );
}

/// A batch by a range of the key.
#[track_caller]
fn by_key(sql: &str, key: &str) {
    let range = format!("{key} BETWEEN <from> AND <to>");
    let expected = match sql.split_once(" WHERE ") {
        Some((head, rows)) => format!("{head}\n  WHERE {rows} AND {range};"),
        None => format!("{sql} WHERE {range};"),
    };
    check(sql, &expected);
}

#[test]
fn a_row_that_does_not_have_its_new_value_is_left_to_do() {
    by_place("UPDATE users SET plan = 'free'", "users", "plan IS DISTINCT FROM 'free'");
    by_place("UPDATE users SET plan = NULL", "users", "plan IS NOT NULL");
    by_place("UPDATE users SET cents = 5", "users", "cents IS DISTINCT FROM 5");
}

#[test]
fn a_condition_that_ends_the_loop_stands_alone() {
    by_place("UPDATE users SET plan = 'a' WHERE plan IS NULL", "users", "plan IS NULL");
    by_place("UPDATE users SET plan = 'a' WHERE plan = 'b'", "users", "plan = 'b'");
    by_place("UPDATE users SET seen = now() WHERE seen IS NULL", "users", "seen IS NULL");
    by_place("DELETE FROM users WHERE seen < now()", "users", "seen < now()");
}

#[test]
fn a_value_that_is_another_each_time_shows_nothing() {
    by_key("UPDATE users SET seen = now()", "id");
    by_key("UPDATE users SET token = gen_random_uuid() WHERE plan = 'a'", "id");
    by_key("UPDATE users SET token = made_here() WHERE token IS NULL", "id");
    by_key("UPDATE users SET total = total + 1", "id");
    by_key("UPDATE users SET plan = DEFAULT", "id");
    by_key("UPDATE users SET tags[1] = 'a'", "id");
    by_key("DELETE FROM users WHERE random() < 0.5", "id");
}

#[test]
fn a_value_is_compared_as_the_column_keeps_it() {
    let rows = "cents IS DISTINCT FROM (total * 2.5)::bigint";
    by_place("UPDATE users SET cents = total * 2.5", "users", rows);
    let rows = "doc::text IS DISTINCT FROM ('{}')::json::text";
    by_place("UPDATE users SET doc = '{}'", "users", rows);
    let rows = "spot::text IS DISTINCT FROM ('(1, 2)')::point::text";
    by_place("UPDATE users SET spot = '(1, 2)'", "users", rows);
}

#[test]
fn columns_that_share_a_value_are_compared_together() {
    let rows = "(plan, email) IS DISTINCT FROM ('a', 'b')";
    by_place("UPDATE users SET (plan, email) = ('a', 'b')", "users", rows);
    by_key("UPDATE users SET (plan, doc) = ('a', '{}')", "id");
    by_key("UPDATE users SET (plan, email) = (SELECT name, name FROM teams LIMIT 1)", "id");
}

#[test]
fn places_are_unique_in_one_file_only() {
    by_key("UPDATE animals SET kind = 'a'", "id");
    by_place("UPDATE ONLY animals SET kind = 'a'", "ONLY animals", "kind IS DISTINCT FROM 'a'");
    by_key("UPDATE events SET kind = 'a' WHERE kind IS NULL", "at");
    by_key("UPDATE free_users SET plan = 'a'", "<key>");
}

#[test]
fn an_alias_and_other_tables_are_kept() {
    let sql = "DELETE FROM users u WHERE u.plan IS NULL OR u.email = ''";
    let rows = "u.plan IS NULL OR u.email = ''";
    check(
        sql,
        &format!(
            "DELETE FROM users u\n  WHERE ({rows})\n    AND ctid = ANY (ARRAY(SELECT ctid FROM \
             users u WHERE {rows} LIMIT 5000)); -- again until DELETE 0"
        ),
    );
    check(
        "UPDATE users u SET plan = t.name FROM teams t WHERE t.user_id = u.id",
        "UPDATE users u SET plan = t.name\n  FROM teams t\n  WHERE t.user_id = u.id AND u.id \
         BETWEEN <from> AND <to>;",
    );
    check(
        "WITH t AS (SELECT * FROM teams) DELETE FROM users USING t WHERE t.user_id = users.id",
        "WITH t AS (SELECT * FROM teams)\nDELETE FROM users\n  USING t\n  WHERE t.user_id = \
         users.id AND users.id BETWEEN <from> AND <to>;",
    );
}

#[test]
fn a_key_of_several_columns_is_compared_as_a_row() {
    check(
        "UPDATE seats SET user_id = user_id + 1",
        "UPDATE seats SET user_id = user_id + 1 WHERE (team_id, number) BETWEEN (<from>) AND \
         (<to>);",
    );
}

#[test]
fn what_another_statement_needs_is_not_cut() {
    let sql = "WITH gone AS (DELETE FROM users WHERE plan IS NULL RETURNING id) TABLE gone";
    assert_eq!(batches(sql), None);
}
