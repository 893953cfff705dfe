//! A project, a database of its own for it, the program run on both, and services that are alive.

use crate::asked;
use crate::process::ends;
use crate::server::Server;
use crate::server::Session;
use crate::server::reason;
use std::fs;
use std::io;
use std::io::Read;
use std::path::Path;
use std::process::Child;
use std::process::Command;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;
use std::thread::JoinHandle;
use std::time::Duration;
use tempfile::TempDir;

/// The change that most stories are of: a column that another one takes the place of.
pub(super) const CHANGE: &str = "20260101000000_email";

/// The same under its short name.
pub(super) const SHORT: &str = "email";

/// The table that is there before the ledger is.
const BEFORE: &str = "CREATE TABLE users (id int PRIMARY KEY, email_old text, name text);
     INSERT INTO users VALUES (1, 'a@b.c', 'A');";

/// One service in one place, and a short wait.
pub(super) const ONE: &str = "environment = \"test\"\n[soak]\nwindow = \"1s\"\n\
     [[consumer]]\nservice = \"web\"\ninterval = \"1s\"\n";

/// A project with a change, its database, and a session in that.
pub(super) struct Life {
    folder: TempDir,
    pub(super) address: String,
    pub(super) session: Session,
}

/// What a run of the program did.
#[derive(Debug)]
pub(super) struct Run {
    /// Its exit code; `None` if a signal ended it.
    pub(super) code: Option<i32>,
    pub(super) out: String,
    pub(super) err: String,
}

impl Life {
    /// A project with the usual change, and a database with a table.
    pub(super) fn new(server: &Server, name: &str, settings: &str) -> Result<Life, String> {
        let name = format!("life_{name}");
        let admin = server.session("postgres").map_err(|error| reason(&error))?;
        admin.run(&format!("CREATE DATABASE {name}")).map_err(|error| reason(&error))?;
        let session = server.session(&name).map_err(|error| reason(&error))?;
        session.run(BEFORE).map_err(|error| reason(&error))?;
        let folder = tempfile::tempdir().map_err(said)?;
        let life = Life { folder, address: server.address(&name), session };
        life.file("migrate.toml", settings)?;
        life.change("expand.sql", "ALTER TABLE users ADD COLUMN email text;")?;
        life.change("contract.sql", "ALTER TABLE users DROP COLUMN email_old;")?;
        life.change("change.toml", "owner = \"kim\"\n")?;
        Ok(life)
    }

    /// The same, as far as that its contract may run: v1 ran long ago, and v2 does without it.
    pub(super) fn ready(server: &Server, name: &str) -> Result<Life, String> {
        let life = Life::new(server, name, ONE)?;
        life.make_ready()?;
        Ok(life)
    }

    /// Brings it so far.
    pub(super) fn make_ready(&self) -> Result<(), String> {
        self.ends("expand", 0, "")?;
        self.ends("rollout finish web@v1", 0, "web@v1 is everywhere")?;
        self.ends("rollout finish web@v2 --satisfies all", 0, "web@v2 is everywhere")?;
        self.soak(&["web@v2"])
    }

    /// Keeps its database as it is now, for [`Life::restore`].
    pub(super) fn keep(&mut self, server: &Server) -> Result<(), String> {
        let name = self.leave(server)?;
        self.sql(&format!("CREATE DATABASE {name}_kept TEMPLATE {name}"))?;
        self.session = server.session(&name).map_err(|error| reason(&error))?;
        Ok(())
    }

    /// Makes its database what it was when it was kept, under the name that its ledger knows.
    pub(super) fn restore(&mut self, server: &Server) -> Result<(), String> {
        let name = self.leave(server)?;
        self.sql(&format!("DROP DATABASE {name} WITH (FORCE)"))?;
        self.sql(&format!("CREATE DATABASE {name} TEMPLATE {name}_kept"))?;
        self.session = server.session(&name).map_err(|error| reason(&error))?;
        Ok(())
    }

