//! The way back from an expand: whole or not at all where that can be, half where it cannot, never
//! from under a release that stands on it; and what was filled in is filled in anew.

use super::Test;
use super::world::CHANGE;
use super::world::Life;
use super::world::ONE;
use super::world::Run;
use super::world::SHORT;
use super::world::holds;
use crate::server::Server;

pub(super) const TESTS: &[(&str, Test)] = &[
    ("undos::half_undone", half_undone),
    ("undos::all_or_nothing", all_or_nothing),
    ("undos::unsettled", unsettled),
    ("undos::filled_in_anew", filled_in_anew),
    ("undos::what_stands_on_it", what_stands_on_it),
];

/// Whether the column is there that the expand adds.
const ADDED: &str = "SELECT count(*) FROM pg_attribute
    WHERE attrelid = 'users'::regclass AND attname = 'email' AND NOT attisdropped";

/// A change whose expand is done and whose data is filled in, which was proven.
fn filled(server: &Server, name: &str, expand: &str, undo: &str) -> Result<Life, String> {
    let life = Life::new(server, name, ONE)?;
    life.change("expand.sql", expand)?;
    life.change("expand.undo.sql", undo)?;
    life.change(
        "migrate.sql",
        "UPDATE users SET email = email_old WHERE email IS DISTINCT FROM email_old;",
    )?;
    life.ends("expand", 0, "done")?;
    life.ends("rollout finish web@v1", 0, "")?;
    life.ends("backfill run", 0, "done")?;
    life.ends(&format!("backfill verify --change {SHORT}"), 0, "no row")?;
    Ok(life)
}

fn lacks(run: &Run, word: &str) -> Result<(), String> {
    holds(!run.out.contains(word) && !run.err.contains(word), || format!("{word}: {run:?}"))
}

/// A step that cannot be in a transaction is done, the next one fails.
fn half_undone(server: &Server) -> Result<(), String> {
    let expand = "ALTER TABLE users ADD COLUMN email text;\n\
                  CREATE INDEX CONCURRENTLY users_email ON users (email);";
    let taken = "DROP INDEX CONCURRENTLY users_email;\nALTER TABLE users DROP COLUMN email;\n";
    let life = filled(server, "half_undone", expand, &format!("{taken}DROP FUNCTION gone();"))?;
    life.ends("release declare web@v2 --satisfies all", 0, "")?;
    life.ends("check-version web@v2", 0, "can run")?;
    life.ends("undo", 1, "step 3")?;
    life.gives(ADDED, "0")?;
    let run = life.ends("status", 3, "half undone: 2 of 3 steps of its undo are done; step 3")?;
    holds(run.out.contains("next: `migrate undo` goes on"), || run.out.clone())?;
    life.ends("expand", 8, "is half undone")?;
    life.ends("check-version web@v2", 4, "its expand is half undone; `migrate undo` goes on")?;
    life.ends("backfill run", 4, "next: migrate undo")?;
    let run = life.ends("contract", 8, "its expand is half undone: `migrate undo` goes on")?;
    holds(run.out.contains("no proof says that no row is left"), || run.out.clone())?;
    holds(run.out.contains("next: migrate undo"), || run.out.clone())?;
    life.is_dropped(false)?;
    // What is done must be what the script says still.
    life.change("expand.undo.sql", "DROP INDEX CONCURRENTLY users_mail;")?;
    life.ends("undo", 8, "was edited after its step")?;
    life.change("expand.undo.sql", format!("{taken}DROP TABLE IF EXISTS gone;"))?;
    life.ends("undo", 0, "is taken back")?;
    life.has("phase.undone", 1)?;
    life.ends("status", 0, "next: `migrate expand`")?;
    life.ends("expand", 0, "2 steps of 1 change done")?;
    life.ends("status", 0, "next: `migrate backfill run")?;
    life.ends("check-version web@v2", 0, "can run").map(drop)
}

