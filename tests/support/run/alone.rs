//! Statements that no transaction holds: what an ended one leaves is swept and made anew, and
//! nothing that somebody else made is taken for the step's own.

use super::Test;
use super::holds;
use super::project::AT_WORK;
use super::project::Project;
use super::project::begin;
use super::project::book;
use super::project::comes;
use super::project::database;
use super::project::done_once;
use super::project::end;
use super::project::named;
use super::project::send;
use super::project::steps;
use super::project::until;
use super::proxy::Proxy;
use super::proxy::When;
use super::said;
use crate::server::Server;
use crate::server::Session;
use crate::server::reason;
use std::time::Duration;

pub(super) const TESTS: &[(&str, Test)] = &[
    ("alone::what_is_cancelled_is_swept", what_is_cancelled_is_swept),
    ("alone::what_is_cut_off_is_found", what_is_cut_off_is_found),
    ("alone::an_invalid_index_does_not_count", an_invalid_index_does_not_count),
    ("alone::duplicates_leave_nothing", duplicates_leave_nothing),
    ("alone::anothers_index_is_not_ours", anothers_index_is_not_ours),
    ("alone::an_index_that_is_there_counts_if_asked", an_index_that_is_there_counts_if_asked),
    ("alone::no_timeout_holds", no_timeout_holds),
    ("alone::the_files_settings_hold", the_files_settings_hold),
    ("alone::what_set_config_sets_holds", what_set_config_sets_holds),
    ("alone::what_nobody_can_tell_is_asked", what_nobody_can_tell_is_asked),
    ("alone::what_was_done_in_part_is_asked", what_was_done_in_part_is_asked),
];

const BASE: &str = "
BEGIN;
CREATE TABLE shop (id bigint PRIMARY KEY, name text);
INSERT INTO shop SELECT n, 'shop ' || n % 9 FROM generate_series(1, 20) AS n;
COMMIT;";

pub(super) const INDEX: &str = "SELECT count(*), bool_and(indisvalid) FROM pg_index
                     WHERE indexrelid = to_regclass('i')";

/// A project whose base is there, with one more change.
pub(super) fn based(
    server: &Server,
    name: &str,
    sql: &str,
) -> Result<(Project, String, Session), String> {
    let project = Project::new(&[("01_base", BASE)]);
    let (address, session) = database(server, name)?;
    project.ends(&address, &[], 0, "")?;
    project.write("02_more", sql);
    Ok((project, address, session))
}

pub(super) fn gives(session: &Session, query: &str, wanted: &str) -> Result<(), String> {
    let found = session.text(query).map_err(|error| reason(&error))?;
    holds(found.trim() == wanted, || format!("{query} gives {found}"))
}

/// What ends the statement of the run in this database.
fn ending(what: &str) -> String {
    format!(
        "SELECT {what}(pid) FROM pg_stat_activity
         WHERE datname = current_database() AND query ~ '^CREATE'"
    )
}

fn what_is_cancelled_is_swept(server: &Server) -> Result<(), String> {
    let sql = "CREATE INDEX CONCURRENTLY i ON shop (name);";
    let (project, address, session) = based(server, "alone_cancel", sql)?;
    let holder = server.session("alone_cancel").map_err(|error| reason(&error))?;
    holder.run("BEGIN; DELETE FROM shop WHERE id = 1").map_err(|error| reason(&error))?;
    let (child, mut lines) = begin(&mut project.expand(&address, &[]))?;
    let text = until(&mut lines, "waits for")?;
    gives(&session, INDEX, "1|f")?;
    session.run(&ending("pg_cancel_backend")).map_err(|error| reason(&error))?;
    // The sweep waits for the same session, until that is done.
    std::thread::sleep(Duration::from_millis(300));
    holder.run("COMMIT").map_err(|error| reason(&error))?;
    let run = end(child, lines, &text)?;
    let says = run.err.contains("57014") && run.err.contains("what it left is removed");
    holds(run.code == Some(1) && says, || format!("{run:?}"))?;
    gives(&session, INDEX, "0|∅")?;
    project.ends(&address, &[], 0, "1 step of 1 change done")?;
    gives(&session, INDEX, "1|t")?;
    done_once(&session, 2)?;
    book(&address).map(drop)
}

