//! Signals of a whole server: slots, the archive, connections.

use super::scene::SOON;
use super::scene::Watch;
use super::scene::said;
use crate::server::Install;
use crate::server::Server;
use crate::server::Session;

pub(super) const TESTS: &[(&str, super::Own)] = &[
    ("slots", slots),
    ("an_archive_that_fails", an_archive_that_fails),
    ("connections", connections),
    ("a_slot_that_keeps_rows", a_slot_that_keeps_rows),
];

fn server(install: &Install, settings: &str) -> Result<(Server, Session, String), String> {
    let server = Server::bare(install, &[("postgresql.conf", settings)]).map_err(said)?;
    let session = server.session("postgres").map_err(said)?;
    let address = server.address("postgres");
    Ok((server, session, address))
}

/// Ends some files of the log, which are of 1 MB each.
fn files(session: &Session, count: u32) -> Result<(), String> {
    for _ in 0..count {
        let message = "SELECT pg_logical_emit_message(true, 'load', 'x')";
        session.run(message).map_err(said)?;
        session.run("SELECT pg_switch_wal()").map_err(said)?;
    }
    Ok(())
}

fn slots(install: &Install) -> Result<(), String> {
    let settings = "max_slot_wal_keep_size = 8MB\nmin_wal_size = 2MB\nmax_wal_size = 2MB\n";
    let (_server, session, address) = server(install, settings)?;
    let mut watch = Watch::new(&address, None, "slot-room = \"4MB\"")?;
    // One that keeps nothing yet is no matter.
    let unused = "SELECT pg_create_physical_replication_slot('unused')";
    session.run(unused).map_err(said)?;
    let slot = "SELECT pg_create_physical_replication_slot('left', true)";
    session.run(slot).map_err(said)?;
    watch.goes_on()?;
    files(&session, 6)?;
    let words = "replication slot left has room for";
    watch.holds(&[("slot-room", words)])?;
    watch.holds(&[("slot-room", "more; 4 MB is the least")])?;
    files(&session, 6)?;
    session.run("CHECKPOINT").map_err(said)?;
    watch.holds(&[("slot-room", "replication slot left is lost: what it needs is gone")])?;
    session.run("SELECT pg_drop_replication_slot('left')").map_err(said)?;
    watch.goes_on()
}

fn an_archive_that_fails(install: &Install) -> Result<(), String> {
    let settings = "archive_mode = on\narchive_command = 'false'\n";
    let (_server, session, address) = server(install, settings)?;
    let mut watch = Watch::new(&address, None, "archive-backlog = 20")?;
    watch.goes_on()?;
    files(&session, 8)?;
    watch.goes_on()?;
    files(&session, 12)?;
    let words = "files of the log may wait for the archive; 20 is the limit, and it goes on at 10";
    watch.holds(&[("archive-backlog", words)])?;
    session.run("ALTER SYSTEM SET archive_command = 'true'").map_err(said)?;
    session.run("SELECT pg_reload_conf()").map_err(said)?;
    watch.until(&[], SOON)?;
    // What is archived is known now.
    session.run("ALTER SYSTEM SET archive_command = 'false'").map_err(said)?;
    session.run("SELECT pg_reload_conf()").map_err(said)?;
    files(&session, 8)?;
    watch.goes_on()?;
    files(&session, 16)?;
    watch.holds(&[("archive-backlog", words)])
}

fn connections(install: &Install) -> Result<(), String> {
    let (server, _session, address) = server(install, "")?;
    let limits = "connections = { high = 0.08, low = 0.05 }\nactive-sessions = 1\n";
    let mut watch = Watch::new(&address, None, limits)?;
    watch.goes_on()?;
    let more: Result<Vec<Session>, _> = (0..7).map(|_| server.session("postgres")).collect();
    let more = more.map_err(said)?;
    let words = "9 of 100 connections are in use; 8 % is the limit, and it goes on at 5 %";
    watch.until(&[("connections", words)], SOON)?;
    drop(more);
    watch.until(&[], SOON)?;
    let busy: Vec<_> = (0..2)
        .map(|_| {
            let session = server.session("postgres").map_err(said)?;
            let busy = move || session.run("SELECT pg_sleep(60)");
            Ok(std::thread::spawn(busy))
        })
        .collect::<Result<_, String>>()?;
    let words = "2 sessions are at work; 1 is the limit, and it goes on at 0";
    watch.until(&[("active-sessions", words)], SOON)?;
    let cancel = "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE query LIKE '%sleep%'
                  AND pid <> pg_backend_pid()";
    watch.session.rows(cancel).map_err(said)?;
    for one in busy {
        let ended = one.join().map_err(|_| "it panicked")?;
        if ended.is_ok() {
            return Err("nobody cancelled it".to_owned());
        }
    }
    watch.until(&[], SOON).map(drop)
}

/// A standby that says what its queries need does so in its slot, as long as it has one.
fn a_slot_that_keeps_rows(install: &Install) -> Result<(), String> {
    let pair = super::scene::Pair::start(
        install,
        "hot_standby_feedback = on\nprimary_slot_name = 'kept'\n",
    )?;
    let slot = "SELECT pg_create_physical_replication_slot('kept', true)";
    pair.writer.run(slot).map_err(said)?;
    let limits = "horizon-age = { high = \"500ms\", low = \"400ms\" }\n";
    let mut watch = pair.watch(limits)?;
    let standby = pair.standby()?;
    standby
        .run("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM pg_class")
        .map_err(said)?;
    for _ in 0..3 {
        pair.writer.run("SELECT txid_current()").map_err(said)?;
    }
    watch.until(&[("horizon-age", "replication slot kept keeps rows that are dead")], SOON)?;
    standby.run("COMMIT").map_err(said)?;
    watch.until(&[], SOON).map(drop)
}
