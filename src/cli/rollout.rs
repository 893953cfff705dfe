//! `migrate rollout`: how far a release has come, and who is alive.

use super::error::Error;
use super::exit::Exit;
use super::expand::span;
use super::record;
use super::release;
use super::release::Says;
use super::release::said;
use super::service::Named;
use super::target::Place;
use super::target::Target;
use super::ui::Ui;
use crate::gate;
use crate::ledger::Deed;
use crate::ledger::Detected;
use crate::ledger::Lane;
use crate::ledger::State;
use crate::ledger::admit;
use crate::report;
use crate::store;
use clap::Subcommand;
use std::time::Duration;
use std::time::Instant;

/// Say how far a release has come, and who is alive
#[derive(clap::Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// A release begins its way
    Start(Start),
    /// It has this share of the traffic
    Step(Step),
    /// It stands still
    Pause(Why),
    /// It goes on
    Resume(Why),
    /// It is everywhere, and what was there before is gone; one that was never started is started,
    /// taken to 100 % and finished in one
    Finish(Finish),
    /// It ends, and what was there before stays
    Abort(Why),
    /// An older release is back
    Rollback(Rollback),
    /// What runs where
    Status(Status),
    /// A version is alive
    Heartbeat(Heartbeat),
}

#[derive(clap::Args)]
struct Start {
    #[command(flatten)]
    named: Named,
    /// Where it begins [default: every region of the consumer]
    #[arg(long, value_name = "REGION")]
    region: Vec<String>,
    /// The version on its way that it takes the place of
    #[arg(long, value_name = "VERSION")]
    supersede: Option<String>,
    #[command(flatten)]
    says: Says,
    #[command(flatten)]
    common: Common,
}

#[derive(clap::Args)]
struct Step {
    #[command(flatten)]
    named: Named,
    /// Its share of the traffic, in percent
    #[arg(long, value_name = "PERCENT")]
    weight: u8,
    /// Where [default: everywhere that it is on its way]
    #[arg(long, value_name = "REGION")]
    region: Vec<String>,
    #[command(flatten)]
    common: Common,
}

#[derive(clap::Args)]
struct Why {
    #[command(flatten)]
    named: Named,
    /// Why
    #[arg(long, value_name = "TEXT")]
    reason: String,
    #[command(flatten)]
    common: Common,
}

#[derive(clap::Args)]
struct Finish {
    #[command(flatten)]
    named: Named,
    #[command(flatten)]
    says: Says,
    /// Wait for so long until older versions are no longer seen
    #[arg(long, value_name = "SPAN", value_parser = span)]
    wait: Option<Duration>,
    #[command(flatten)]
    common: Common,
}

#[derive(clap::Args)]
struct Rollback {
    /// The service
    #[arg(long, value_name = "SERVICE")]
    service: String,
    /// The version that is back
    #[arg(long, value_name = "VERSION")]
    to: String,
    /// The version that was left [default: the one on its way, else the one that is full]
    #[arg(long, value_name = "VERSION")]
    from: Option<String>,
    /// Where [default: everywhere]
    #[arg(long, value_name = "REGION")]
    region: Option<String>,
    /// Why
    #[arg(long, value_name = "TEXT")]
    reason: String,
    #[command(flatten)]
    common: Common,
}

#[derive(clap::Args)]
struct Status {
    /// The service [default: all]
    #[arg(long, value_name = "SERVICE")]
    service: Option<String>,
    #[command(flatten)]
    target: Target,
}

#[derive(clap::Args)]
struct Heartbeat {
    #[command(flatten)]
    named: Named,
    /// Where it runs
    #[arg(long, value_name = "REGION", default_value = "")]
    region: String,
    /// Say it again and again, each time that this has passed
    #[arg(long, value_name = "SPAN", value_parser = span)]
    every: Option<Duration>,
    #[command(flatten)]
    target: Target,
}

#[derive(clap::Args)]
struct Common {
    /// A second report with the same key is the same report
    #[arg(long, value_name = "KEY")]
    key: Option<String>,
    #[command(flatten)]
    target: Target,
}

