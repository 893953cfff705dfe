//! A project with data to fill in, its database, who counts what is written, and who writes beside.

use super::process::Ended;
use super::process::Process;
use crate::asked;
pub(super) use crate::asked::SOON;
use crate::server::Server;
use crate::server::Session;
use crate::server::reason;
use std::fs;
use std::hash::BuildHasher;
use std::hash::Hasher;
use std::hash::RandomState;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;
use std::thread::JoinHandle;
use std::time::Duration;
use tempfile::TempDir;

/// The change, and its short name.
pub(super) const CHANGE: &str = "20260101000000_lower";
pub(super) const SHORT: &str = "lower";

/// What it adds, and how that is filled in.
pub(super) const EXPAND: &str = "ALTER TABLE users ADD COLUMN email_lower text;";
pub(super) const FILL_IN: &str =
    "UPDATE users SET email_lower = lower(email) WHERE email_lower IS NULL;";

/// A project, and a session in its database.
pub(super) struct Fill {
    folder: TempDir,
    name: String,
    pub(super) address: String,
    pub(super) session: Session,
}

/// Users, each of so many bytes and some more.
pub(super) fn users(rows: u32, bytes: u32) -> String {
    format!(
        "CREATE TABLE users (id bigint PRIMARY KEY, email text NOT NULL, pad text NOT NULL);
         INSERT INTO users SELECT n, 'User' || n || '@Example.com', repeat('x', {bytes})
            FROM generate_series(1, {rows}) AS n;
         ANALYZE users"
    )
}

/// The names of sessions that fill in.
const OURS: &str = "current_setting('application_name') LIKE 'migrate/backfill/%'";

/// Every write of a table by us goes on record, with its transaction, in that transaction.
pub(super) fn audited(table: &str) -> String {
    format!(
        "CREATE TABLE IF NOT EXISTS audit (at text, row text, xid bigint DEFAULT txid_current());
         CREATE OR REPLACE FUNCTION audited() RETURNS trigger LANGUAGE plpgsql AS
            'BEGIN INSERT INTO audit (at, row) VALUES (TG_ARGV[0], to_jsonb(NEW)->>''id'');
                RETURN NULL; END';
         CREATE TRIGGER audited AFTER UPDATE ON {table} FOR EACH ROW WHEN ({OURS})
            EXECUTE FUNCTION audited('{table}')"
    )
}

/// Every write of a table by us is counted in its row, and nothing shows that it is done: who comes
/// twice is seen, whatever the condition of the statement is. Each batch takes a while.
pub(super) fn counted(table: &str, pause: &str) -> String {
    format!(
        "ALTER TABLE {table} ADD COLUMN times int NOT NULL DEFAULT 0, ADD COLUMN kept text;
         CREATE OR REPLACE FUNCTION counted() RETURNS trigger LANGUAGE plpgsql AS
            'BEGIN IF TG_OP = ''UPDATE'' THEN NEW.kept := NEW.email_lower;
                NEW.email_lower := NULL; NEW.times := OLD.times + 1; END IF; RETURN NEW; END';
         CREATE TRIGGER zzz_migrate_counted BEFORE INSERT OR UPDATE ON {table}
            FOR EACH ROW WHEN ({OURS})
            EXECUTE FUNCTION counted();
         {}",
        slowed(table, pause)
    )
}

/// Each batch takes a while more.
pub(super) fn slowed(table: &str, pause: &str) -> String {
    format!(
        "CREATE OR REPLACE FUNCTION slowed() RETURNS trigger LANGUAGE plpgsql AS
            'BEGIN PERFORM pg_sleep(TG_ARGV[0]::float8 * 2 * random()); RETURN NULL; END';
         CREATE TRIGGER slowed AFTER UPDATE ON {table} FOR EACH STATEMENT WHEN ({OURS})
            EXECUTE FUNCTION slowed('{pause}')"
    )
}

/// Batches take no longer any more than they have to.
pub(super) const QUICK: &str = "CREATE OR REPLACE FUNCTION slowed() RETURNS trigger
    LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'";

