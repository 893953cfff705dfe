//! What is not run, with the exit code and the words that say so; and that nothing was done then.

use super::Test;
use super::holds;
use super::project::Project;
use super::project::book;
use super::project::database;
use super::project::done_once;
use super::project::named;
use crate::server::Install;
use crate::server::Server;
use crate::server::Session;
use crate::server::reason;

pub(super) const TESTS: &[(&str, Test)] = &[
    ("refusals::edited_files", edited_files),
    ("refusals::line_ends_are_no_edit", line_ends_are_no_edit),
    ("refusals::missing_changes", missing_changes),
    ("refusals::out_of_order", out_of_order),
    ("refusals::files_that_cannot_be_run", files_that_cannot_be_run),
    ("refusals::what_takes_something_away", what_takes_something_away),
    ("refusals::what_was_there_before", what_was_there_before),
    ("refusals::what_gives_up_the_turn", what_gives_up_the_turn),
    ("refusals::the_ledgers_own_schema", the_ledgers_own_schema),
    ("refusals::what_only_one_session_has", what_only_one_session_has),
    ("refusals::rows_that_are_in_use", rows_that_are_in_use),
    ("refusals::privileges_that_are_in_use", privileges_that_are_in_use),
    ("refusals::a_step_that_failed_may_be_edited", a_step_that_failed_may_be_edited),
    ("refusals::a_contract_that_comes_later_is_registered", a_contract_that_comes_later),
    ("refusals::another_environment", another_environment),
    ("refusals::a_newer_ledger", a_newer_ledger),
    ("refusals::a_broken_chain", a_broken_chain),
    ("refusals::frozen", frozen),
    ("refusals::modes_of_a_transaction", modes_of_a_transaction),
    ("refusals::nobody_answers", nobody_answers),
    ("refusals::from_inside_a_change", from_inside_a_change),
];

const ONE: &str = "CREATE TABLE one (id int);\n\nALTER TABLE one ADD COLUMN note text;\n";
const TWO: &str = "CREATE TABLE two (id int);\n";
const THREE: &str = "CREATE TABLE three (id int);\n";

/// A project with two changes, the first of which has two steps; all of it applied.
fn applied(server: &Server, name: &str) -> Result<(Project, String, Session), String> {
    let project = Project::new(&[("01_one", ONE), ("02_two", TWO)]);
    let (address, session) = database(server, name)?;
    project.ends(&address, &[], 0, "3 steps of 2 changes done")?;
    Ok((project, address, session))
}

/// How many events there are: none comes with a refusal.
fn events(session: &Session) -> Result<String, String> {
    session.text("SELECT count(*) FROM migrate.ledger").map_err(|error| reason(&error))
}

fn edited_files(server: &Server) -> Result<(), String> {
    let (project, address, session) = applied(server, "refused_edited")?;
    let before = events(&session)?;
    for same in [
        ONE.replace('\n', "\r\n"),
        format!("-- why\n\n\n{ONE}/* and that */\n"),
        ONE.replace("ADD COLUMN", "ADD\n    COLUMN"),
    ] {
        project.write("01_one", &same);
        project.ends(&address, &[], 0, "nothing is due")?;
    }
    for (other, step) in [
        (ONE.replace("id int", "id bigint"), 1),
        (ONE.replace("note", "notes"), 2),
        (ONE.replace("note text", "note text DEFAULT 'a b'"), 2),
        (ONE.replace("CREATE TABLE one", "CREATE TABLE \"One\""), 1),
        ("CREATE TABLE one (id int);".to_owned(), 2),
        (format!("{ONE}CREATE TABLE four (id int);"), 3),
        (format!("SET lock_timeout = '1s'; {ONE}"), 1),
        (String::new(), 1),
        ("-- nothing any more\n".to_owned(), 1),
    ] {
        project.write("01_one", &other);
        let says = format!("expand.sql was edited after its step {step} was done");
        let ended = project.ends(&address, &[], 8, &says);
        ended.map_err(|why| format!("{other}: {why}"))?;
        project.ends(&address, &["--out-of-order"], 8, &says)?;
        project.stands(&address, 3, "edited ").map_err(|why| format!("{other}: {why}"))?;
    }
    project.write("01_one", ONE);
    project.ends(&address, &[], 0, "nothing is due")?;
    project.stands(&address, 0, "2 applied")?;
    holds(events(&session)? == before, || "a refusal is on record".to_owned())
}

