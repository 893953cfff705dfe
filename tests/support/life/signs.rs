//! Signs of life: what they earn, that none is waited for, and what they say of releases that
//! nobody reported.

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
use crate::asked;
use crate::server::Server;

pub(super) const TESTS: &[(&str, Test)] = &[
    ("signs::a_release_at_work_before_it_is_declared", at_work_before_it_is_declared),
    ("signs::a_check_puts_nothing_on_record", a_check_puts_nothing_on_record),
    ("signs::what_is_declared_says_what_a_beat_earns", what_a_beat_earns),
    ("signs::tables_of_an_older_version", tables_of_an_older_version),
    ("signs::a_transaction_that_stays_open_holds_up_no_beat", held_up_by_nobody),
    ("signs::a_way_back_between_releases_that_can_do_without", a_way_back),
    ("signs::a_name_that_the_server_cut", a_name_that_the_server_cut),
    ("signs::a_release_below_the_floor", below_the_floor),
];

/// As in the pipeline that the documents tell of: deployed first, then finished.
fn at_work_before_it_is_declared(server: &Server) -> Result<(), String> {
    let life = Life::ready(server, "undeclared")?;
    let _new = Alive::of(server, &life, &["web@v3"])?;
    life.ends("contract --check", 4, "v3, which was never declared")?;
    let run = life.ends("contract", 4, "v3, which was never declared")?;
    holds(!run.out.contains("taken back"), || run.out.clone())?;
    let run = life.ends("rollout finish web@v3 --satisfies all --wait 20s", 0, "is everywhere")?;
    holds(!run.out.contains("as it was before"), || run.out.clone())?;
    life.has("rollout.rolled_back", 0)?;
    // The clock runs since v2 was full, not since v3 is.
    let run = life.ends("contract --check --format json", 0, "\"ready\":true")?;
    let since = "SELECT to_char(max(recorded_at) AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS')
        FROM migrate.ledger WHERE kind = 'rollout.step' AND version = 'v2'";
    let since = life.text(since)?;
    let words = format!("earned since {since}");
    holds(run.out.contains(&words), || format!("not {words}: {}", run.out))?;
    life.ends("contract", 0, "executed").map(drop)
}

/// All that could change while it is looked at.
const WRITTEN: &str = "SELECT (SELECT count(*) FROM migrate.ledger),
    (SELECT sum(beats) FROM migrate.sighting), (SELECT count(*) FROM migrate.sighting)";

fn a_check_puts_nothing_on_record(server: &Server) -> Result<(), String> {
    let life = Life::ready(server, "looks")?;
    let _new = connected(server, &life, "web@v2")?;
    life.beat("web@v1")?;
    let before = life.text(WRITTEN)?;
    let open = |out: &str| -> Vec<String> {
        let read: serde_json::Value = serde_json::from_str(out.trim()).unwrap_or_default();
        let checks = read["checks"].as_array().cloned().unwrap_or_default();
        let told = |check: &serde_json::Value| format!("{} {}", check["id"], check["outcome"]);
        checks.iter().map(told).collect()
    };
    let run = life.ends("contract --check --format json", 4, "v1 is full, and needs it")?;
    life.gives(WRITTEN, &before)?;
    life.ends("status", 0, "v1 is full, and needs it")?;
    life.gives(WRITTEN, &before)?;
    let real = life.ends("contract --format json", 4, "v1 is full, and needs it")?;
    let (looked, real) = (open(&run.out), open(&real.out));
    holds(looked == real && !real.is_empty(), || format!("{looked:?} {real:?}"))?;
    life.has("rollout.rolled_back", 1)?;
    // Nor does what the configuration says go on record, and it counts.
    life.file("migrate.toml", ONE.replace("\"web\"", "\"api\""))?;
    life.ends("contract --check", 4, "`web`")?;
    life.has("consumers.changed", 1)
}

/// What the last span of a service has.
fn last(life: &Life, service: &str, wanted: &str) -> Result<(), String> {
    life.gives(
        &format!(
            "SELECT round(extract(epoch FROM earned))::int, beats FROM migrate.sighting
             WHERE service = '{service}' ORDER BY until DESC, id DESC LIMIT 1"
        ),
        wanted,
    )
}

