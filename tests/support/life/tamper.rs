//! A ledger that was edited, cut, restored or carried elsewhere: what is found, and how it goes on.

use super::Test;
use super::world::Alive;
use super::world::Life;
use super::world::holds;
use crate::server::Server;

pub(super) const TESTS: &[(&str, Test)] = &[
    ("tamper::an_edited_event", |server| broken(server, "edited", EDITED)),
    ("tamper::an_event_of_another_kind", |server| broken(server, "kind", KIND)),
    ("tamper::an_event_that_is_gone", |server| broken(server, "gone", GONE)),
    ("tamper::a_tail_that_is_cut", |server| broken(server, "tail", TAIL)),
    ("tamper::a_head_that_is_bent_back", |server| broken(server, "head", BACK)),
    ("tamper::a_head_with_another_hash", |server| broken(server, "hash", HASH)),
    ("tamper::a_tail_cut_off_with_its_head", a_tail_cut_off_with_its_head),
    ("tamper::another_environment", another_environment),
    ("tamper::a_restored_ledger", a_restored_ledger),
];

/// Something that only who owns the database can do, and what is said of it.
type Harm = (&'static str, &'static str);

const EDITED: Harm = (
    "UPDATE migrate.ledger SET body = replace(body, '\"v2\"', '\"v9\"')
     WHERE kind = 'rollout.finished' AND version = 'v2'",
    "this event was edited after it was recorded",
);
const KIND: Harm = (
    "UPDATE migrate.ledger SET kind = 'rollout.dreamt' WHERE kind = 'rollout.started'",
    "this event was edited after it was recorded",
);
const GONE: Harm = (
    "DELETE FROM migrate.ledger WHERE kind = 'rollout.step' AND version = 'v1'",
    "an event before it is gone",
);
const TAIL: Harm = (
    "DELETE FROM migrate.ledger WHERE seq > (SELECT max(seq) - 2 FROM migrate.ledger)",
    "the head names another event as the last",
);
const BACK: Harm = (
    "UPDATE migrate.head SET seq = l.seq, entry_hash = l.entry_hash
     FROM migrate.ledger l WHERE l.seq = 3",
    "the head names another event as the last",
);
const HASH: Harm = (
    "UPDATE migrate.head SET entry_hash = sha256('x')",
    "the head names another event as the last",
);

fn harm(life: &Life, sql: &str) -> Result<(), String> {
    life.sql(&format!(
        "ALTER TABLE migrate.ledger DISABLE TRIGGER ALL; {sql};
         ALTER TABLE migrate.ledger ENABLE TRIGGER ALL"
    ))
}

/// It is found by whatever reads the ledger; bound anew, the ledger goes on, and all waiting begins
/// from nothing.
fn broken(server: &Server, name: &str, (sql, says): Harm) -> Result<(), String> {
    let life = Life::ready(server, &format!("harm_{name}"))?;
    life.ends("contract --check", 0, "may run")?;
    harm(&life, sql)?;
    let run = life.ends("ledger verify", 7, says)?;
    holds(run.err.contains("migrate ledger rebind"), || run.err.clone())?;
    life.file("migrations/20260102000000_more/expand.sql", "ALTER TABLE users ADD COLUMN x int;")?;
    for command in ["contract", "contract --check", "expand", "rollout start web@v3"] {
        life.ends(command, 7, says)?;
    }
    for command in ["check-version web@v2", "rollout status", "ledger checkpoint"] {
        life.ends(command, 7, says)?;
    }
    life.ends("ledger export", 0, "change.registered")?;
    life.is_dropped(false)?;
    life.ends("ledger rebind --reason mended", 0, "all waiting begins anew")?;
    let run = life.ends("ledger verify", 0, "whole")?;
    // A head that was bent back is set on the last event again, and nothing of it is left.
    holds(run.out.contains("bound anew") != (sql == BACK.0), || run.out.clone())?;
    life.beat("web@v2")?;
    let run = life.run("contract")?;
    holds(run.code != Some(0) && run.code != Some(7), || format!("{run:?}"))?;
    life.is_dropped(false)?;
    life.ends("expand", 0, "1 step of 1 change done")?;
    // What an edit took out of the ledger is said again: v2 may seem not to have come through.
    let aborted = life.run("rollout abort web@v2 --reason mended")?;
    holds(aborted.code == Some(0) || aborted.code == Some(9), || format!("{aborted:?}"))?;
    life.ends("rollout finish web@v4 --satisfies all --wait 20s", 0, "")?;
    life.soak(&["web@v4"])?;
    life.ends("contract", 0, "executed")?;
    life.is_dropped(true)?;
    // A break after it is found as before.
    harm(&life, "DELETE FROM migrate.ledger WHERE kind = 'ledger.rebound'")?;
    life.ends("ledger verify", 7, "the ledger is not whole").map(drop)
}

