//! A change from its expand to its contract, with nothing in its way but what has to be waited for.

use super::Test;
use super::world::CHANGE;
use super::world::Life;
use super::world::ONE;
use super::world::connected;
use super::world::holds;
use crate::server::Server;
use std::time::Duration;
use std::time::Instant;

pub(super) const TESTS: &[(&str, Test)] = &[
    ("whole::two_services_in_two_regions", two_services_in_two_regions),
    ("whole::connections_alone_are_enough", connections_alone_are_enough),
    ("whole::an_edited_contract_is_registered_anew", an_edited_contract_is_registered_anew),
    ("whole::two_runs_at_once", two_runs_at_once),
    ("whole::one_that_waits_holds_up_no_other", one_that_waits_holds_up_no_other),
    ("whole::settings_of_a_contract_stay_its_own", settings_of_a_contract_stay_its_own),
];

const TWO: &str = "environment = \"production\"\n[soak]\nwindow = \"2s\"\n\
     [[consumer]]\nservice = \"web\"\nregions = [\"eu\", \"us\"]\ninterval = \"1s\"\n\
     [[consumer]]\nservice = \"job\"\ninterval = \"1s\"\n";

fn two_services_in_two_regions(server: &Server) -> Result<(), String> {
    let life = Life::new(server, "whole", TWO)?;
    life.ends("contract --check", 6, "there is no ledger in this database")?;
    life.ends("expand", 0, "1 step of 1 change done")?;
    life.gives(
        "SELECT body::jsonb ->> 'owner' FROM migrate.ledger WHERE kind = 'change.registered'",
        "kim",
    )?;
    let run = life.ends("contract --check", 4, "blocked")?;
    for reason in ["no release of `web` in eu is known to be full", "no release of `job` is known"]
    {
        holds(run.out.contains(reason), || format!("no `{reason}` in\n{}", run.out))?;
    }
    life.ends("rollout finish web@v1", 0, "web@v1 is everywhere")?;
    life.ends("rollout finish job@v1", 0, "job@v1 is everywhere")?;
    let run = life.ends("contract", 4, "`web` v1 in eu is full, and needs it")?;
    holds(run.out.contains("`job` v1 is full, and needs it"), || run.out.clone())?;
    life.has("contract.evaluated", 1)?;
    life.beat("web@v1/eu")?;
    life.beat("job@v1")?;
    // The new release comes step by step; the old one is still seen while it does.
    life.ends("rollout start web@v2 --satisfies all --region eu", 0, "on its way")?;
    life.ends("rollout step web@v2 --weight 50", 0, "web@v2 has 50 % in eu")?;
    life.ends("rollout step web@v2 --weight 100", 0, "")?;
    life.beat("web@v1/eu")?;
    life.ends("rollout finish web@v2", 4, "web@v1 was seen alive just now")?;
    life.ends("rollout start web@v2 --region us", 0, "on its way")?;
    life.ends("rollout step web@v2 --weight 100", 0, "web@v2 has 100 % in us")?;
    life.ends("rollout finish web@v2 --wait 20s", 0, "web@v2 is everywhere")?;
    life.ends("rollout finish job@v2 --satisfies email --wait 20s", 0, "job@v2 is everywhere")?;
    life.ends("contract", 4, "it is alive")?;
    life.long_ago("web@v1", "2 minutes")?;
    life.long_ago("job@v1", "2 minutes")?;
    life.ends("contract", 6, "was never seen at work: silence proves nothing")?;
    let all = ["web@v2/eu", "web@v2/us", "job@v2"];
    all.iter().try_for_each(|version| life.beat(version))?;
    let run = life.ends("contract", 4, "of 2 s earned since")?;
    holds(run.out.contains("at the earliest"), || run.out.clone())?;
    life.is_dropped(false)?;
    life.soak(&all)?;
    life.soak(&all)?;
    life.ends("contract --check", 0, "may run")?;
    life.is_dropped(false)?;
    life.ends("contract", 0, "executed")?;
    life.is_dropped(true)?;
    after(&life)
}

/// What holds once it has run.
fn after(life: &Life) -> Result<(), String> {
    for (command, says) in [
        ("rollout start web@v1", "needs what the contract of"),
        ("rollout rollback --service web --to v1 --reason incident", "needs what the contract of"),
        ("check-version web@v1", "needs what the contract of"),
        ("check-version --service job --version v1", "needs what the contract of"),
    ] {
        life.ends(command, 8, says)?;
    }
    life.ends("check-version web@v2", 0, "can run on this schema")?;
    life.ends("rollback-targets --service web", 0, "no  web@v1: ")?;
    life.ends("rollout finish web@v3 --wait 20s", 0, "web@v3 is everywhere")?;
    life.ends("rollback-targets --service web", 0, "ok  web@v2")?;
    life.ends("contract", 0, "no contract is due")?;
    life.ends("expand", 0, "nothing is due")?;
    life.has("contract.executed", 1)?;
    life.has("floor.raised", 2)?;
    life.ends("ledger verify", 0, "whole")?;
    life.beat("web@v2")?;
    life.ends("rollout finish web@v1 --wait 20s", 8, "rollback-targets")?;
    life.ends("rollout status", 0, "floor of web: v2").map(drop)
}