fn what_a_beat_earns(server: &Server) -> Result<(), String> {
    let life = Life::new(server, "earns", &ONE.replace("interval = \"1s\"", "interval = \"70s\""))?;
    life.ends("expand", 0, "")?;
    life.ends("rollout finish web@v1", 0, "")?;
    // It beats every 65 s, and says nothing of how often.
    life.sql("SELECT migrate.beat('web', 'v1')")?;
    life.long_ago("web@v1", "65 seconds")?;
    life.sql("SELECT migrate.beat('web', 'v1')")?;
    last(&life, "web", "65|2")?;
    // One that is late earns no more than an interval, and silence nothing.
    life.long_ago("web@v1", "200 seconds")?;
    life.sql("SELECT migrate.beat('web', 'v1', '', 3600)")?;
    last(&life, "web", "135|3")?;
    life.long_ago("web@v1", "211 seconds")?;
    life.sql("SELECT migrate.beat('web', 'v1', '', 3600)")?;
    last(&life, "web", "0|1")?;
    // What nobody declared is taken at its word until somebody does.
    life.sql("SELECT migrate.beat('job', 'v1', '', 3600)")?;
    life.long_ago("job@v1", "300 seconds")?;
    life.sql("SELECT migrate.beat('job', 'v1', '', 3600)")?;
    last(&life, "job", "300|2")?;
    let both = "[soak]\nwindow = \"4m\"\n[[consumer]]\nservice = \"job\"\ninterval = \"1s\"\n";
    life.file("migrate.toml", format!("environment = \"test\"\n{both}"))?;
    life.ends("rollout finish job@v1 --satisfies all", 0, "")?;
    life.sql("UPDATE migrate.sighting SET until = until + interval '5 minutes'")?;
    life.ends("contract --check", 4, "0 s of 4 min earned").map(drop)
}

/// A ledger that was made before is brought up to date by who may, and read by all others.
fn tables_of_an_older_version(server: &Server) -> Result<(), String> {
    let life = Life::ready(server, "older")?;
    life.ends("ledger install --roles", 0, "roles: migrate_reader")?;
    life.sql(
        "CREATE OR REPLACE FUNCTION migrate.beat(service text, version text, region text DEFAULT '',
            seconds integer DEFAULT 30, source text DEFAULT 'push') RETURNS void
         LANGUAGE sql AS 'SELECT'; UPDATE migrate.meta SET version = 2;
         DROP ROLE IF EXISTS life_older; CREATE ROLE life_older LOGIN IN ROLE migrate_writer",
    )?;
    let address = life.address.replace("user=postgres", "user=life_older");
    let run = finish(life.at(&address, "rollout finish web@v2").spawn().map_err(said)?)?;
    ended(run, "rollout finish", 0, "as it was before")?;
    life.gives("SELECT version FROM migrate.meta", "2")?;
    life.ends("rollout finish web@v2", 0, "as it was before")?;
    life.gives("SELECT version FROM migrate.meta", "3")?;
    life.gives(
        "SELECT has_function_privilege('migrate_beat', oid, 'EXECUTE') FROM pg_proc
        WHERE oid = 'migrate.beat'::regproc",
        "t",
    )?;
    life.soak(&["web@v2"])?;
    life.ends("contract", 0, "executed")?;
    life.sql("DROP ROLE life_older")
}

