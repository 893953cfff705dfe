//! What is on a column that `migrate new` gives another name or type, on a real server: a domain,
//! keys and checks, an index that subscribers find rows by; and expressions that do not fit.

use super::Test;
use super::recipes::cook;
use super::recipes::life;
use super::world::Life;
use super::world::ONE;
use super::world::finish;
use super::world::holds;
use super::world::said;
use crate::server::Server;

pub(super) const TESTS: &[(&str, Test)] = &[
    ("carried::a_domain_with_a_default", a_domain_with_a_default),
    ("carried::what_is_over_the_column", what_is_over_the_column),
    ("carried::a_type_that_subscribers_find_rows_by", a_type_that_subscribers_find_rows_by),
    ("carried::expressions_that_the_server_refuses", expressions_that_the_server_refuses),
    ("carried::an_expression_that_gives_null", an_expression_that_gives_null),
];

/// Sees that a recipe is refused, and why.
fn refuses(life: &Life, recipe: &[&str], why: &str) -> Result<(), String> {
    let mut command = life.command("new");
    command.args(recipe);
    let run = finish(command.spawn().map_err(said)?)?;
    holds(run.code == Some(2) && run.err.contains(why), || format!("{recipe:?}: {run:?}"))
}

/// Runs a file of the newest change by hand, statement by statement.
fn by_hand(life: &Life, file: &str) -> Result<(), String> {
    let folder = life.folder().join("migrations");
    let entries = std::fs::read_dir(&folder).map_err(said)?;
    let newest = entries.filter_map(|entry| Some(entry.ok()?.path())).max().ok_or("no change")?;
    let text = std::fs::read_to_string(newest.join(file)).map_err(said)?;
    for part in text.split("\n\n") {
        life.sql(part).map_err(|error| format!("{file}: {part}: {error}"))?;
    }
    Ok(())
}

/// The default of a domain is not taken for what new code writes.
fn a_domain_with_a_default(server: &Server) -> Result<(), String> {
    let table = "CREATE DOMAIN code AS text DEFAULT 'none';
        CREATE TABLE t (id int PRIMARY KEY, a code); INSERT INTO t VALUES (1, 'one')";
    let life = life(server, "domains", table, &["--rename-column", "t.a", "b"])?;
    life.ends("expand", 0, "done")?;
    life.sql("INSERT INTO t (id, a) VALUES (2, 'two'); INSERT INTO t (id, b) VALUES (3, 'three')")?;
    life.sql("INSERT INTO t (id) VALUES (4); UPDATE t SET b = a WHERE b IS DISTINCT FROM a")?;
    life.gives(
        "SELECT id, a, b FROM t ORDER BY 1",
        "1|one|one\n2|two|two\n3|three|three\n4|none|none",
    )?;
    by_hand(&life, "contract.sql")?;
    life.sql("INSERT INTO t (id) VALUES (5)")?;
    by_hand(&life, "contract.undo.sql")?;
    life.sql("INSERT INTO t (id, b) VALUES (6, 'six'); INSERT INTO t (id, a) VALUES (7, 'seven')")?;
    life.gives("SELECT a, b FROM t WHERE id > 4 ORDER BY id", "none|none\nsix|six\nseven|seven")
}

const IDENTITY: &str = "SELECT c.relname, i.indisreplident, i.indisclustered FROM pg_index i
    JOIN pg_class c ON c.oid = i.indexrelid WHERE i.indrelid = 't'::regclass AND i.indisreplident";