/// Steps that may run in one transaction do: none is done where one fails.
fn all_or_nothing(server: &Server) -> Result<(), String> {
    let expand = "ALTER TABLE users ADD COLUMN email text;";
    let undo = "ALTER TABLE users DROP COLUMN email;\nDROP FUNCTION gone();";
    let life = filled(server, "undo_whole", expand, undo)?;
    let run = life.ends("undo", 1, "step 2")?;
    holds(run.err.contains("nothing of it is left"), || run.err.clone())?;
    life.gives(ADDED, "1")?;
    life.ends("status", 0, "applied")?;
    life.gives("SELECT count(*) FROM migrate.backfill_job WHERE state = 'done'", "1")?;
    life.change("expand.undo.sql", "ALTER TABLE users DROP COLUMN email;\nSELECT 1;")?;
    life.ends("undo", 0, "is taken back")?;
    life.gives(ADDED, "0")?;
    life.ends("undo", 8, "no expand is applied")?;
    life.ends("ledger verify", 0, "whole").map(drop)
}

/// A run died in the midst of a step that leaves no trace.
fn unsettled(server: &Server) -> Result<(), String> {
    let expand = "ALTER TABLE users ADD COLUMN email text;";
    let undo = "DROP DATABASE gone;\nALTER TABLE users DROP COLUMN email;";
    let life = filled(server, "undo_unsettled", expand, undo)?;
    life.ends("undo", 1, "step 1")?;
    life.ends("status", 3, "half undone: 0 of 2 steps of its undo are done; step 1 failed")?;
    life.sql(
        "SELECT migrate.append('step.started', body, actor, actor_source, NULL, NULL, NULL)
         FROM migrate.ledger WHERE kind = 'step.started' ORDER BY seq DESC LIMIT 1",
    )?;
    life.ends("undo", 6, &format!("--settle {CHANGE}:1=done"))?;
    life.gives(ADDED, "1")?;
    life.ends(&format!("undo --settle {CHANGE}:1=done"), 0, "is taken back")?;
    life.gives(ADDED, "0")
}

/// A column that is new is empty, whatever was filled in of the one before.
fn filled_in_anew(server: &Server) -> Result<(), String> {
    let expand = "ALTER TABLE users ADD COLUMN email text;";
    let life = filled(server, "anew", expand, "ALTER TABLE users DROP COLUMN email;")?;
    life.ends("undo", 0, "is taken back")?;
    life.ends("backfill status", 6, "no backfill was begun")?;
    life.ends("expand", 0, "done")?;
    let run = life.ends("contract --check", 4, "step 1 of its migrate is not done")?;
    lacks(&run, "ledger register")?;
    life.ends("status", 0, "next: `migrate backfill run")?;
    life.ends(&format!("backfill verify --change {SHORT}"), 4, "never begun")?;
    life.ends("backfill run", 0, "done")?;
    life.gives("SELECT count(*) FROM users WHERE email IS NULL", "0")?;
    life.ends(&format!("backfill verify --change {SHORT}"), 0, "no row").map(drop)
}

/// Code that does without the old column uses the new one.
fn what_stands_on_it(server: &Server) -> Result<(), String> {
    let expand = "ALTER TABLE users ADD COLUMN email text;";
    let life = filled(server, "stands", expand, "ALTER TABLE users DROP COLUMN email;")?;
    life.ends("rollout start web@v2 --satisfies all", 0, "")?;
    let words = "`web` v2 is on its way, and needs it; `migrate rollout abort web@v2 --reason …`";
    life.ends("undo", 8, words)?;
    life.ends("rollout step web@v2 --weight 100", 0, "")?;
    life.ends("rollout finish web@v2", 0, "")?;
    let words = "`web` v2 is at work, and needs it; `migrate rollout rollback --service web";
    life.ends("undo", 8, words)?;
    life.beat("web@v2")?;
    life.ends("rollout rollback --service web --to v1 --reason slow", 0, "")?;
    life.ends("undo", 8, "`web` v2 was seen alive just now, and needs it; stop it")?;
    life.gives(ADDED, "1")?;
    life.long_ago("web@v2", "1 minute")?;
    life.ends("undo", 0, "is taken back")?;
    let run = life.ends("check-version web@v2", 4, "its expand was undone")?;
    holds(run.err.contains("`migrate expand` goes on"), || run.err.clone())?;
    life.ends("check-version web@v1", 0, "can run")?;
    let run =
        life.ends(&format!("contract --check --change {CHANGE}"), 8, "next: migrate expand")?;
    lacks(&run, "ledger register")?;
    // What is made from it without either is said to be.
    life.ends("release declare web@v3 --parent v2 --takes-back email", 0, "")?;
    life.ends("check-version web@v3", 0, "can run").map(drop)
}