/// Not even within a body or a string: a checkout may have others than what was committed.
fn line_ends_are_no_edit(server: &Server) -> Result<(), String> {
    let (project, address, session) = applied(server, "refused_ends")?;
    let sql = "CREATE FUNCTION two() RETURNS int LANGUAGE plpgsql AS $$\nBEGIN\n  RETURN 2;\n\
               END\n$$;\nCOMMENT ON FUNCTION two() IS 'one\ntwo';\n";
    project.write("03_two", sql);
    project.ends(&address, &[], 0, "2 steps of 1 change done")?;
    let before = events(&session)?;
    project.write("03_two", &sql.replace('\n', "\r\n"));
    project.ends(&address, &[], 0, "nothing is due")?;
    holds(events(&session)? == before, || "a line end is on record".to_owned())?;
    project.write("03_two", &sql.replace("one\ntwo", "one\n\ntwo"));
    project.ends(&address, &[], 8, "was edited after its step 2 was done").map(drop)
}

fn missing_changes(server: &Server) -> Result<(), String> {
    let (project, address, session) = applied(server, "refused_missing")?;
    project.remove("01_one");
    let says = format!("change {} was applied and its folder is gone", named("01_one"));
    project.ends(&address, &[], 8, &says)?;
    project.stands(&address, 3, &format!("missing       {}", named("01_one")))?;
    project.write("01_one", ONE);
    // An older checkout lacks what is newest, and that is fine; also if it has something to do.
    project.remove("02_two");
    project.ends(&address, &[], 0, "nothing is due")?;
    project.write("01_onf", THREE);
    project.ends(&address, &[], 0, "1 step of 1 change done")?;
    project.write("02_two", TWO);
    project.ends(&address, &[], 0, "nothing is due")?;
    // Its file alone is gone: that is an edit.
    project.file(&format!("{}/contract.sql", named("02_two")), "DROP TABLE two;");
    let file = format!("{}/expand.sql", named("02_two"));
    project.file(&file, "");
    project.ends(&address, &[], 8, "was edited after its step 1 was done")?;
    done_once(&session, 4)
}

fn out_of_order(server: &Server) -> Result<(), String> {
    let (project, address, session) = applied(server, "refused_order")?;
    project.write("01_three", THREE);
    let says = format!("change {} comes before {}", named("01_three"), named("02_two"));
    let run = project.ends(&address, &[], 8, &says)?;
    holds(run.err.contains("--out-of-order"), || run.err)?;
    project.stands(&address, 3, &format!("out-of-order  {}", named("01_three")))?;
    project.stands(&address, 3, "migrate expand --out-of-order")?;
    done_once(&session, 3)?;
    project.ends(&address, &["--out-of-order"], 0, "1 step of 1 change done")?;
    project.ends(&address, &[], 0, "nothing is due")?;
    done_once(&session, 4)
}

