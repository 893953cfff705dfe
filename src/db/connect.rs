//! How one connection is made: host after host, within the time that the address gives, and once
//! more where a refusal passes.

use super::Address;
use super::DbError;
use super::Fault;
use super::Signal;
use super::address::Target;
use super::hosts::Host;
use super::interrupt;
use super::retry;
use super::session::Engine;
use super::tls;
use std::future::poll_fn;
use std::io;
use std::net::IpAddr;
use std::pin::pin;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::task::Poll;
use std::task::ready;
use tokio::io::AsyncRead;
use tokio::io::AsyncWrite;
use tokio::net::lookup_host;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_postgres::AsyncMessage;
use tokio_postgres::Client;
use tokio_postgres::Connection;
use tokio_postgres_rustls::MakeRustlsConnect;

/// A connection, and what it was made to.
pub(super) struct Opened {
    pub(super) client: Client,
    /// Where it leads, with the number of the machine.
    pub(super) host: Host,
    /// What carries it.
    pub(super) task: JoinHandle<()>,
    pub(super) heard: Arc<Heard>,
    /// Whether the other end took the settings of the startup message.
    pub(super) with_options: bool,
}

/// What a connection heard that was no answer.
#[derive(Default)]
pub(super) struct Heard {
    pub(super) notices: Mutex<Vec<(String, String)>>,
    /// What ended it.
    pub(super) end: Mutex<Option<tokio_postgres::Error>>,
}

/// What is asked for in the startup message.
pub(super) struct Start<'a> {
    pub(super) name: &'a str,
    pub(super) options: &'a str,
}

/// Opens a connection to the first host that takes it.
pub(super) fn open(
    engine: &Arc<Engine>,
    address: &Address,
    start: &Start,
) -> Result<Opened, DbError> {
    let tls = tls::connector(address)?;
    let mut pauses = retry::pauses();
    loop {
        let opened = engine.run(within_signals(address, try_hosts(address, start, &tls)));
        match (opened, pauses.next()) {
            (Err(error), Some(pause)) if may_pass(&error) => {
                engine.pause(&address.to_string(), pause)?;
            }
            (opened, _) => return opened,
        }
    }
}

/// Whether a refusal is one that another try may not meet.
fn may_pass(error: &DbError) -> bool {
    matches!(error, DbError::Connection { fault: Fault::Busy, .. })
}

/// Waits, unless a signal comes.
async fn within_signals<T>(
    address: &Address,
    work: impl Future<Output = Result<T, DbError>>,
) -> Result<T, DbError> {
    match first(work, interrupt::next()).await {
        Ok(done) => done,
        Err(signal) => Err(interrupted(&address.to_string(), signal)),
    }
}

pub(super) fn interrupted(place: &str, signal: Signal) -> DbError {
    DbError::Interrupted { place: place.to_owned(), signal, begun: false }
}

/// What is done first: `Err` is the second.
pub(super) async fn first<A, B>(
    one: impl Future<Output = A>,
    other: impl Future<Output = B>,
) -> Result<A, B> {
    let (mut one, mut other) = (pin!(one), pin!(other));
    poll_fn(|context| {
        if let Poll::Ready(done) = one.as_mut().poll(context) {
            return Poll::Ready(Ok(done));
        }
        other.as_mut().poll(context).map(Err)
    })
    .await
}

/// Tries the hosts in their order. A server that answers and refuses ends that, as in libpq,
/// unless it only starts or stops.
async fn try_hosts(
    address: &Address,
    start: &Start<'_>,
    tls: &MakeRustlsConnect,
) -> Result<Opened, DbError> {
    let targets = match address.target {
        Target::PreferStandby => vec![Target::Standby, Target::Any],
        target => vec![target],
    };
    let mut hosts = address.hosts.clone();
    if address.shuffled {
        hosts.sort_by_cached_key(|_| retry::random());
    }
    let mut faults = Vec::new();
    for target in targets {
        faults.clear();
        for host in &hosts {
            match try_host(address, host, start, tls, target).await {
                Ok(opened) => return Ok(opened),
                Err(error) if error.said().is_some() && !may_pass(&error) => return Err(error),
                Err(error) => faults.push(error),
            }
        }
    }
    Err(all(address, faults))
}

/// One error of many.
fn all(address: &Address, mut faults: Vec<DbError>) -> DbError {
    if faults.len() == 1 {
        return faults.remove(0);
    }
    let (mut whys, mut whole) = (Vec::new(), Fault::Refused);
    let (mut what_next, mut last) = ("see that the address is right", None);
    for error in faults {
        let passes = may_pass(&error);
        if let DbError::Connection { place, why, next, fault, said } = error {
            let host = place.rsplit_once(" on ").map_or(place.as_str(), |(_, host)| host);
            whys.push(format!("{host}: {why}"));
            whole = if passes || whole == Fault::Refused { fault } else { whole };
            what_next = next;
            last = said.or(last);
        }
    }
    DbError::Connection {
        place: address.to_string(),
        why: whys.join("; "),
        next: what_next,
        fault: whole,
        said: last,
    }
}

