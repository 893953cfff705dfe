//! Signals of one database, on each major version.

use super::scene::SOON;
use super::scene::Watch;
use super::scene::said;
use crate::server::Server;
use crate::server::Session;
use migrate::job::throttle::Batch;
use migrate::job::throttle::Reading;
use std::time::Duration;
use std::time::Instant;

pub(super) const TESTS: &[(&str, super::Test)] = &[
    ("all_is_read", all_is_read),
    ("queries", queries),
    ("transactions", transactions),
    ("the_horizon", the_horizon),
    ("dead_rows", dead_rows),
    ("a_vacuum", a_vacuum),
];

/// Nothing of what others do on the same server.
const ALONE: &str = "replica-lag = \"off\"\nreplica-silence = \"off\"\nreplicas = \"off\"\n\
                     slot-room = \"off\"\narchive-backlog = \"off\"\nconnections = \"off\"\n";

/// A database of its own, and a watch on it.
fn database(server: &Server, name: &str, limits: &str) -> Result<(Session, Watch), String> {
    let session = server.database(name).map_err(said)?;
    session.run("CREATE TABLE load (id int, note text)").map_err(said)?;
    let watch = Watch::new(&server.address(name), None, &format!("{ALONE}{limits}"))?;
    Ok((session, watch))
}

fn all_is_read(server: &Server) -> Result<(), String> {
    let session = server.database("throttled_all").map_err(said)?;
    let table = "CREATE TABLE load (id int) PARTITION BY RANGE (id);
                 CREATE TABLE load_1 PARTITION OF load FOR VALUES FROM (0) TO (1000)";
    session.run(table).map_err(said)?;
    let limits = "transaction-age = \"1h\"\nhorizon-age = \"1h\"\nactive-sessions = 1000\n\
                  dead-tuples = 0.5\nwal-per-second = \"1MB\"\n";
    let address = server.address("throttled_all");
    let mut watch = Watch::new(&address, None, limits)?;
    let readings = format!("{:?}", watch.read()?);
    let kinds = [
        "Replicas(Ok([])",
        "Slots(Ok(",
        "Archive(Ok(None))",
        "Transaction(Ok(None))",
        "Horizon(Ok(None))",
        "Vacuum(Ok(None))",
        "Connections(Ok(Connections { used: ",
        "Active(Ok(",
        "Dead(Ok(Rows { dead: 0, live: 0 }))",
    ];
    for kind in kinds {
        if !readings.contains(kind) {
            return Err(format!("{kind} is not in {readings}"));
        }
    }
    watch.goes_on()?;
    // Who may see little is told so, once and for all signals that are not seen.
    session.run("CREATE ROLE throttled_nobody").map_err(said)?;
    let mut watch = Watch::new(&address, Some("throttled_nobody"), limits)?;
    let needs = "it needs pg_monitor: GRANT pg_monitor TO throttled_nobody";
    watch.holds(&[
        ("transaction-age", needs),
        ("horizon-age", needs),
        ("active-sessions", needs),
    ])?;
    session.run("DROP TABLE load").map_err(said)?;
    let mut watch = Watch::new(&address, None, limits)?;
    watch.holds(&[("dead-tuples", "cannot see the table's dead rows: there is no such table")])
}

fn queries(server: &Server) -> Result<(), String> {
    let cases: [(&str, Option<&str>); 13] = [
        ("SELECT 10", None),
        ("SELECT 10.5", Some("`q` is 10.5; 10 is the limit, and it goes on at 5")),
        ("SELECT count(*) FROM load;", None),
        ("WITH a AS (SELECT 11 AS n) SELECT n FROM a -- of us", Some("`q` is 11; ")),
        ("SELECT NULL", Some("cannot see `q`: it gives no row, or NULL")),
        ("SELECT 1 WHERE false", Some("cannot see `q`: it gives no row, or NULL")),
        ("SELECT 'NaN'::float8", Some("`q` is NaN, which is no number")),
        ("SELECT 'Infinity'::float8", Some("`q` is inf, which is no number")),
        ("SELECT true", Some("it gives `true`, which is no number")),
        ("SELECT 1, 2", Some("subquery must return only one column")),
        ("SELECT n FROM generate_series(1, 2) AS n", Some("more than one row")),
        ("SELECT 1 FROM nowhere", Some("relation \"nowhere\" does not exist (42P01)")),
        ("SELECT 1 FROM pg_sleep(30)", Some("canceling statement due to statement timeout")),
    ];
    let (session, _) = database(server, "throttled_queries", "")?;
    let address = server.address("throttled_queries");
    for (sql, wanted) in cases {
        let limits = format!("{ALONE}[query.q]\nsql = \"{sql}\"\nhigh = 10\n");
        let mut watch = Watch::new(&address, None, &limits)?;
        let wanted: Vec<_> = wanted.into_iter().map(|words| ("query", words)).collect();
        let began = Instant::now();
        watch.holds(&wanted).map_err(|why| format!("{sql}: {why}"))?;
        if began.elapsed() > SOON {
            return Err(format!("{sql} is waited for too long"));
        }
        // The session is as it was: it may write, for as long as it takes.
        let rows = watch.session.rows("CREATE TEMP TABLE t (); SHOW statement_timeout");
        let rows = rows.map_err(said)?;
        let timeout = rows.first().and_then(|row| row.get(0));
        if timeout != Some("0") {
            return Err(format!("{sql} leaves statement_timeout at {timeout:?}"));
        }
    }
    writes_nothing(&session, &address)?;
    up_and_down(&session, &address)
}

