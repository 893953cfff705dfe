//! A server that is backfilled, with or without a standby, and the verdicts on it.

use crate::db::world::World;
use crate::line::Line;
use crate::server::Install;
use crate::server::Server;
use crate::server::Session;
use migrate::db;
use migrate::job::throttle::Limits;
use migrate::job::throttle::Reading;
use migrate::job::throttle::Throttle;
use migrate::job::throttle::Verdict;
use migrate::signals::Signals;
use migrate::sql::Name;
use std::path::PathBuf;
use std::time::Duration;
use std::time::Instant;

/// What reads and judges, as whoever runs batches does it.
pub(super) struct Watch {
    pub(super) session: db::Session,
    signals: Signals,
    pub(super) throttle: Throttle,
    began: Instant,
}

impl Watch {
    /// Watches a database of a server with limits, in TOML, and acts as a role.
    pub(super) fn new(address: &str, role: Option<&str>, limits: &str) -> Result<Watch, String> {
        let limits: Limits = toml::from_str(limits).map_err(said)?;
        let address = World::new()?.resolve(Some(address)).map_err(said)?;
        let role = role.map(str::to_owned);
        let settings = db::Settings { role, ..db::Settings::default() };
        let session = db::Session::open(&address, &settings).map_err(said)?;
        let signals = Signals::new(&limits, &Name::from_text("public.load"), &|_| None);
        Ok(Watch { session, signals, throttle: Throttle::new(limits), began: Instant::now() })
    }

    pub(super) fn read(&mut self) -> Result<Vec<Reading>, String> {
        let mut readings = self.signals.read(&self.session, self.began.elapsed()).map_err(said)?;
        readings.push(Reading::Waiters(Ok(0)));
        Ok(readings)
    }

    pub(super) fn look(&mut self) -> Result<Verdict, String> {
        let readings = self.read()?;
        Ok(self.throttle.judge(self.began.elapsed(), &readings))
    }

    /// Looks once: it must hold for these reasons, each with its words.
    pub(super) fn holds(&mut self, wanted: &[(&str, &str)]) -> Result<(), String> {
        let verdict = self.look()?;
        let found = verdict.holds.iter().zip(wanted);
        let all = found
            .into_iter()
            .all(|(hold, (signal, words))| hold.signal == *signal && hold.why.contains(words));
        if all && verdict.holds.len() == wanted.len() {
            return Ok(());
        }
        Err(format!("wanted {wanted:?}, found {verdict:#?}"))
    }

    /// Looks once: it must go on.
    pub(super) fn goes_on(&mut self) -> Result<(), String> {
        self.holds(&[])
    }

    /// Looks until it holds for these reasons, and tells after which time.
    pub(super) fn until(
        &mut self,
        wanted: &[(&str, &str)],
        longest: Duration,
    ) -> Result<Duration, String> {
        let began = Instant::now();
        loop {
            match self.holds(wanted) {
                Ok(()) => return Ok(began.elapsed()),
                Err(why) if began.elapsed() > longest => return Err(why),
                Err(_) => std::thread::sleep(Duration::from_millis(20)),
            }
        }
    }
}

/// A server and its standby.
pub(crate) struct Pair {
    install: Install,
    pub(crate) primary: Server,
    /// Ends before its server does.
    pub(super) standby: Option<Server>,
    pub(super) writer: Session,
    pub(crate) line: Line,
}

/// How long something may take that happens by itself, on a slow day.
pub(super) const SOON: Duration = Duration::from_secs(20);

impl Pair {
    /// Starts both; the standby with these settings besides.
    pub(crate) fn start(install: &Install, more: &str) -> Result<Pair, String> {
        let keep = [("postgresql.conf", "wal_keep_size = 256MB\n")];
        let primary = Server::bare(install, &keep).map_err(said)?;
        let line = Line::to(&folder(&primary)).map_err(said)?;
        let writer = primary.session("postgres").map_err(said)?;
        let mut pair = Pair { install: install.clone(), primary, standby: None, writer, line };
        pair.follow(more)?;
        Ok(pair)
    }

    /// Starts a standby. It is made of the same cluster as its server, and gets the rest of the log
    /// from it.
    pub(super) fn follow(&mut self, more: &str) -> Result<(), String> {
        let folder = self.line.folder();
        let text = format!(
            "hot_standby = on\nwal_retrieve_retry_interval = 100ms\n\
             wal_receiver_status_interval = 1s\n\
             primary_conninfo = 'host={} port=5432 user=postgres application_name=r1'\n{more}\n",
            folder.display()
        );
        let files = [("standby.signal", ""), ("postgresql.conf", text.as_str())];
        self.standby = Some(Server::bare(&self.install, &files).map_err(said)?);
        Ok(())
    }

    /// A watch that knows the standby, which has caught up.
    pub(super) fn watch(&self, limits: &str) -> Result<Watch, String> {
        let mut watch = Watch::new(&self.primary.address("postgres"), None, limits)?;
        let began = Instant::now();
        while watch.goes_on().is_err() || watch.throttle.seen().next().is_none() {
            if began.elapsed() > SOON {
                let log = self.standby.as_ref().map(Server::log).unwrap_or_default();
                return Err(format!("the standby does not come: {:?}\n{log}", watch.look()?));
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(watch)
    }

    /// Writes so much to the log.
    pub(super) fn write(&self, kilobytes: u32) -> Result<(), String> {
        let sql = format!(
            "SET synchronous_commit = local;
             SELECT pg_logical_emit_message(true, 'load', repeat('x', 1024 * {kilobytes}))"
        );
        self.writer.run(&sql).map_err(said)
    }

    pub(crate) fn standby(&self) -> Result<Session, String> {
        let standby = self.standby.as_ref().ok_or("there is no standby")?;
        standby.session("postgres").map_err(said)
    }
}

/// The folder of a server's socket.
fn folder(server: &Server) -> PathBuf {
    let address = server.address("postgres");
    let host = address.split(' ').find_map(|word| word.strip_prefix("host="));
    PathBuf::from(host.unwrap_or_default())
}

pub(super) fn said(error: impl std::fmt::Display) -> String {
    error.to_string()
}
