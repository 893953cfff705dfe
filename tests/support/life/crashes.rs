//! A contract that is killed between any two messages, and in the midst of any: the next run brings
//! it to its end, once.

use super::Test;
use super::said;
use super::world::Alive;
use super::world::Life;
use super::world::ONE;
use super::world::ended;
use super::world::finish;
use super::world::holds;
use crate::run::proxy::Proxy;
use crate::run::proxy::When;
use crate::server::Server;

pub(super) const TESTS: &[(&str, Test)] = &[
    ("crashes::in_one_transaction", in_one_transaction),
    ("crashes::with_steps_that_run_alone", with_steps_that_run_alone),
];

const TOGETHER: &str =
    "ALTER TABLE users DROP COLUMN email_old;\nALTER TABLE users DROP COLUMN name;";

const ALONE: &str = "DROP INDEX CONCURRENTLY users_old;\n\
    ALTER TABLE users DROP COLUMN email_old;\nDROP INDEX CONCURRENTLY users_name;";

fn in_one_transaction(server: &Server) -> Result<(), String> {
    everywhere(server, "together", TOGETHER, 2)
}

fn with_steps_that_run_alone(server: &Server) -> Result<(), String> {
    everywhere(server, "alone", ALONE, 3)
}

fn ready(server: &Server, name: &str, contract: &str) -> Result<Life, String> {
    let life = Life::new(server, name, ONE)?;
    life.sql(
        "CREATE INDEX users_old ON users (email_old); CREATE INDEX users_name ON users (name)",
    )?;
    life.change("contract.sql", contract)?;
    life.make_ready()?;
    Ok(life)
}

/// What holds whatever happened before.
fn whole(life: &Life, steps: usize) -> Result<(), String> {
    life.is_dropped(true)?;
    life.has("contract.executed", 1)?;
    life.has("floor.raised", 1)?;
    // That of the expand is one.
    life.has("step.done", steps + 1)?;
    life.gives("SELECT count(*) FROM pg_indexes WHERE indexname ~ 'users_(old|name)'", "0")?;
    life.ends("ledger verify", 0, "whole")?;
    life.ends("check-version web@v1", 8, "needs what the contract of")?;
    life.ends("contract", 0, "no contract is due").map(drop)
}

/// Majors on which every message is tried; on the others every third.
fn stride(server: &Server) -> usize {
    if [14, 18].contains(&server.major) { 1 } else { 3 }
}

fn everywhere(server: &Server, name: &str, sql: &str, steps: usize) -> Result<(), String> {
    let mut life = ready(server, &format!("crash_{name}"), sql)?;
    life.keep(server)?;
    let alive = Alive::of(server, &life, &["web@v2"])?;
    let proxy = Proxy::start(&life.address, None)?;
    let run = finish(life.at(&proxy.address(&life.address), "contract").spawn().map_err(said)?)?;
    ended(run, "contract", 0, "executed")?;
    let messages = proxy.messages();
    holds(proxy.all_messages() >= messages, || "some are not counted".to_owned())?;
    whole(&life, steps)?;
    drop(alive);
    for number in (1..=messages).step_by(stride(server)) {
        for when in [When::Sent, When::AtWork, When::Answered] {
            let place = format!("killed at {number} of {messages}, {when:?}");
            let tried = killed(server, &mut life, (number, when), steps);
            tried.map_err(|why| format!("{place}: {why}"))?;
        }
    }
    Ok(())
}

/// One run that is killed and one that is not.
fn killed(server: &Server, life: &mut Life, at: (usize, When), steps: usize) -> Result<(), String> {
    life.restore(server)?;
    let _alive = Alive::of(server, life, &["web@v2"])?;
    let proxy = Proxy::start(&life.address, Some(at))?;
    let child = life.at(&proxy.address(&life.address), "contract").spawn().map_err(said)?;
    proxy.program(child.id());
    let run = finish(child)?;
    holds(run.code.is_none(), || format!("it lives: {run:?}"))?;
    let again = life.run("contract")?;
    let done = again.out.contains("executed") || again.out.contains("no contract is due");
    holds(again.code == Some(0) && done, || format!("{again:?}"))?;
    whole(life, steps)
}