/// Keys and checks over several columns, and an index that subscribers find rows by.
fn what_is_over_the_column(server: &Server) -> Result<(), String> {
    let table = "CREATE TABLE t (id int PRIMARY KEY, z int NOT NULL, a text NOT NULL,
            CONSTRAINT by_a UNIQUE (z, a), CHECK (z > 0 OR a IS NOT NULL), CHECK (a IS NOT NULL));
        ALTER TABLE t REPLICA IDENTITY USING INDEX by_a, CLUSTER ON by_a;
        CREATE PUBLICATION p FOR TABLE t; INSERT INTO t VALUES (1, 1, 'x'), (2, 1, 'y')";
    let life = life(server, "over", table, &["--rename-column", "t.a", "b"])?;
    life.ends("expand", 0, "done")?;
    life.sql("INSERT INTO t (id, z, a) VALUES (3, 1, 'z'); UPDATE t SET b = a WHERE b IS NULL")?;
    life.sql("INSERT INTO t (id, z, b) VALUES (4, 1, 'z') ON CONFLICT (z, b) DO NOTHING")?;
    for _ in 0..2 {
        by_hand(&life, "contract.sql")?;
        life.gives(IDENTITY, "by_b|t|t")?;
        life.sql("UPDATE t SET b = b || '!'; DELETE FROM t WHERE id = 3")?;
        by_hand(&life, "contract.undo.sql")?;
        life.gives(IDENTITY, "by_a|t|t")?;
        life.sql("UPDATE t SET a = a || '?'")?;
    }
    life.gives("SELECT a, b FROM t WHERE id = 1", "x!?!?|x!?!?")
}

fn a_type_that_subscribers_find_rows_by(server: &Server) -> Result<(), String> {
    let table = "CREATE TABLE t (id int PRIMARY KEY, a int NOT NULL);
        CREATE UNIQUE INDEX by_a ON t (a); ALTER TABLE t REPLICA IDENTITY USING INDEX by_a;
        CREATE PUBLICATION p FOR TABLE t; INSERT INTO t VALUES (1, 1)";
    let words = ["--change-type", "t.a", "bigint", "--back", "a_new::int"];
    let life = life(server, "found", table, &words)?;
    life.ends("expand", 0, "done")?;
    life.sql("UPDATE t SET a_new = a WHERE a_new IS NULL")?;
    for _ in 0..2 {
        by_hand(&life, "contract.sql")?;
        life.gives(IDENTITY, "by_a_new|t|f")?;
        life.sql("UPDATE t SET a = a + 1")?;
        life.gives("SELECT a, a_old FROM t WHERE a = a_old", &life.text("SELECT a, a FROM t")?)?;
        by_hand(&life, "contract.undo.sql")?;
        life.gives(IDENTITY, "by_a|t|f")?;
        life.sql("UPDATE t SET a = a + 1")?;
    }
    life.gives("SELECT a, a_new FROM t", "5|5")
}

fn expressions_that_the_server_refuses(server: &Server) -> Result<(), String> {
    let life = Life::new(server, "refused", ONE)?;
    life.sql("CREATE TABLE t (id int PRIMARY KEY, a text, d date)")?;
    let retype = |using, back| ["--change-type", "t.a", "int", "--using", using, "--back", back];
    let no_function = "function nosuch(text) does not exist";
    refuses(&life, &retype("nosuch(a)::int", "a::text"), no_function)?;
    refuses(&life, &retype("a::int", "upper(a)"), "function upper(integer) does not exist")?;
    refuses(
        &life,
        &["--set-not-null", "t.d", "--fill", "'soon'"],
        "invalid input syntax for type",
    )?;
    refuses(&life, &["--set-not-null", "t.d", "--fill", "id * 2"], "is of type date but")?;
    cook(&life, &retype("a::int", "a_new::text"))
}

/// Rows that the contract would refuse are seen before it.
fn an_expression_that_gives_null(server: &Server) -> Result<(), String> {
    let table = "CREATE TABLE t (id int PRIMARY KEY, a text NOT NULL);
        INSERT INTO t VALUES (1, '7'), (2, 'none')";
    let words = ["--change-type", "t.a", "int", "--using", "nullif(a, 'none')::int"];
    let life = life(server, "nulls", table, &words)?;
    life.ends("expand", 0, "done")?;
    life.ends("backfill run --change change_type_t_a", 0, "")?;
    life.ends("backfill verify --change change_type_t_a", 4, "1 row").map(drop)
}
