//! Sessions, as a runner of migrations uses them.

use super::world::World;
use super::world::holds;
use crate::server::Server;
use libtest_mimic::Failed;
use libtest_mimic::Trial;
use migrate::db::Address;
use migrate::db::DbError;
use migrate::db::Go;
use migrate::db::Row;
use migrate::db::Session;
use migrate::db::Settings;
use migrate::db::identifier;
use migrate::db::literal;
use std::sync::Arc;
use std::time::Duration;
use std::time::Instant;

type Test = fn(&Server) -> Result<(), String>;

pub(super) fn trials(
    major: u8,
    start: &(impl Fn() -> Arc<Server> + Clone + Send + 'static),
) -> Vec<Trial> {
    let tests: [(&str, Test); 13] = [
        ("greeting", greeting),
        ("settings_go_along", settings_go_along),
        ("rows", rows),
        ("errors", errors),
        ("a_watched_statement", a_watched_statement),
        ("a_cancelled_statement", a_cancelled_statement),
        ("a_lost_connection", a_lost_connection),
        ("what_may_be_tried_again", what_may_be_tried_again),
        ("a_connection_that_is_had_later", a_connection_that_is_had_later),
        ("a_connection_that_is_not_had", a_connection_that_is_not_had),
        ("notices", notices),
        ("an_end_frees_locks", an_end_frees_locks),
        ("quoting", quoting),
    ];
    let trial = |(name, test): (&str, Test)| {
        let start = start.clone();
        let run = move || test(&start()).map_err(Failed::from);
        Trial::test(format!("db::sessions::{name}::{major}"), run)
    };
    tests.into_iter().map(trial).collect()
}

pub(super) fn address(server: &Server) -> Result<Address, String> {
    let words = server.address("postgres");
    World::new()?.resolve(Some(&words)).map_err(said)
}

fn session(server: &Server) -> Result<Session, String> {
    Session::open(&address(server)?, &Settings::default()).map_err(said)
}

pub(super) fn said(error: impl std::fmt::Display) -> String {
    error.to_string()
}

fn values(rows: &[Row]) -> Vec<Option<&str>> {
    rows.iter().map(|row| row.get(0)).collect()
}

/// The first question comes back alone, and the process is known.
fn greeting(server: &Server) -> Result<(), String> {
    let session = session(server)?;
    let rows = session.greet("SELECT 1; SELECT 2 -- and no more").map_err(said)?;
    holds(values(&rows) == [Some("1"), Some("2")], || format!("{rows:?}"))?;
    let rows = session.rows("SELECT pg_backend_pid()").map_err(said)?;
    let pid = session.pid().map_err(said)?.to_string();
    holds(values(&rows) == [Some(pid.as_str())], || format!("{rows:?} is not {pid}"))?;
    let wrong = session.greet("SELECT 1;\nSELECT x").err().map(|error| error.to_string());
    holds(wrong.is_some_and(|why| why.contains("42703")), || "it is no error".to_owned())
}

/// A name, a role, settings of ours and of the address hold from the first statement on.
fn settings_go_along(server: &Server) -> Result<(), String> {
    let world = World::new()?.with("PGOPTIONS", r"-c migrate.blank=one\ place -c work_mem=70kB");
    let address = world.resolve(Some(&server.address("postgres"))).map_err(said)?;
    let settings = Settings {
        application_name: "migrate/17".to_owned(),
        role: Some("app".to_owned()),
        more: vec![
            ("lock_timeout".to_owned(), "123ms".to_owned()),
            ("migrate.note".to_owned(), r"a \ b 'c'".to_owned()),
        ],
    };
    let session = Session::open(&address, &settings).map_err(said)?;
    let question = "SELECT current_user || ',' || session_user || ',' || \
         current_setting('application_name') || ',' || current_setting('lock_timeout') || ',' || \
         current_setting('migrate.note') || ',' || current_setting('migrate.blank') || ',' || \
         current_setting('work_mem') || ',' || current_setting('client_min_messages') || ',' || \
         current_setting('standard_conforming_strings')";
    let expected = r"app,postgres,migrate/17,123ms,a \ b 'c',one place,70kB,warning,on";
    let rows = session.greet(question).map_err(said)?;
    holds(values(&rows) == [Some(expected)], || format!("{rows:?}"))?;
    let second = session.second(&Settings::default()).map_err(said)?;
    let rows = second.rows("SELECT current_user").map_err(said)?;
    holds(values(&rows) == [Some("postgres")], || format!("{rows:?}"))?;
    let settings = Settings { role: Some("nobody_at_all".to_owned()), ..Settings::default() };
    let wrong = Session::open(&address, &settings).err().map(|error| error.to_string());
    let wrong = wrong.unwrap_or_default();
    let says = ["nobody_at_all", "does not exist", "see that --role"];
    holds(says.iter().all(|word| wrong.contains(word)), || wrong)
}

/// Rows say which statement gave them; nulls are told from empty texts.
fn rows(server: &Server) -> Result<(), String> {
    let session = session(server)?;
    let sql = "SELECT 'a', NULL, '' UNION ALL SELECT 'b', 'c', ''; SET work_mem = '1MB'; \
               SELECT WHERE false; SELECT 'd'";
    let rows = session.rows(sql).map_err(said)?;
    let from: Vec<_> = rows.iter().map(|row| (row.statement(), row.len())).collect();
    holds(from == [(0, 3), (0, 3), (3, 1)], || format!("{rows:?}"))?;
    let first = rows.first().map(|row| (row.get(0), row.get(1), row.get(2), row.get(3)));
    holds(first == Some((Some("a"), None, Some(""), None)), || format!("{rows:?}"))
}

/// What the server says comes whole.
fn errors(server: &Server) -> Result<(), String> {
    let session = session(server)?;
    let sql = "/* ä */ SELECT nowhere FROM pg_class";
    let error = session.rows(sql).err().ok_or("it is no error")?;
    let place = error.said().and_then(|said| said.position);
    holds(error.sqlstate() == Some("42703") && place == Some(16), || format!("{error:?}"))?;
    let sql = "DO $$ BEGIN RAISE 'no' USING ERRCODE = 'XX123', DETAIL = 'why', HINT = 'do'; END $$";
    let error = session.rows(sql).err().ok_or("it is no error")?;
    let text = error.to_string();
    let whole = text.starts_with("database `postgres` on /tmp/mig")
        && text.ends_with("says: ERROR: no (XX123); detail: why; hint: do");
    holds(whole, || text)?;
    let context = error.said().and_then(|said| said.context.clone()).unwrap_or_default();
    holds(context.contains("PL/pgSQL"), || context)?;
    holds(!error.is_unreachable(), || "it is reached".to_owned())?;
    let rows = session.rows("SELECT 1").map_err(said)?;
    holds(values(&rows) == [Some("1")], || "the session is lost".to_owned())
}

/// Another session looks on while one works.
fn a_watched_statement(server: &Server) -> Result<(), String> {
    let session = session(server)?;
    let watcher = session.second(&Settings::default()).map_err(said)?;
    let pid = session.pid().map_err(said)?;
    let question =
        format!("SELECT count(*) FROM pg_stat_activity WHERE pid = {pid} AND state = 'active'");
    let mut seen = Vec::new();
    let rows = session.watched("SELECT pg_sleep(1), 7", Duration::from_millis(50), &mut || {
        seen.push(watcher.rows(&question).map(|rows| rows[0].get(0).map(str::to_owned)));
        Go::On
    });
    let rows = rows.map_err(said)?;
    holds(rows[0].get(1) == Some("7"), || format!("{rows:?}"))?;
    let seen: Vec<_> = seen.into_iter().flatten().flatten().collect();
    // The last look may come when the answer is on its way.
    let before = seen.split_last().map_or(&seen[..], |(_, before)| before);
    holds(before.len() > 3 && before.iter().all(|count| count == "1"), || format!("{seen:?}"))
}

/// What is cancelled ends at once, as the server says it; the session goes on.
fn a_cancelled_statement(server: &Server) -> Result<(), String> {
    let session = session(server)?;
    for _ in 0..3 {
        let (began, mut looks) = (Instant::now(), 0);
        let answer = session.watched("SELECT pg_sleep(30)", Duration::from_millis(20), &mut || {
            looks += 1;
            if looks < 3 { Go::On } else { Go::Cancel }
        });
        let error = answer.err().ok_or("it is not cancelled")?;
        holds(error.sqlstate() == Some("57014"), || format!("{error:?}"))?;
        holds(began.elapsed() < Duration::from_secs(5), || "it took long".to_owned())?;
        // No request to cancel is still under way.
        for number in 0..20 {
            let rows = session.rows(&format!("SELECT {number}")).map_err(said)?;
            holds(rows.len() == 1, || format!("{rows:?}"))?;
        }
    }
    Ok(())
}

/// Between two looks.
const A_WHILE: Duration = Duration::from_millis(10);

/// A connection that the server ends is lost, with what the server says, be it idle or at work.
fn a_lost_connection(server: &Server) -> Result<(), String> {
    for idle in [true, false] {
        let session = session(server)?;
        let other = session.second(&Settings::default()).map_err(said)?;
        let end = format!("SELECT pg_terminate_backend({})", session.pid().map_err(said)?);
        let error = if idle {
            other.rows(&end).map_err(said)?;
            // Nobody has read of the end yet: the answer has to tell it.
            session.rows("SELECT 1").err()
        } else {
            let mut ended = false;
            let work =
                session.watched("SELECT pg_sleep(30)", Duration::from_millis(50), &mut || {
                    ended = ended || other.rows(&end).is_ok();
                    Go::On
                });
            work.err()
        };
        let error = error.ok_or("it is not lost")?;
        let lost = matches!(error, DbError::Lost { .. }) && error.sqlstate() == Some("57P01");
        holds(lost, || format!("idle {idle}: {error:?}"))?;
        // On a busy machine the end of the connection is heard some time after the answer.
        let heard = (0..500).any(|_| session.is_closed() || other.pause(A_WHILE).is_err());
        holds(heard && !other.is_closed(), || "it is not closed".to_owned())?;
        let again = session.rows("SELECT 1").err().map(|error| error.to_string());
        let again = again.unwrap_or_default();
        holds(again.contains("is lost: "), || again)?;
    }
    Ok(())
}

/// A serialization failure is tried again, nothing else is, and not forever.
fn what_may_be_tried_again(server: &Server) -> Result<(), String> {
    let session = session(server)?;
    let fail = |state: &str| format!("DO $$ BEGIN RAISE 'x' USING ERRCODE = '{state}'; END $$");
    let mut tries = 0;
    let answer = session.again(|| {
        tries += 1;
        let sql = if tries < 3 { fail("40001") } else { "SELECT 5".to_owned() };
        session.rows(&sql)
    });
    let answer = answer.map_err(said)?;
    holds(tries == 3 && values(&answer) == [Some("5")], || format!("{tries}: {answer:?}"))?;
    for (state, most) in [("55P03", 1), ("40P01", 6)] {
        let mut tries = 0;
        let answer = session.again(|| {
            tries += 1;
            session.rows(&fail(state))
        });
        let error = answer.err().ok_or("it is no error")?;
        let as_said = error.sqlstate() == Some(state) && tries == most;
        holds(as_said, || format!("{tries} tries: {error:?}"))?;
    }
    Ok(())
}

/// A role that may have one connection.
fn one_connection(server: &Server, name: &str) -> Result<Address, String> {
    let role = identifier(name);
    let admin = session(server)?;
    admin.rows(&format!("CREATE ROLE {role} LOGIN CONNECTION LIMIT 1")).map_err(said)?;
    let words = server.address("postgres").replace("user=postgres", &format!("user={name}"));
    World::new()?.resolve(Some(&words)).map_err(said)
}

/// Too many connections are waited for.
fn a_connection_that_is_had_later(server: &Server) -> Result<(), String> {
    let address = one_connection(server, "had_later")?;
    let first = Session::open(&address, &Settings::default()).map_err(said)?;
    let end = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(100));
        drop(first);
    });
    let second = Session::open(&address, &Settings::default());
    end.join().map_err(|_| "the first does not end")?;
    // The pauses are random, and could all be short: then it is refused, as it should be.
    match second {
        Ok(second) => second.rows("SELECT 1").map(drop).map_err(said),
        Err(error) => holds(error.sqlstate() == Some("53300"), || error.to_string()),
    }
}