pub(super) fn run(arguments: &Arguments, ui: &mut Ui) -> Result<Exit, Error> {
    match &arguments.command {
        Command::Start(start) => self::start(start, ui),
        Command::Step(step) => self::step(step, ui),
        Command::Pause(why) => self::why(why, ui, "stands still", |service, version, reason| {
            Deed::RolloutPaused { service, version, reason }
        }),
        Command::Resume(why) => self::why(why, ui, "goes on", |service, version, reason| {
            Deed::RolloutResumed { service, version, reason }
        }),
        Command::Abort(why) => self::why(why, ui, "is aborted", |service, version, reason| {
            Deed::RolloutAborted { service, version, reason }
        }),
        Command::Finish(finish) => self::finish(finish, ui),
        Command::Rollback(rollback) => self::rollback(rollback, ui),
        Command::Status(status) => self::status(status, ui),
        Command::Heartbeat(heartbeat) => self::heartbeat(heartbeat),
    }
}

fn start(start: &Start, ui: &mut Ui) -> Result<Exit, Error> {
    let place = start.common.target.open()?;
    let book = record::open_or_install(&place)?;
    let (service, version) = start.named.pair()?;
    declare_first(&place, &book.state, &service, &version, &start.says)?;
    let regions = if start.region.is_empty() {
        regions_of(&book.state, &service)
    } else {
        start.region.clone()
    };
    let deed = Deed::RolloutStarted {
        service: service.clone(),
        version: version.clone(),
        regions,
        supersedes: start.supersede.clone(),
    };
    let done = record::record(&place, &deed, start.common.key.as_deref())?;
    said(&format!("{service}@{version} is on its way"), done, ui.out())?;
    Ok(Exit::Done)
}

/// A version that nobody declared is declared now; what is said of one that is known, is added.
fn declare_first(
    place: &Place,
    state: &State,
    service: &str,
    version: &str,
    says: &Says,
) -> Result<(), Error> {
    if says.anything() || state.releases.get(service, version).is_none() {
        release::declare(place, service, version, says, None)?;
    }
    Ok(())
}

/// The regions of a consumer; one without a name where nobody said.
fn regions_of(state: &State, service: &str) -> Vec<String> {
    let known = state.consumers.iter().flatten().find(|known| known.service == service);
    known.map_or_else(|| vec![String::new()], |known| known.regions.clone())
}

fn step(step: &Step, ui: &mut Ui) -> Result<Exit, Error> {
    let place = step.common.target.open()?;
    let book = record::open_or_install(&place)?;
    let (service, version) = step.named.pair()?;
    let regions = if step.region.is_empty() {
        let lanes = book.state.lanes.iter().filter(|(key, lane)| {
            let active = lane.active.as_ref();
            key.service == service && active.is_some_and(|active| active.version == version)
        });
        let own: Vec<String> = lanes.map(|(key, _)| key.region.clone()).collect();
        if own.is_empty() { regions_of(&book.state, &service) } else { own }
    } else {
        step.region.clone()
    };
    let several = regions.len() > 1;
    for region in regions {
        let deed = Deed::RolloutStep {
            service: service.clone(),
            version: version.clone(),
            region: region.clone(),
            weight: step.weight,
        };
        let key = step.common.key.as_ref();
        let key = key.map(|key| if several { format!("{key}/{region}") } else { key.clone() });
        let done = record::record(&place, &deed, key.as_deref())?;
        let place = if region.is_empty() { String::new() } else { format!(" in {region}") };
        said(&format!("{service}@{version} has {} %{place}", step.weight), done, ui.out())?;
    }
    Ok(Exit::Done)
}

fn why(
    why: &Why,
    ui: &mut Ui,
    words: &str,
    deed: impl Fn(String, String, String) -> Deed,
) -> Result<Exit, Error> {
    let place = why.common.target.open()?;
    record::open(&place)?;
    let (service, version) = why.named.pair()?;
    let deed = deed(service.clone(), version.clone(), why.reason.clone());
    let done = record::record(&place, &deed, why.common.key.as_deref())?;
    said(&format!("{service}@{version} {words}"), done, ui.out())?;
    Ok(Exit::Done)
}

