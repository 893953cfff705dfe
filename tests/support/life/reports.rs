//! What pipelines and services say: twice, at once, with the same key, and with more rights than
//! they should have.

use super::Test;
use super::world::CHANGE;
use super::world::Life;
use super::world::ONE;
use super::world::connected;
use super::world::ended;
use super::world::finish;
use super::world::holds;
use super::world::said;
use crate::server::Server;
use crate::server::reason;
use std::process::Child;

pub(super) const TESTS: &[(&str, Test)] = &[
    ("reports::two_pipelines_at_once", two_pipelines_at_once),
    ("reports::the_same_key", the_same_key),
    ("reports::keys_of_what_was_filled_up", keys_of_what_was_filled_up),
    ("reports::names_that_nobody_knows", names_that_nobody_knows),
    ("reports::names_from_another_folder", names_from_another_folder),
    ("reports::what_a_release_says_of_itself", what_a_release_says_of_itself),
    ("reports::a_region_that_was_left_out", a_region_that_was_left_out),
    ("reports::a_proof_that_came_too_early", a_proof_that_came_too_early),
    ("reports::a_writer_goes_by_the_function_alone", a_writer_goes_by_the_function_alone),
    ("reports::roles_may_do_what_they_are_for", roles_may_do_what_they_are_for),
    ("reports::a_reader_gets_the_verdict", a_reader_gets_the_verdict),
    ("reports::status_in_another_environment", status_in_another_environment),
    ("reports::a_release_while_another_is_on_its_way", a_release_while_another_is_on_its_way),
];

/// The number of the event that a report is on record as.
fn event(out: &str) -> Result<&str, String> {
    let (_, rest) = out.split_once("(event ").ok_or_else(|| format!("no event in {out}"))?;
    rest.split_once(')').map(|(seq, _)| seq).ok_or_else(|| out.to_owned())
}

fn two_pipelines_at_once(server: &Server) -> Result<(), String> {
    let life = Life::new(server, "pipelines", ONE)?;
    life.ends("expand", 0, "")?;
    life.ends("rollout finish web@v1", 0, "")?;
    for round in 0..4 {
        let versions = [format!("a{round}"), format!("b{round}")];
        let start = |version: &String| format!("rollout start web@{version}");
        let begun: Vec<Child> = versions
            .iter()
            .map(|version| life.command(&start(version)).spawn())
            .collect::<Result<_, _>>()
            .map_err(said)?;
        let runs = begun.into_iter().map(finish).collect::<Result<Vec<_>, _>>()?;
        let codes: Vec<_> = runs.iter().map(|run| run.code).collect();
        let won = codes.iter().position(|code| *code == Some(0));
        let lost = codes.iter().position(|code| *code == Some(9));
        let (Some(won), Some(lost)) = (won, lost) else {
            return Err(format!("round {round}: {runs:?}"));
        };
        let says = format!("web@{} is on its way", versions[won]);
        holds(runs[won].out.contains(&says), || format!("{runs:?}"))?;
        let why = format!("{} is on its way to `web`, at 0 %", versions[won]);
        holds(runs[lost].err.contains(&why), || format!("{runs:?}"))?;
        let again = life.ends(&start(&versions[won]), 0, "as it was before")?;
        holds(event(&again.out)? == event(&runs[won].out)?, || format!("{again:?} {runs:?}"))?;
        life.ends(&format!("rollout abort web@{} --reason test", versions[won]), 0, "")?;
    }
    life.has("rollout.started", 5)?;
    life.ends("ledger verify", 0, "whole").map(drop)
}

fn the_same_key(server: &Server) -> Result<(), String> {
    let life = Life::new(server, "keys", ONE)?;
    life.ends("expand", 0, "")?;
    let first = life.ends("rollout start web@v1 --key run-1", 0, "on its way")?;
    let again = life.ends("rollout start web@v1 --key run-1", 0, "as it was before")?;
    holds(event(&first.out)? == event(&again.out)?, || format!("{first:?} {again:?}"))?;
    life.ends("rollout start web@v2 --key run-1", 9, "has the key \"run-1\"")?;
    life.ends("rollout step web@v1 --weight 10 --key run-1", 9, "says something else")?;
    life.ends("rollout step web@v1 --weight 10 --key run-2", 0, "")?;
    // What was right when it was said for the first time stays so.
    life.ends("rollout step web@v1 --weight 50 --key run-3", 0, "")?;
    life.ends("rollout step web@v1 --weight 10 --key run-2", 0, "as it was before")?;
    life.has("rollout.started", 1)?;
    life.has("rollout.step", 2)
}

