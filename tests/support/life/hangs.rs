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
    ("hangs::on_what_a_contract_takes", on_what_a_contract_takes),
    ("hangs::what_is_not_in_the_way", what_is_not_in_the_way),
    ("hangs::what_nobody_can_tell", what_nobody_can_tell),
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

/// What is there, a contract, and what hangs on what that takes.
type Taking = (&'static str, &'static str, &'static str);

/// A trigger that writes a column of its rows, whose function never names the table.
const STAMPED: &str = "CREATE FUNCTION stamp() RETURNS trigger LANGUAGE plpgsql AS
        'BEGIN NEW.name := lower(NEW.name); RETURN NEW; END';
     CREATE TRIGGER stamp BEFORE INSERT OR UPDATE ON users
        FOR EACH ROW EXECUTE FUNCTION stamp()";

const STAMPED_PART: &str = "CREATE TABLE p (id int, email text) PARTITION BY LIST (id);
     CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1);
     CREATE FUNCTION stamp() RETURNS trigger LANGUAGE plpgsql AS
        'BEGIN NEW.email := 1; RETURN NEW; END';
     CREATE TRIGGER stamp BEFORE INSERT ON p1 FOR EACH ROW EXECUTE FUNCTION stamp()";

const TAKING: &[Taking] = &[
    (STAMPED, "ALTER TABLE users DROP COLUMN name", "function stamp(), which names it"),
    (STAMPED, "ALTER TABLE users RENAME COLUMN name TO n", "function stamp(), which names it"),
    (STAMPED_PART, "ALTER TABLE p DROP COLUMN email", "function stamp(), which names it"),
    (
        "CREATE FUNCTION tell(u users) RETURNS text LANGUAGE sql AS 'SELECT u.name'",
        "ALTER TABLE users DROP COLUMN name",
        "function tell(users), which names it",
    ),
    (
        "CREATE SCHEMA s; CREATE TABLE s.t (id int); CREATE VIEW sv AS SELECT * FROM s.t",
        "DROP SCHEMA s CASCADE",
        "view public.sv",
    ),
    (
        "CREATE SCHEMA s; CREATE TABLE s.t (id int); CREATE FUNCTION h() RETURNS bigint
            LANGUAGE plpgsql AS 'BEGIN RETURN (SELECT count(*) FROM s.t); END'",
        "DROP SCHEMA s CASCADE",
        "function h(), which names it",
    ),
    (
        "CREATE SCHEMA s; CREATE TYPE s.mood AS ENUM ('sad'); CREATE TABLE o (m s.mood[])",
        "DROP SCHEMA s CASCADE",
        "column m of table o",
    ),
    (
        "CREATE TABLE o (of int REFERENCES users (id))",
        "ALTER TABLE users DROP CONSTRAINT users_pkey CASCADE",
        "constraint o_of_fkey on table o",
    ),
    (
        "CREATE TABLE p (id int, email text) PARTITION BY LIST (id);
         CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1);
         CREATE VIEW v AS SELECT email FROM p1",
        "ALTER TABLE p DROP COLUMN email CASCADE",
        "view public.v",
    ),
    (
        "ALTER TABLE users ADD foo int; CREATE VIEW v AS SELECT foo FROM users",
        "ALTER TABLE users DROP COLUMN foo CASCADE",
        "view public.v",
    ),
    (
        "CREATE VIEW v AS SELECT name FROM users",
        "DO $$ BEGIN ALTER TABLE users DROP COLUMN name CASCADE; END $$",
        "view public.v",
    ),
    (
        "CREATE SEQUENCE s; CREATE TABLE o (n int DEFAULT nextval('s'))",
        "DROP SEQUENCE s CASCADE",
        "default value for column n of table o",
    ),
    (
        "CREATE FUNCTION g() RETURNS int LANGUAGE sql AS 'SELECT 1';
         CREATE FUNCTION h() RETURNS int LANGUAGE plpgsql AS 'BEGIN RETURN g(); END'",
        "DROP FUNCTION g()",
        "function h(), which names it",
    ),
    (
        "CREATE FUNCTION g() RETURNS int LANGUAGE sql AS 'SELECT 1';
         CREATE FUNCTION h() RETURNS void LANGUAGE plpgsql AS
            'BEGIN EXECUTE ''SELECT g()''; END'",
        "DROP FUNCTION g",
        "function h(), which names it",
    ),
    (
        "CREATE TYPE mood AS ENUM ('sad'); CREATE FUNCTION h() RETURNS text LANGUAGE plpgsql AS
            'BEGIN RETURN ''sad''::mood; END'",
        "DROP TYPE mood",
        "function h(), which names it",
    ),
    (
        "CREATE TYPE mood AS ENUM ('sad'); CREATE FUNCTION h() RETURNS text LANGUAGE plpgsql AS
            'DECLARE x public.mood := ''sad''; BEGIN RETURN x; END'",
        "DROP TYPE mood",
        "function h(), which names it",
    ),
];

/// What `migrate contract --check` says of a contract that was not registered like that: K10 says
/// what it has to all the same.
fn judged(life: &Life, make: &str, contract: &str) -> Result<String, String> {
    life.sql(make)?;
    life.change("contract.sql", contract)?;
    let out = life.run("contract --check")?.out;
    life.sql(CLEAR)?;
    Ok(out)
}