fn files_that_cannot_be_run(server: &Server) -> Result<(), String> {
    let (address, session) = database(server, "refused_files")?;
    for (sql, line, why) in [
        ("CREATE TABLE a (id int);\n\\echo done\n", 2, "psql commands are not run"),
        ("\\i other.sql\n", 1, "psql commands are not run"),
        ("SELECT 1;\nCREATE TABLE ${name} (id int);", 2, "it has a placeholder"),
        ("\nBEGIN;\nCREATE TABLE a (id int);", 2, "BEGIN has no COMMIT"),
        ("CREATE TABLE a (id int);\nCOMMIT;", 2, "of transaction control"),
        ("BEGIN;\nBEGIN;\nCOMMIT;", 2, "of transaction control"),
        ("BEGIN;\nSELECT 1;\nROLLBACK;", 3, "of transaction control"),
        ("BEGIN;\nSELECT 1;\nPREPARE TRANSACTION 'x';", 3, "of transaction control"),
        ("CREATE TABLE a (id int);\nCOPY a FROM STDIN;\n1\n\\.\n", 2, "COPY from standard input"),
        ("BEGIN;\nCREATE TABLE a (id int);\nCOPY a FROM stdin;\n1\n\\.\nCOMMIT;", 3, "COPY from"),
        ("CREATE TABLE a (id int);\nCOPY a TO STDOUT;", 2, "COPY to standard output"),
    ] {
        let project = Project::new(&[("01_a", sql)]);
        let says = format!("{}/expand.sql:{line}: {why}", named("01_a"));
        let ended = project.ends(&address, &[], 8, &says);
        ended.map_err(|error| format!("{sql}: {error}"))?;
    }
    let made = "SELECT to_regnamespace('migrate') IS NULL AND to_regclass('a') IS NULL";
    let made = session.text(made).map_err(|error| reason(&error))?;
    holds(made.trim() == "t", || "something was made".to_owned())?;
    let project = Project::new(&[("01_a", THREE)]);
    project.ends(&address, &[], 0, "1 step of 1 change done")?;
    project.write("02_b", "CREATE TABLE b (id int);\n\\echo done\n");
    project.stands(&address, 3, "expand.sql:2: psql commands are not run")
}

fn what_takes_something_away(server: &Server) -> Result<(), String> {
    let (project, address, session) = applied(server, "refused_contract")?;
    let before = events(&session)?;
    for sql in [
        "DROP TABLE two;",
        "ALTER TABLE one DROP COLUMN note;",
        "ALTER TABLE one RENAME TO uno;",
        "BEGIN; CREATE TABLE five (id int); ALTER TABLE two RENAME COLUMN id TO key; COMMIT;",
        "DO $$ BEGIN DROP TABLE two; END $$;",
    ] {
        // What comes before it does not run either.
        project.write("03_three", THREE);
        project.write("04_four", sql);
        let ended = project.ends(&address, &[], 8, "is a contract, and stands in expand.sql");
        ended.map_err(|why| format!("{sql}: {why}"))?;
    }
    let called = "CREATE FUNCTION gone() RETURNS void LANGUAGE sql AS 'DROP TABLE two';
                  SELECT gone();";
    project.write("04_four", called);
    project.ends(&address, &[], 8, "nothing is known of what SELECT gone()")?;
    // What nobody can tell of is not called safe, but it may be run by who looked at it.
    let opaque = "DO $$ BEGIN EXECUTE 'CREATE TABLE ' || 'four (id int)'; END $$;";
    project.write("04_four", opaque);
    project.ends(&address, &[], 8, "nothing is known of what DO $$ BEGIN EXECUTE")?;
    holds(events(&session)? == before, || "a refusal is on record".to_owned())?;
    done_once(&session, 3)?;
    project.ends(&address, &["--allow-opaque"], 0, "2 steps of 2 changes done")?;
    done_once(&session, 5)
}

/// From inside a change, the changes are those beside it.
fn from_inside_a_change(server: &Server) -> Result<(), String> {
    let (project, address, session) = applied(server, "refused_inside")?;
    project.write("03_three", THREE);
    let mut expand = project.expand(&address, &[]);
    let folder = expand.get_current_dir().map(|it| it.join("migrations").join(named("03_three")));
    let run = expand.current_dir(folder.ok_or("it runs in a folder")?).output();
    let run = run.map_err(|error| error.to_string())?;
    holds(run.status.success(), || String::from_utf8_lossy(&run.stderr).into_owned())?;
    done_once(&session, 4)
}

