//! What comes in between while a contract is about to run: an old version that connects, a
//! rollback, a lock that somebody else holds.

use super::Test;
use super::world::Alive;
use super::world::Life;
use super::world::ONE;
use super::world::another;
use super::world::connected;
use super::world::ended;
use super::world::finish;
use super::world::holds;
use super::world::said;
use crate::server::Server;
use crate::server::reason;
use std::io::BufRead;
use std::io::BufReader;
use std::process::Child;
use std::time::Duration;
use std::time::Instant;

pub(super) const TESTS: &[(&str, Test)] = &[
    ("live::an_old_version_is_connected", an_old_version_is_connected),
    ("live::an_old_version_connects_after_the_verdict", connects_after_the_verdict),
    ("live::a_role_without_rights_sees_it_too", a_role_without_rights_sees_it_too),
    ("live::a_rollback_while_it_runs_is_refused", a_rollback_while_it_runs),
    ("live::a_rollback_counts_where_it_gave_up", a_rollback_where_it_gave_up),
    ("live::a_lock_that_is_not_got", a_lock_that_is_not_got),
    ("live::an_expand_while_a_contract_waits", an_expand_while_a_contract_waits),
];

fn an_old_version_is_connected(server: &Server) -> Result<(), String> {
    let life = Life::ready(server, "old")?;
    let _alive = Alive::of(server, &life, &["web@v2"])?;
    let old = connected(server, &life, "web@v1")?;
    let run = life.ends("contract", 4, "`web` v1 is connected now, and needs it")?;
    holds(run.out.contains("migrate rollout status"), || run.out.clone())?;
    // A version that is no name holds it up as well, and breaks nothing.
    old.run("SET application_name = 'web@v1 (pool 2)'").map_err(|error| reason(&error))?;
    life.ends("contract", 4, "is connected now, and was never declared")?;
    life.is_dropped(false)
}

/// Starts a contract, and waits until its verdict is made and it waits for the head of the ledger.
fn waiting_for_the_head(life: &Life, arguments: &str) -> Result<Child, String> {
    let child = life.command(arguments).spawn().map_err(said)?;
    life.comes(
        "SELECT count(*) > 0 FROM pg_stat_activity WHERE wait_event_type = 'Lock'
            AND application_name LIKE 'migrate/%' AND datname = current_database()",
        "t",
    )?;
    Ok(child)
}

/// The verdict was that it may run; while it waits for the ledger, an old pod comes back.
fn connects_after_the_verdict(server: &Server) -> Result<(), String> {
    let life = Life::ready(server, "between")?;
    let _alive = Alive::of(server, &life, &["web@v2"])?;
    let other = another(server, &life)?;
    let held = other.run("BEGIN; SELECT FROM migrate.head FOR UPDATE");
    held.map_err(|error| reason(&error))?;
    let child = waiting_for_the_head(&life, "contract --lock-timeout 20s")?;
    let _old = connected(server, &life, "web@v1")?;
    other.run("COMMIT").map_err(|error| reason(&error))?;
    let run = finish(child)?;
    ended(run, "contract", 4, "`web` v1 is connected now, and needs it")?;
    life.is_dropped(false)?;
    life.has("contract.executed", 0)?;
    life.has("step.done", 1)
}

/// What kind of process a session of somebody else is, an ordinary role is not told.
fn a_role_without_rights_sees_it_too(server: &Server) -> Result<(), String> {
    let life = Life::ready(server, "humble")?;
    let _alive = Alive::of(server, &life, &["web@v2"])?;
    life.ends("ledger install --roles", 0, "roles")?;
    life.sql(
        "DROP ROLE IF EXISTS life_humble; CREATE ROLE life_humble LOGIN IN ROLE migrate_writer;
         ALTER TABLE users OWNER TO life_humble; GRANT CREATE ON SCHEMA public TO life_humble",
    )?;
    let old = connected(server, &life, "web@v1")?;
    let address = life.address.replace("user=postgres", "user=life_humble");
    let contract = || finish(life.at(&address, "contract").spawn().map_err(said)?);
    ended(contract()?, "contract", 4, "`web` v1 is connected now, and needs it")?;
    drop(old);
    life.long_ago("web@v1", "1 hour")?;
    // That it was back was a rollback nobody had told of: the waiting began anew.
    ended(contract()?, "contract", 4, "")?;
    life.ends("rollout rollback --service web --from v1 --to v2 --reason back", 0, "")?;
    life.soak(&["web@v2"])?;
    ended(contract()?, "contract", 0, "executed")?;
    life.is_dropped(true)?;
    life.sql("REASSIGN OWNED BY life_humble TO postgres; DROP OWNED BY life_humble")?;
    life.sql("DROP ROLE life_humble")
}

/// A contract whose DDL waits with the ledger's head locked, and a rollback that is reported
/// meanwhile; gives both.
fn while_it_waits(life: &Life, arguments: &str) -> Result<(Child, Child), String> {
    let contract = waiting_for_the_head(life, arguments)?;
    let rollback = "rollout rollback --service web --to v1 --reason incident";
    let rollback = life.command(rollback).spawn().map_err(said)?;
    life.comes(
        "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'
            AND application_name LIKE 'migrate/%' AND datname = current_database()",
        "2",
    )?;
    Ok((contract, rollback))
}