/// What a report leaves out is filled up from what is on record then, not now.
fn keys_of_what_was_filled_up(server: &Server) -> Result<(), String> {
    let life = Life::new(server, "keys_filled", ONE)?;
    life.ends("expand", 0, "")?;
    life.ends("rollout finish web@v1", 0, "")?;
    let declare = "release declare web@v2 --satisfies all --key job-1";
    life.ends(declare, 0, "is declared")?;
    life.ends(declare, 0, "as it was before")?;
    life.ends("release declare web@v2 --uses all --key job-1", 9, "says something else")?;
    life.ends("rollout finish web@v2", 0, "")?;
    let back = "rollout rollback --service web --to v1 --reason slow --key job-2";
    life.ends(back, 0, "web is back at v1")?;
    life.ends(back, 0, "as it was before")?;
    life.has("rollout.rolled_back", 1)
}

/// The command that goes on with a rollout is one that can be run.
fn a_region_that_was_left_out(server: &Server) -> Result<(), String> {
    let regions = ONE.replace("interval = \"1s\"", "interval = \"1s\"\nregions = [\"eu\", \"us\"]");
    let life = Life::new(server, "left_out", &regions)?;
    life.ends("expand", 0, "")?;
    life.ends("rollout finish web@v1", 0, "")?;
    life.ends("rollout start web@v2 --region eu", 0, "")?;
    let goes_on = "`migrate rollout step --weight 100 --service web --version v2 --region eu`";
    life.ends("rollout finish web@v2", 4, goes_on)?;
    life.ends("rollout step --weight 100 --service web --version v2 --region eu", 0, "")?;
    let goes_on = "`migrate rollout start --service web --version v2 --region us`";
    life.ends("rollout finish web@v2", 4, goes_on)?;
    life.ends("rollout start --service web --version v2 --region us", 0, "")?;
    life.ends("rollout step web@v2 --weight 100 --region us", 0, "")?;
    life.ends("rollout finish web@v2", 0, "web@v2 is everywhere").map(drop)
}

/// A proof counts from when the last old release was seen: status says what is to be done again.
fn a_proof_that_came_too_early(server: &Server) -> Result<(), String> {
    let life = Life::new(server, "too_early", ONE)?;
    life.change("migrate.sql", "UPDATE users SET email = email_old WHERE email IS NULL;")?;
    life.ends("expand", 0, "")?;
    life.ends("backfill run", 0, "done")?;
    life.ends("backfill verify --change email", 0, "")?;
    life.ends("rollout finish web@v2 --satisfies all", 0, "")?;
    life.soak(&["web@v2"])?;
    let verify = format!("migrate backfill verify --change {CHANGE}");
    life.ends("contract --check", 4, &verify)?;
    life.ends("status", 0, &verify)?;
    life.ends("backfill verify --change email", 0, "")?;
    life.ends("contract", 0, "executed")?;
    life.ends("check-version web@v3", 8, "migrate release declare").map(drop)
}

fn names_that_nobody_knows(server: &Server) -> Result<(), String> {
    let life = Life::new(server, "names_unknown", ONE)?;
    life.ends("expand", 0, "")?;
    let run = life.ends("release declare web@v1 --satisfies emial", 0, "is declared")?;
    holds(run.err.contains("no change `emial` is here or on record"), || run.err)?;
    let run = life.ends("release declare web@v2 --uses email", 0, "is declared")?;
    holds(!run.err.contains("on record"), || run.err)?;
    life.ends("release declare web@v3 --takes-back emial", 2, "no change `emial` is here")?;
    life.ends("check-version web@v3", 4, "")?;
    life.has("release.declared", 2)
}

/// A service whose code is elsewhere calls a change by its short name all the same.
fn names_from_another_folder(server: &Server) -> Result<(), String> {
    let life = Life::ready(server, "names_elsewhere")?;
    let folder = tempfile::tempdir().map_err(said)?;
    std::fs::write(folder.path().join("migrate.toml"), ONE).map_err(said)?;
    for (words, code) in
        [("web@v3 --takes-back email", 0), ("web@v3 --takes-back emial", 2), ("web@v4", 0)]
    {
        let mut command = life.command(&format!("release declare {words}"));
        let run = finish(command.current_dir(folder.path()).spawn().map_err(said)?)?;
        holds(run.code == Some(code), || format!("{words}: {run:?}"))?;
    }
    life.ends("rollout finish web@v4 --wait 20s", 0, "")?;
    life.ends("contract --check", 4, "v4")?;
    life.gives("SELECT count(*) FROM migrate.ledger WHERE body::text LIKE '%\"emial\"%'", "0")
}