/// What no change made is in use as well.
fn what_was_there_before(server: &Server) -> Result<(), String> {
    let (project, address, session) = applied(server, "refused_before")?;
    let before = "CREATE TABLE old (id int, note text, more text); CREATE SCHEMA older;
                  CREATE TABLE older.shop (id int); CREATE VIEW seen AS SELECT id FROM old;";
    session.run_each(before)?;
    for sql in [
        "DROP TABLE old;",
        "DROP TABLE older.shop;",
        "DROP TABLE IF EXISTS old;",
        "DROP SCHEMA older CASCADE;",
        "DROP VIEW seen;",
        "ALTER TABLE old DROP COLUMN note;",
        "ALTER TABLE old RENAME COLUMN note TO notes;",
        "ALTER TABLE old ALTER COLUMN note TYPE varchar(9);",
        "ALTER TABLE old RENAME TO elder;",
    ] {
        project.write("03_three", sql);
        let ended = project.ends(&address, &[], 8, "is a contract, and stands in expand.sql");
        ended.map_err(|why| format!("{sql}: {why}"))?;
    }
    let sql = "ALTER TABLE old ADD COLUMN last text; CREATE INDEX CONCURRENTLY i ON old (last);";
    project.write("03_three", sql);
    project.ends(&address, &[], 0, "2 steps of 1 change done")?;
    done_once(&session, 5)
}

/// Sees that each of these is refused with what it says, and nothing is done.
fn all_refused(
    (project, address, session): &(Project, String, Session),
    says: &str,
    all: &[&str],
) -> Result<(), String> {
    let before = events(session)?;
    for sql in all {
        // What comes before it does not run either.
        project.write("03_three", &format!("{THREE}\n{sql}"));
        let ended = project.ends(address, &["--allow-opaque"], 8, says);
        ended.map_err(|why| format!("{sql}: {why}"))?;
    }
    holds(events(session)? == before, || "a refusal is on record".to_owned())
}

fn what_gives_up_the_turn(server: &Server) -> Result<(), String> {
    let stage = applied(server, "refused_turn")?;
    let all = [
        "DISCARD ALL;",
        "SELECT pg_advisory_unlock_all();",
        "SELECT pg_catalog.pg_advisory_unlock(7883946363647714560);",
        "DO $$ BEGIN PERFORM pg_advisory_unlock_all(); END $$;",
        "DO $$ BEGIN EXECUTE 'SELECT pg_advisory_unlock_all()'; END $$;",
        "SELECT pg_terminate_backend(pg_backend_pid());",
        "SELECT pg_terminate_backend(pg_catalog.pg_backend_pid());",
    ];
    all_refused(&stage, "expand.sql:3: it gives up the lock", &all)?;
    let (project, address, _) = stage;
    let others = "SELECT pg_advisory_lock(7); SELECT pg_advisory_unlock(7);
                  SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                  WHERE usename = 'nobody' AND pid <> pg_backend_pid();";
    project.write("03_three", others);
    project.ends(&address, &["--allow-opaque"], 0, "3 steps of 1 change done").map(drop)
}

fn the_ledgers_own_schema(server: &Server) -> Result<(), String> {
    let stage = applied(server, "refused_ledger")?;
    let all = [
        "CREATE OR REPLACE FUNCTION migrate.must_move() RETURNS void LANGUAGE sql AS '';",
        "CREATE TABLE \"migrate\".own (id int);",
        "GRANT USAGE ON SCHEMA migrate TO PUBLIC;",
        "DROP SCHEMA IF EXISTS migrate CASCADE;",
        "WITH gone AS (DELETE FROM migrate.ledger RETURNING 1) SELECT count(*) FROM gone;",
        "INSERT INTO migrate.sighting SELECT * FROM migrate.sighting;",
        "DO $$ BEGIN DELETE FROM migrate.sighting; END $$;",
        "INSERT INTO migrate.sighting SELECT migrate.id FROM two migrate;",
        "SET search_path = migrate; CREATE TABLE own (id int);",
    ];
    all_refused(&stage, "it is on the schema `migrate`", &all)?;
    let (project, address, _) = stage;
    let reads = "CREATE TABLE migrate (id int); SELECT count(*) FROM migrate.ledger;
                 INSERT INTO two SELECT migrate.id FROM one migrate;
                 INSERT INTO two SELECT migrate.id FROM one AS migrate WHERE migrate.id = 1;";
    project.write("03_three", reads);
    project.ends(&address, &["--allow-opaque"], 0, "4 steps of 1 change done").map(drop)
}

