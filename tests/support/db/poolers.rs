//! `PgBouncer` before a server: of no use in transaction mode, and of use in session mode.

use super::sessions::said;
use super::world::Own;
use super::world::World;
use super::world::free_port;
use super::world::holds;
use super::world::own_trial;
use crate::server::Install;
use crate::server::Server;
use crate::server::as_user;
use crate::server::give_away;
use crate::server::user;
use libtest_mimic::Trial;
use migrate::db::DbError;
use migrate::db::Go;
use migrate::db::Session;
use migrate::db::Settings;
use std::fs;
use std::path::PathBuf;
use std::process::Child;
use std::process::Stdio;
use std::time::Duration;
use std::time::Instant;
use tempfile::TempDir;

/// The program, as `MIGRATE_PGBOUNCER` names it, or where packages put it.
pub(crate) fn pgbouncer() -> Option<PathBuf> {
    let told = std::env::var_os("MIGRATE_PGBOUNCER").map(PathBuf::from);
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain([PathBuf::from("/usr/sbin")]);
    told.into_iter()
        .chain(folders.map(|folder| folder.join("pgbouncer")))
        .find(|path| path.exists())
}

pub(super) fn trials(install: Option<&Install>) -> Vec<Trial> {
    let install = install.filter(|_| pgbouncer().is_some());
    let tests: [(&str, Own); 3] = [
        ("transaction_mode_is_refused", transaction_mode_is_refused),
        ("session_mode_is_accepted", session_mode_is_accepted),
        ("a_pool_of_one_is_refused", a_pool_of_one_is_refused),
    ];
    let trial = |(name, test)| own_trial(&format!("poolers::{name}"), install, test);
    tests.into_iter().map(trial).collect()
}

/// A pooler that runs.
struct Pooler {
    child: Child,
    folder: TempDir,
    port: u16,
}

impl Drop for Pooler {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Pooler {
    fn start(server: &Server, settings: &str) -> Result<Pooler, String> {
        let fault = |error: std::io::Error| error.to_string();
        let program = pgbouncer().ok_or("there is no PgBouncer")?;
        let folder = tempfile::Builder::new().prefix("mig").tempdir_in("/tmp").map_err(fault)?;
        let (owner, port) = (user().map_err(fault)?, free_port()?);
        let words = server.address("postgres").replace(" user=postgres dbname=postgres", "");
        let here = folder.path().display();
        let config = format!(
            "[databases]\n* = {words}\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\n\
             unix_socket_dir = {here}\nlogfile = {here}/log\nauth_type = any\n{settings}\n"
        );
        // `any` lets everybody in as the user that the database names.
        let config = config.replace("\n[pgbouncer]", " user=postgres\n[pgbouncer]");
        let path = folder.path().join("pgbouncer.ini");
        fs::write(&path, config).map_err(fault)?;
        give_away(folder.path(), owner).map_err(fault)?;
        give_away(&path, owner).map_err(fault)?;
        let child = as_user(&program, owner)
            .arg("-q")
            .arg(&path)
            .current_dir("/tmp")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map_err(fault)?;
        let pooler = Pooler { child, folder, port };
        let began = Instant::now();
        while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
            let log = || fs::read_to_string(pooler.folder.path().join("log")).unwrap_or_default();
            holds(began.elapsed() < Duration::from_secs(20), log)?;
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(pooler)
    }

    fn open(&self, settings: &Settings) -> Result<Session, String> {
        let world = World::new()?.with("PGOPTIONS", "-c work_mem=70kB");
        let url = format!("postgres://postgres@127.0.0.1:{}/postgres", self.port);
        let address = world.resolve(Some(&url)).map_err(said)?;
        Session::open(&address, settings).map_err(said)
    }
}

/// With options refused, as is its default, and with options dropped.
const WAYS: [&str; 2] = ["", "ignore_startup_parameters = options"];

fn transaction_mode_is_refused(install: &Install) -> Result<(), String> {
    let server = Server::start(install).map_err(|error| error.to_string())?;
    for way in WAYS {
        let pooler = Pooler::start(&server, &format!("pool_mode = transaction\n{way}"))?;
        let session = pooler.open(&Settings::default())?;
        let error = session.greet("SELECT 1").err().ok_or("it is accepted")?;
        holds(matches!(error, DbError::Pooler { .. }), || format!("{way}: {error:?}"))?;
        let text = error.to_string();
        let helps = text.contains("in transaction mode")
            && text.contains("connect to the server itself, which listens on port 5432");
        holds(helps, || text)?;
    }
    Ok(())
}

fn session_mode_is_accepted(install: &Install) -> Result<(), String> {
    let server = Server::start(install).map_err(|error| error.to_string())?;
    for way in WAYS {
        let pooler = Pooler::start(&server, &format!("pool_mode = session\n{way}"))?;
        let settings = Settings {
            role: Some("app".to_owned()),
            more: vec![("lock_timeout".to_owned(), "123ms".to_owned())],
            ..Settings::default()
        };
        let session = pooler.open(&settings)?;
        let question = "SELECT current_user, current_setting('lock_timeout'), \
                        current_setting('work_mem'), current_setting('application_name')";
        let rows = session.greet(question).map_err(said)?;
        let values: Vec<_> = (0..4).map(|at| rows[0].get(at).unwrap_or("?")).collect();
        holds(values == ["app", "123ms", "70kB", "migrate"], || format!("{way}: {values:?}"))?;
        let second = session.second(&settings).map_err(said)?;
        let rows = second.rows(question).map_err(said)?;
        holds(rows[0].get(1) == Some("123ms"), || format!("{way}: {rows:?}"))?;
        holds(second.pid().ok() != session.pid().ok(), || "they are one".to_owned())?;
        let sleep = "SELECT pg_sleep(30)";
        let answer = session.watched(sleep, Duration::from_millis(100), &mut || Go::Cancel);
        let error = answer.err().ok_or("it is not cancelled")?;
        holds(error.sqlstate() == Some("57014"), || error.to_string())?;
    }
    Ok(())
}

/// Where no second session is to be had, nothing can be told, and nobody can look on.
fn a_pool_of_one_is_refused(install: &Install) -> Result<(), String> {
    let server = Server::start(install).map_err(|error| error.to_string())?;
    let pooler = Pooler::start(&server, "pool_mode = session\ndefault_pool_size = 1")?;
    let error = pooler.open(&Settings::default())?.greet("SELECT 1").err().ok_or("accepted")?;
    let text = error.to_string();
    holds(text.contains("cannot be told") && text.contains("to the server itself"), || text)
}
