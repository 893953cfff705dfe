//! A standby that is behind, for each reason that there is.

use super::scene::Pair;
use super::scene::SOON;
use super::scene::Watch;
use super::scene::said;
use crate::line::Mode;
use crate::server::Install;
use std::process::Command;
use std::time::Duration;

pub(super) const TESTS: &[(&str, super::Own)] = &[
    ("replay_that_is_paused", replay_that_is_paused),
    ("replay_that_is_delayed", replay_that_is_delayed),
    ("a_receiver_that_is_stopped", a_receiver_that_is_stopped),
    ("a_line_that_holds", a_line_that_holds),
    ("a_line_that_is_cut", a_line_that_is_cut),
    ("a_standby_that_is_killed", a_standby_that_is_killed),
    ("who_may_not_see_replicas", who_may_not_see_replicas),
];

/// Nothing but the replica, with marks that are soon reached.
const LIMITS: &str = "replica-lag = \"1MB\"\nreplica-silence = \"1s\"\n";

const LAG: (&str, &str) = ("replica-lag", "behind; 1 MB is the limit, and it goes on at 512 kB");
const SILENCE: (&str, &str) = ("replica-silence", "and stands still for 1 s; 1 s is the limit");
const GONE: (&str, &str) = ("replicas", "replica r1 is gone");

/// A little is no lag, but silence once it has lasted.
fn silence(watch: &mut Watch, pair: &Pair) -> Result<(), String> {
    pair.write(10)?;
    watch.goes_on()?;
    let after = watch.until(&[SILENCE], Duration::from_secs(3))?;
    if after < Duration::from_millis(900) {
        return Err(format!("it was silent after {after:?} already"));
    }
    Ok(())
}

/// Much is lag at the first look.
fn lag(watch: &mut Watch, pair: &Pair) -> Result<(), String> {
    pair.write(1100)?;
    let verdict = watch.look()?;
    let first = verdict.holds.first().ok_or("nothing holds")?;
    if first.signal == LAG.0 && first.why.contains(LAG.1) {
        return Ok(());
    }
    Err(format!("{verdict:#?}"))
}

fn replay_that_is_paused(install: &Install) -> Result<(), String> {
    let pair = Pair::start(install, "")?;
    let mut watch = pair.watch(LIMITS)?;
    let standby = pair.standby()?;
    let pause = "SELECT pg_wal_replay_pause()";
    standby.run(pause).map_err(said)?;
    while standby.text("SELECT pg_get_wal_replay_pause_state()").map_err(said)? != "paused\n" {}
    silence(&mut watch, &pair)?;
    lag(&mut watch, &pair)?;
    standby.run("SELECT pg_wal_replay_resume()").map_err(said)?;
    watch.until(&[], SOON).map(drop)
}

fn replay_that_is_delayed(install: &Install) -> Result<(), String> {
    let pair = Pair::start(install, "recovery_min_apply_delay = 4s")?;
    let mut watch = pair.watch(LIMITS)?;
    lag(&mut watch, &pair)?;
    watch.until(&[], SOON).map(drop)
}

fn a_receiver_that_is_stopped(install: &Install) -> Result<(), String> {
    let pair = Pair::start(install, "")?;
    let mut watch = pair.watch(LIMITS)?;
    let receiver = "SELECT pid FROM pg_stat_wal_receiver";
    let receiver = pair.standby()?.text(receiver).map_err(said)?;
    signal("-STOP", receiver.trim())?;
    let tried = silence(&mut watch, &pair).and_then(|()| lag(&mut watch, &pair));
    // A process that is stopped does not end with its server.
    signal("-CONT", receiver.trim())?;
    tried?;
    watch.until(&[], SOON).map(drop)
}

fn signal(signal: &str, process: &str) -> Result<(), String> {
    let sent = Command::new("kill").args([signal, process]).status().map_err(said)?;
    if sent.success() { Ok(()) } else { Err(format!("{process} gets no {signal}")) }
}

fn a_line_that_holds(install: &Install) -> Result<(), String> {
    let pair = Pair::start(install, "")?;
    let mut watch = pair.watch(LIMITS)?;
    pair.line.set(Mode::Hold);
    silence(&mut watch, &pair)?;
    lag(&mut watch, &pair)?;
    pair.line.set(Mode::Pass);
    watch.until(&[], SOON).map(drop)
}

fn a_line_that_is_cut(install: &Install) -> Result<(), String> {
    let pair = Pair::start(install, "")?;
    let mut watch = pair.watch(LIMITS)?;
    pair.line.set(Mode::Cut);
    watch.until(&[GONE], Duration::from_secs(2))?;
    // However much is written, who is not there is not caught up.
    pair.write(2000)?;
    watch.holds(&[GONE])?;
    pair.line.set(Mode::Pass);
    watch.until(&[], SOON).map(drop)
}

fn a_standby_that_is_killed(install: &Install) -> Result<(), String> {
    let mut pair = Pair::start(install, "")?;
    let mut watch = pair.watch(LIMITS)?;
    drop(pair.standby.take());
    watch.until(&[GONE], Duration::from_secs(2))?;
    // Another one takes its place.
    pair.follow("")?;
    watch.until(&[], SOON)?;
    drop(pair.standby.take());
    watch.until(&[GONE], Duration::from_secs(2))?;
    watch.throttle.forget("r1");
    watch.goes_on()
}

fn who_may_not_see_replicas(install: &Install) -> Result<(), String> {
    let mut pair = Pair::start(install, "")?;
    pair.watch(LIMITS)?;
    pair.writer.run("CREATE ROLE \"App\"").map_err(said)?;
    let address = pair.primary.address("postgres");
    let mut watch = Watch::new(&address, Some("App"), LIMITS)?;
    let words = "cannot see replicas: it needs pg_monitor: GRANT pg_monitor TO \"App\"";
    watch.holds(&[("replicas", words)])?;
    pair.writer.run("GRANT pg_monitor TO \"App\"").map_err(said)?;
    watch.until(&[], SOON)?;
    pair.writer.run("REVOKE pg_monitor FROM \"App\"").map_err(said)?;
    watch.holds(&[("replicas", words)])?;
    drop(pair.standby.take());
    watch.until(&[GONE], Duration::from_secs(2)).map(drop)
}
