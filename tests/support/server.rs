//! A throw-away PostgreSQL server: found, started and ended by the tests themselves.
//!
//! `MIGRATE_POSTGRES_BIN` names the folder with `initdb` and `postgres`, or several of them with
//! `:` between; else the folders where `tools/servers` and packages put them are looked through.
//! The server listens on a socket in its own folder only, and ends with the process that started
//! it.

use std::fs;
use std::fs::File;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::path::PathBuf;
use std::process::Child;
use std::process::Command;
use std::process::Stdio;
use std::time::Duration;
use std::time::Instant;
use tempfile::TempDir;
use tokio::runtime::Runtime;
use tokio_postgres::Client;
use tokio_postgres::NoTls;
use tokio_postgres::SimpleQueryMessage;

/// The binaries of one major version.
#[derive(Clone, Debug)]
pub(crate) struct Install {
    pub(crate) major: u8,
    folder: PathBuf,
}

/// All installs, the newest first.
pub(crate) fn installs() -> Vec<Install> {
    let mut folders: Vec<PathBuf> = Vec::new();
    if let Some(told) = std::env::var_os("MIGRATE_POSTGRES_BIN") {
        folders.extend(std::env::split_paths(&told));
    } else {
        let fetched = concat!(env!("CARGO_MANIFEST_DIR"), "/target/postgres");
        for above in [fetched, "/usr/lib/postgresql", "/opt/homebrew/opt", "/usr/local/opt"] {
            let entries = fs::read_dir(above).into_iter().flatten().flatten();
            folders.extend(entries.map(|entry| entry.path().join("bin")));
        }
        let path = std::env::var_os("PATH").unwrap_or_default();
        folders.extend(std::env::split_paths(&path));
    }
    let mut found: Vec<Install> = folders.iter().filter_map(|folder| install(folder)).collect();
    found.sort_by_key(|install| std::cmp::Reverse(install.major));
    found.dedup_by_key(|install| install.major);
    found
}

fn install(folder: &Path) -> Option<Install> {
    if !folder.join("initdb").exists() || !folder.join("postgres").exists() {
        return None;
    }
    let output = Command::new(folder.join("postgres")).arg("--version").output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let digits = text.split(' ').find(|word| word.starts_with(|c: char| c.is_ascii_digit()))?;
    let major = digits.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()?;
    Some(Install { major, folder: folder.to_owned() })
}

impl Install {
    /// A program that came with the server, if it did.
    pub(crate) fn program(&self, name: &str) -> Option<PathBuf> {
        Some(self.folder.join(name)).filter(|path| path.exists())
    }
}

/// A running server.
pub(crate) struct Server {
    pub(crate) major: u8,
    /// The port, of the socket's name too.
    port: u16,
    /// Holds the data and the socket; removed at the end.
    folder: TempDir,
    /// A shell that waits for its input to end, and then ends the server.
    keeper: Child,
}

/// Settings of a server that may lose everything.
const SETTINGS: &str = "\
listen_addresses = ''
fsync = off
synchronous_commit = off
full_page_writes = off
shared_buffers = 16MB
max_connections = 100
max_prepared_transactions = 10
autovacuum = off
logging_collector = off
enable_indexscan = off
enable_indexonlyscan = off
enable_bitmapscan = off
enable_tidscan = off
";

/// The file of what the server says.
const LOG: &str = "log";

/// How long a server may take to start on a slow day.
const START_MAX: Duration = Duration::from_mins(1);

impl Server {
    /// Makes a new cluster and starts it.
    pub(crate) fn start(install: &Install) -> io::Result<Server> {
        Server::start_with(install, 5432, &[])
    }

