//! What people decide: checks that need not hold for once, and the review of it.

use super::Test;
use super::world::Alive;
use super::world::CHANGE;
use super::world::Life;
use super::world::ONE;
use super::world::connected;
use super::world::holds;
use crate::server::Server;

pub(super) const TESTS: &[(&str, Test)] = &[
    ("people::a_grant_lets_a_contract_run_once", a_grant_lets_a_contract_run_once),
    ("people::a_grant_that_does_not_help", a_grant_that_does_not_help),
    ("people::a_grant_for_another_contract", a_grant_for_another_contract),
    ("people::a_grant_for_steps_that_run_alone", a_grant_for_steps_that_run_alone),
    ("people::a_grant_for_a_contract_that_stops", a_grant_for_a_contract_that_stops),
];

/// A soak that no test waits for.
fn long(server: &Server, name: &str) -> Result<Life, String> {
    let life = Life::new(server, name, &ONE.replace("\"1s\"\n[[", "\"24h\"\n[["))?;
    Ok(life)
}

fn a_grant_lets_a_contract_run_once(server: &Server) -> Result<(), String> {
    let life = long(server, "grant")?;
    life.make_ready()?;
    let _alive = Alive::of(server, &life, &["web@v2"])?;
    life.ends("contract", 4, "of 1 d earned")?;
    let run =
        life.ends("override grant --change email --check k5 --reason incident", 0, "granted")?;
    holds(run.out.contains(&format!("granted for {CHANGE}")), || run.out.clone())?;
    life.ends("contract --check", 0, "overridden by the grant in event")?;
    life.ends("contract", 0, "executed")?;
    life.is_dropped(true)?;
    life.has("override.used", 1)?;
    life.has("review.required", 1)?;
    // The next contract has to wait for the review.
    let next = "migrations/20260102000000_name";
    life.file(&format!("{next}/expand.sql"), "ALTER TABLE users ADD COLUMN full_name text;")?;
    life.file(&format!("{next}/contract.sql"), "ALTER TABLE users DROP COLUMN name;")?;
    life.ends("expand", 0, "")?;
    let run = life.ends("contract", 4, "a review is open, the contract of")?;
    holds(run.out.contains("migrate review"), || run.out.clone())?;
    life.ends("review --url https://example.com/1", 0, "the review is filed")?;
    let run = life.ends("contract", 4, "K1")?;
    holds(!run.out.contains("a review is open"), || run.out.clone())?;
    life.ends("review --url https://example.com/1", 9, "no review is open").map(drop)
}

fn a_grant_that_does_not_help(server: &Server) -> Result<(), String> {
    let life = long(server, "no_help")?;
    life.make_ready()?;
    let _alive = Alive::of(server, &life, &["web@v2"])?;
    let grant = |more: &str| format!("override grant --change email --reason so {more}");
    life.ends(&grant("--check K10"), 8, "K10 (dependents) cannot be overridden")?;
    life.ends(&grant("--check K5,K14"), 8, "cannot be overridden")?;
    life.ends(&grant("--check K5 --expires 5h"), 8, "4 hours at most")?;
    life.ends(&grant("--check soak"), 2, "is no check")?;
    // One that has expired is not taken for waiting to go on.
    life.ends(&grant("--check K5 --expires 1s"), 0, "granted")?;
    std::thread::sleep(std::time::Duration::from_millis(1_200));
    let run = life.ends("contract", 8, "expired at")?;
    let (_, rest) = run.out.split_once("; grant ").ok_or("no grant")?;
    let event = rest.split(' ').next().unwrap_or_default().to_owned();
    life.ends(&format!("override revoke {event} --reason over"), 0, "it is taken back")?;
    life.ends("contract", 4, "of 1 d earned")?;
    // A grant for the wait is none for an old version that is there.
    life.ends(&grant("--check K5,K3"), 0, "granted")?;
    let old = connected(server, &life, "web@v1")?;
    // It is back: that is a rollback, and the grant is void.
    let run = life.ends("contract", 4, "`web` v1 is connected now, and needs it")?;
    holds(run.out.contains("is void: a rollback was reported since"), || run.out.clone())?;
    drop(old);
    life.is_dropped(false)?;
    life.has("contract.executed", 0)
}

fn a_grant_for_another_contract(server: &Server) -> Result<(), String> {
    let life = long(server, "other_sql")?;
    life.make_ready()?;
    let _alive = Alive::of(server, &life, &["web@v2"])?;
    life.ends("override grant --change email --check K5 --reason so", 0, "granted")?;
    life.change("contract.sql", "ALTER TABLE users DROP COLUMN email_old, DROP COLUMN name;")?;
    life.ends("contract", 8, "its contract file is not the one that was registered")?;
    life.ends("ledger register email --reason more", 0, "")?;
    life.ends("contract", 4, "is void: it was made for another contract")?;
    life.is_dropped(false)
}

/// It holds for all of them, and is used with the first.
fn a_grant_for_steps_that_run_alone(server: &Server) -> Result<(), String> {
    let life = long(server, "alone")?;
    life.sql(
        "CREATE INDEX users_old ON users (email_old); CREATE INDEX users_name ON users (name)",
    )?;
    life.change(
        "contract.sql",
        "DROP INDEX CONCURRENTLY users_old;\nDROP INDEX CONCURRENTLY users_name;\n\
         ALTER TABLE users DROP COLUMN email_old;",
    )?;
    life.make_ready()?;
    let _alive = Alive::of(server, &life, &["web@v2"])?;
    life.ends("override grant --change email --check K5 --reason so", 0, "granted")?;
    life.ends("contract", 0, "executed")?;
    life.is_dropped(true)?;
    life.has("override.used", 1)?;
    life.has("review.required", 1)?;
    life.has("contract.executed", 1)
}

/// The review is asked for with what the grant let through, though the rest runs without it.
fn a_grant_for_a_contract_that_stops(server: &Server) -> Result<(), String> {
    let life = long(server, "stops")?;
    life.sql("CREATE INDEX users_old ON users (email_old)")?;
    let drop_index = "DROP INDEX CONCURRENTLY users_old;\nALTER TABLE users DROP COLUMN";
    life.change("contract.sql", format!("{drop_index} emial_old;"))?;
    life.make_ready()?;
    let _alive = Alive::of(server, &life, &["web@v2"])?;
    life.ends("override grant --change email --check K5 --reason so", 0, "granted")?;
    life.ends("contract", 1, "step 2 of")?;
    life.has("override.used", 1)?;
    life.has("review.required", 1)?;
    // It goes on by what it was granted, and asks for no second review.
    life.ends("contract", 1, "step 2 of")?;
    life.has("review.required", 1)?;
    life.change("contract.sql", format!("{drop_index} email_old;"))?;
    life.ends("ledger register email --reason typo", 0, "")?;
    life.ends("contract", 4, "of 1 d earned")?;
    // What it stopped for, its own review does not hold up.
    life.file("migrate.toml", ONE)?;
    life.ends("contract", 0, "executed")?;
    life.is_dropped(true)?;
    life.has("override.used", 1)?;
    life.has("review.required", 1)?;
    life.ends("review --url https://example.com/1", 0, "the review is filed").map(drop)
}