/// The last word counts, but for the version that it was made from.
fn what_a_release_says_of_itself(server: &Server) -> Result<(), String> {
    let life = Life::ready(server, "last_word")?;
    for (says, code) in [("takes-back", 4), ("satisfies", 0), ("takes-back", 4)] {
        let run = life.ends(&format!("release declare web@v3 --{says} email"), 0, "is declared")?;
        holds(!run.out.contains("as it was before"), || format!("{says}: {run:?}"))?;
        life.ends("rollout finish web@v3 --wait 20s", 0, "")?;
        life.soak(&["web@v3"])?;
        life.ends("contract --check", code, "")?;
    }
    life.ends("release declare web@v3 --parent none", 2, "web@v3 was made from v2")?;
    life.ends("release declare web@v3 --parent v1", 9, "made from v2, not v1").map(drop)
}

/// Whether a role is refused a statement, with this code.
fn refused(life: &Life, role: &str, sql: &str, code: &str) -> Result<(), String> {
    let tried = life.session.run(&format!("BEGIN; SET LOCAL ROLE {role}; {sql}"));
    life.sql("ROLLBACK")?;
    match tried {
        Ok(()) => Err(format!("{role} may: {sql}")),
        Err(error) if reason(&error).starts_with(code) => Ok(()),
        Err(error) => Err(format!("{role}: {sql}: {}", reason(&error))),
    }
}

/// Whether a role may run a statement; nothing of it stays, for the program knows no event that a
/// test made up.
fn allowed(life: &Life, role: &str, sql: &str) -> Result<(), String> {
    life.sql(&format!("BEGIN; SET LOCAL ROLE {role}; {sql}; ROLLBACK"))
}

/// One more event, behind the last one.
const ROW: &str =
    "INSERT INTO migrate.ledger (seq, kind, actor, actor_source, db_user, recorded_at,
    body, prev_hash, entry_hash) SELECT seq + 1, kind, actor, actor_source, db_user, recorded_at,
    body, entry_hash, sha256(entry_hash) FROM migrate.ledger ORDER BY seq DESC LIMIT 1";

const APPEND: &str = "SELECT migrate.append('checkpoint.told', '{}', 'me', 'cli')";

fn a_writer_goes_by_the_function_alone(server: &Server) -> Result<(), String> {
    let life = Life::new(server, "writer", ONE)?;
    life.ends("ledger install --roles", 0, "roles: migrate_reader")?;
    let head = "SELECT seq, encode(entry_hash, 'hex') FROM migrate.head";
    let before = life.text(head)?;
    refused(&life, "migrate_writer", ROW, "42501")?;
    life.gives(head, &before)?;
    life.ends("ledger verify", 0, "whole")?;
    // Not even who may: the row is there, and the head knows nothing of it.
    life.sql(ROW)?;
    life.gives(
        "SELECT l.seq = h.seq + 1 FROM migrate.head h, migrate.ledger l
            ORDER BY l.seq DESC LIMIT 1",
        "t",
    )?;
    life.gives(head, &before)?;
    life.ends("ledger verify", 7, "this event was edited after it was recorded").map(drop)
}

fn roles_may_do_what_they_are_for(server: &Server) -> Result<(), String> {
    let life = Life::new(server, "roles", ONE)?;
    life.ends("expand", 0, "")?;
    life.ends("ledger install --roles", 0, "roles: migrate_reader")?;
    life.ends("ledger install --roles", 0, "the ledger is there")?;
    let look = "SELECT FROM migrate.ledger; SELECT FROM migrate.sighting; SELECT FROM migrate.head;
        SELECT FROM migrate.history";
    let beat = "SELECT migrate.beat('web', 'v1')";
    let writes = [
        "UPDATE migrate.ledger SET body = '{}'",
        "DELETE FROM migrate.ledger",
        "TRUNCATE migrate.ledger",
        "UPDATE migrate.head SET seq = 1",
        "DELETE FROM migrate.head",
        "DELETE FROM migrate.sighting",
        "UPDATE migrate.meta SET version = 9",
    ];
    for (role, may, may_not) in [
        ("migrate_reader", vec![look], vec![APPEND, beat]),
        ("migrate_writer", vec![look, APPEND, beat], vec![]),
        ("migrate_beat", vec![beat], vec![APPEND, look]),
    ] {
        for sql in may {
            allowed(&life, role, sql)?;
        }
        for sql in may_not.into_iter().chain(writes) {
            refused(&life, role, sql, "42501")?;
        }
    }
    // Its owner cannot either, as long as the triggers act.
    for sql in &writes[..3] {
        refused(&life, "postgres", sql, "MG003")?;
    }
    refused(&life, "postgres", writes[4], "MG003")?;
    // The program does with each role what that may.
    life.sql("CREATE ROLE life_reader LOGIN IN ROLE migrate_reader")?;
    life.sql("CREATE ROLE life_beat LOGIN IN ROLE migrate_beat")?;
    let run = |role: &str, arguments: &str| {
        let address = life.address.replace("user=postgres", &format!("user={role}"));
        finish(life.at(&address, arguments).spawn().map_err(said)?)
    };
    for (role, arguments, code, says) in [
        ("life_reader", "rollout status", 0, "no rollout was reported"),
        ("life_reader", "ledger export", 0, CHANGE),
        ("life_reader", "check-version web@v1", 4, "was never declared"),
        ("life_reader", "rollout start web@v1", 1, "42501"),
        ("life_beat", "rollout heartbeat web@v1", 0, ""),
        ("life_beat", "ledger export", 1, "42501"),
    ] {
        ended(run(role, arguments)?, &format!("{role}: {arguments}"), code, says)?;
    }
    let kept = format!("SELECT count(*) FROM migrate.ledger WHERE change = '{CHANGE}'");
    holds(life.text(&kept)? != "0", || "the ledger is empty".to_owned())?;
    life.sql("DROP ROLE life_reader, life_beat")
}