    /// Ends the session in its database, and gives the name of that.
    fn leave(&mut self, server: &Server) -> Result<String, String> {
        let name = self.text("SELECT current_database()")?;
        self.session = server.session("postgres").map_err(|error| reason(&error))?;
        self.comes(
            &format!("SELECT count(*) FROM pg_stat_activity WHERE datname = '{name}'"),
            "0",
        )?;
        Ok(name)
    }

    /// Waits while these are alive, for more than the soak.
    pub(super) fn soak(&self, alive: &[&str]) -> Result<(), String> {
        for _ in 0..7 {
            for version in alive {
                self.beat(version)?;
            }
            std::thread::sleep(Duration::from_millis(250));
        }
        alive.iter().try_for_each(|version| self.beat(version))
    }

    /// A version says that it is alive: `service@version`, or `service@version/region`.
    pub(super) fn beat(&self, version: &str) -> Result<(), String> {
        self.sql(&beat(version))
    }

    /// What was seen of a version was seen so long ago.
    pub(super) fn long_ago(&self, version: &str, ago: &str) -> Result<(), String> {
        self.sql(&format!(
            "UPDATE migrate.sighting SET since = since - interval '{ago}',
                until = until - interval '{ago}' WHERE service || '@' || version = '{version}'"
        ))
    }

    /// Writes a file of the project.
    pub(super) fn file(&self, path: &str, text: impl AsRef<[u8]>) -> Result<(), String> {
        let path = self.folder.path().join(path);
        fs::create_dir_all(path.parent().ok_or("no folder")?).map_err(said)?;
        fs::write(path, text).map_err(said)
    }

    /// Writes a file of the change.
    pub(super) fn change(&self, name: &str, text: impl AsRef<[u8]>) -> Result<(), String> {
        self.file(&format!("migrations/{CHANGE}/{name}"), text)
    }

    /// Where the project is.
    pub(super) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// A command, not begun yet; its arguments have no blanks in them.
    pub(super) fn command(&self, arguments: &str) -> Command {
        self.at(&self.address, arguments)
    }

