//! Signs of life: what they earn, and that none is waited for.

use super::Test;
use super::world::Life;
use super::world::ONE;
use super::world::another;
use super::world::ended;
use super::world::finish;
use super::world::said;
use crate::asked;
use crate::server::Server;

pub(super) const TESTS: &[(&str, Test)] = &[
    ("signs::what_is_declared_says_what_a_beat_earns", what_a_beat_earns),
    ("signs::tables_of_an_older_version", tables_of_an_older_version),
    ("signs::a_transaction_that_stays_open_holds_up_no_beat", held_up_by_nobody),
];

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
    life.file("migrate.toml", &format!("environment = \"test\"\n{both}"))?;
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
