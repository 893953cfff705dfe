//! The servers of the tests: those of the product's own launcher, with what the pages speak of in
//! them, and sessions that are waited for.
//!
//! `MIGRATE_POSTGRES_BIN` names the folder with `initdb` and `postgres`, or several of them with
//! `:` between; else those that `tools/servers` got are taken before those of the system.

use migrate::shadow;
use migrate::shadow::Settings;
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::path::PathBuf;
use std::process::Command;
use tokio::runtime::Runtime;
use tokio_postgres::Client;
use tokio_postgres::NoTls;
use tokio_postgres::SimpleQueryMessage;

/// The binaries of one major version.
#[derive(Clone, Debug)]
pub(crate) struct Install {
    pub(crate) major: u8,
    inner: shadow::Install,
}

/// All installs, the newest first.
pub(crate) fn installs() -> Vec<Install> {
    let mut found: Vec<shadow::Install> = Vec::new();
    if std::env::var_os("MIGRATE_POSTGRES_BIN").is_none() {
        let fetched = concat!(env!("CARGO_MANIFEST_DIR"), "/target/postgres");
        let entries = fs::read_dir(fetched).into_iter().flatten().flatten();
        found.extend(entries.filter_map(|entry| shadow::Install::at(&entry.path()).ok()));
    }
    found.extend(shadow::installs(None).expect("what is named is there"));
    found.sort_by_key(|install| std::cmp::Reverse(install.major));
    found.dedup_by_key(|install| install.major);
    found.into_iter().map(|inner| Install { major: inner.major.number(), inner }).collect()
}

impl Install {
    /// A program that came with the server, if it did.
    pub(crate) fn program(&self, name: &str) -> Option<PathBuf> {
        self.inner.program(name)
    }
}

/// A running server.
pub(crate) struct Server {
    pub(crate) major: u8,
    inner: shadow::Server,
}

/// What is measured does not depend on the moment, and reads tables rather than indexes.
const CONFIGURATION: &str = "\
wal_level = replica
max_prepared_transactions = 10
autovacuum = off
enable_indexscan = off
enable_indexonlyscan = off
enable_bitmapscan = off
enable_tidscan = off
";

impl Server {
    /// Makes a new cluster and starts it.
    pub(crate) fn start(install: &Install) -> io::Result<Server> {
        Server::start_with(install, 5432, &[])
    }

    /// Makes a new cluster with these files in its folder, settings after those that are there, and
    /// starts it.
    pub(crate) fn start_with(
        install: &Install,
        port: u16,
        files: &[(&str, &str)],
    ) -> io::Result<Server> {
        let server = Server::launch(install, port, files)?;
        server.furnish()?;
        Ok(server)
    }

    /// The same of a server that has nothing in it: that may only be read, or is followed by one that
    /// could not make the same folders.
    pub(crate) fn bare(install: &Install, files: &[(&str, &str)]) -> io::Result<Server> {
        Server::launch(install, 5432, files)
    }

    fn launch(install: &Install, port: u16, files: &[(&str, &str)]) -> io::Result<Server> {
        let mut settings =
            Settings { port, configuration: CONFIGURATION.to_owned(), ..Settings::default() };
        for (name, text) in files {
            match *name {
                "postgresql.conf" => settings.configuration.push_str(text),
                name => settings.files.push((name.to_owned(), (*text).to_owned())),
            }
        }
        let inner = shadow::Server::start(&install.inner, &settings).map_err(io::Error::other)?;
        Ok(Server { major: install.major, inner })
    }

    /// Makes what the pages speak of and no migration does: a role that is granted things, and two
    /// tablespaces.
    fn furnish(&self) -> io::Result<()> {
        let session = self.session("postgres").map_err(io::Error::other)?;
        session.run("CREATE ROLE app").map_err(io::Error::other)?;
        let above = self.inner.socket_folder();
        let owner = fs::metadata(above)?;
        for name in ["slow", "fast"] {
            let folder = above.join(name);
            fs::create_dir(&folder)?;
            std::os::unix::fs::chown(&folder, Some(owner.uid()), Some(owner.gid()))?;
            let statement = format!("CREATE TABLESPACE {name} LOCATION '{}'", folder.display());
            session.run(&statement).map_err(io::Error::other)?;
        }
        Ok(())
    }

    /// How a program is told to reach a database.
    pub(crate) fn address(&self, database: &str) -> String {
        self.inner.address(database)
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

    /// How many rows a statement writes.
    pub(crate) fn affected(&self, statement: &str) -> Result<u64, String> {
        let done = self.runtime.block_on(self.client.execute(statement, &[]));
        done.map_err(|error| reason(&error))
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