fn held_up_by_nobody(server: &Server) -> Result<(), String> {
    let life = Life::ready(server, "open")?;
    let rows = "SELECT count(*) FROM migrate.sighting WHERE version = 'v2'";
    life.gives(rows, "1")?;
    let held = another(server, &life)?;
    asked::sql(&held, "BEGIN; SELECT migrate.beat('web', 'v2')")?;
    // Others of that version are neither held up nor lost.
    life.sql("SET statement_timeout = '2s'")?;
    for _ in 0..4 {
        life.sql("SELECT migrate.beat('web', 'v2')")?;
        std::thread::sleep(std::time::Duration::from_millis(600));
    }
    life.gives(rows, "2")?;
    life.gives(
        "SELECT b.since = a.until, b.earned > interval '1.5 seconds'
         FROM migrate.sighting a, migrate.sighting b
         WHERE a.version = 'v2' AND b.version = 'v2' AND a.id < b.id",
        "t|t",
    )?;
    asked::sql(&held, "COMMIT")?;
    life.sql("SELECT migrate.beat('web', 'v2')")?;
    life.gives(rows, "2")?;
    life.ends("contract", 0, "executed").map(drop)
}

fn a_way_back(server: &Server) -> Result<(), String> {
    let life = Life::ready(server, "way_back")?;
    life.long_ago("web@v2", "1 minute")?;
    life.ends("rollout finish web@v3 --satisfies all", 0, "web@v3 is everywhere")?;
    life.soak(&["web@v3"])?;
    life.ends("contract --check", 0, "may run")?;
    // Nobody said that v2 is back.
    life.beat("web@v2")?;
    let run = life.ends("contract", 4, "`web` was taken back from v3 to v2")?;
    holds(run.out.contains("K7"), || run.out.clone())?;
    life.gives(
        "SELECT body::jsonb ->> 'to', body::jsonb ->> 'detected' FROM migrate.ledger
         WHERE kind = 'rollout.rolled_back'",
        "v2|passive",
    )?;
    let lax = ONE.replace("window = \"1s\"", "window = \"1s\"\nrollback-resets = \"incompatible\"");
    life.file("migrate.toml", &lax)?;
    let run = life.ends("contract --check", 4, "K5")?;
    holds(!run.out.contains("taken back from v3 to v2 at"), || run.out.clone())?;
    life.file("migrate.toml", ONE)?;
    // Forward is no way back, and an old job that runs again is one.
    life.long_ago("web@v2", "1 minute")?;
    life.ends("rollout finish web@v3", 0, "web@v3 is everywhere")?;
    life.soak(&["web@v3"])?;
    life.ends("contract --check", 0, "may run")?;
    life.long_ago("web@v3", "1 minute")?;
    life.ends("rollout finish web@v2", 0, "web@v2 is everywhere")?;
    life.beat("web@v2")?;
    life.ends("contract --check", 4, "`web` was taken back from v3 to v2")?;
    life.has("rollout.rolled_back", 1)?;
    life.soak(&["web@v2"])?;
    life.ends("contract", 0, "executed").map(drop)
}

fn a_name_that_the_server_cut(server: &Server) -> Result<(), String> {
    let life = Life::ready(server, "cut")?;
    let long = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
    life.long_ago("web@v2", "1 minute")?;
    life.ends(&format!("rollout finish web@{long} --satisfies all"), 0, "is everywhere")?;
    let _new = connected(server, &life, &format!("web@{long}"))?;
    life.ends("contract --wait 20s", 0, "executed")?;
    life.gives(
        "SELECT DISTINCT version FROM migrate.sighting WHERE source = 'pg_stat_activity'",
        long,
    )?;
    life.has("rollout.rolled_back", 0)
}

fn below_the_floor(server: &Server) -> Result<(), String> {
    let life = Life::ready(server, "below")?;
    life.ends("contract", 0, "executed")?;
    let run = life.ends("rollout status", 0, "floor of web: v2")?;
    holds(!run.out.contains("below the floor"), || run.out.clone())?;
    let old = connected(server, &life, "web@v1")?;
    let words = "`web` v1 is at work, and needs what the contract of";
    let run = life.ends("rollout status", 0, words)?;
    let next = "next: migrate rollback-targets --service web";
    holds(run.out.contains(next), || run.out.clone())?;
    life.ends("status", 0, words)?;
    drop(old);
    life.beat("web@v1")?;
    life.ends("rollout status", 0, words)?;
    life.beat("web@v9")?;
    life.ends("rollout status", 0, "nobody said that it can do without").map(drop)
}