    /// The same on another address.
    pub(super) fn at(&self, address: &str, arguments: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_migrate"));
        command
            .args(arguments.split(' '))
            .args(["--database-url", address])
            .current_dir(self.folder.path())
            .env_clear()
            .env("HOME", self.folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// Runs a command to its end.
    pub(super) fn run(&self, arguments: &str) -> Result<Run, String> {
        finish(self.command(arguments).spawn().map_err(said)?)
    }

    /// The same, which must end with this code and say this.
    pub(super) fn ends(&self, arguments: &str, code: i32, says: &str) -> Result<Run, String> {
        ended(self.run(arguments)?, arguments, code, says)
    }

    /// Runs SQL.
    pub(super) fn sql(&self, sql: &str) -> Result<(), String> {
        asked::sql(&self.session, sql)
    }

    /// What a query gives, without the last line's end.
    pub(super) fn text(&self, query: &str) -> Result<String, String> {
        asked::text(&self.session, query)
    }

    /// Sees that a query gives this.
    pub(super) fn gives(&self, query: &str, wanted: &str) -> Result<(), String> {
        asked::gives(&self.session, query, wanted)
    }

    /// Waits until a query gives this.
    pub(super) fn comes(&self, query: &str, wanted: &str) -> Result<(), String> {
        asked::comes(&self.session, query, wanted)
    }

    /// Sees that the column which goes is there, or not.
    pub(super) fn is_dropped(&self, dropped: bool) -> Result<(), String> {
        self.gives(COLUMN, if dropped { "0" } else { "1" })
    }

    /// How many events of a kind are in the ledger.
    pub(super) fn has(&self, kind: &str, count: usize) -> Result<(), String> {
        let query = format!("SELECT count(*) FROM migrate.ledger WHERE kind = '{kind}'");
        self.gives(&query, &count.to_string())
    }
}

/// Whether the column is there that goes.
pub(super) const COLUMN: &str = "SELECT count(*) FROM pg_attribute
    WHERE attrelid = 'users'::regclass AND attname = 'email_old' AND NOT attisdropped";

/// The statement by which a version says that it is alive.
fn beat(version: &str) -> String {
    let (service, version) = version.split_once('@').unwrap_or((version, ""));
    let (version, region) = version.split_once('/').unwrap_or((version, ""));
    format!("SELECT migrate.beat('{service}', '{version}', '{region}', 1)")
}

/// Somebody who says all the time that versions are alive.
pub(super) struct Alive {
    over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Alive {
    pub(super) fn of(
        server: &Server,
        life: &Life,
        versions: &'static [&'static str],
    ) -> Result<Alive, String> {
        let session = another(server, life)?;
        versions.iter().try_for_each(|version| life.beat(version))?;
        let over = Arc::new(AtomicBool::new(false));
        let seen = over.clone();
        let thread = std::thread::spawn(move || {
            while !seen.load(Ordering::SeqCst) {
                for version in versions {
                    session.run(&beat(version)).expect("a beat is taken");
                }
                std::thread::sleep(Duration::from_millis(200));
            }
        });
        Ok(Alive { over, thread: Some(thread) })
    }
}

impl Drop for Alive {
    fn drop(&mut self) {
        self.over.store(true, Ordering::SeqCst);
        let ended = self.thread.take().map(JoinHandle::join);
        assert!(std::thread::panicking() || ended.is_none_or(|ended| ended.is_ok()));
    }
}

/// Another session in the same database.
pub(super) fn another(server: &Server, life: &Life) -> Result<Session, String> {
    let name = life.text("SELECT current_database()")?;
    server.session(&name).map_err(|error| reason(&error))
}

/// A session of a service: connected, as its `application_name` says.
pub(super) fn connected(server: &Server, life: &Life, name: &str) -> Result<Session, String> {
    let session = another(server, life)?;
    let set = session.run(&format!("SET application_name = '{name}'"));
    set.map_err(|error| reason(&error))?;
    Ok(session)
}

/// Waits for the end of a program, which has to come in [`LONGEST`].
pub(super) fn finish(mut child: Child) -> Result<Run, String> {
    let out = reader(child.stdout.take().ok_or("it says nothing")?);
    let err = reader(child.stderr.take().ok_or("it says nothing")?);
    let status = ends(&mut child, LONGEST)?;
    if status.is_none() {
        child.kill().map_err(said)?;
        child.wait().map_err(said)?;
    }
    let text = |reader: Reader| reader.join().map_err(|_| "no reader")?.map_err(said);
    let (out, err) = (text(out)?, text(err)?);
    let status = status.ok_or_else(|| format!("it does not end in {LONGEST:?}: {out}\n{err}"))?;
    Ok(Run { code: status.code(), out, err })
}

/// How long a program may take, on a slow day.
const LONGEST: Duration = Duration::from_mins(2);

/// Who reads what a program says, so that it need not wait.
type Reader = JoinHandle<io::Result<String>>;

fn reader(mut says: impl Read + Send + 'static) -> Reader {
    std::thread::spawn(move || {
        let mut text = String::new();
        says.read_to_string(&mut text).map(|_| text)
    })
}

/// Sees that a program ended with this code and said this.
pub(super) fn ended(run: Run, arguments: &str, code: i32, says: &str) -> Result<Run, String> {
    let so = run.code == Some(code) && (run.err.contains(says) || run.out.contains(says));
    holds(so, || {
        let Run { code: came, out, err } = &run;
        format!("`{arguments}`: not {code} with `{says}`, but {came:?}\n{out}\n{err}")
    })?;
    Ok(run)
}

/// Fails with what was said, unless it holds.
pub(super) fn holds(condition: bool, said: impl FnOnce() -> String) -> Result<(), String> {
    if condition { Ok(()) } else { Err(said()) }
}

pub(super) fn said(error: impl std::fmt::Display) -> String {
    error.to_string()
}
