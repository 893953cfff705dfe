//! A standby that falls behind, for each reason that there is, while workers are at work: they stop
//! within a batch, say why, and go on by themselves. `MIGRATE_TEST_FIGURES` has them tell how many
//! batches came after the limit was passed.

use super::Own;
use super::process::Process;
use super::world::Fill;
use super::world::SOON;
use super::world::audited;
use super::world::holds;
use super::world::said;
use super::world::slowed;
use crate::line::Mode;
use crate::server::Install;
use crate::server::Session;
use crate::throttled::scene::Pair;
use std::process::Command;
use std::time::Duration;
use std::time::Instant;

pub(super) const TESTS: &[(&str, Own)] = &[
    ("lags::replay_that_is_paused", replay_that_is_paused),
    ("lags::replay_that_is_delayed", replay_that_is_delayed),
    ("lags::a_receiver_that_is_stopped", a_receiver_that_is_stopped),
    ("lags::a_line_that_holds", a_line_that_holds),
    ("lags::a_line_that_is_cut", a_line_that_is_cut),
];

const ROWS: u32 = 200_000;
const WORKERS: usize = 2;

/// Batches of one size, each with a pause within it, so that there is time to do something.
const SETTINGS: &str = "target = \"20ms\"\nleast = 500\nmost = 500\n[backfill.throttle]\n\
    replica-lag = { high = \"512kB\", low = \"128kB\" }\nreplica-silence = \"1s\"\n";
const HIGH: i64 = 512 * 1024;

/// The most batches that both do past the limit: those that they are at, and those that share the
/// look before them, of which a tenth of a second has room for no more.
const MORE: i64 = 5 * 2;

/// What is said of a replica that is there.
const BEHIND: &str = "replica r1 is ";

/// What is said of one that is not.
const GONE: &str = "replica r1 is gone";

/// A look at what was done, and at how far the standby is behind; one that is not there is behind
/// by more than any number.
const LOOK: &str = "SELECT (SELECT coalesce(sum(batches), 0) FROM migrate.backfill_range),
    coalesce((SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), replay_lsn) FROM pg_stat_replication
        WHERE application_name = 'r1'), 9223372036854775807)::bigint";

/// A job at work, on a server that has a standby.
struct Scene {
    pair: Pair,
    fill: Fill,
    process: Process,
}

impl Scene {
    fn start(install: &Install) -> Result<Scene, String> {
        let pair = Pair::start(install, "")?;
        let fill = Fill::users(&pair.primary, "lags", (ROWS, 150), SETTINGS)?;
        fill.sql(&audited("users"))?;
        fill.sql(&slowed("users", "0.02"))?;
        fill.comes(
            "SELECT count(*) FROM pg_stat_replication WHERE application_name = 'r1'
                AND replay_lsn = pg_current_wal_lsn()",
            "1",
        )?;
        let process = fill.start(&format!("backfill run --workers {WORKERS}"))?;
        fill.batches(20)?;
        Ok(Scene { pair, fill, process })
    }

    fn standby(&self) -> Result<Session, String> {
        self.pair.standby()
    }

    /// How many batches are done, and how many bytes the standby is behind.
    fn look(&self) -> Result<(i64, i64), String> {
        let text = self.fill.text(LOOK)?;
        let (batches, behind) = text.split_once('|').ok_or("no two numbers")?;
        Ok((batches.parse().map_err(said)?, behind.parse().map_err(said)?))
    }

    /// Sees that it stops once the limit is passed, for this reason, and stays so.
    fn stops(&mut self, why: &str) -> Result<(), String> {
        let begun = Instant::now();
        let (at, behind) = loop {
            let seen = self.look()?;
            // It may have been held before, and not be down at the low mark.
            let late = begun.elapsed() > Duration::from_secs(3);
            if seen.1 > HIGH || (late && self.fill.are_held(WORKERS, why)?) {
                break seen;
            }
            holds(begun.elapsed() < SOON, || format!("the standby keeps up: {seen:?}"))?;
            std::thread::sleep(Duration::from_millis(2));
        };
        let passed = Instant::now();
        while !self.fill.are_held(WORKERS, why)? {
            holds(passed.elapsed() < SOON, || format!("nobody says `{why}`"))?;
        }
        self.fill.ends("backfill status", 4, &format!("held: {why}"))?;
        let (shown, _) = self.look()?;
        std::thread::sleep(Duration::from_millis(1500));
        let (last, _) = self.look()?;
        let more = last - at;
        holds(more <= MORE, || format!("{more} batches past the limit"))?;
        if std::env::var_os("MIGRATE_TEST_FIGURES").is_some() {
            let shown = shown - at;
            eprintln!("{why}: {behind} bytes at batch {at}; {more} more, {shown} once it is shown");
        }
        holds(last == shown, || format!("{shown} batches, and then {last}"))?;
        holds(!self.process.is_over()?, || "it does not live".to_owned())
    }

    /// Sees that it goes on by itself, to its end, and that each row was done once.
    fn goes_on(self) -> Result<(), String> {
        self.process.ends(0, SOON * 2)?;
        self.fill.is_exact(ROWS)
    }
}

fn run(session: &Session, sql: &str) -> Result<(), String> {
    session.run(sql).map_err(|error| format!("{sql}: {}", crate::server::reason(&error)))
}

fn replay_that_is_paused(install: &Install) -> Result<(), String> {
    let mut scene = Scene::start(install)?;
    let standby = scene.standby()?;
    run(&standby, "SELECT pg_wal_replay_pause()")?;
    scene.stops(BEHIND)?;
    run(&standby, "SELECT pg_wal_replay_resume()")?;
    scene.goes_on()
}

fn replay_that_is_delayed(install: &Install) -> Result<(), String> {
    let mut scene = Scene::start(install)?;
    let standby = scene.standby()?;
    run(&standby, "ALTER SYSTEM SET recovery_min_apply_delay = '1h'")?;
    run(&standby, "SELECT pg_reload_conf()")?;
    scene.stops(BEHIND)?;
    run(&standby, "ALTER SYSTEM RESET recovery_min_apply_delay")?;
    run(&standby, "SELECT pg_reload_conf()")?;
    scene.goes_on()
}

fn a_receiver_that_is_stopped(install: &Install) -> Result<(), String> {
    let mut scene = Scene::start(install)?;
    let receiver = scene.standby()?.text("SELECT pid FROM pg_stat_wal_receiver");
    let receiver = receiver.map_err(said)?;
    signal("-STOP", receiver.trim())?;
    let tried = scene.stops(BEHIND);
    // A process that is stopped does not end with its server.
    signal("-CONT", receiver.trim())?;
    tried?;
    scene.goes_on()
}

fn signal(signal: &str, process: &str) -> Result<(), String> {
    let sent = Command::new("kill").args([signal, process]).status().map_err(said)?;
    holds(sent.success(), || format!("{process} gets no {signal}"))
}

fn a_line_that_holds(install: &Install) -> Result<(), String> {
    let mut scene = Scene::start(install)?;
    scene.pair.line.set(Mode::Hold);
    scene.stops(BEHIND)?;
    scene.pair.line.set(Mode::Pass);
    scene.goes_on()
}

fn a_line_that_is_cut(install: &Install) -> Result<(), String> {
    let mut scene = Scene::start(install)?;
    scene.pair.line.set(Mode::Cut);
    scene.stops(GONE)?;
    scene.pair.line.set(Mode::Pass);
    scene.goes_on()
}