impl Fill {
    /// A project of users, expanded.
    pub(super) fn users(
        server: &Server,
        name: &str,
        (rows, bytes): (u32, u32),
        settings: &str,
    ) -> Result<Fill, String> {
        let fill = Fill::empty(server, name)?;
        fill.sql(&users(rows, bytes))?;
        fill.change(CHANGE, EXPAND, FILL_IN, settings)?;
        fill.ends("expand", 0, "")?;
        Ok(fill)
    }

    /// A project without a change, and an empty database in which indexes are used.
    pub(super) fn empty(server: &Server, name: &str) -> Result<Fill, String> {
        Fill::within(server, name, "")
    }

    /// The same, the database made with these words.
    pub(super) fn within(server: &Server, name: &str, with: &str) -> Result<Fill, String> {
        let name = format!("fill_{name}");
        let admin = server.session("postgres").map_err(|error| reason(&error))?;
        let ran = |sql: &str| admin.run(sql).map_err(|error| reason(&error));
        ran(&format!("CREATE DATABASE {name} {with}"))?;
        for way in ["indexscan", "indexonlyscan", "bitmapscan", "tidscan"] {
            ran(&format!("ALTER DATABASE {name} SET enable_{way} = on"))?;
        }
        let session = server.session(&name).map_err(|error| reason(&error))?;
        let folder = tempfile::tempdir().map_err(said)?;
        let fill = Fill { folder, address: server.address(&name), name, session };
        fill.file("migrate.toml", "environment = \"test\"\n")?;
        Ok(fill)
    }

    /// Writes the files of a change; its `change.toml` says how data is filled in.
    pub(super) fn change(
        &self,
        change: &str,
        expand: &str,
        migrate: &str,
        settings: &str,
    ) -> Result<(), String> {
        let file = |name: &str, text: &str| self.file(&format!("migrations/{change}/{name}"), text);
        file("expand.sql", expand)?;
        file("migrate.sql", migrate)?;
        file("change.toml", &format!("[backfill]\n{settings}\n"))
    }

    pub(super) fn file(&self, path: &str, text: &str) -> Result<(), String> {
        let path = self.folder.path().join(path);
        fs::create_dir_all(path.parent().ok_or("no folder")?).map_err(said)?;
        fs::write(path, text).map_err(said)
    }

    /// Another session in the same database.
    pub(super) fn another(&self, server: &Server) -> Result<Session, String> {
        server.session(&self.name).map_err(|error| reason(&error))
    }

    /// A command on an address, not begun yet; its arguments have no blanks in them.
    pub(super) fn at(&self, address: &str, arguments: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_migrate"));
        command
            .args(arguments.split(' '))
            .args(["--database-url", address])
            .current_dir(self.folder.path())
            .env_clear()
            .env("HOME", self.folder.path());
        command
    }

    /// Starts a command.
    pub(super) fn start(&self, arguments: &str) -> Result<Process, String> {
        Process::start(self.at(&self.address, arguments))
    }

    /// Runs a command to its end, which must have this code and say this.
    pub(super) fn ends(&self, arguments: &str, code: i32, says: &str) -> Result<String, String> {
        let Ended { code: came, said } = self.start(arguments)?.end(SOON * 2)?;
        let so = came == Some(code) && said.contains(says);
        holds(so, || format!("`{arguments}`: not {code} with `{says}`, but {came:?}\n{said}"))?;
        Ok(said)
    }

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

    /// Waits until so many batches are done in all.
    pub(super) fn batches(&self, count: u32) -> Result<(), String> {
        let query = format!(
            "SELECT to_regclass('migrate.backfill_range') IS NOT NULL AND
                coalesce((SELECT sum(batches) FROM migrate.backfill_range), 0) >= {count}"
        );
        self.comes(&query, "t")
    }