    /// Makes a new cluster with these files in its folder, settings after those that are there, and
    /// starts it. Only who owns the folder may read them.
    pub(crate) fn start_with(
        install: &Install,
        port: u16,
        files: &[(&str, &str)],
    ) -> io::Result<Server> {
        // Short, for the path of a socket has a limit of 107 bytes.
        let folder = tempfile::Builder::new().prefix("mig").tempdir_in("/tmp")?;
        let data = folder.path().join("data");
        fs::create_dir(&data)?;
        let user = user()?;
        give_away(folder.path(), user)?;
        give_away(&data, user)?;
        let initdb = as_user(&install.folder.join("initdb"), user)
            .args(["-D", &data.display().to_string(), "-U", "postgres", "-A", "trust", "-N"])
            .args(["-E", "UTF8", "--locale=C"])
            .current_dir("/tmp")
            .output()?;
        if !initdb.status.success() {
            let text = String::from_utf8_lossy(&initdb.stderr).into_owned();
            return Err(io::Error::other(format!("initdb: {text}")));
        }
        for (name, text) in [("postgresql.conf", SETTINGS)].iter().chain(files) {
            let path = data.join(name);
            let settings = *name == "postgresql.conf";
            let before = if settings { fs::read_to_string(&path)? } else { String::new() };
            fs::write(&path, before + text)?;
            fs::set_permissions(&path, fs::Permissions::from_mode(0o600))?;
            give_away(&path, user)?;
        }
        let script = "\"$0\" \"$@\" & server=$!; read -r _; kill -INT $server; wait $server";
        let keeper = as_user(Path::new("/bin/sh"), user)
            .args(["-c", script])
            .arg(install.folder.join("postgres"))
            .args(["-D", &data.display().to_string()])
            .args(["-k", &folder.path().display().to_string(), "-p", &port.to_string()])
            .current_dir("/tmp")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            // A pipe would be full one day, and the server would wait for somebody to read it.
            .stderr(File::create(folder.path().join(LOG))?)
            .spawn()?;
        let mut server = Server { major: install.major, port, folder, keeper };
        server.wait()?;
        server.furnish(user)?;
        Ok(server)
    }

    /// Makes what the pages speak of and no migration does: a role that is granted things, and two
    /// tablespaces.
    fn furnish(&self, user: Option<Owner>) -> io::Result<()> {
        let session = self.session("postgres").map_err(io::Error::other)?;
        session.run("CREATE ROLE app").map_err(io::Error::other)?;
        for name in ["slow", "fast"] {
            let folder = self.folder.path().join(name);
            fs::create_dir(&folder)?;
            give_away(&folder, user)?;
            let statement = format!("CREATE TABLESPACE {name} LOCATION '{}'", folder.display());
            session.run(&statement).map_err(io::Error::other)?;
        }
        Ok(())
    }

    fn wait(&mut self) -> io::Result<()> {
        let began = Instant::now();
        while self.session("postgres").is_err() {
            if began.elapsed() > START_MAX {
                self.keeper.kill()?;
                let said = fs::read_to_string(self.folder.path().join(LOG))?;
                return Err(io::Error::other(format!("the server does not start: {said}")));
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }

    /// How a program is told to reach a database.
    pub(crate) fn address(&self, database: &str) -> String {
        let socket = self.folder.path().display();
        format!("host={socket} port={} user=postgres dbname={database}", self.port)
    }

    /// A session in a database.
    pub(crate) fn session(&self, database: &str) -> Result<Session, tokio_postgres::Error> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime can be made");
        let words = self.address(database);
        let (client, connection) = runtime.block_on(tokio_postgres::connect(&words, NoTls))?;
        runtime.spawn(connection);
        Ok(Session { runtime, client })
    }

    /// A new, empty database with a session in it.
    pub(crate) fn database(&self, name: &str) -> Result<Session, tokio_postgres::Error> {
        let admin = self.session("postgres")?;
        admin.run(&format!("CREATE DATABASE {name} TEMPLATE template0"))?;
        let session = self.session(name)?;
        // An access method by another name than the usual one, as an extension would bring it.
        session.run("CREATE ACCESS METHOD columnar TYPE TABLE HANDLER heap_tableam_handler")?;
        Ok(session)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // The keeper reads the end of its input, and ends the server.
        drop(self.keeper.stdin.take());
        let _ = self.keeper.wait();
    }
}

/// A session that is waited for.
pub(crate) struct Session {
    runtime: Runtime,
    client: Client,
}

impl Session {
    /// Runs SQL as one message.
    pub(crate) fn run(&self, sql: &str) -> Result<(), tokio_postgres::Error> {
        self.runtime.block_on(self.client.batch_execute(sql))
    }