fn what_only_one_session_has(server: &Server) -> Result<(), String> {
    let stage = applied(server, "refused_temporary")?;
    let all = [
        "CREATE TEMP TABLE tt AS SELECT 1 AS a; CREATE TABLE x AS SELECT a FROM tt;",
        "CREATE TABLE pg_temp.tt (a int); INSERT INTO tt VALUES (1);",
        "SELECT 1 AS a INTO TEMP tt; CREATE TABLE x AS SELECT a FROM tt;",
        "CREATE OR REPLACE TEMPORARY VIEW \"Tt\" AS SELECT 1 AS a; DROP VIEW \"Tt\";",
        "DO $$ BEGIN CREATE TEMP TABLE tt (a int); END $$; INSERT INTO two SELECT a FROM tt;",
        "CREATE TEMP TABLE tt (a int); DO $$ BEGIN INSERT INTO tt VALUES (1); END $$;",
        "CREATE FUNCTION pg_temp.slug(a int) RETURNS int LANGUAGE sql AS 'SELECT 1';
         INSERT INTO two SELECT pg_temp.slug(1);",
        "CREATE TEMP TABLE tt (a int); BEGIN; CREATE TEMP TABLE IF NOT EXISTS tt (a int); COMMIT;",
    ];
    all_refused(&stage, "what it names is temporary", &all)?;
    let (project, address, _) = stage;
    let together =
        "BEGIN; CREATE TEMP TABLE tt AS SELECT 1 AS a; CREATE TABLE x AS SELECT a FROM tt;
                    COMMIT; CREATE TABLE temp (tt int);";
    project.write("03_three", &together.replace("temp (tt", "temp (a"));
    project.ends(&address, &[], 0, "2 steps of 1 change done")?;
    // What is gone with its step, or made anew, is nothing of an earlier step.
    let block = "BEGIN; CREATE TEMP TABLE status (a int) ON COMMIT DROP;
                 INSERT INTO two SELECT a FROM status; COMMIT;";
    let dropped = "BEGIN; CREATE TEMP TABLE scratch (a int); INSERT INTO two SELECT a FROM scratch;
                   DROP TABLE scratch; COMMIT; ALTER TABLE one ADD COLUMN scratch text;";
    let shared = "CREATE FUNCTION pg_temp.note() RETURNS int LANGUAGE sql AS 'SELECT 1';
                  COMMENT ON COLUMN one.note IS 'said';";
    let sql = format!("{block} {block} ALTER TABLE one ADD COLUMN status text; {dropped} {shared}");
    project.write("04_four", &sql);
    project.ends(&address, &["--allow-opaque"], 0, "7 steps of 1 change done").map(drop)
}

fn rows_that_are_in_use(server: &Server) -> Result<(), String> {
    let stage = applied(server, "refused_rows")?;
    let all = [
        "DELETE FROM one;",
        "UPDATE one SET id = NULL;",
        "BEGIN; CREATE TABLE four (id int); DELETE FROM two WHERE id = 1; COMMIT;",
        "MERGE INTO two USING one ON one.id = two.id WHEN MATCHED THEN DELETE;",
    ];
    all_refused(&stage, "changes rows that are in use, and stands in expand.sql", &all)?;
    let all = ["REVOKE ALL ON one FROM PUBLIC;", "REVOKE SELECT ON TABLE one, two FROM PUBLIC;"];
    all_refused(&stage, "is a contract, and stands in expand.sql", &all)?;
    let (project, address, _) = stage;
    let seeds = "INSERT INTO two VALUES (1); UPDATE three SET id = 1; DELETE FROM three;
                 REVOKE ALL ON three FROM PUBLIC;";
    project.write("03_three", &format!("{THREE} {seeds}"));
    project.ends(&address, &[], 0, "5 steps of 1 change done").map(drop)
}

