//! What is seen of services: an old release that is back, one that was never seen, one that fell
//! silent; and a freeze, under which everything may go back.

use super::Test;
use super::world::Alive;
use super::world::Life;
use super::world::ONE;
use super::world::holds;
use crate::server::Server;

pub(super) const TESTS: &[(&str, Test)] = &[
    ("backs::a_rollback_that_nobody_told_of", a_rollback_that_nobody_told_of),
    ("backs::never_seen", never_seen),
    ("backs::fell_silent", fell_silent),
    ("backs::a_freeze", a_freeze),
    ("backs::an_undo_under_a_freeze", an_undo_under_a_freeze),
];

/// The old release was put back by hand, and no pipeline knows.
fn a_rollback_that_nobody_told_of(server: &Server) -> Result<(), String> {
    let life = Life::ready(server, "by_hand")?;
    life.ends("contract --check", 0, "may run")?;
    life.beat("web@v1")?;
    let run = life.ends("contract", 4, "`web` v1, which needs it, was last seen at")?;
    holds(run.out.contains("it is alive"), || run.out.clone())?;
    life.gives(
        "SELECT body::jsonb ->> 'to', body::jsonb ->> 'detected' FROM migrate.ledger
         WHERE kind = 'rollout.rolled_back'",
        "v1|passive",
    )?;
    life.is_dropped(false)?;
    // It is told of once.
    life.ends("contract", 4, "")?;
    life.has("rollout.rolled_back", 1)?;
    life.ends("rollout status", 0, "web: v1 is full since")?;
    // Forward again: both clocks begin anew.
    life.long_ago("web@v1", "1 hour")?;
    life.ends("rollout finish web@v2 --wait 20s", 0, "web@v2 is everywhere")?;
    life.beat("web@v2")?;
    let run = life.ends("contract", 4, "K5")?;
    holds(run.out.contains("absence and health: 0 s of 1 s earned"), || run.out.clone())?;
    life.soak(&["web@v2"])?;
    life.ends("contract", 0, "executed").map(drop)
}

fn never_seen(server: &Server) -> Result<(), String> {
    let life = Life::new(server, "never", ONE)?;
    life.ends("expand", 0, "")?;
    life.ends("rollout finish web@v1", 0, "")?;
    life.ends("rollout finish web@v2 --satisfies all", 0, "")?;
    let run = life.ends("contract", 6, "no data to decide by")?;
    holds(run.out.contains("silence proves nothing"), || run.out.clone())?;
    std::thread::sleep(std::time::Duration::from_millis(1_200));
    life.ends("contract", 6, "never seen at work")?;
    let run = life.ends("contract --format json", 6, "\"ready\":false")?;
    let read: serde_json::Value =
        serde_json::from_str(run.out.trim()).map_err(|why| format!("{why}: {}", run.out))?;
    holds(read["exit_code"] == 6 && read["executed"] == false, || run.out.clone())?;
    life.is_dropped(false)
}

fn fell_silent(server: &Server) -> Result<(), String> {
    let life = Life::ready(server, "silent")?;
    // More than three of its intervals, after all of the soak was earned.
    std::thread::sleep(std::time::Duration::from_millis(3_600));
    let run = life.ends("contract", 6, "is silent since")?;
    holds(run.out.contains("the clocks stand"), || run.out.clone())?;
    life.is_dropped(false)?;
    life.soak(&["web@v2"])?;
    life.ends("contract", 0, "executed").map(drop)
}

fn a_freeze(server: &Server) -> Result<(), String> {
    let life = Life::ready(server, "freeze")?;
    let _alive = Alive::of(server, &life, &["web@v2"])?;
    life.file("migrations/20260102000000_more/expand.sql", "ALTER TABLE users ADD COLUMN x int;")?;
    life.ends("freeze --reason incident", 0, "everything is frozen")?;
    for command in ["expand", "contract", "rollout start web@v3"] {
        life.ends(command, 8, "everything is frozen")?;
    }
    life.ends("override grant --change email --check K5 --reason so", 8, "frozen")?;
    life.ends("rollout heartbeat web@v2", 0, "")?;
    life.ends("rollout status", 0, "everything is frozen: incident")?;
    life.ends("rollout rollback --service web --to v1 --reason incident", 0, "web is back at v1")?;
    life.ends("freeze --reason again", 9, "everything is frozen already")?;
    life.ends("unfreeze --reason over", 0, "it may go on")?;
    life.ends("unfreeze --reason over", 9, "nothing is frozen")?;
    life.ends("expand", 0, "1 step of 1 change done")?;
    life.ends("contract", 4, "`web` v1 is full, and needs it")?;
    life.is_dropped(false)?;
    life.has("freeze.set", 1)?;
    life.has("freeze.lifted", 1)
}

/// An undo is a way back, be it in a transaction or alone.
fn an_undo_under_a_freeze(server: &Server) -> Result<(), String> {
    let life = Life::new(server, "undo_frozen", ONE)?;
    life.change(
        "expand.sql",
        "ALTER TABLE users ADD COLUMN email text;\n\
         CREATE INDEX CONCURRENTLY users_email ON users (email);",
    )?;
    life.change(
        "expand.undo.sql",
        "DROP INDEX CONCURRENTLY users_email;\nALTER TABLE users DROP COLUMN email;",
    )?;
    life.ends("expand", 0, "2 steps of 1 change done")?;
    life.ends("freeze --reason incident", 0, "everything is frozen")?;
    life.ends("undo", 0, "is taken back")?;
    let there = "SELECT count(*) FROM pg_attribute
                 WHERE attrelid = 'users'::regclass AND attname = 'email'";
    life.gives(there, "0")?;
    life.ends("expand", 8, "everything is frozen")?;
    life.gives(there, "0")?;
    life.ends("ledger verify", 0, "whole").map(drop)
}