fn a_tail_cut_off_with_its_head(server: &Server) -> Result<(), String> {
    let life = Life::ready(server, "harm_cut")?;
    let anchor = life.ends("ledger checkpoint", 0, ":")?.out;
    let anchor = anchor.trim();
    life.ends("freeze --reason night", 0, "everything is frozen")?;
    life.ends(&format!("ledger verify --anchor {anchor}"), 0, "whole")?;
    harm(
        &life,
        "DELETE FROM migrate.ledger WHERE seq > (SELECT max(seq) - 4 FROM migrate.ledger);
         UPDATE migrate.head SET seq = l.seq, entry_hash = l.entry_hash FROM migrate.ledger l
         WHERE l.seq = (SELECT max(seq) FROM migrate.ledger)",
    )?;
    let run = life.ends("ledger verify", 0, "without an anchor")?;
    holds(run.out.contains("--anchor"), || run.out.clone())?;
    life.ends(&format!("ledger verify --anchor {anchor}"), 7, "events were cut off its end")?;
    // What was written in its place does not pass for it.
    for _ in 0..3 {
        life.ends("freeze --reason other", 0, "")?;
        life.ends("unfreeze --reason other", 0, "")?;
    }
    let says = "another event was here when its hash was told";
    life.ends(&format!("ledger verify --anchor {anchor}"), 7, says).map(drop)
}

fn another_environment(server: &Server) -> Result<(), String> {
    let life = Life::ready(server, "elsewhere")?;
    let _alive = Alive::of(server, &life, &["web@v2"])?;
    for command in ["contract", "expand", "rollout start web@v3", "check-version web@v2"] {
        let says = "this ledger belongs to database `life_elsewhere` of test";
        life.ends(&format!("{command} --environment staging"), 7, says)?;
    }
    // A copy of the database by another name is another database, too.
    life.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE false")?;
    life.is_dropped(false)?;
    life.ends("ledger rebind --environment staging --reason moved", 0, "all waiting begins anew")?;
    life.ends("contract", 7, "of staging")?;
    life.ends("contract --environment staging", 4, "of 1 s earned since")?;
    life.soak(&["web@v2"])?;
    life.ends("contract --environment staging", 0, "executed")?;
    life.is_dropped(true)
}

/// The database is as it was some time ago, and so is its ledger; somebody kept a newer head.
fn a_restored_ledger(server: &Server) -> Result<(), String> {
    let life = Life::ready(server, "restored")?;
    life.sql("CREATE TABLE kept AS TABLE migrate.ledger")?;
    life.sql("CREATE TABLE head AS TABLE migrate.head")?;
    life.ends("contract --check", 0, "may run")?;
    life.ends("rollout finish web@v3 --takes-back email --wait 20s", 0, "")?;
    let anchor = life.ends("ledger checkpoint", 0, ":")?.out;
    harm(
        &life,
        "DELETE FROM migrate.ledger WHERE seq NOT IN (SELECT seq FROM kept);
         UPDATE migrate.head h SET seq = k.seq, entry_hash = k.entry_hash FROM head k",
    )?;
    life.ends("ledger verify", 0, "whole")?;
    life.ends(&format!("ledger verify --anchor {}", anchor.trim()), 7, "were cut off its end")?;
    life.ends("ledger rebind --reason restored", 0, "")?;
    life.beat("web@v2")?;
    let run = life.ends("contract", 4, "when the ledger was bound to")?;
    holds(run.out.contains("K5"), || run.out)?;
    life.is_dropped(false)
}