/// Who may only read is told the verdict: nothing is put on record for it.
fn a_reader_gets_the_verdict(server: &Server) -> Result<(), String> {
    let life = Life::ready(server, "judge")?;
    life.ends("ledger install --roles", 0, "roles: migrate_reader")?;
    life.sql("CREATE ROLE life_judge LOGIN IN ROLE migrate_reader")?;
    let address = life.address.replace("user=postgres", "user=life_judge");
    let asked = |arguments: &str, code: i32, says: &str| {
        let run = finish(life.at(&address, arguments).spawn().map_err(said)?)?;
        ended(run, arguments, code, says)
    };
    let _old = connected(server, &life, "web@v2")?;
    life.beat("web@v2")?;
    let run = asked("contract --check", 0, "may run")?;
    holds(run.err.is_empty(), || run.err.clone())?;
    // An old version that is connected is seen all the same.
    let _back = connected(server, &life, "web@v1")?;
    let run = asked("contract --check --format json", 4, "v1 is connected now, and needs it")?;
    holds(run.out.contains("\"ready\":false"), || run.out.clone())?;
    life.has("rollout.rolled_back", 0)?;
    let first = "-- migrate:up\nCREATE TABLE users (name text);\n-- migrate:down\n";
    life.file("db/migrations/20260101000000_users.sql", first)?;
    let file = "db/migrations/20260102000000_no_name.sql";
    life.file(file, "-- migrate:up\nALTER TABLE users DROP COLUMN name;\n-- migrate:down\n")?;
    let run = asked(&format!("contract --check {file}"), 4, "K1")?;
    holds(!run.err.contains("error"), || run.err)?;
    // Who runs it needs more.
    let run = finish(life.at(&address, "contract").spawn().map_err(said)?)?;
    holds(run.code == Some(1) && run.err.contains("42501"), || format!("{run:?}"))?;
    life.is_dropped(false)?;
    life.sql("DROP ROLE life_judge")
}

fn status_in_another_environment(server: &Server) -> Result<(), String> {
    let life = Life::new(server, "bound", ONE)?;
    life.ends("status", 0, "no ledger in this database yet")?;
    life.ends("expand", 0, "1 step of 1 change done")?;
    life.ends("status", 0, "applied")?;
    let other = "status --environment production";
    let run = life.ends(other, 7, "error: this ledger belongs to database")?;
    holds(run.out.contains("applied"), || run.out.clone())?;
    life.file("migrate.toml", ONE.replace("\"test\"", "\"production\""))?;
    life.ends("status", 7, "of production")?;
    life.ends("expand", 7, "this ledger belongs to")?;
    life.ends("rollout heartbeat web@v1", 7, "this ledger belongs to")?;
    life.gives("SELECT count(*) FROM migrate.sighting", "0")?;
    life.ends("status --environment test", 0, "applied").map(drop)
}

fn a_release_while_another_is_on_its_way(server: &Server) -> Result<(), String> {
    let life = Life::new(server, "supersede", ONE)?;
    life.ends("expand", 0, "")?;
    life.ends("rollout start web@v2", 0, "")?;
    life.ends("rollout step web@v2 --weight 10", 0, "")?;
    let why = "v2 is on its way to `web`, at 10 %, and v4 is not; \
               `migrate rollout start --service web --version v4 --supersede v2`";
    life.ends("rollout finish web@v4", 9, why)?;
    life.ends("rollout start --service web --version v4 --supersede v2", 0, "is on its way")?;
    life.ends("rollout finish web@v4", 4, "v4 is at 0 %")?;
    life.ends("rollout step web@v4 --weight 100", 0, "")?;
    life.ends("rollout finish web@v4", 0, "web@v4 is everywhere").map(drop)
}
