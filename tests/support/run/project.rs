//! A project with changes, a database for it, and the program run on both.

use super::holds;
use super::said;
use crate::server::Server;
use crate::server::Session;
use crate::server::reason;
use migrate::db;
use migrate::db::Address;
use migrate::db::Environment;
use migrate::db::Kept;
use migrate::store;
use migrate::store::Book;
use std::fs;
use std::io;
use std::io::BufRead;
use std::io::BufReader;
use std::io::Read;
use std::path::Path;
use std::process::Child;
use std::process::ChildStderr;
use std::process::Command;
use std::process::Stdio;
use std::time::Duration;
use std::time::Instant;
use tempfile::TempDir;

/// A folder with changes.
pub(super) struct Project {
    folder: TempDir,
}

/// What a run of the program did.
#[derive(Debug)]
pub(super) struct Run {
    /// Its exit code; `None` if a signal ended it.
    pub(super) code: Option<i32>,
    pub(super) out: String,
    pub(super) err: String,
}

impl Project {
    /// A project with changes: their names, and what their `expand.sql` says.
    pub(super) fn new(changes: &[(&str, &str)]) -> Project {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let project = Project { folder };
        for (name, sql) in changes {
            project.write(name, sql);
        }
        project
    }

    /// Writes the `expand.sql` of a change.
    pub(super) fn write(&self, change: &str, sql: &str) {
        self.file(&format!("{}/expand.sql", named(change)), sql);
    }

    /// Writes a file below `migrations/`.
    pub(super) fn file(&self, path: &str, text: &str) {
        let path = self.folder.path().join("migrations").join(path);
        fs::create_dir_all(path.parent().expect("it stands in a folder")).expect("it can be made");
        fs::write(path, text).expect("it can be written");
    }

    /// Takes a change away.
    pub(super) fn remove(&self, change: &str) {
        let path = self.folder.path().join("migrations").join(named(change));
        fs::remove_dir_all(path).expect("it was there");
    }

    /// `migrate expand`, not begun yet.
    pub(super) fn expand(&self, address: &str, more: &[&str]) -> Command {
        let mut command = self.command("expand", address);
        command.args(["--actor", "tester"]).args(more);
        command
    }

