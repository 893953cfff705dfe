//! What hangs on a column or a table that a contract drops: it is listed, and never dropped along.

use super::Test;
use super::world::Alive;
use super::world::Life;
use super::world::ONE;
use super::world::holds;
use crate::server::Server;

pub(super) const TESTS: &[(&str, Test)] = &[
    ("hangs::on_a_column", on_a_column),
    ("hangs::on_a_table", on_a_table),
    ("hangs::what_goes_along_does_not_count", what_goes_along_does_not_count),
    ("hangs::what_the_contract_drops_first", what_the_contract_drops_first),
    ("hangs::what_only_tightens_minds_no_view", what_only_tightens_minds_no_view),
    ("hangs::what_is_renamed_breaks_texts", what_is_renamed_breaks_texts),
];

/// Something that hangs on it, how it goes, and what is said of it.
type Case = (&'static str, &'static str, &'static str);

const ON_COLUMN: &[Case] = &[
    ("CREATE VIEW old AS SELECT email_old FROM users", "DROP VIEW old", "view public.old"),
    (
        "CREATE MATERIALIZED VIEW old AS SELECT email_old FROM users",
        "DROP MATERIALIZED VIEW old",
        "materialized view public.old",
    ),
    (
        "CREATE FUNCTION old() RETURNS text LANGUAGE sql AS 'SELECT email_old FROM users'",
        "DROP FUNCTION old",
        "function old(), which names it in its text",
    ),
    (
        "CREATE FUNCTION old() RETURNS text LANGUAGE sql
         BEGIN ATOMIC SELECT email_old FROM users; END",
        "DROP FUNCTION old",
        "function old()",
    ),
    (
        "CREATE FUNCTION old() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
         CREATE TRIGGER old BEFORE UPDATE OF email_old ON users
         FOR EACH ROW EXECUTE FUNCTION old()",
        "DROP FUNCTION old CASCADE",
        "trigger old on table users",
    ),
    (
        "CREATE POLICY old ON users USING (email_old IS NOT NULL)",
        "DROP POLICY old ON users",
        "policy old on table users",
    ),
    (
        "ALTER TABLE users ADD UNIQUE (email_old);
         CREATE TABLE mails (email text REFERENCES users (email_old))",
        "DROP TABLE mails; ALTER TABLE users DROP CONSTRAINT users_email_old_key",
        "constraint mails_email_fkey on table mails",
    ),
    (
        "ALTER TABLE users ADD lower text GENERATED ALWAYS AS (lower(email_old)) STORED",
        "ALTER TABLE users DROP COLUMN lower",
        "column lower of table users",
    ),
];

/// Sees that each holds up the contract as long as it is there.
fn each(life: &Life, cases: &[Case]) -> Result<(), String> {
    for (make, unmake, says) in cases {
        life.sql(make)?;
        let run = life.ends("contract", 4, says)?;
        holds(run.out.contains("K10"), || run.out.clone())?;
        life.sql(unmake)?;
        let run = life.ends("contract --check", 0, "may run")?;
        holds(!run.out.contains(says), || run.out.clone())?;
    }
    Ok(())
}

fn on_a_column(server: &Server) -> Result<(), String> {
    let life = Life::ready(server, "hangs")?;
    let _alive = Alive::of(server, &life, &["web@v2"])?;
    each(&life, ON_COLUMN)?;
    if server.major >= 15 {
        life.sql("CREATE PUBLICATION old FOR TABLE users (id, email_old)")?;
        life.ends("contract", 4, "publication of table users in publication old")?;
        life.sql("DROP PUBLICATION old")?;
    }
    life.is_dropped(false)?;
    life.ends("contract", 0, "executed")?;
    life.is_dropped(true)
}

const ON_TABLE: &[Case] = &[
    ("CREATE VIEW old AS SELECT id FROM users", "DROP VIEW old", "view public.old"),
    (
        "CREATE TABLE mails (of int REFERENCES users)",
        "DROP TABLE mails",
        "constraint mails_of_fkey on table mails",
    ),
    ("CREATE TABLE more () INHERITS (users)", "DROP TABLE more", "table more"),
    (
        "CREATE PUBLICATION old FOR TABLE users",
        "DROP PUBLICATION old",
        "publication of table users in publication old",
    ),
    (
        "CREATE PROCEDURE old() LANGUAGE plpgsql AS 'BEGIN DELETE FROM users; END'",
        "DROP PROCEDURE old",
        "function old(), which names it in its text",
    ),
    (
        "CREATE FUNCTION old(users) RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "DROP FUNCTION old",
        "old(users)",
    ),
];

fn on_a_table(server: &Server) -> Result<(), String> {
    let life = Life::new(server, "hangs_table", ONE)?;
    life.change("contract.sql", "DROP TABLE users;")?;
    life.make_ready()?;
    let _alive = Alive::of(server, &life, &["web@v2"])?;
    each(&life, ON_TABLE)?;
    life.ends("contract", 0, "executed")?;
    life.gives("SELECT to_regclass('users') IS NULL", "t")
}

/// Indexes, triggers, policies, defaults and keys of the table itself go with it.
fn what_goes_along_does_not_count(server: &Server) -> Result<(), String> {
    let life = Life::new(server, "hangs_along", ONE)?;
    life.change("contract.sql", "DROP TABLE users;")?;
    life.sql(
        "ALTER TABLE users ADD boss int REFERENCES users, ADD n serial,
            ADD lower text GENERATED ALWAYS AS (lower(email_old)) STORED,
            ADD CHECK (email_old <> name);
         CREATE INDEX ON users (lower(email_old)) WHERE name IS NOT NULL;
         CREATE FUNCTION tell() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
         CREATE TRIGGER tell BEFORE UPDATE OF email_old ON users FOR EACH ROW
            WHEN (NEW.name IS NOT NULL) EXECUTE FUNCTION tell();
         CREATE POLICY own ON users USING (name = current_user);
         CREATE STATISTICS pair ON email_old, name FROM users",
    )?;
    life.make_ready()?;
    life.ends("contract", 0, "executed")?;
    life.gives("SELECT to_regclass('users') IS NULL", "t")
}

/// A trigger that kept old and new alike, its function, and a view that is made without the column.
fn what_the_contract_drops_first(server: &Server) -> Result<(), String> {
    let life = Life::new(server, "hangs_first", ONE)?;
    life.sql("CREATE VIEW pair AS SELECT id, email_old FROM users")?;
    life.sql("CREATE FUNCTION names() RETURNS text LANGUAGE sql AS 'SELECT email_old FROM users'")?;
    life.change(
        "expand.sql",
        "ALTER TABLE users ADD COLUMN email text;
         CREATE FUNCTION alike() RETURNS trigger LANGUAGE plpgsql AS
            'BEGIN NEW.email := NEW.email_old; RETURN NEW; END -- of users';
         CREATE TRIGGER alike BEFORE INSERT OR UPDATE OF email_old ON users
            FOR EACH ROW EXECUTE FUNCTION alike();",
    )?;
    life.change(
        "contract.sql",
        "BEGIN;
         DROP TRIGGER alike ON users;
         DROP FUNCTION alike();
         DROP VIEW pair;
         CREATE OR REPLACE FUNCTION names() RETURNS text LANGUAGE sql AS 'SELECT email FROM users';
         ALTER TABLE users DROP COLUMN email_old;
         COMMIT;",
    )?;
    life.make_ready()?;
    life.ends("contract", 0, "executed")?;
    life.is_dropped(true)?;
    life.gives("SELECT count(*) FROM pg_trigger WHERE tgname = 'alike'", "0")
}

fn what_only_tightens_minds_no_view(server: &Server) -> Result<(), String> {
    let life = Life::new(server, "hangs_tight", ONE)?;
    life.sql("CREATE VIEW names AS SELECT name, email_old FROM users")?;
    life.sql("CREATE FUNCTION names() RETURNS text LANGUAGE sql AS 'SELECT name FROM users'")?;
    life.change("contract.sql", "ALTER TABLE users ALTER COLUMN name SET NOT NULL;")?;
    life.make_ready()?;
    life.ends("contract", 0, "executed").map(drop)
}

fn what_is_renamed_breaks_texts(server: &Server) -> Result<(), String> {
    let life = Life::new(server, "hangs_renamed", ONE)?;
    life.change("contract.sql", "ALTER TABLE users RENAME COLUMN email_old TO email_gone;")?;
    life.sql("CREATE VIEW names AS SELECT email_old FROM users")?;
    life.sql("CREATE FUNCTION old() RETURNS text LANGUAGE sql AS 'SELECT email_old FROM users'")?;
    life.make_ready()?;
    let _alive = Alive::of(server, &life, &["web@v2"])?;
    let run = life.ends("contract", 4, "function old(), which names it in its text")?;
    // A view follows the column.
    holds(!run.out.contains("view public.names"), || run.out.clone())?;
    life.sql("DROP FUNCTION old")?;
    life.ends("contract", 0, "executed")?;
    life.gives("SELECT email_old FROM names", "a@b.c")
}