fn a_rollback_while_it_runs(server: &Server) -> Result<(), String> {
    let life = Life::ready(server, "rollback")?;
    let _alive = Alive::of(server, &life, &["web@v2"])?;
    let reader = another(server, &life)?;
    reader.run("BEGIN; SELECT FROM users").map_err(|error| reason(&error))?;
    let (contract, rollback) = while_it_waits(&life, "contract --lock-timeout 30s")?;
    reader.run("COMMIT").map_err(|error| reason(&error))?;
    ended(finish(contract)?, "contract", 0, "executed")?;
    ended(finish(rollback)?, "rollback", 8, "needs what the contract of")?;
    life.is_dropped(true)?;
    life.has("rollout.rolled_back", 0)
}

fn a_rollback_where_it_gave_up(server: &Server) -> Result<(), String> {
    let life = Life::ready(server, "gave_up")?;
    let _alive = Alive::of(server, &life, &["web@v2"])?;
    let reader = another(server, &life)?;
    reader.run("BEGIN; SELECT FROM users").map_err(|error| reason(&error))?;
    let (contract, rollback) = while_it_waits(&life, "contract --lock-timeout 10s --deadline 1s")?;
    ended(finish(contract)?, "contract", 9, "did not get its lock")?;
    ended(finish(rollback)?, "rollback", 0, "web is back at v1")?;
    reader.run("COMMIT").map_err(|error| reason(&error))?;
    life.is_dropped(false)?;
    life.ends("contract", 4, "`web` v1 is full, and needs it").map(drop)
}

fn a_lock_that_is_not_got(server: &Server) -> Result<(), String> {
    let life = Life::ready(server, "lock")?;
    let _alive = Alive::of(server, &life, &["web@v2"])?;
    let reader = another(server, &life)?;
    reader.run("BEGIN; SELECT FROM users").map_err(|error| reason(&error))?;
    let began = Instant::now();
    let run = life.ends("contract --deadline 2s", 9, "did not get its lock")?;
    let took = began.elapsed();
    holds(took >= Duration::from_secs(2), || format!("it gave up after {took:?}"))?;
    let tries = run.err.matches("let go so that nobody stands behind it").count();
    holds(tries >= 3, || format!("{tries} tries\n{}", run.err))?;
    holds(run.err.contains("waits for\n"), || format!("nobody is named:\n{}", run.err))?;
    life.is_dropped(false)?;
    life.has("contract.executed", 0)?;
    life.has("floor.raised", 0)?;
    // Nobody stands behind one that goes on asking: the ledger can be written to meanwhile.
    let mut child = life.command("contract --deadline 20s").spawn().map_err(said)?;
    says(&mut child, "let go so that nobody stands behind it")?;
    let began = Instant::now();
    life.ends("rollout start web@v3", 0, "on its way")?;
    holds(began.elapsed() < Duration::from_secs(10), || "the ledger was held".to_owned())?;
    life.ends("rollout abort web@v3 --reason test", 0, "aborted")?;
    life.ends("ledger verify", 0, "whole")?;
    life.is_dropped(false)?;
    reader.run("COMMIT").map_err(|error| reason(&error))?;
    ended(finish(child)?, "contract", 0, "executed")?;
    life.is_dropped(true)
}

/// Waits until a program says this on standard error; the lines after it are left to read.
fn says(child: &mut Child, wanted: &str) -> Result<(), String> {
    let mut err = BufReader::new(child.stderr.take().ok_or("it says nothing")?);
    let mut all = String::new();
    while !all.contains(wanted) {
        let read = err.read_line(&mut all).map_err(said)?;
        holds(read > 0, || format!("it never said `{wanted}`: {all}"))?;
    }
    child.stderr = Some(err.into_inner());
    Ok(())
}

/// Who only waits lets others run.
fn an_expand_while_a_contract_waits(server: &Server) -> Result<(), String> {
    let life = Life::new(server, "turn", &ONE.replace("\"1s\"\n[[", "\"24h\"\n[["))?;
    life.make_ready()?;
    let child = life.command("contract --wait 15s").spawn().map_err(said)?;
    life.comes(
        "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'migrate/%'
            AND datname = current_database() AND state = 'idle'",
        "1",
    )?;
    life.file("migrations/20260102000000_more/expand.sql", "ALTER TABLE users ADD COLUMN x int;")?;
    let began = Instant::now();
    life.ends("expand", 0, "1 step of 1 change done")?;
    holds(began.elapsed() < Duration::from_secs(10), || "it stood behind it".to_owned())?;
    let run = finish(child)?;
    holds(matches!(run.code, Some(4 | 6)), || format!("{run:?}"))?;
    holds(began.elapsed() > Duration::from_secs(4), || "it did not wait".to_owned())
}