    /// A command on a database, not begun yet.
    fn command(&self, word: &str, address: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_migrate"));
        command
            .args([word, "--database-url", address])
            .current_dir(self.folder.path())
            .env_clear()
            .env("HOME", self.folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// Sees that `migrate status` ends with a code, and says something.
    pub(super) fn stands(&self, address: &str, code: i32, says: &str) -> Result<(), String> {
        let found = run(&mut self.command("status", address))?;
        let so = found.code == Some(code) && found.out.contains(says);
        holds(so, || format!("status: not {code} with `{says}`: {found:?}"))
    }

    /// `migrate expand`, to its end.
    pub(super) fn run(&self, address: &str, more: &[&str]) -> Result<Run, String> {
        run(&mut self.expand(address, more))
    }

    /// The same, which must end with this code and say this.
    pub(super) fn ends(
        &self,
        address: &str,
        more: &[&str],
        code: i32,
        says: &str,
    ) -> Result<Run, String> {
        let run = self.run(address, more)?;
        let as_said = run.code == Some(code) && (run.err.contains(says) || run.out.contains(says));
        holds(as_said, || format!("not {code} with `{says}`: {run:?}"))?;
        Ok(run)
    }
}

fn run(command: &mut Command) -> Result<Run, String> {
    let output = command.output().map_err(said)?;
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    Ok(Run { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) })
}

/// The name of a change's folder.
pub(super) fn named(change: &str) -> String {
    format!("202401010000{change}")
}

/// A new database, by a name of its own; gives its address and a session in it.
pub(super) fn database(server: &Server, name: &str) -> Result<(String, Session), String> {
    let admin = server.session("postgres").map_err(|error| reason(&error))?;
    admin.run(&format!("CREATE DATABASE {name}")).map_err(|error| reason(&error))?;
    let session = server.session(name).map_err(|error| reason(&error))?;
    Ok((server.address(name), session))
}

/// Starts a program and gives what it says on standard error as it says it.
pub(super) fn begin(command: &mut Command) -> Result<(Child, BufReader<ChildStderr>), String> {
    let mut child = command.spawn().map_err(said)?;
    let err = child.stderr.take().ok_or("it says nothing")?;
    Ok((child, BufReader::new(err)))
}

/// Reads until a line says this; gives all that was read.
pub(super) fn until(lines: &mut impl BufRead, wanted: &str) -> Result<String, String> {
    let mut all = String::new();
    loop {
        let begun = all.len();
        let read = lines.read_line(&mut all).map_err(said)?;
        holds(read > 0, || format!("it never said `{wanted}`: {all}"))?;
        if all[begun..].contains(wanted) {
            return Ok(all);
        }
    }
}

/// Waits for the end of a program whose standard error is read here.
pub(super) fn end(mut child: Child, mut lines: impl Read, before: &str) -> Result<Run, String> {
    let (mut err, mut out) = (before.to_owned(), String::new());
    lines.read_to_string(&mut err).map_err(said)?;
    if let Some(mut stdout) = child.stdout.take() {
        stdout.read_to_string(&mut out).map_err(said)?;
    }
    let code = child.wait().map_err(said)?.code();
    Ok(Run { code, out, err })
}

/// Sends a signal to a program that was started here.
pub(super) fn send(child: &Child, signal: &str) -> Result<(), String> {
    let sent = Command::new("kill").args([format!("-{signal}"), child.id().to_string()]).status();
    holds(sent.is_ok_and(|status| status.success()), || "no signal is sent".to_owned())
}

/// Asks until a query gives this, for some seconds.
pub(super) fn comes(session: &Session, query: &str, wanted: &str) -> Result<(), String> {
    let begun = Instant::now();
    loop {
        let found = session.text(query).map_err(|error| reason(&error))?;
        if found.trim() == wanted {
            return Ok(());
        }
        let late = begun.elapsed() > Duration::from_secs(20);
        holds(!late, || format!("{query} gives `{}`, not `{wanted}`", found.trim()))?;
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// How many sessions have the lock of who is at work in a database.
pub(super) const AT_WORK: &str = "
SELECT count(*) FROM pg_locks JOIN pg_database ON pg_database.oid = database
WHERE locktype = 'advisory' AND granted AND datname = current_database()";

/// Surroundings with nothing in them.
struct Nothing;

impl Environment for Nothing {
    fn variable(&self, _: &str) -> Option<String> {
        None
    }

    fn file(&self, path: &Path) -> io::Result<Kept> {
        Ok(Kept { text: fs::read_to_string(path)?, open: false })
    }

    fn user(&self) -> Option<String> {
        None
    }
}

/// The ledger of a database, as the program's own library reads and verifies it.
pub(super) fn book(address: &str) -> Result<Book, String> {
    let address = Address::resolve(Some(address), &Nothing).map_err(said)?;
    let session = db::Session::open(&address, &db::Settings::default()).map_err(said)?;
    let book = store::read(&session).map_err(said)?;
    book.verify(&[]).map_err(said)?;
    Ok(book)
}

/// How often each kind of event stands in the ledger for each step, as lines.
pub(super) fn steps(session: &Session, kind: &str) -> Result<Vec<Vec<String>>, String> {
    session.rows(&format!(
        "SELECT change, body::jsonb ->> 'step', count(*) FROM migrate.ledger
         WHERE kind = '{kind}' GROUP BY 1, 2 ORDER BY 1, 2::int"
    ))
}

/// Each of so many steps is done once.
pub(super) fn done_once(session: &Session, count: usize) -> Result<(), String> {
    let done = steps(session, "step.done")?;
    let once = done.iter().all(|row| row.get(2).is_some_and(|times| times == "1"));
    holds(once && done.len() == count, || format!("{count} steps are not done once: {done:?}"))
}

/// All that the catalog says of what users made, as lines.
pub(super) fn catalog(session: &Session) -> Result<String, String> {
    session.text(CATALOG).map_err(|error| reason(&error))
}

const CATALOG: &str = "
WITH own AS (
    SELECT c.*, n.nspname || '.' || c.relname AS name
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
)
SELECT 'relation', name, relkind::text, relpersistence::text, relispartition::text,
    coalesce(pg_get_expr(relpartbound, own.oid), ''), coalesce(reloptions::text, '')
FROM own
UNION ALL
SELECT 'column', name, attname, format_type(atttypid, atttypmod), attnotnull::text,
    attidentity::text || attgenerated::text, coalesce(pg_get_expr(adbin, adrelid), '')
FROM own JOIN pg_attribute ON attrelid = own.oid AND attnum > 0
LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
UNION ALL
SELECT 'constraint', name, conname, pg_get_constraintdef(con.oid), convalidated::text, '', ''
FROM own JOIN pg_constraint con ON conrelid = own.oid
UNION ALL
SELECT 'index', name, pg_get_indexdef(i.indexrelid), i.indisvalid::text, i.indisready::text,
    i.indislive::text, i.indisunique::text
FROM own JOIN pg_index i ON i.indrelid = own.oid
UNION ALL
SELECT 'broken index', i.indexrelid::regclass::text, '', '', '', '', ''
FROM pg_index i WHERE NOT (i.indisvalid AND i.indisready AND i.indislive)
UNION ALL
SELECT 'partition', name, inhparent::regclass::text, inhdetachpending::text, '', '', ''
FROM own JOIN pg_inherits ON inhrelid = own.oid
UNION ALL
SELECT 'label', t.typname, e.enumlabel, e.enumsortorder::text, '', '', ''
FROM pg_enum e JOIN pg_type t ON t.oid = e.enumtypid
UNION ALL
SELECT 'trigger', name, pg_get_triggerdef(t.oid), '', '', '', ''
FROM own JOIN pg_trigger t ON t.tgrelid = own.oid AND NOT t.tgisinternal
UNION ALL
SELECT 'function', p.oid::regprocedure::text, md5(p.prosrc), '', '', '', ''
FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
WHERE n.nspname NOT IN ('pg_catalog', 'information_schema')
ORDER BY 1, 2, 3, 4, 5, 6, 7";
