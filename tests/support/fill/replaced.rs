//! A table that is dropped, or gives its name to another: what was done to it is not taken for done
//! to the one that is there now.

use super::Test;
use super::world::CHANGE;
use super::world::EXPAND;
use super::world::FILL_IN;
use super::world::Fill;
use super::world::QUICK;
use super::world::SHORT;
use super::world::SOON;
use super::world::slowed;
use super::world::users;
use crate::server::Server;

pub(super) const TESTS: &[(&str, Test)] = &[
    ("replaced::dropped_in_the_middle", dropped_in_the_middle),
    ("replaced::by_another_name", by_another_name),
    ("replaced::made_anew", made_anew),
    ("replaced::tried_in_one_partition", tried_in_one_partition),
    ("replaced::a_key_with_nulls", a_key_with_nulls),
];

const ROWS: u32 = 20_000;
const OTHER: &str = "it is not there, or another one than when this began";

fn small(server: &Server, name: &str) -> Result<Fill, String> {
    let fill = Fill::users(server, &format!("replaced_{name}"), (ROWS, 50), "most = 100\n")?;
    fill.sql(&slowed("users", "0.02"))?;
    Ok(fill)
}

fn dropped_in_the_middle(server: &Server) -> Result<(), String> {
    let fill = small(server, "dropped")?;
    let worker = fill.start("backfill run --workers 2")?;
    fill.batches(5)?;
    fill.sql("DROP TABLE users")?;
    let said = worker.ends(2, SOON)?.said;
    super::world::holds(said.contains(OTHER), || said.clone())?;
    fill.ends("backfill status", 4, "open")?;
    fill.gives("SELECT count(*) FROM migrate.backfill_job WHERE state = 'done'", "0")
}

/// Rows of the one that took the name were not all walked.
fn by_another_name(server: &Server) -> Result<(), String> {
    let fill = small(server, "renamed")?;
    fill.sql("CREATE TABLE new (LIKE users INCLUDING ALL); INSERT INTO new SELECT * FROM users")?;
    let worker = fill.start("backfill run --workers 1")?;
    fill.batches(5)?;
    fill.sql(&format!(
        "BEGIN; ALTER TABLE users RENAME TO old; ALTER TABLE new RENAME TO users; {QUICK}; COMMIT"
    ))?;
    worker.ends(2, SOON)?;
    fill.ends(&format!("backfill verify --change {SHORT}"), 2, OTHER)?;
    fill.gives("SELECT count(*) > 0 FROM users WHERE email_lower IS NULL", "t")
}

fn made_anew(server: &Server) -> Result<(), String> {
    let fill = small(server, "anew")?;
    fill.sql(QUICK)?;
    fill.ends("backfill run", 0, "done")?;
    fill.sql("DROP TABLE users")?;
    fill.sql(&users(ROWS, 10))?;
    fill.sql(EXPAND)?;
    fill.ends(&format!("backfill verify --change {SHORT}"), 2, OTHER)?;
    fill.ends("backfill run", 2, OTHER)?;
    fill.ends(&format!("backfill cancel --change {SHORT}"), 0, "given up")?;
    fill.ends("backfill run", 0, "done")?;
    fill.gives("SELECT count(*) FROM users WHERE email_lower = lower(email)", &ROWS.to_string())?;
    fill.is_proven()
}

/// What is tried is tried in one partition, and not in all of them, however few rows that has.
fn tried_in_one_partition(server: &Server) -> Result<(), String> {
    let fill = Fill::empty(server, "replaced_prove")?;
    fill.sql(
        "CREATE TABLE users (id int PRIMARY KEY, email text) PARTITION BY RANGE (id);
         CREATE TABLE users_none PARTITION OF users DEFAULT;
         CREATE TABLE users_few PARTITION OF users FOR VALUES FROM (1) TO (50);
         CREATE TABLE users_many PARTITION OF users FOR VALUES FROM (50) TO (30000);
         INSERT INTO users SELECT n, 'A' || n FROM generate_series(1, 20000) AS n;",
    )?;
    fill.change(CHANGE, EXPAND, FILL_IN, "")?;
    fill.ends("expand", 0, "")?;
    fill.ends("backfill run --prove", 0, "449 rows are the same when it runs again")?;
    fill.gives("SELECT count(*) FROM users WHERE email_lower IS NOT NULL", "0")
}

/// From PostgreSQL 18 on a column may be `NOT NULL` and have nulls: it is no key then.
fn a_key_with_nulls(server: &Server) -> Result<(), String> {
    let fill = Fill::empty(server, "replaced_nulls")?;
    fill.sql(
        "CREATE TABLE users (id int, email text);
         INSERT INTO users SELECT nullif(n, 7), 'A' || n FROM generate_series(1, 1000) AS n;
         CREATE UNIQUE INDEX ON users (id)",
    )?;
    let not_null = "ALTER TABLE users ADD CONSTRAINT filled NOT NULL id NOT VALID";
    // Others cannot say that.
    let since_18 = fill.text("SELECT current_setting('server_version_num')::int >= 180000")?;
    if since_18 == "t" {
        fill.sql(not_null)?;
    }
    fill.change(CHANGE, EXPAND, FILL_IN, "key = [\"id\"]\n")?;
    fill.ends("expand", 0, "")?;
    fill.ends("backfill run", 2, "no unique index of columns that are never null on (id)")?;
    fill.change(CHANGE, EXPAND, FILL_IN, "")?;
    if since_18 == "t" {
        // The row with a null cannot be written any more, and is not passed over.
        return fill.ends("backfill run", 3, "1 row is set aside").map(drop);
    }
    fill.ends("backfill run", 0, "done")?;
    fill.is_proven()
}