/// A service that only connects, and never says that it is alive.
fn connections_alone_are_enough(server: &Server) -> Result<(), String> {
    let settings = ONE.replace("1s\"\n[[", "3s\"\n[[");
    let life = Life::new(server, "connected", &settings)?;
    life.ends("expand", 0, "")?;
    life.ends("rollout finish web@v1", 0, "")?;
    life.ends("rollout finish web@v2 --satisfies all", 0, "")?;
    let _web = connected(server, &life, "web@v2")?;
    // A role that may do no more than write events and change the schema sees it, too.
    life.ends("ledger install --roles", 0, "roles")?;
    life.ends("contract", 4, "of 3 s earned")?;
    let began = Instant::now();
    life.ends("contract --wait 30s", 0, "executed")?;
    holds(began.elapsed() >= Duration::from_millis(2_500), || "it did not wait".to_owned())?;
    life.is_dropped(true)?;
    // A wait is one verdict on record, not one each second.
    life.has("contract.evaluated", 1)
}

fn an_edited_contract_is_registered_anew(server: &Server) -> Result<(), String> {
    let life = Life::ready(server, "edited")?;
    let _alive = super::world::Alive::of(server, &life, &["web@v2"])?;
    life.change(
        "contract.sql",
        "-- said once more\nALTER TABLE users\n  DROP COLUMN email_old;\n",
    )?;
    life.ends("contract --check", 0, "may run")?;
    life.change("contract.sql", "ALTER TABLE users DROP COLUMN email_old, DROP COLUMN name;")?;
    let run = life.ends("contract", 8, "its contract file is not the one that was registered")?;
    holds(run.out.contains(&format!("migrate ledger register {CHANGE}")), || run.out.clone())?;
    life.is_dropped(false)?;
    let run = life.ends("ledger register email --reason both", 0, "is on record as it is now")?;
    holds(run.err.contains("note: what web@v2 said was said of the contract as it was"), || {
        run.err.clone()
    })?;
    // What was earned was earned for another contract.
    life.ends("contract", 4, "registered as another")?;
    life.soak(&["web@v2"])?;
    life.ends("contract", 0, "executed")?;
    life.is_dropped(true)?;
    let lines = life.ends("ledger export", 0, "contract.executed")?.out;
    let events: Vec<&str> = lines.lines().collect();
    life.gives("SELECT count(*) FROM migrate.ledger", &events.len().to_string())?;
    let whole = events.iter().all(|line| {
        let read: Result<serde_json::Value, _> = serde_json::from_str(line);
        read.is_ok_and(|event| event["seq"].is_i64() && event["hash"].is_string())
    });
    holds(whole, || lines.clone())?;
    let anchor = life.ends("ledger checkpoint", 0, ":")?.out;
    life.ends(&format!("ledger verify --anchor {}", anchor.trim()), 0, "whole")?;
    life.ends("ledger register email --reason again", 0, "")?;
    life.change("contract.sql", "ALTER TABLE users DROP COLUMN email_old;")?;
    life.ends("ledger register email --reason again", 9, "its files are history").map(drop)
}

/// The second run waits for the first, and finds nothing left to do.
fn two_runs_at_once(server: &Server) -> Result<(), String> {
    let life = Life::ready(server, "at_once")?;
    let _alive = super::world::Alive::of(server, &life, &["web@v2"])?;
    let runs = [life.command("contract"), life.command("contract"), life.command("contract")];
    let children: Vec<_> = runs.into_iter().map(|mut run| run.spawn()).collect();
    let (mut executed, mut idle) = (0, 0);
    for child in children {
        let run = super::world::finish(child.map_err(super::world::said)?)?;
        holds(run.code == Some(0), || format!("{run:?}"))?;
        executed += usize::from(run.out.contains("executed"));
        idle += usize::from(run.out.contains("no contract is due"));
    }
    holds(executed == 1 && idle == 2, || format!("{executed} ran, {idle} found nothing"))?;
    life.has("contract.executed", 1)
}

/// Of two contracts the first has to wait, and the second runs.
fn one_that_waits_holds_up_no_other(server: &Server) -> Result<(), String> {
    let life = Life::new(server, "no_other", ONE)?;
    let next = "migrations/20260102000000_name";
    life.file(&format!("{next}/expand.sql"), "ALTER TABLE users ADD COLUMN full_name text;")?;
    life.file(&format!("{next}/contract.sql"), "ALTER TABLE users DROP COLUMN name;")?;
    life.sql("CREATE VIEW old AS SELECT email_old FROM users")?;
    life.make_ready()?;
    let _alive = super::world::Alive::of(server, &life, &["web@v2"])?;
    let run = life.ends("contract --check", 4, &format!("contract of {CHANGE}: blocked"))?;
    holds(run.out.contains("contract of 20260102000000_name: may run"), || run.out.clone())?;
    let run = life.ends("contract --wait 1s", 4, "contract of 20260102000000_name: executed")?;
    holds(run.out.contains("view public.old"), || run.out.clone())?;
    life.is_dropped(false)?;
    life.has("contract.executed", 1)?;
    life.has("contract.evaluated", 1)?;
    life.sql("DROP VIEW old")?;
    life.ends("contract", 0, "executed")?;
    life.is_dropped(true)
}

/// A role and a search path that its file sets do not reach the rows of the ledger.
fn settings_of_a_contract_stay_its_own(server: &Server) -> Result<(), String> {
    let life = Life::new(server, "settings", ONE)?;
    life.sql("CREATE ROLE life_owner; ALTER TABLE users OWNER TO life_owner")?;
    life.change(
        "contract.sql",
        "SET ROLE life_owner; SET search_path = public;\nALTER TABLE users DROP COLUMN email_old;\n\
         ALTER TABLE users DROP COLUMN name;",
    )?;
    life.make_ready()?;
    life.ends("contract", 0, "executed")?;
    life.gives("SELECT count(*) FROM migrate.ledger WHERE db_user <> 'postgres'", "0")?;
    life.ends("ledger verify", 0, "whole")?;
    life.sql("REASSIGN OWNED BY life_owner TO postgres; DROP ROLE life_owner")
}
