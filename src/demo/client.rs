//! Code that runs while the schema changes: of the old release and of the new one, each with a
//! session of its own.

use crate::db::Address;
use crate::db::DbError;
use crate::db::Session;
use crate::db::Settings;
use crate::db::literal;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;
use std::thread;
use std::thread::JoinHandle;
use std::time::Duration;
use std::time::Instant;

/// What a client did so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// The release that it is of.
    pub version: String,
    /// The column that it uses.
    pub column: String,
    /// How many statements it ran.
    pub statements: u64,
    /// The longest that one of them took.
    pub slowest: Duration,
    /// How many failed, or gave another answer than what was written just before.
    pub errors: u64,
    /// The first of these.
    pub first: Option<String>,
}

/// A client at work. It ends when it is dropped.
pub(super) struct Client {
    tally: Arc<Mutex<Tally>>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

/// The pause between two rounds: the server has other things to do, too.
const PAUSE: Duration = Duration::from_millis(2);

impl Client {
    /// Begins to write and read a column, as a release of the service `web`.
    pub(super) fn start(address: &Address, version: &str, column: &str) -> Client {
        let (version, column) = (version.to_owned(), column.to_owned());
        let start = Tally { version, column, ..Tally::default() };
        let tally = Arc::new(Mutex::new(start.clone()));
        let stop = Arc::new(AtomicBool::new(false));
        let (address, told, ended) = (address.clone(), tally.clone(), stop.clone());
        let thread = thread::spawn(move || {
            let mut work = Work { tally: start, told };
            let settings = Settings {
                application_name: format!("web@{}", work.tally.version),
                ..Settings::default()
            };
            match Session::open(&address, &settings) {
                Ok(session) => {
                    while !ended.load(Ordering::Relaxed) {
                        work.round(&session);
                        thread::sleep(PAUSE);
                    }
                }
                Err(error) => work.note(error.to_string()),
            }
        });
        Client { tally, stop, thread: Some(thread) }
    }

    /// What it did so far.
    pub(super) fn tally(&self) -> Tally {
        self.tally.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Ends it; gives what it did.
    pub(super) fn stop(mut self) -> Tally {
        self.end();
        self.tally()
    }

    fn end(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if self.thread.take().is_some_and(|thread| thread.join().is_err()) {
            let mut tally = self.tally.lock().unwrap_or_else(PoisonError::into_inner);
            tally.errors += 1;
            tally.first.get_or_insert_with(|| "the client did not come to its end".to_owned());
        }
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        self.end();
    }
}

/// The thread's side of it.
struct Work {
    tally: Tally,
    told: Arc<Mutex<Tally>>,
}

impl Work {
    /// Writes a row, reads it, changes it, reads it, and changes one that was there before.
    fn round(&mut self, session: &Session) {
        let column = self.tally.column.clone();
        let word = |what: &str, at: u64| literal(&format!("{what} {at}"));
        let (new, other) =
            (word("new", self.tally.statements), word("other", self.tally.statements));
        let insert = format!("INSERT INTO users ({column}) VALUES ({new}) RETURNING id");
        let Some(id) = self.ask(session, &insert, None) else { return };
        let read = format!("SELECT {column} FROM users WHERE id = {id}");
        self.ask(session, &read, Some(&new));
        let update = format!("UPDATE users SET {column} = {other} WHERE id = {id} RETURNING id");
        self.ask(session, &update, Some(&literal(&id)));
        self.ask(session, &read, Some(&other));
        let old = self.tally.statements % 20_000 + 1;
        let write = format!("UPDATE users SET {column} = {other} WHERE id = {old} RETURNING id");
        self.ask(session, &write, Some(&literal(&old.to_string())));
    }

    /// Runs a statement, and counts it; gives the value that it answers.
    fn ask(&mut self, session: &Session, sql: &str, wanted: Option<&str>) -> Option<String> {
        let began = Instant::now();
        let answer = session.rows(sql);
        self.tally.slowest = self.tally.slowest.max(began.elapsed());
        self.tally.statements += 1;
        let value = |rows: Vec<crate::db::Row>| rows.first()?.get(0).map(str::to_owned);
        let answer = answer.map(value);
        match &answer {
            Err(error) => self.note(of_error(sql, error)),
            Ok(value) => {
                let got = value.as_deref().map(literal);
                if got.is_none() || wanted.is_some_and(|wanted| got.as_deref() != Some(wanted)) {
                    self.note(format!("`{sql}` gave {}", got.as_deref().unwrap_or("nothing")));
                }
            }
        }
        self.tell();
        answer.ok().flatten()
    }

    fn note(&mut self, why: String) {
        self.tally.errors += 1;
        self.tally.first.get_or_insert(why);
        self.tell();
    }

    fn tell(&self) {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        told.clone_from(&self.tally);
    }
}

fn of_error(sql: &str, error: &DbError) -> String {
    format!("`{sql}`: {error}")
}
