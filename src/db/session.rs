//! A session: one connection that is waited for. Sessions that come from one another share a
//! runtime, so that one may look on while another works.

use super::Address;
use super::DbError;
use super::Row;
use super::Signal;
use super::cancel;
use super::connect;
use super::connect::Heard;
use super::connect::Opened;
use super::connect::Start;
use super::connect::first;
use super::hosts::Host;
use super::interrupt;
use super::options;
use super::pooler;
use super::retry;
use super::row;
use super::row::Told;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::pin::pin;
use std::sync::Arc;
use std::sync::OnceLock;
use std::sync::PoisonError;
use std::time::Duration;
use std::time::Instant;
use tokio::runtime::Builder;
use tokio::runtime::Runtime;
use tokio::task::JoinHandle;
use tokio::time::sleep;
use tokio::time::timeout;
use tokio_postgres::Client;
use tokio_postgres::SimpleQueryMessage;

/// How a session presents itself.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Its name, as `pg_stat_activity` shows it.
    pub application_name: String,
    /// The role that it acts as, as after `SET ROLE`.
    pub role: Option<String>,
    /// More settings, as after `SET`: their names and values.
    pub more: Vec<(String, String)>,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings { application_name: "migrate".to_owned(), role: None, more: Vec::new() }
    }
}

/// Whether a statement that is watched goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Go {
    /// It does.
    On,
    /// The server is asked to cancel it.
    Cancel,
    /// The same, but its answer is not waited for: the connection counts as lost.
    Leave,
}

/// Something that a server says beside its answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// `WARNING`, `NOTICE` and the like.
    pub severity: String,
    /// What it says.
    pub message: String,
}

/// One connection to a database.
pub struct Session {
    // In this order: once nobody can ask any more, the connection ends, and is waited for.
    client: Client,
    line: Line,
    address: Address,
    settings: Settings,
    host: Host,
    place: String,
    /// What the server must know of the session if nobody stands between.
    mark: String,
    with_options: bool,
    /// Whether a pooler that keeps sessions stands between.
    pooled: OnceLock<()>,
    pid: OnceLock<i32>,
}

impl Session {
    /// Opens a session. It costs no more than the connection itself: settings go along with it.
    pub fn open(address: &Address, settings: &Settings) -> Result<Session, DbError> {
        let runtime = Builder::new_current_thread().enable_io().enable_time().build();
        let runtime = runtime.map_err(|cause| DbError::here(&address.to_string(), cause))?;
        Session::of(&Arc::new(Engine { runtime }), address, settings)
    }

    /// Opens another session on the same server, which may ask while this one is watched.
    pub fn second(&self, settings: &Settings) -> Result<Session, DbError> {
        let second = self.beside(settings)?;
        if self.pooled.get().is_some() {
            second.pooled.get_or_init(|| ());
            second.set()?;
        }
        Ok(second)
    }

    /// The same, without settings where a pooler took none.
    pub(super) fn beside(&self, settings: &Settings) -> Result<Session, DbError> {
        let address = self.address.only(&self.host);
        Session::of(&self.line.engine, &address, settings)
    }

    fn of(
        engine: &Arc<Engine>,
        address: &Address,
        settings: &Settings,
    ) -> Result<Session, DbError> {
        let mark = format!("{:016x}", retry::random());
        let options = options::startup(address.options.as_deref(), settings, &mark);
        let start = Start { name: &settings.application_name, options: &options };
        let Opened { client, host, task, heard, with_options } =
            connect::open(engine, address, &start)?;
        Ok(Session {
            client,
            line: Line { engine: engine.clone(), task, heard },
            address: address.clone(),
            settings: settings.clone(),
            place: address.place(&host),
            host,
            mark,
            with_options,
            pooled: OnceLock::new(),
            pid: OnceLock::new(),
        })
    }

    /// Asks the first question, a read that may be asked twice, and sees in the same round trip
    /// that nobody stands between: behind a pooler in transaction mode, what a session locks or
    /// sets is another's with the next statement, and so such a pooler is an error. One that keeps
    /// sessions is not; there, settings are sent now.
    pub fn greet(&self, sql: &str) -> Result<Vec<Row>, DbError> {
        if self.with_options {
            let who =
                format!("SELECT current_setting('{}', true), pg_backend_pid()", options::MARK);
            let mut rows = self.rows(&format!("{sql}\n;{who}"))?;
            let last = rows.pop();
            let value = |at: usize| last.as_ref().and_then(|row| row.get(at));
            if value(0) == Some(self.mark.as_str()) {
                self.know_pid(value(1))?;
                return Ok(rows);
            }
        }
        pooler::must_keep_sessions(self)?;
        self.pooled.get_or_init(|| ());
        self.set()?;
        self.rows(sql)
    }