/// What a file makes for sure is not in use yet; what only shares a word with it is.
fn privileges_that_are_in_use(server: &Server) -> Result<(), String> {
    let first = "CREATE TABLE users (id int, email text); CREATE FUNCTION api() RETURNS int
                 LANGUAGE sql AS 'SELECT 1'; GRANT ALL ON users TO PUBLIC;";
    let project = Project::new(&[("01_one", first)]);
    let (address, session) = database(server, "refused_privileges")?;
    project.ends(&address, &[], 0, "3 steps of 1 change done")?;
    let stage = (project, address, session);
    let all = [
        "REVOKE ALL ON ALL TABLES IN SCHEMA public FROM PUBLIC;",
        "REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA public FROM PUBLIC;",
        "CREATE SCHEMA s; REVOKE ALL ON ALL TABLES IN SCHEMA s, public FROM PUBLIC;",
        "CREATE INDEX CONCURRENTLY by_email ON users (email); REVOKE ALL ON users FROM PUBLIC;",
        "CREATE VIEW v AS SELECT id FROM users; REVOKE SELECT ON users FROM PUBLIC;",
        "CREATE TABLE IF NOT EXISTS users (id int); REVOKE ALL ON users FROM PUBLIC;",
        "CREATE OR REPLACE FUNCTION api() RETURNS int LANGUAGE sql AS 'SELECT 2';
         REVOKE ALL ON FUNCTION api() FROM PUBLIC;",
        "CREATE FUNCTION api(int) RETURNS int LANGUAGE sql AS 'SELECT 2';
         REVOKE ALL ON FUNCTION api() FROM PUBLIC;",
        "CREATE SCHEMA s; CREATE TABLE s.users (id int); REVOKE ALL ON public.users FROM PUBLIC;",
        "SET search_path = s; CREATE TABLE users (id int); REVOKE ALL ON public.users FROM PUBLIC;",
        "CREATE FUNCTION users() RETURNS int LANGUAGE sql AS 'SELECT 2';
         REVOKE ALL ON users FROM PUBLIC;",
    ];
    all_refused(&stage, "is a contract, and stands in expand.sql", &all)?;
    let (project, address, _) = stage;
    let own = "CREATE TABLE a (id int); REVOKE ALL ON TABLE a FROM PUBLIC;
               REVOKE ALL ON public.a FROM PUBLIC;
               CREATE VIEW v AS SELECT id FROM a; REVOKE ALL ON v FROM PUBLIC;
               CREATE SEQUENCE q; REVOKE ALL ON SEQUENCE q FROM PUBLIC;
               CREATE TYPE t AS ENUM ('x'); REVOKE ALL ON TYPE t FROM PUBLIC;
               CREATE OR REPLACE FUNCTION f(i int) RETURNS int LANGUAGE sql AS 'SELECT 1';
               REVOKE ALL ON FUNCTION f(integer) FROM PUBLIC;
               CREATE SCHEMA s CREATE TABLE b (id int); REVOKE ALL ON SCHEMA s FROM PUBLIC;
               REVOKE ALL ON ALL TABLES IN SCHEMA s FROM PUBLIC; REVOKE ALL ON s.b FROM PUBLIC;
               ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;";
    project.write("03_three", own);
    project.ends(&address, &[], 0, "16 steps of 1 change done").map(drop)
}

