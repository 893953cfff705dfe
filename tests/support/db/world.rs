//! Surroundings that a test makes up, and the program run in them.

use crate::server::Install;
use crate::server::Server;
use libtest_mimic::Failed;
use libtest_mimic::Trial;
use migrate::db::Address;
use migrate::db::DbError;
use migrate::db::Environment;
use migrate::db::Kept;
use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;
use tempfile::TempDir;

/// Variables and a home.
pub(crate) struct World {
    pub(super) home: TempDir,
    variables: BTreeMap<String, String>,
}

/// What a run of the program did.
pub(super) struct Run {
    pub(super) success: bool,
    pub(super) code: Option<i32>,
    pub(super) out: String,
    pub(super) err: String,
}

impl World {
    /// A home with nothing but a file to judge, and no variables.
    pub(crate) fn new() -> Result<World, String> {
        let home = tempfile::tempdir().map_err(|error| error.to_string())?;
        let world = World { variables: BTreeMap::new(), home };
        let home = world.home.path().display().to_string();
        Ok(world.with("HOME", &home).file("case.sql", "DROP TABLE shop;", 0o644))
    }

    pub(super) fn with(mut self, name: &str, value: &str) -> World {
        self.variables.insert(name.to_owned(), value.to_owned());
        self
    }

    pub(super) fn file(self, name: &str, text: &str, mode: u32) -> World {
        let path = self.home.path().join(name);
        fs::write(&path, text).expect("a file can be written");
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("it is ours");
        self
    }

    pub(super) fn path(&self, name: &str) -> String {
        self.home.path().join(name).display().to_string()
    }

    /// Has the program read the catalog of a database.
    pub(super) fn plan(&self, address: &str) -> Result<Run, String> {
        let output = Command::new(env!("CARGO_BIN_EXE_migrate"))
            .args(["plan", "--format", "json", "--database-url", address, "case.sql"])
            .current_dir(self.home.path())
            .env_clear()
            .envs(&self.variables)
            .output()
            .map_err(|error| error.to_string())?;
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        Ok(Run {
            success: output.status.success(),
            code: output.status.code(),
            out: text(output.stdout),
            err: text(output.stderr),
        })
    }

    /// The address that a session would use.
    pub(crate) fn resolve(&self, told: Option<&str>) -> Result<Address, DbError> {
        Address::resolve(told, self)
    }
}

impl Environment for World {
    fn variable(&self, name: &str) -> Option<String> {
        self.variables.get(name).cloned()
    }

    fn file(&self, path: &Path) -> io::Result<Kept> {
        let open = fs::metadata(path)?.permissions().mode() & 0o077 != 0;
        Ok(Kept { text: fs::read_to_string(path)?, open })
    }

    fn user(&self) -> Option<String> {
        Some("postgres".to_owned())
    }
}

/// A port of this machine that nobody listens on.
pub(super) fn free_port() -> Result<u16, String> {
    let free = TcpListener::bind("127.0.0.1:0").map_err(|error| error.to_string())?;
    free.local_addr().map(|address| address.port()).map_err(|error| error.to_string())
}

/// A test that sets up a server of its own.
pub(super) type Own = fn(&Install) -> Result<(), String>;

/// A test that needs a server's programs.
pub(super) fn own_trial(name: &str, install: Option<&Install>, test: Own) -> Trial {
    let (ignored, install) = (install.is_none(), install.cloned());
    let run = move || {
        let install = install.expect("an ignored test does not run");
        test(&install).map_err(Failed::from)
    };
    Trial::test(format!("db::{name}"), run).with_ignored_flag(ignored)
}

/// A server that listens on a port of this machine too, and lets roles in as told.
pub(super) fn listening(
    install: &Install,
    access: &str,
    files: &[(&str, &str)],
    settings: &str,
) -> Result<(Server, u16), String> {
    let port = free_port()?;
    let settings = format!("listen_addresses = '127.0.0.1'\n{settings}");
    let mut files = files.to_vec();
    files.extend([("postgresql.conf", settings.as_str()), ("pg_hba.conf", access)]);
    let server = Server::start_with(install, port, &files);
    server.map(|server| (server, port)).map_err(|error| error.to_string())
}

/// Fails with what was said, unless it holds.
pub(super) fn holds(condition: bool, said: impl FnOnce() -> String) -> Result<(), String> {
    if condition { Ok(()) } else { Err(said()) }
}