fn finish(finish: &Finish, ui: &mut Ui) -> Result<Exit, Error> {
    let place = finish.common.target.open()?;
    let book = record::open_or_install(&place)?;
    let (service, version) = finish.named.pair()?;
    declare_first(&place, &book.state, &service, &version, &finish.says)?;
    let book = record::open(&place)?;
    let lanes = || book.state.lanes.iter().filter(|(key, _)| key.service == service);
    let active = lanes().any(|(_, lane)| lane.active.is_some());
    let there = lanes().next().is_some()
        && lanes().all(|(_, lane)| lane.current() == Some(version.as_str()));
    let at_once = !active && !there;
    if at_once {
        // What may not run here is not waited for.
        admit(&book.state, &started(&book.state, &service, &version), book.now)?;
    }
    let began = Instant::now();
    while let Some(older) = older_alive(&place, &service, &version)? {
        let over = finish.wait.is_none_or(|longest| began.elapsed() >= longest);
        if over {
            writeln!(ui.out(), "not finished: {service}@{older} was seen alive just now")?;
            writeln!(ui.out(), "next: stop it, or wait for its end with --wait 10m")?;
            return Ok(Exit::Blocked);
        }
        place.session.pause(Duration::from_secs(1))?;
    }
    if at_once {
        all_at_once(&place, &book.state, &service, &version)?;
    }
    let deed = Deed::RolloutFinished { service: service.clone(), version: version.clone() };
    let done = record::record(&place, &deed, finish.common.key.as_deref())?;
    said(&format!("{service}@{version} is everywhere"), done, ui.out())?;
    Ok(Exit::Done)
}

/// A rollout without steps, as most are.
fn all_at_once(place: &Place, state: &State, service: &str, version: &str) -> Result<(), Error> {
    record::record(place, &started(state, service, version), None)?;
    for region in regions_of(state, service) {
        let step = Deed::RolloutStep {
            service: service.to_owned(),
            version: version.to_owned(),
            region,
            weight: 100,
        };
        record::record(place, &step, None)?;
    }
    Ok(())
}

fn started(state: &State, service: &str, version: &str) -> Deed {
    Deed::RolloutStarted {
        service: service.to_owned(),
        version: version.to_owned(),
        regions: regions_of(state, service),
        supersedes: None,
    }
}

/// A version other than this one that is at work now.
fn older_alive(place: &Place, service: &str, version: &str) -> Result<Option<String>, Error> {
    let alive = store::alive(&place.session, &store::read(&place.session)?)?;
    let other = alive.into_iter().find(|(of, at)| of == service && at != version);
    Ok(other.map(|(_, version)| version))
}

fn rollback(rollback: &Rollback, ui: &mut Ui) -> Result<Exit, Error> {
    let place = rollback.common.target.open()?;
    record::open(&place)?;
    let Rollback { service, to, region, reason, .. } = rollback;
    let done = record::decide(&place, rollback.common.key.as_deref(), |state, _| {
        let lanes = state.lanes.iter().filter(|(key, _)| {
            key.service == *service && region.as_ref().is_none_or(|region| key.region == *region)
        });
        let left = |lane: &Lane| {
            let active = lane.active.as_ref().map(|active| active.version.clone());
            active.or_else(|| lane.current().map(str::to_owned))
        };
        let from = rollback.from.clone();
        let from = from.or_else(|| lanes.filter_map(|(_, lane)| left(lane)).find(|at| at != to));
        let from = from.ok_or_else(|| {
            Error::Usage(format!("nothing but {to} runs of {service}: name what was left, --from"))
        })?;
        Ok(Deed::RolledBack {
            service: service.clone(),
            from,
            to: to.clone(),
            region: region.clone(),
            cause: reason.clone(),
            detected: Detected::Reported,
        })
    })?;
    said(&format!("{service} is back at {to}"), done, ui.out())?;
    Ok(Exit::Done)
}

fn status(status: &Status, ui: &mut Ui) -> Result<Exit, Error> {
    let place = status.target.open()?;
    let book = record::open(&place)?;
    let mut seen = store::sightings(&place.session)?;
    let sessions = store::sessions(&place.session, &book.state.releases)?;
    seen.extend(gate::connected(&book.state, &sessions, book.now));
    report::rollouts(&book.state, &seen, status.service.as_deref(), book.now, ui.out())?;
    Ok(Exit::Done)
}

fn heartbeat(heartbeat: &Heartbeat) -> Result<Exit, Error> {
    let place = heartbeat.target.open()?;
    let (service, version) = heartbeat.named.pair()?;
    match record::open(&place) {
        // Who may only say that it is alive cannot look whose ledger it is.
        Err(Error::Store(error)) if error.is_forbidden() => {}
        opened => drop(opened?),
    }
    let told = place.loaded.config.consumers.iter().find(|known| known.service == service);
    let every = heartbeat.every.map(|every| every.as_secs().max(1));
    let seconds = every.or(told.map(|known| known.interval)).unwrap_or(30);
    loop {
        let region = &heartbeat.region;
        store::beat(&place.session, &service, &version, region, seconds, "push")?;
        let Some(every) = heartbeat.every else { return Ok(Exit::Done) };
        place.session.pause(every)?;
    }
}