fn writes_nothing(session: &Session, address: &str) -> Result<(), String> {
    let function = "CREATE FUNCTION fill() RETURNS int LANGUAGE sql AS
                    'INSERT INTO load VALUES (1) RETURNING 1'";
    session.run(function).map_err(said)?;
    let limits = format!("{ALONE}[query.q]\nsql = \"SELECT fill()\"\nhigh = 10\n");
    let mut watch = Watch::new(address, None, &limits)?;
    watch.holds(&[("query", "cannot execute INSERT in a read-only transaction")])
}

/// It is asked anew, but no more than once a second.
fn up_and_down(session: &Session, address: &str) -> Result<(), String> {
    let sql = "SELECT max(id) FROM load";
    let limits = format!("{ALONE}[query.q]\nsql = \"{sql}\"\nhigh = 10\n");
    session.run("INSERT INTO load VALUES (11)").map_err(said)?;
    let mut watch = Watch::new(address, None, &limits)?;
    let held = [("query", "`q` is 11; 10 is the limit, and it goes on at 5")];
    watch.holds(&held)?;
    session.run("UPDATE load SET id = 6").map_err(said)?;
    watch.holds(&held)?;
    watch.until(&[("query", "`q` is 6; 10 is the limit, and it goes on at 5")], SOON)?;
    session.run("UPDATE load SET id = 5").map_err(said)?;
    let after = watch.until(&[], SOON)?;
    if after < Duration::from_millis(300) {
        return Err(format!("it was asked again after {after:?}"));
    }
    Ok(())
}

fn transactions(server: &Server) -> Result<(), String> {
    let limits = "transaction-age = { high = \"500ms\", low = \"400ms\" }\n";
    let (session, mut watch) = database(server, "throttled_open", limits)?;
    watch.goes_on()?;
    session.run("BEGIN").map_err(said)?;
    watch.goes_on()?;
    let words = "is open for";
    watch.until(&[("transaction-age", "the transaction of postgres (pid ")], SOON)?;
    watch.holds(&[("transaction-age", words)])?;
    session.run("INSERT INTO load VALUES (1); PREPARE TRANSACTION 'throttled'").map_err(said)?;
    let prepared = "the transaction of prepared transaction throttled is open for";
    watch.until(&[("transaction-age", prepared)], SOON)?;
    session.run("COMMIT PREPARED 'throttled'").map_err(said)?;
    watch.goes_on()
}

fn the_horizon(server: &Server) -> Result<(), String> {
    let limits = "horizon-age = { high = \"500ms\", low = \"400ms\" }\n";
    let (session, mut watch) = database(server, "throttled_horizon", limits)?;
    let other = server.session("throttled_horizon").map_err(said)?;
    session.run("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1").map_err(said)?;
    other.run("INSERT INTO load VALUES (1)").map_err(said)?;
    watch.goes_on()?;
    let words = "postgres (pid ";
    watch.until(&[("horizon-age", words)], SOON)?;
    watch.holds(&[("horizon-age", "keeps rows that are dead, for ")])?;
    session.run("COMMIT").map_err(said)?;
    watch.goes_on()
}

fn dead_rows(server: &Server) -> Result<(), String> {
    let limits = "dead-tuples = { high = 0.3, low = 0.2 }\n";
    let (session, mut watch) = database(server, "throttled_dead", limits)?;
    let fill = "INSERT INTO load SELECT n FROM generate_series(1, 100) AS n";
    session.run(fill).map_err(said)?;
    session.run("DELETE FROM load WHERE id <= 40").map_err(said)?;
    // A session that ends tells its statistics.
    drop(session);
    let words = "40 % of the table's rows are dead; 30 % is the limit, and it goes on at 20 %";
    watch.until(&[("dead-tuples", words)], SOON)?;
    let session = server.session("throttled_dead").map_err(said)?;
    session.run("VACUUM load").map_err(said)?;
    drop(session);
    watch.until(&[], SOON).map(drop)
}

fn a_vacuum(server: &Server) -> Result<(), String> {
    let (session, mut watch) = database(server, "throttled_vacuum", "")?;
    let fill = "INSERT INTO load SELECT n, repeat('x', 4000) FROM generate_series(1, 800) AS n";
    session.run(fill).map_err(said)?;
    let slow = "SET vacuum_cost_delay = 100; SET vacuum_cost_limit = 1";
    session.run(slow).map_err(said)?;
    let vacuum = std::thread::spawn(move || session.run("VACUUM load"));
    let batch = Batch { took: Duration::from_millis(70), wal: None };
    let mut verdict = |rests: bool| {
        let began = Instant::now();
        loop {
            let mut readings = watch.read()?;
            readings.push(Reading::Batch(batch));
            let verdict = watch.throttle.judge(Duration::ZERO, &readings);
            let pause = if rests { batch.took } else { Duration::ZERO };
            if verdict.holds.is_empty() && verdict.pause == pause {
                return Ok(());
            }
            if began.elapsed() > SOON {
                return Err(format!("{verdict:#?}"));
            }
        }
    };
    verdict(true)?;
    let end = "SELECT pg_cancel_backend(pid) FROM pg_stat_progress_vacuum
               WHERE datname = current_database()";
    let other = server.session("throttled_vacuum").map_err(said)?;
    other.run(end).map_err(said)?;
    if vacuum.join().is_ok_and(|ended| ended.is_ok()) {
        return Err("it ended before it was cancelled".to_owned());
    }
    verdict(false)
}