    /// Runs the statements of a script one by one, as psql does; each commits by itself.
    pub(crate) fn run_each(&self, script: &str) -> Result<(), String> {
        let read = migrate::sql::read(script, std::slice::from_ref(&(0..script.len())));
        for statement in &read.statements {
            let sql = statement.span.of(script);
            self.run(sql).map_err(|error| format!("{sql}\n{}", reason(&error)))?;
        }
        Ok(())
    }
}

impl Session {
    /// The rows of a query as text; `NULL` is empty.
    pub(crate) fn rows(&self, query: &str) -> Result<Vec<Vec<String>>, String> {
        let messages = self.runtime.block_on(self.client.simple_query(query));
        let messages = messages.map_err(|error| reason(&error))?;
        let row = |message| match message {
            SimpleQueryMessage::Row(row) => {
                let values = (0..row.len()).map(|at| row.get(at).unwrap_or_default().to_owned());
                Some(values.collect())
            }
            _ => None,
        };
        Ok(messages.into_iter().filter_map(row).collect())
    }

    /// The rows that a query gives, one a line, their fields with `|` between.
    pub(crate) fn text(&self, query: &str) -> Result<String, tokio_postgres::Error> {
        let messages = self.runtime.block_on(self.client.simple_query(query))?;
        let mut text = String::new();
        for message in messages {
            if let SimpleQueryMessage::Row(row) = message {
                let fields = (0..row.len()).map(|at| row.get(at).unwrap_or("∅"));
                text.push_str(&fields.collect::<Vec<_>>().join("|"));
                text.push('\n');
            }
        }
        Ok(text)
    }

    /// How many rows a query gives.
    pub(crate) fn count(&self, query: &str) -> Result<usize, String> {
        let query = query.trim().trim_end_matches(';');
        let rows = self.runtime.block_on(self.client.query(query, &[]));
        rows.map(|rows| rows.len()).map_err(|error| reason(&error))
    }
}

/// What the server says, with the SQLSTATE.
pub(crate) fn reason(error: &tokio_postgres::Error) -> String {
    match error.as_db_error() {
        Some(error) => format!("{}: {}", error.code().code(), error.message()),
        None => error.to_string(),
    }
}

/// The user and group that a server runs as: never root, which PostgreSQL refuses.
pub(crate) type Owner = (u32, u32);

pub(crate) fn user() -> io::Result<Option<Owner>> {
    let root = fs::metadata("/proc/self").is_ok_and(|meta| meta.uid() == 0);
    if !root {
        return Ok(None);
    }
    let passwd = fs::read_to_string("/etc/passwd")?;
    let entry = |name: &str| {
        let line = passwd.lines().find(|line| line.starts_with(&format!("{name}:")))?;
        let mut fields = line.split(':').skip(2);
        Some((fields.next()?.parse().ok()?, fields.next()?.parse().ok()?))
    };
    let found = entry("postgres").or_else(|| entry("nobody"));
    found.map(Some).ok_or_else(|| io::Error::other("there is no user to run a server as"))
}

pub(crate) fn give_away(path: &Path, user: Option<Owner>) -> io::Result<()> {
    match user {
        Some((uid, gid)) => std::os::unix::fs::chown(path, Some(uid), Some(gid)),
        None => Ok(()),
    }
}

pub(crate) fn as_user(program: &Path, user: Option<Owner>) -> Command {
    let mut command = Command::new(program);
    if let Some((uid, gid)) = user {
        command.uid(uid).gid(gid);
    }
    command
}