fn what_is_cut_off_is_found(server: &Server) -> Result<(), String> {
    let sql = "CREATE INDEX CONCURRENTLY IF NOT EXISTS i ON shop (id);";
    let (project, address, session) = based(server, "alone_cut", sql)?;
    let holder = server.session("alone_cut").map_err(|error| reason(&error))?;
    holder.run("BEGIN; DELETE FROM shop WHERE id = 1").map_err(|error| reason(&error))?;
    let (child, mut lines) = begin(&mut project.expand(&address, &[]))?;
    let text = until(&mut lines, "waits for")?;
    session.run(&ending("pg_terminate_backend")).map_err(|error| reason(&error))?;
    let run = end(child, lines, &text)?;
    let says = run.err.contains("is lost") && run.err.contains("run the command again: it finds");
    holds(run.code == Some(75) && says, || format!("{run:?}"))?;
    gives(&session, INDEX, "1|f")?;
    holder.run("COMMIT").map_err(|error| reason(&error))?;
    let run = project.ends(&address, &[], 0, "1 step of 1 change done")?;
    holds(run.err.contains("an invalid index was left"), || run.err)?;
    gives(&session, INDEX, "1|t")?;
    done_once(&session, 2)
}

/// One that somebody left is made anew, whatever `IF NOT EXISTS` would say of it.
fn an_invalid_index_does_not_count(server: &Server) -> Result<(), String> {
    for (name, there) in [("alone_invalid", ""), ("alone_invalid_if", "IF NOT EXISTS ")] {
        let sql = format!("CREATE INDEX CONCURRENTLY {there}i ON shop (name);");
        let (project, address, session) = based(server, name, &sql)?;
        let failed = session.run("CREATE UNIQUE INDEX CONCURRENTLY i ON shop (name)");
        holds(failed.is_err(), || "there are no duplicates".to_owned())?;
        gives(&session, INDEX, "1|f")?;
        let run = project.ends(&address, &[], 0, "1 step of 1 change done")?;
        holds(run.err.contains("an invalid index was left"), || run.err)?;
        gives(&session, INDEX, "1|t")?;
        let definition = "SELECT indisunique FROM pg_index WHERE indexrelid = 'i'::regclass";
        gives(&session, definition, "f")?;
        done_once(&session, 2)?;
    }
    Ok(())
}

fn duplicates_leave_nothing(server: &Server) -> Result<(), String> {
    // On a table in use it is a contract, for old code may still write what it refuses.
    let sql = "CREATE TABLE shop (id bigint, name text);
               CREATE UNIQUE INDEX CONCURRENTLY i ON shop (name);";
    let project =
        Project::new(&[("02_more", &sql.replace("CREATE UN", "SELECT 1 / 0; CREATE UN"))]);
    let (address, session) = database(server, "alone_duplicates")?;
    project.ends(&address, &[], 1, "22012")?;
    session.run("INSERT INTO shop VALUES (1, 'a'), (2, 'a')").map_err(|error| reason(&error))?;
    project.write("02_more", sql);
    for _ in 0..2 {
        let run = project.ends(&address, &[], 1, "23505")?;
        let says = run.err.contains("is duplicated") && run.err.contains("what it left is removed");
        holds(says, || run.err)?;
        gives(&session, INDEX, "0|∅")?;
    }
    let failed = steps(&session, "step.failed")?;
    let twice = vec![vec![named("02_more"), "2".to_owned(), "3".to_owned()]];
    holds(failed == twice, || format!("{failed:?}"))?;
    session.run("UPDATE shop SET name = 'shop ' || id").map_err(|error| reason(&error))?;
    project.ends(&address, &[], 0, "1 step of 1 change done")?;
    gives(&session, INDEX, "1|t")?;
    done_once(&session, 2)
}

/// An index that was there before is another, however often the step is tried.
fn anothers_index_is_not_ours(server: &Server) -> Result<(), String> {
    let sql = "CREATE INDEX CONCURRENTLY i ON shop (name);";
    let (project, address, session) = based(server, "alone_other", sql)?;
    session.run("CREATE INDEX i ON shop (id, name)").map_err(|error| reason(&error))?;
    for _ in 0..3 {
        project.ends(&address, &[], 1, "42P07")?;
        gives(&session, INDEX, "1|t")?;
    }
    done_once(&session, 1)?;
    session.run("DROP INDEX i").map_err(|error| reason(&error))?;
    project.ends(&address, &[], 0, "1 step of 1 change done")?;
    done_once(&session, 2)
}

