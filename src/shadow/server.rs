//! A running server: started, waited for, and ended when it is dropped or its process is gone.

use super::Install;
use super::ShadowError;
use super::account;
use super::cluster;
use super::cluster::Origin;
use super::place::Place;
use crate::version::Major;
use std::fs;
use std::fs::File;
use std::io;
use std::io::Read;
use std::io::Seek;
use std::io::SeekFrom;
use std::io::Write;
use std::path::Path;
use std::process::Child;
use std::process::Stdio;
use std::thread;
use std::time::Duration;
use std::time::Instant;

/// What a server is to have beyond the usual.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The port, which is part of the socket's name.
    pub port: u16,
    /// Lines for `postgresql.conf`, after those that are there.
    pub configuration: String,
    /// Other files of the cluster, by name, with their texts.
    pub files: Vec<(String, String)>,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings { port: 5432, configuration: String::new(), files: Vec::new() }
    }
}

/// A throw-away server. It listens on a socket in its own folder only.
#[derive(Debug)]
pub struct Server {
    major: Major,
    port: u16,
    /// A shell that ends the server when its input ends.
    keeper: Child,
    /// Removed after the server has ended.
    place: Place,
}

/// A server that may lose everything. With fewer connections than the usual hundred, a standby of a
/// cluster that was made for a hundred would not start.
const CONFIGURATION: &str = "
listen_addresses = ''
fsync = off
synchronous_commit = off
full_page_writes = off
shared_buffers = 16MB
wal_level = logical
max_connections = 100
logging_collector = off
";

const KEEPER: &str = include_str!("keeper.sh");

/// How long a server may take to start on a slow day.
const START_MAX: Duration = Duration::from_mins(1);

/// How long to wait before it is asked again whether it is ready.
const PAUSE: Duration = Duration::from_millis(5);

/// How much is read of the end of a log, in bytes, and how many lines of it are shown.
const TAIL_BYTES: u64 = 8 * 1024;
const TAIL_LINES: usize = 20;

impl Server {
    /// Starts a server with an empty cluster, and waits until it takes connections.
    pub fn start(install: &Install, settings: &Settings) -> Result<Server, ShadowError> {
        let place = Place::make()?;
        let origin = cluster::lay_out(install, &place)?;
        match Server::run(install, settings, place) {
            // Caches are cleaned by many hands. Where a new cluster starts, what is kept is at
            // fault; else the settings are.
            Err(ShadowError::Ended { .. }) if origin == Origin::Cache => {
                let place = Place::make()?;
                cluster::make(install, &place)?;
                let server = Server::run(install, settings, place)?;
                cluster::forget(install);
                Ok(server)
            }
            ended => ended,
        }
    }

    fn run(install: &Install, settings: &Settings, place: Place) -> Result<Server, ShadowError> {
        furnish(settings, &place)?;
        let log = place.log();
        let log = File::create(&log).map_err(ShadowError::place(&log))?;
        let account = place.account.as_ref();
        let shell = Path::new("/bin/sh");
        let keeper = account::command(shell, account)
            .args(["-c", KEEPER, "keeper.sh"])
            .arg(place.path())
            .arg(install.folder.join("postgres"))
            .arg("-D")
            .arg(place.data())
            .arg("-k")
            .arg(place.path())
            .args(["-p", &settings.port.to_string()])
            .current_dir(place.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            // A pipe would be full one day, and the server would wait for somebody to read it.
            .stderr(log)
            .spawn();
        let keeper = keeper.map_err(|why| {
            let user = account.map(|account| account.name.clone());
            ShadowError::Program { program: shell.to_owned(), user, why }
        })?;
        let mut server = Server { major: install.major, port: settings.port, keeper, place };
        server.wait()?;
        Ok(server)
    }

    /// Waits until the server takes connections.
    fn wait(&mut self) -> Result<(), ShadowError> {
        let began = Instant::now();
        loop {
            if self.is_ready() {
                return Ok(());
            }
            let ended = self.keeper.try_wait().map_err(ShadowError::place(self.place.path()))?;
            if ended.is_some() {
                return Err(ShadowError::Ended { major: self.major, log: self.log_tail() });
            }
            if began.elapsed() > START_MAX {
                let (major, log) = (self.major, self.log_tail());
                return Err(ShadowError::Slow { major, seconds: START_MAX.as_secs(), log });
            }
            thread::sleep(PAUSE);
        }
    }

    /// Whether the eighth line of the server's own file says so, as `pg_ctl` asks it.
    fn is_ready(&self) -> bool {
        let text = fs::read_to_string(self.place.data().join("postmaster.pid"));
        text.is_ok_and(|text| text.lines().nth(7).is_some_and(|line| line.trim() == "ready"))
    }

    /// How a database of it is reached, by one who may do everything.
    pub fn address(&self, database: &str) -> String {
        let (folder, port) = (self.place.path().display(), self.port);
        let database = database.replace('\\', "\\\\").replace('\'', "\\'");
        format!("host={folder} port={port} user=postgres dbname='{database}'")
    }

    /// Its major version.
    pub fn major(&self) -> Major {
        self.major
    }

    /// The folder of its socket. It belongs to whom the server runs as, and goes with the server.
    pub fn socket_folder(&self) -> &Path {
        self.place.path()
    }

    /// The last lines of what it says.
    pub fn log_tail(&self) -> String {
        tail(&self.place.log()).unwrap_or_else(|why| format!("its log cannot be read: {why}"))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // The keeper reads the end of its input, and ends the server.
        drop(self.keeper.stdin.take());
        // It cannot fail for a child that nobody else waits for.
        let _ = self.keeper.wait();
    }
}

/// Writes the settings and files into a cluster. Only who owns the cluster may read them.
fn furnish(settings: &Settings, place: &Place) -> Result<(), ShadowError> {
    let data = place.data();
    let path = data.join("postgresql.conf");
    let file = File::options().append(true).open(&path);
    let lines = format!("{CONFIGURATION}{}\n", settings.configuration);
    file.and_then(|mut file| file.write_all(lines.as_bytes()))
        .map_err(ShadowError::place(&path))?;
    for (name, text) in &settings.files {
        let path = data.join(name);
        let written = fs::write(&path, text)
            .and_then(|()| {
                fs::set_permissions(&path, fs::metadata(data.join("PG_VERSION"))?.permissions())
            })
            .and_then(|()| account::give(&path, place.account.as_ref()));
        written.map_err(ShadowError::place(&path))?;
    }
    Ok(())
}

/// The last lines of a file.
fn tail(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(TAIL_BYTES)))?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    let text = String::from_utf8_lossy(&bytes);
    let lines: Vec<&str> = text.trim_end().lines().collect();
    Ok(lines[lines.len().saturating_sub(TAIL_LINES)..].join("\n"))
}