    /// Sends the settings that did not go along with the connection.
    fn set(&self) -> Result<(), DbError> {
        let told = self.address.options.as_deref();
        let statements = options::statements(told, &self.settings).ok_or_else(|| {
            pooler::fault(
                self,
                "it passes on no options, and those of the address are more than settings",
            )
        })?;
        self.rows(&statements).map(drop)
    }

    /// The rows that statements give. They go out as one message, and without `BEGIN` among them
    /// the server runs them as one transaction.
    pub fn rows(&self, sql: &str) -> Result<Vec<Row>, DbError> {
        let answer = self.line.engine.run(self.client.simple_query(sql));
        self.read(answer).map(|told| told.rows)
    }

    /// The same where an answer must come soon: without one by then the connection counts as lost,
    /// and the session must be given up.
    pub fn rows_by(&self, sql: &str, longest: Duration) -> Result<Vec<Row>, DbError> {
        let silent = || {
            let why = format!("it gave no answer for {} s", longest.as_secs());
            Err(DbError::lost(&self.place, why))
        };
        self.rows_within(sql, longest).unwrap_or_else(silent)
    }

    /// The same for what may take long: each time that `every` has passed, `look` says whether it
    /// goes on, and may itself ask another session that came from this one. A signal, if signals
    /// are caught, cancels it at once. If the server is done before it hears of a request to
    /// cancel, the answer is what it would have been.
    pub fn watched(
        &self,
        sql: &str,
        every: Duration,
        look: &mut dyn FnMut() -> Go,
    ) -> Result<Vec<Row>, DbError> {
        self.told(sql, every, look).map(|told| told.rows)
    }

    /// The same, and how many rows each statement gave or changed.
    pub fn told(
        &self,
        sql: &str,
        every: Duration,
        look: &mut dyn FnMut() -> Go,
    ) -> Result<Told, DbError> {
        self.go_on()?;
        let mut question = pin!(self.client.simple_query(sql));
        let came = loop {
            match self.line.engine.step(question.as_mut(), every) {
                Step::Answer(answer) => return self.read(answer),
                Step::Signal(signal) => break Some(signal),
                Step::Time => match look() {
                    Go::On => {}
                    Go::Cancel => break None,
                    Go::Leave => return Err(self.leave(question.as_mut())),
                },
            }
        };
        let read = self.read(self.cancel(question)?);
        match (read, came) {
            (Err(DbError::Server { said, .. }), Some(signal)) if said.sqlstate == CANCELED => {
                Err(DbError::Interrupted { place: self.place.clone(), signal, begun: true })
            }
            (read, _) => read,
        }
    }

    /// Has the server cancel what it is asked, until it answers: a request that comes before the
    /// statement has begun is lost.
    fn cancel<F>(&self, mut question: Pin<&mut F>) -> Result<F::Output, DbError>
    where
        F: Future<Output = Answer>,
    {
        let token = self.client.cancel_token();
        let engine = &self.line.engine;
        let mut reached = Instant::now();
        loop {
            let asked = engine.run(cancel::cancel(&token, &self.address, &self.host));
            if let Ok(answer) = engine.run(async { timeout(AGAIN, question.as_mut()).await }) {
                return Ok(answer);
            }
            match asked {
                Ok(()) => reached = Instant::now(),
                Err(why) if reached.elapsed() > UNREACHED => {
                    let why = format!("a request to cancel does not reach it: {why}");
                    return Err(DbError::lost(&self.place, self.address.mask(&why)));
                }
                Err(_) => {}
            }
        }
    }

    /// Gives a question up whose answer nobody waits for. Where the server can be reached, it is
    /// asked to cancel it: what the question wrote is taken back sooner.
    fn leave<F>(&self, question: Pin<&mut F>) -> DbError
    where
        F: Future<Output = Answer>,
    {
        let token = self.client.cancel_token();
        let asked = cancel::cancel(&token, &self.address, &self.host);
        let answered = async { timeout(AGAIN, async { (asked.await, question.await) }).await };
        // It is given up however that ends.
        let _ = self.line.engine.run(answered);
        DbError::lost(&self.place, "nothing is heard of it any more")
    }

    /// Runs what is one transaction, and runs it again where the server rolled it back for
    /// reasons that pass: serialization failures and deadlocks.
    pub fn again<T>(&self, mut attempt: impl FnMut() -> Result<T, DbError>) -> Result<T, DbError> {
        for pause in retry::pauses() {
            match attempt() {
                Err(error) if retry::in_transaction(&error) => self.pause(pause)?,
                done => return done,
            }
        }
        attempt()
    }

    /// Waits; a signal ends that, as an error.
    pub fn pause(&self, span: Duration) -> Result<(), DbError> {
        self.line.engine.pause(&self.place, span)
    }

    /// Catches signals from now on, for the rest of the process: the first is told by
    /// [`Session::interrupted`], the second ends the process. After the first nothing is watched
    /// and no session opened any more, and [`Session::rows`] is left to tidy up with.
    pub fn catch_signals(&self) -> Result<(), DbError> {
        interrupt::catch().map_err(|cause| {
            DbError::here(&self.place, format!("signals cannot be caught: {cause}"))
        })
    }