    /// Whether so many workers are held for this reason, as the status says.
    pub(super) fn are_held(&self, count: usize, why: &str) -> Result<bool, String> {
        let status = self.ends("backfill status --format json", 4, "")?;
        let status: serde_json::Value = serde_json::from_str(&status).map_err(said)?;
        let workers = status["backfills"][0]["workers"].as_array().ok_or("no workers")?;
        let says = |hold: &serde_json::Value| hold.as_str().is_some_and(|it| it.contains(why));
        let held = |worker: &&serde_json::Value| {
            worker["held_by"].as_array().is_some_and(|holds| holds.iter().any(says))
        };
        Ok(workers.iter().filter(held).count() == count)
    }

    /// Sees that users are done, each once, and that this is proven.
    pub(super) fn is_exact(&self, rows: u32) -> Result<(), String> {
        self.gives(
            "SELECT count(*), count(*) FILTER (WHERE email_lower = lower(email)) FROM users",
            &format!("{rows}|{rows}"),
        )?;
        self.gives("SELECT count(*), count(DISTINCT row) FROM audit", &format!("{rows}|{rows}"))?;
        self.is_proven()
    }

    /// Sees that nothing is left, by the program, and that its ledger is whole.
    pub(super) fn is_proven(&self) -> Result<(), String> {
        self.ends("backfill status", 0, "done")?;
        self.ends(&format!("backfill verify --change {SHORT}"), 0, "no row")?;
        self.ends("ledger verify", 0, "").map(drop)
    }

    /// Sees that each row of a table whose writes are counted was written once.
    pub(super) fn was_counted(&self, table: &str, rows: u32) -> Result<(), String> {
        self.gives(
            &format!(
                "SELECT count(*), count(*) FILTER (WHERE kept = lower(email)), min(times),
                    max(times) FROM {table}"
            ),
            &format!("{rows}|{rows}|1|1"),
        )?;
        self.ends("ledger verify", 0, "").map(drop)
    }
}

/// Who writes beside a backfill until it is told to stop.
pub(super) struct Writers {
    over: Arc<AtomicBool>,
    threads: Vec<JoinHandle<Result<u64, String>>>,
}

/// What a writer does, again and again.
pub(super) type Write = fn(&Session) -> Result<(), tokio_postgres::Error>;

impl Writers {
    pub(super) fn start(
        server: &Server,
        fill: &Fill,
        count: u32,
        write: Write,
    ) -> Result<Writers, String> {
        let over = Arc::new(AtomicBool::new(false));
        let mut threads = Vec::new();
        for _ in 0..count {
            let (session, over) = (fill.another(server)?, over.clone());
            threads.push(std::thread::spawn(move || {
                let mut writes = 0;
                while !over.load(Ordering::SeqCst) {
                    write(&session).map_err(|error| format!("a writer: {}", reason(&error)))?;
                    writes += 1;
                    std::thread::sleep(Duration::from_millis(2));
                }
                Ok(writes)
            }));
        }
        Ok(Writers { over, threads })
    }

    /// Stops them; none may have failed. How often they wrote.
    pub(super) fn end(mut self) -> Result<u64, String> {
        self.over.store(true, Ordering::SeqCst);
        let mut all = 0;
        for thread in self.threads.drain(..) {
            all += thread.join().map_err(|_| "a writer panicked")??;
        }
        holds(all > 0, || "nobody wrote".to_owned())?;
        Ok(all)
    }
}

impl Drop for Writers {
    fn drop(&mut self) {
        self.over.store(true, Ordering::SeqCst);
    }
}

/// Writes any of the first users.
pub(super) fn pad(session: &Session) -> Result<(), tokio_postgres::Error> {
    let id = 1 + any_below(20_000);
    let sql = "UPDATE users SET pad = md5(pad) || substr(pad, 33) WHERE id =";
    session.run(&format!("{sql} {id}"))
}

/// A number below another.
pub(super) fn any_below(limit: u64) -> u64 {
    RandomState::new().build_hasher().finish() % limit
}

/// Fails with what was said, unless it holds.
pub(super) fn holds(condition: bool, said: impl FnOnce() -> String) -> Result<(), String> {
    if condition { Ok(()) } else { Err(said()) }
}

pub(super) fn said(error: impl std::fmt::Display) -> String {
    error.to_string()
}