fn a_step_that_failed_may_be_edited(server: &Server) -> Result<(), String> {
    let (project, address, session) = applied(server, "refused_failed")?;
    let bad = "CREATE TABLE a (id int);\nCREATE TABLE b (id nothing);\nCREATE TABLE c (id int);\n";
    project.write("03_a", bad);
    let run = project.ends(&address, &[], 1, "42704")?;
    let says = format!("step 2 of {} failed: ", named("03_a"));
    holds(run.err.contains(&says), || run.err.clone())?;
    let left = "nothing of it is left: mend the file and run the command again";
    holds(run.err.contains(left), || run.err)?;
    // What is done stays as it is.
    project.write("03_a", &bad.replace("a (id int)", "a (id bigint)"));
    project.ends(&address, &[], 8, "was edited after its step 1 was done")?;
    project.write("03_a", &bad.replace("nothing", "int"));
    project.ends(&address, &[], 0, "2 steps of 1 change done")?;
    project.ends(&address, &[], 0, "nothing is due")?;
    done_once(&session, 6)?;
    // The last ones may also be taken out, and a file with nothing left to do is on record so.
    project.write("04_b", "CREATE TABLE d (id int);\nSELECT 1 / 0;\n");
    project.ends(&address, &[], 1, "22012")?;
    project.write("04_b", "CREATE TABLE d (id int);\n");
    project.ends(&address, &[], 0, "nothing is due")?;
    let count = events(&session)?;
    project.ends(&address, &[], 0, "nothing is due")?;
    holds(events(&session)? == count, || "it is registered again and again".to_owned())?;
    done_once(&session, 7)
}

fn a_contract_that_comes_later(server: &Server) -> Result<(), String> {
    let (project, address, _session) = applied(server, "refused_later")?;
    project.file(&format!("{}/contract.sql", named("02_two")), "DROP TABLE two;\n");
    for _ in 0..2 {
        project.ends(&address, &[], 0, "nothing is due")?;
        let book = book(&address)?;
        let known = book.state.changes.get(&named("02_two"));
        let prints = known.map(|known| known.prints.keys().cloned().collect::<Vec<_>>());
        holds(prints == Some(vec!["contract".to_owned(), "expand".to_owned()]), || {
            format!("{prints:?}")
        })?;
        // One more event than the ledger's first, two registrations and three steps.
        holds(book.events.len() == 7, || format!("{} events", book.events.len()))?;
    }
    Ok(())
}

fn another_environment(server: &Server) -> Result<(), String> {
    let (project, address, session) = applied(server, "refused_elsewhere")?;
    project.write("03_three", THREE);
    let says = "this ledger belongs to database `refused_elsewhere` of default";
    project.ends(&address, &["--environment", "production"], 7, says)?;
    done_once(&session, 3)?;
    // A copy of a database is another database.
    drop(session);
    let admin = server.session("postgres").map_err(|error| reason(&error))?;
    let copy = "CREATE DATABASE refused_copy TEMPLATE refused_elsewhere";
    admin.run(copy).map_err(|error| reason(&error))?;
    project.ends(&server.address("refused_copy"), &[], 7, says)?;
    project.ends(&address, &["--environment", "default"], 0, "1 step of 1 change done").map(drop)
}

fn a_newer_ledger(server: &Server) -> Result<(), String> {
    let (project, address, session) = applied(server, "refused_newer")?;
    let append = "SELECT migrate.append('moon.landed', '{}', 'a', 'b')";
    session.run(append).map_err(|error| reason(&error))?;
    project.ends(&address, &[], 8, "an event of kind `moon.landed` cannot be read")?;
    session.run("UPDATE migrate.meta SET version = 99").map_err(|error| reason(&error))?;
    project.ends(&address, &[], 8, "are of version 99, and this migrate knows").map(drop)
}