    /// The signal that came, if signals are caught.
    pub fn interrupted(&self) -> Option<Signal> {
        interrupt::seen()
    }

    /// Nothing more is begun after a signal.
    fn go_on(&self) -> Result<(), DbError> {
        match interrupt::seen() {
            Some(signal) => Err(connect::interrupted(&self.place, signal)),
            None => Ok(()),
        }
    }

    /// The number of the server's process. Known since [`Session::greet`]; else it is asked, once.
    pub fn pid(&self) -> Result<i32, DbError> {
        if let Some(pid) = self.pid.get() {
            return Ok(*pid);
        }
        let rows = self.rows("SELECT pg_backend_pid()")?;
        self.know_pid(rows.first().and_then(|row| row.get(0)))
    }

    fn know_pid(&self, told: Option<&str>) -> Result<i32, DbError> {
        let pid = told.and_then(|text| text.parse().ok());
        let pid = pid.ok_or_else(|| DbError::lost(&self.place, "it has no process"))?;
        Ok(*self.pid.get_or_init(|| pid))
    }

    /// Whether the connection has ended.
    pub fn is_closed(&self) -> bool {
        // An end that nobody has heard of yet is heard now.
        self.line.engine.run(async { sleep(HEAR).await });
        self.client.is_closed()
    }

    /// Where the database is.
    pub fn address(&self) -> &Address {
        &self.address
    }

    /// The database and the server that it was reached on, as messages name them.
    pub fn place(&self) -> &str {
        &self.place
    }

    /// What the server said beside its answers since this was asked last.
    pub fn notices(&self) -> Vec<Notice> {
        let mut heard = self.line.heard.notices.lock().unwrap_or_else(PoisonError::into_inner);
        let notices = std::mem::take(&mut *heard).into_iter();
        notices.map(|(severity, message)| Notice { severity, message }).collect()
    }

    pub(super) fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Asks, but not for longer; `None` if there is no answer by then.
    pub(super) fn rows_within(
        &self,
        sql: &str,
        longest: Duration,
    ) -> Option<Result<Vec<Row>, DbError>> {
        let question = self.client.simple_query(sql);
        let answer = self.line.engine.run(async { timeout(longest, question).await }).ok()?;
        Some(self.read(answer).map(|told| told.rows))
    }

    fn read(&self, answer: Answer) -> Result<Told, DbError> {
        answer.and_then(row::told).map_err(|cause| {
            let end = self.line.heard.end.lock().unwrap_or_else(PoisonError::into_inner);
            DbError::no_answer(&self.address, &self.place, &cause, end.as_ref())
        })
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "session in {}", self.place)
    }
}

/// What a server says whose statement was cancelled.
const CANCELED: &str = "57014";

/// After which time a request to cancel is sent again.
const AGAIN: Duration = Duration::from_secs(1);

/// For how long no request to cancel may reach the server.
const UNREACHED: Duration = Duration::from_secs(10);

/// How long is listened for what has already come.
const HEAR: Duration = Duration::from_millis(1);

/// How long the end of a connection is waited for.
const END: Duration = Duration::from_secs(1);

type Answer = Result<Vec<SimpleQueryMessage>, tokio_postgres::Error>;

/// What happened next.
enum Step {
    Answer(Answer),
    Time,
    Signal(Signal),
}

/// What drives connections: only while it runs something.
pub(super) struct Engine {
    runtime: Runtime,
}

impl Engine {
    pub(super) fn run<F: Future>(&self, work: F) -> F::Output {
        self.runtime.block_on(work)
    }

    /// Goes on with a question until something happens.
    fn step<F>(&self, question: Pin<&mut F>, longest: Duration) -> Step
    where
        F: Future<Output = Answer>,
    {
        self.run(async {
            match first(timeout(longest, question), interrupt::next()).await {
                Ok(Ok(answer)) => Step::Answer(answer),
                Ok(Err(_)) => Step::Time,
                Err(signal) => Step::Signal(signal),
            }
        })
    }

    /// Waits; a signal ends that.
    pub(super) fn pause(&self, place: &str, span: Duration) -> Result<(), DbError> {
        let ended = self.run(async { first(sleep(span), interrupt::next()).await });
        ended.map_err(|signal| connect::interrupted(place, signal))
    }
}

/// What carries a session's connection.
struct Line {
    engine: Arc<Engine>,
    task: JoinHandle<()>,
    heard: Arc<Heard>,
}

impl Drop for Line {
    /// The server is told that the session is over before the other sessions go on.
    fn drop(&mut self) {
        let task = &mut self.task;
        // Where that takes too long, the socket is closed all the same.
        let _ = self.engine.runtime.block_on(async { timeout(END, task).await });
    }
}