fn an_index_that_is_there_counts_if_asked(server: &Server) -> Result<(), String> {
    let sql = "CREATE INDEX CONCURRENTLY IF NOT EXISTS i ON shop (name);";
    let (project, address, session) = based(server, "alone_there", sql)?;
    session.run("CREATE INDEX i ON shop (name)").map_err(|error| reason(&error))?;
    let run = project.ends(&address, &[], 0, "1 step of 1 change done")?;
    holds(run.err.contains("it is there already, and whole"), || run.err)?;
    done_once(&session, 2)
}

/// Neither the file's timeouts nor the database's end what waits for older snapshots.
fn no_timeout_holds(server: &Server) -> Result<(), String> {
    let sql = "SET lock_timeout = '50ms'; SET statement_timeout = '100ms';
               CREATE INDEX CONCURRENTLY i ON shop (name);";
    let (project, address, session) = based(server, "alone_timeout", sql)?;
    let own = "ALTER DATABASE alone_timeout SET lock_timeout = '60ms';
               ALTER DATABASE alone_timeout SET statement_timeout = '2s'";
    session.run_each(own)?;
    let holder = server.session("alone_timeout").map_err(|error| reason(&error))?;
    let hold = "SET statement_timeout = 0; BEGIN; DELETE FROM shop WHERE id = 1";
    holder.run_each(hold)?;
    let child = project.expand(&address, &[]).spawn().map_err(said)?;
    let waits = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()
                 AND wait_event = 'virtualxid'";
    comes(&session, waits, "1")?;
    std::thread::sleep(Duration::from_millis(2500));
    holder.run("COMMIT").map_err(|error| reason(&error))?;
    let output = child.wait_with_output().map_err(said)?;
    let err = String::from_utf8_lossy(&output.stderr).into_owned();
    holds(output.status.success(), || err)?;
    gives(&session, INDEX, "1|t")?;
    done_once(&session, 2)
}

/// A role and a path that a file sets hold for its steps, in a later run too, and for nothing else.
fn the_files_settings_hold(server: &Server) -> Result<(), String> {
    let setup = "CREATE SCHEMA own; GRANT USAGE, CREATE ON SCHEMA own TO app;";
    let (project, address, session) = based(server, "alone_settings", setup)?;
    project.ends(&address, &[], 0, "2 steps of 1 change done")?;
    let first = "SET ROLE app; SET search_path = own; CREATE TABLE till (id int);";
    let last = "CREATE INDEX CONCURRENTLY till_id ON till (id);
                BEGIN; SET LOCAL search_path = public; RESET ROLE;
                CREATE TABLE mine (id int); COMMIT;
                CREATE TABLE ours (id int);";
    project.write("03_own", &format!("{first} SELECT 1 / 0;"));
    project.ends(&address, &[], 1, "22012")?;
    project.write("03_own", &format!("{first} {last}"));
    // Killed once the index is built: the run after it finds that, by the path of the file.
    comes(&session, AT_WORK, "0")?;
    let proxy = Proxy::start(&address, Some((5, When::Answered)))?;
    let mut child = project.expand(&proxy.address(&address), &[]).spawn().map_err(said)?;
    proxy.program(child.id());
    child.wait().map_err(said)?;
    let run = project.ends(&address, &[], 0, "3 steps of 1 change done")?;
    holds(run.err.contains("it is there already, and whole"), || run.err)?;
    project.write("04_more", "CREATE TABLE last (id int);");
    project.ends(&address, &[], 0, "1 step of 1 change done")?;
    let tables = "SELECT string_agg(format('%s.%s of %s', schemaname, tablename, tableowner), ', '
                  ORDER BY tablename) FROM pg_tables WHERE schemaname IN ('own', 'public')";
    let wanted = "public.last of postgres, public.mine of postgres, own.ours of postgres, \
                  public.shop of postgres, own.till of app";
    gives(&session, tables, wanted)?;
    let writers = "SELECT DISTINCT db_user FROM migrate.ledger";
    gives(&session, writers, "postgres")?;
    done_once(&session, 8)
}