/// But not forever: then the database is out of reach for now.
fn a_connection_that_is_not_had(server: &Server) -> Result<(), String> {
    let address = one_connection(server, "not_had")?;
    let first = Session::open(&address, &Settings::default()).map_err(said)?;
    let began = Instant::now();
    let error = Session::open(&address, &Settings::default()).err().ok_or("it is no error")?;
    let as_said = error.is_unreachable() && error.sqlstate() == Some("53300");
    holds(as_said, || format!("{error:?}"))?;
    holds(began.elapsed() < Duration::from_secs(10), || "it took long".to_owned())?;
    first.rows("SELECT 1").map(drop).map_err(said)
}

/// What the server says beside its answers is kept until it is asked for.
fn notices(server: &Server) -> Result<(), String> {
    let session = session(server)?;
    session.rows("DO $$ BEGIN RAISE NOTICE 'low'; RAISE WARNING 'high'; END $$").map_err(said)?;
    let heard = session.notices();
    let as_said = heard.len() == 1 && heard[0].severity == "WARNING" && heard[0].message == "high";
    holds(as_said, || format!("{heard:?}"))?;
    holds(session.notices().is_empty(), || "it is said twice".to_owned())
}

/// When a session is over, so are soon its locks, though another goes on in the same runtime.
fn an_end_frees_locks(server: &Server) -> Result<(), String> {
    let watcher = session(server)?;
    for _ in 0..5 {
        let holder = watcher.second(&Settings::default()).map_err(said)?;
        holder.rows("SELECT pg_advisory_lock(4711)").map_err(said)?;
        drop(holder);
        let frees = "SET lock_timeout = '5s'; SELECT pg_advisory_lock(4711); \
                     SELECT pg_advisory_unlock(4711)";
        watcher.rows(frees).map_err(said)?;
    }
    Ok(())
}

/// Words of ours mean themselves.
fn quoting(server: &Server) -> Result<(), String> {
    let session = session(server)?;
    for text in ["", "it's", r"back\slash", "\"q\"", "a\nb", "ä'';--", "$1", "select"] {
        let name = format!("t{text}");
        let sql = format!("SELECT {} AS {}", literal(text), identifier(&name));
        let rows = session.rows(&sql).map_err(|error| format!("{sql}: {error}"))?;
        holds(rows[0].get(0) == Some(text), || format!("{sql}: {rows:?}"))?;
        let sql = format!(
            "SELECT quote_literal({}) = {0} OR true, quote_ident({}) IN ({}, {})",
            literal(text),
            literal(&name),
            literal(&identifier(&name)),
            literal(&name)
        );
        let rows = session.rows(&sql).map_err(|error| format!("{sql}: {error}"))?;
        holds(rows[0].get(1) == Some("t"), || format!("{sql}: {rows:?}"))?;
    }
    Ok(())
}