fn a_broken_chain(server: &Server) -> Result<(), String> {
    for (name, edit, says) in [
        (
            "refused_edit",
            "UPDATE migrate.ledger SET body = replace(body, 'one', 'uno') WHERE seq = 3",
            "the ledger is not whole at 3: this event was edited",
        ),
        ("refused_gap", "DELETE FROM migrate.ledger WHERE seq = 2", "the ledger is not whole at 3"),
        (
            "refused_tail",
            "DELETE FROM migrate.ledger WHERE seq = 6",
            "the ledger is not whole at 6",
        ),
    ] {
        let (project, address, session) = applied(server, name)?;
        holds(session.run(edit).is_err(), || "it can be edited".to_owned())?;
        let off = "ALTER TABLE migrate.ledger DISABLE TRIGGER only_grows";
        session.run_each(&format!("{off}; {edit}"))?;
        project.write("03_three", THREE);
        project.ends(&address, &[], 7, says)?;
        let made = session.text("SELECT to_regclass('three') IS NULL");
        holds(made.map_err(|error| reason(&error))?.trim() == "t", || "it ran".to_owned())?;
    }
    Ok(())
}

fn frozen(server: &Server) -> Result<(), String> {
    let (project, address, session) = applied(server, "refused_frozen")?;
    let freeze = "SELECT migrate.append('freeze.set', '{\"reason\": \"sale\"}', 'a', 'b')";
    session.run(freeze).map_err(|error| reason(&error))?;
    project.ends(&address, &[], 0, "nothing is due")?;
    for sql in [THREE, "CREATE INDEX CONCURRENTLY i ON two (id);"] {
        project.write("03_three", sql);
        project.ends(&address, &[], 8, "everything is frozen: sale")?;
    }
    let lift = "SELECT migrate.append('freeze.lifted', '{\"reason\": \"over\"}', 'a', 'b')";
    session.run(lift).map_err(|error| reason(&error))?;
    project.ends(&address, &[], 0, "1 step of 1 change done")?;
    // A freeze that comes in the midst of a run stops its next step.
    let sleep = "SELECT migrate.append('freeze.set', '{\"reason\": \"now\"}', 'a', 'b');";
    project.write("04_four", &format!("{sleep}\nCREATE TABLE four (id int);"));
    project.ends(&address, &["--allow-opaque"], 8, "everything is frozen: now")?;
    session.run(lift).map_err(|error| reason(&error))?;
    project.write("05_five", "CREATE TABLE five (id int);");
    project.ends(&address, &[], 0, "2 steps of 2 changes done")?;
    done_once(&session, 7)
}

/// What a BEGIN asks for is kept or refused, and never lost.
fn modes_of_a_transaction(server: &Server) -> Result<(), String> {
    let (project, address, session) = applied(server, "refused_modes")?;
    for begin in ["BEGIN ISOLATION LEVEL SERIALIZABLE", "start transaction read only"] {
        project.write("03_three", &format!("{begin};\n{THREE}\nCOMMIT;\n"));
        let run = project.ends(&address, &[], 8, "BEGIN with modes is not run")?;
        holds(run.err.contains("expand.sql:1:"), || run.err)?;
    }
    let made = session.text("SELECT to_regclass('three') IS NULL");
    holds(made.map_err(|error| reason(&error))?.trim() == "t", || "it ran".to_owned())?;
    project.write("03_three", &format!("START TRANSACTION;\n{THREE}\nCOMMIT;\n"));
    project.ends(&address, &[], 0, "1 step of 1 change done").map(drop)
}

fn nobody_answers(server: &Server) -> Result<(), String> {
    let project = Project::new(&[("01_one", ONE)]);
    project.ends("host=/nowhere user=postgres", &[], 75, "no connection to ")?;
    project.ends("postgres://postgres@127.0.0.1:1/x", &[], 75, "no connection to ")?;
    let absent = server.address("not_there");
    project.ends(&absent, &[], 1, "3D000").map(drop)
}

/// A server that follows another takes no change.
pub(super) fn a_standby(install: &Install) -> Result<(), String> {
    let files = [("standby.signal", ""), ("postgresql.conf", "primary_conninfo = ''\n")];
    let server = Server::bare(install, &files).map_err(super::said)?;
    let project = Project::new(&[("01_one", ONE)]);
    project.ends(&server.address("postgres"), &[], 2, "this server is a standby").map(drop)
}