/// What a function sets holds as what SET does, in a later run too.
fn what_set_config_sets_holds(server: &Server) -> Result<(), String> {
    let setup = "CREATE SCHEMA own; GRANT USAGE, CREATE ON SCHEMA own TO app;
                 SELECT pg_catalog.set_config('search_path', 'own, public', false);
                 SELECT set_config('role', 'app', true); SELECT set_config('role', 'app', false);
                 CREATE TABLE till (id int); CREATE INDEX CONCURRENTLY till_id ON till (id);";
    let more = "BEGIN; SELECT set_config('search_path', 'public', true);
                SELECT set_config('role', 'none', false); CREATE TABLE mine (id int); COMMIT;
                SELECT set_config('search_path', 'public' || current_setting('role'), true);
                CREATE TABLE ours (id int);
                SELECT set_config('search_path', 'public, ' || current_schema(), false);
                CREATE TABLE yours (id int);";
    let (project, address, session) = based(server, "alone_config", "SELECT 1;")?;
    project.ends(&address, &[], 0, "1 step of 1 change done")?;
    project.write("03_own", &format!("{setup} SELECT 1 / 0;"));
    project.ends(&address, &[], 1, "22012")?;
    project.write("03_own", &format!("{setup} {more}"));
    project.ends(&address, &[], 0, "5 steps of 1 change done")?;
    let tables = "SELECT string_agg(format('%s.%s of %s', schemaname, tablename, tableowner), ', '
                  ORDER BY tablename) FROM pg_tables WHERE schemaname IN ('own', 'public')";
    let wanted = "public.mine of postgres, own.ours of postgres, public.shop of postgres, \
                  own.till of app, public.yours of postgres";
    gives(&session, tables, wanted)
}

/// Where neither ledger nor catalog can tell whether a step ran, somebody has to say so.
fn what_nobody_can_tell_is_asked(server: &Server) -> Result<(), String> {
    for (answer, indexes) in [("done", "1"), ("again", "2")] {
        let name = format!("alone_ask_{answer}");
        let sql = "CREATE INDEX CONCURRENTLY ON shop (name);";
        let (project, address, session) = based(server, &name, sql)?;
        comes(&session, AT_WORK, "0")?;
        let proxy = Proxy::start(&address, Some((4, When::Answered)))?;
        let mut child = project.expand(&proxy.address(&address), &[]).spawn().map_err(said)?;
        proxy.program(child.id());
        child.wait().map_err(said)?;
        let asks = format!("`--settle {}:1=done` or `=again`", named("02_more"));
        for _ in 0..2 {
            project.ends(&address, &[], 6, &asks)?;
        }
        project.stands(&address, 3, &format!("--settle {}:1=done`", named("02_more")))?;
        project.ends(&address, &["--settle", "x=perhaps"], 2, "CHANGE:STEP=done")?;
        let settle = format!("{}:1={answer}", named("02_more"));
        project.ends(&address, &["--settle", &settle], 0, "1 step of 1 change done")?;
        let count = "SELECT count(*) FROM pg_index WHERE indrelid = 'shop'::regclass
                     AND NOT indisprimary";
        gives(&session, count, indexes)?;
        done_once(&session, 2)?;
    }
    Ok(())
}

/// What commits on its way may have done a part when it fails or is stopped.
fn what_was_done_in_part_is_asked(server: &Server) -> Result<(), String> {
    let count = "SELECT count(*) FROM shop WHERE id > 20";
    let sql = |end: &str| {
        format!(
            "DO $$ BEGIN
                INSERT INTO shop SELECT max(id) + 1 FROM shop; COMMIT; PERFORM {end};
             END $$;"
        )
    };
    for (name, sql) in [
        ("alone_part_failed", sql("1 / (SELECT count(*) FROM pg_class WHERE relname = 'ready')")),
        ("alone_part_stopped", sql("pg_sleep(60) WHERE to_regclass('ready') IS NULL")),
    ] {
        let (project, address, session) = based(server, name, &sql)?;
        let child = project.expand(&address, &[]).spawn().map_err(said)?;
        comes(&session, count, "1")?;
        if name == "alone_part_stopped" {
            send(&child, "TERM")?;
        }
        let err = child.wait_with_output().map_err(said)?.stderr;
        let err = String::from_utf8_lossy(&err).into_owned();
        holds(err.contains("what it committed before that stays"), || err)?;
        session.run("CREATE TABLE ready (id int)").map_err(|error| reason(&error))?;
        let asks = format!("`--settle {}:1=done` or `=again`", named("02_more"));
        project.ends(&address, &[], 6, &asks)?;
        for other in ["02_less:1".to_owned(), format!("{}:2", named("02_more"))] {
            let settle = format!("{other}=done");
            project.ends(&address, &["--settle", &settle], 2, "no change here of that name")?;
        }
        gives(&session, count, "1")?;
        let (answer, rows) =
            if name == "alone_part_failed" { ("again", "2") } else { ("done", "1") };
        let settle = format!("{}:1={answer}", named("02_more"));
        project.ends(&address, &["--settle", &settle], 0, "1 step of 1 change done")?;
        gives(&session, count, rows)?;
        done_once(&session, 2)?;
    }
    Ok(())
}