/// Takes away what a case made.
const CLEAR: &str = "SET client_min_messages = error; DROP SCHEMA IF EXISTS s CASCADE;
     DROP TABLE IF EXISTS o, p, old CASCADE; DROP VIEW IF EXISTS v, sv;
     DROP FUNCTION IF EXISTS stamp, tell, h, g(int), g() CASCADE; DROP TYPE IF EXISTS mood CASCADE;
     DROP SEQUENCE IF EXISTS s; ALTER TABLE users DROP COLUMN IF EXISTS foo;
     ALTER TABLE users DROP CONSTRAINT IF EXISTS users_pkey, ADD PRIMARY KEY (id)";

fn on_what_a_contract_takes(server: &Server) -> Result<(), String> {
    let life = Life::new(server, "hangs_taken", ONE)?;
    life.ends("expand", 0, "")?;
    for (make, contract, says) in TAKING {
        let out = judged(&life, make, contract)?;
        let blocks = out.contains("this depends on it") && out.contains(says);
        holds(blocks, || format!("{contract}: no `{says}` in\n{out}"))?;
    }
    // Some servers come without it.
    let there = "SELECT count(*) FROM pg_available_extensions WHERE name = 'citext'";
    if life.text(there)? == "1" {
        let make = "CREATE EXTENSION citext; CREATE TABLE o (email citext)";
        let out = judged(&life, make, "DROP EXTENSION citext CASCADE")?;
        holds(out.contains("this depends on it: column email of table o;"), || out.clone())?;
    }
    Ok(())
}

/// What is there, and a contract that it does not hold up.
const NOT: &[(&str, &str)] = &[
    (
        "CREATE TABLE old (id int); CREATE FUNCTION h() RETURNS int LANGUAGE plpgsql AS
            'BEGIN -- the old rule\n RETURN /* of old */ 1; END'",
        "DROP TABLE old",
    ),
    // The trigger that ran it is gone.
    (STAMPED, "DROP TRIGGER stamp ON users; ALTER TABLE users DROP COLUMN name"),
    ("CREATE SCHEMA s; CREATE TABLE s.t (id int); CREATE VIEW s.v AS TABLE s.t", "DROP SCHEMA s"),
    (
        "CREATE TABLE o (of int REFERENCES users (id))",
        "ALTER TABLE o DROP CONSTRAINT o_of_fkey; ALTER TABLE users DROP CONSTRAINT users_pkey",
    ),
    (
        "CREATE TYPE mood AS ENUM ('sad'); CREATE TABLE o (mood mood);
         CREATE FUNCTION h() RETURNS void LANGUAGE plpgsql AS
            'BEGIN PERFORM mood FROM o ORDER BY mood; END'",
        "ALTER TABLE o ALTER COLUMN mood TYPE text; DROP TYPE mood",
    ),
    // Which of them is called it does not say.
    (
        "CREATE FUNCTION g() RETURNS int LANGUAGE sql AS 'SELECT 1';
         CREATE FUNCTION g(int) RETURNS int LANGUAGE sql AS 'SELECT 1';
         CREATE FUNCTION h() RETURNS int LANGUAGE plpgsql AS 'BEGIN RETURN g(1); END'",
        "DROP FUNCTION g()",
    ),
    (
        "CREATE FUNCTION g(int) RETURNS int LANGUAGE sql AS 'SELECT 1';
         CREATE TABLE o (n int DEFAULT g(1))",
        "ALTER TABLE o ALTER COLUMN n DROP DEFAULT; DROP FUNCTION g(integer)",
    ),
];

fn what_is_not_in_the_way(server: &Server) -> Result<(), String> {
    let life = Life::new(server, "hangs_not", ONE)?;
    life.ends("expand", 0, "")?;
    for (make, contract) in NOT {
        let out = judged(&life, make, contract)?;
        holds(!out.contains("depends on it:"), || format!("{contract}: {out}"))?;
        holds(out.contains("K10 dependents"), || format!("{contract}: {out}"))?;
    }
    Ok(())
}

/// What a made-up text takes away runs by the word of who looked at it.
fn what_nobody_can_tell(server: &Server) -> Result<(), String> {
    let life = Life::new(server, "hangs_opaque", ONE)?;
    life.sql("CREATE VIEW old AS SELECT email_old FROM users")?;
    life.change(
        "contract.sql",
        "DO $$ BEGIN EXECUTE 'ALTER TABLE users DROP COLUMN ' || 'email_old CASCADE'; END $$;",
    )?;
    life.make_ready()?;
    let _alive = Alive::of(server, &life, &["web@v2"])?;
    for command in ["contract --check", "contract"] {
        let run = life.ends(command, 8, "nothing is known of what DO $$ BEGIN EXECUTE")?;
        holds(run.out.contains("--allow-opaque --change"), || run.out.clone())?;
        // What is to be looked at first is no command to be run next.
        let run = life.ends("status", 0, "--check")?;
        holds(!run.out.contains("migrate contract --allow-opaque"), || run.out.clone())?;
    }
    life.is_dropped(false)?;
    life.ends("contract --check --allow-opaque", 0, "may run")?;
    life.ends("contract --allow-opaque", 0, "executed")?;
    life.is_dropped(true)
}