/// Tries all machines that a host's name stands for.
async fn try_host(
    address: &Address,
    host: &Host,
    start: &Start<'_>,
    tls: &MakeRustlsConnect,
    target: Target,
) -> Result<Opened, DbError> {
    let ips = in_time(address, host, machines(host)).await?;
    let ips = ips.map_err(|cause| DbError::no_connection(address, host, &cause))?;
    let mut last = None;
    for ip in ips {
        let host = Host { ip, ..host.clone() };
        let opened = in_time(address, &host, try_machine(address, &host, start, tls, target));
        match opened.await.flatten() {
            Ok(opened) => return Ok(opened),
            Err(error) if error.said().is_some() && !may_pass(&error) => return Err(error),
            Err(error) => last = Some(error),
        }
    }
    let none = || {
        let cause = io::Error::new(io::ErrorKind::NotFound, "its name stands for no machine");
        DbError::no_connection(address, host, &cause)
    };
    Err(last.unwrap_or_else(none))
}

/// The work, unless it takes longer than the address allows.
async fn in_time<T>(
    address: &Address,
    host: &Host,
    work: impl Future<Output = T>,
) -> Result<T, DbError> {
    let Some(patience) = address.patience else { return Ok(work.await) };
    timeout(patience, work).await.map_err(|_| {
        let why = format!("no answer for {} s", patience.as_secs());
        let cause = io::Error::new(io::ErrorKind::TimedOut, why);
        DbError::no_connection(address, host, &cause)
    })
}

/// The machines of a host; one without a number for a socket.
async fn machines(host: &Host) -> io::Result<Vec<Option<IpAddr>>> {
    if host.is_socket() || host.ip.is_some() {
        return Ok(vec![host.ip]);
    }
    let found = lookup_host((host.name.as_str(), host.port)).await?;
    Ok(found.map(|machine| Some(machine.ip())).collect())
}

async fn try_machine(
    address: &Address,
    host: &Host,
    start: &Start<'_>,
    tls: &MakeRustlsConnect,
    target: Target,
) -> Result<Opened, DbError> {
    let mut config = address.config(host);
    config.application_name(start.name);
    let plain = config.clone();
    let tried = config.options(start.options).connect(tls.clone()).await;
    let (tried, with_options) = match tried {
        Err(error) if refuses_options(&error) => (plain.connect(tls.clone()).await, false),
        tried => (tried, true),
    };
    let fault = |cause: tokio_postgres::Error| DbError::no_connection(address, host, &cause);
    let (client, connection) = tried.map_err(fault)?;
    let heard = Arc::new(Heard::default());
    let task = tokio::spawn(listen(connection, heard.clone()));
    let opened = Opened { client, host: host.clone(), task, heard, with_options };
    if !fits(&opened.client, target).await.map_err(fault)? {
        return Err(DbError::Connection {
            place: address.place(host),
            why: "it is not what target_session_attrs asks for".to_owned(),
            next: "see that the address names a server that is",
            fault: Fault::Unreachable,
            said: None,
        });
    }
    Ok(opened)
}

/// Whether who answers takes no settings in the startup message. `PgBouncer` 1.18 speaks of an
/// unsupported startup parameter, later ones of it or of `options`, the proxy of RDS of
/// command-line options.
fn refuses_options(error: &tokio_postgres::Error) -> bool {
    let message = error.as_db_error().map(|said| said.message().to_lowercase()).unwrap_or_default();
    message.contains("startup parameter") || message.contains("command-line options")
}

/// Whether a server is what was asked for.
async fn fits(client: &Client, target: Target) -> Result<bool, tokio_postgres::Error> {
    if matches!(target, Target::Any | Target::PreferStandby) {
        return Ok(true);
    }
    let question = "SELECT pg_is_in_recovery(), current_setting('transaction_read_only')";
    let answer = client.simple_query(question).await?;
    let rows = super::row::told(answer)?.rows;
    let is = |at: usize, word: &str| rows.first().and_then(|row| row.get(at)) == Some(word);
    Ok(match target {
        Target::Any | Target::PreferStandby => true,
        Target::Primary => is(0, "f"),
        Target::Standby => is(0, "t"),
        Target::ReadWrite => is(1, "off"),
        Target::ReadOnly => is(1, "on"),
    })
}

/// Carries a connection to its end, and keeps what is no answer.
async fn listen<S, T>(mut connection: Connection<S, T>, heard: Arc<Heard>)
where
    S: AsyncRead + AsyncWrite + Unpin,
    T: AsyncRead + AsyncWrite + Unpin,
{
    let end = poll_fn(|context| {
        loop {
            match ready!(connection.poll_message(context)) {
                Some(Ok(AsyncMessage::Notice(notice))) => heard.note(&notice),
                Some(Ok(_)) => {}
                Some(Err(error)) => return Poll::Ready(Some(error)),
                None => return Poll::Ready(None),
            }
        }
    });
    let end = end.await;
    *heard.end.lock().unwrap_or_else(PoisonError::into_inner) = end;
}

/// How many notices are kept until somebody asks for them.
const NOTICES: usize = 1000;

impl Heard {
    fn note(&self, notice: &tokio_postgres::error::DbError) {
        let mut notices = self.notices.lock().unwrap_or_else(PoisonError::into_inner);
        if notices.len() < NOTICES {
            notices.push((notice.severity().to_owned(), notice.message().to_owned()));
        }
    }
}
