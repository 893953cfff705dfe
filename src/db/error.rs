//! What goes wrong with a database: what, why, and what to do. A password is in none of it.

use super::Address;
use super::Signal;
use super::hosts::Host;
use super::retry;
use std::error::Error;
use std::fmt;
use std::io;
use std::iter::successors;
use tokio_postgres::error::ErrorPosition;

/// What goes wrong with a database.
#[derive(Debug, thiserror::Error)]
pub enum DbError {
    /// The address makes no sense.
    #[error("the database's address cannot be read: {0}")]
    Address(String),
    /// There is no connection.
    #[error("no connection to {place}: {why}; {next}")]
    Connection {
        /// The database, without a password.
        place: String,
        /// What stands in the way.
        why: String,
        /// What to do.
        next: &'static str,
        /// Whether it may be there later.
        fault: Fault,
        /// What the server says, if one answered.
        said: Option<Box<Said>>,
    },
    /// The server says no to a statement.
    #[error("{place} says: {said}")]
    Server {
        /// The database, without a password.
        place: String,
        /// What it says.
        said: Box<Said>,
    },
    /// The connection was lost: what the server did of the last statement is not known.
    #[error(
        "the connection to {place} is lost: {why}; see what the server did before trying again"
    )]
    Lost {
        /// The database, without a password.
        place: String,
        /// What is known of it.
        why: String,
        /// What the server said last, if it did.
        said: Option<Box<Said>>,
    },
    /// What answers is a pooler that cannot be used.
    #[error("{place} is reached through a pooler, and {why}; {next}")]
    Pooler {
        /// The database, without a password.
        place: String,
        /// What is wrong with it.
        why: String,
        /// What to do.
        next: String,
    },
    /// A signal came.
    #[error("{signal} came: {}", stopped(place, *begun))]
    Interrupted {
        /// The database, without a password.
        place: String,
        /// Which.
        signal: Signal,
        /// Whether a statement was cancelled; else none was begun.
        begun: bool,
    },
}

/// Why there is no connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// There is no room, or the server starts or stops: that was tried again for a while, and may
    /// pass.
    Busy,
    /// Nobody answers: it may be otherwise later.
    Unreachable,
    /// It is refused, and will be.
    Refused,
}

/// What a server says of a statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// `ERROR`, `FATAL` or `PANIC`.
    pub severity: String,
    /// The five characters of the SQLSTATE.
    pub sqlstate: String,
    /// What it says.
    pub message: String,
    /// More about it.
    pub detail: Option<String>,
    /// What it advises.
    pub hint: Option<String>,
    /// What it was in the midst of.
    pub context: Option<String>,
    /// The place in the text that was sent: its characters, counted from one.
    pub position: Option<usize>,
}

impl fmt::Display for Said {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{}: {} ({})", self.severity, self.message, self.sqlstate)?;
        for (word, more) in [("detail", &self.detail), ("hint", &self.hint)] {
            if let Some(more) = more {
                write!(f, "; {word}: {more}")?;
            }
        }
        Ok(())
    }
}

fn stopped(place: &str, begun: bool) -> String {
    if begun {
        return format!("the statement on {place} is cancelled");
    }
    format!("nothing more is begun on {place}")
}

impl DbError {
    /// The SQLSTATE, if the server gave one.
    pub fn sqlstate(&self) -> Option<&str> {
        self.said().map(|said| said.sqlstate.as_str())
    }

    /// What the server says, if it says anything.
    pub fn said(&self) -> Option<&Said> {
        match self {
            DbError::Server { said, .. } => Some(said),
            DbError::Connection { said, .. } | DbError::Lost { said, .. } => said.as_deref(),
            DbError::Address(_) | DbError::Pooler { .. } | DbError::Interrupted { .. } => None,
        }
    }

    /// Whether the database may be reached later.
    pub fn is_unreachable(&self) -> bool {
        matches!(self, DbError::Connection { fault: Fault::Busy | Fault::Unreachable, .. })
    }

    /// An address that is misread.
    pub(super) fn address(why: impl fmt::Display) -> DbError {
        DbError::Address(format!(
            "{why}; it looks like postgres://user@host:5432/database?sslmode=require, and in a \
             password `@`, `/`, `?`, `#` and `%` are written %40, %2F, %3F, %23 and %25"
        ))
    }

    /// There is no connection to a host.
    pub(super) fn no_connection(
        address: &Address,
        host: &Host,
        cause: &(dyn Error + 'static),
    ) -> DbError {
        let said = said(address, cause).map(Box::new);
        let sqlstate = said.as_ref().map(|said| said.sqlstate.as_str());
        let (fault, next) = match sqlstate {
            Some(state) => after_refusal(state),
            None if was_cut_off(cause) => (Fault::Busy, LOOK),
            None if is_of_the_network(cause) => (Fault::Unreachable, LOOK),
            None if chain(cause).contains("password missing") => (Fault::Refused, GIVE_PASSWORD),
            None if is_untrusted(cause) => (Fault::Refused, GIVE_AUTHORITY),
            None => (Fault::Refused, LOOK),
        };
        let why = said.as_ref().map_or_else(|| chain(cause), ToString::to_string);
        DbError::Connection {
            place: address.place(host),
            why: address.mask(&why),
            next,
            fault,
            said,
        }
    }

    /// An answer that is none; `end` is what ended the connection, if it is over.
    pub(super) fn no_answer(
        address: &Address,
        place: &str,
        cause: &tokio_postgres::Error,
        end: Option<&tokio_postgres::Error>,
    ) -> DbError {
        let cause = end.filter(|_| cause.is_closed()).unwrap_or(cause);
        let place = place.to_owned();
        match said(address, cause).map(Box::new) {
            Some(said) if said.severity == "ERROR" => DbError::Server { place, said },
            said => {
                let why = said.as_ref().map_or_else(|| chain(cause), ToString::to_string);
                DbError::Lost { place, why: address.mask(&why), said }
            }
        }
    }

    /// Something of this machine's is missing.
    pub(super) fn here(place: &str, why: impl fmt::Display) -> DbError {
        DbError::Connection {
            place: place.to_owned(),
            why: why.to_string(),
            next: "see what this machine lacks",
            fault: Fault::Refused,
            said: None,
        }
    }

    pub(super) fn lost(place: &str, why: impl fmt::Display) -> DbError {
        DbError::Lost { place: place.to_owned(), why: why.to_string(), said: None }
    }
}

const LOOK: &str =
    "see that host, port and sslmode are right, and that the server can be reached from here";

const GIVE_PASSWORD: &str = "the server wants a password: give one in ~/.pgpass, PGPASSWORD or \
                             DATABASE_URL";

/// What to do where nobody vouches for a server.
pub(super) const GIVE_AUTHORITY: &str =
    "name the file of the authority's certificate: sslrootcert=FILE";

/// What to do after a server refused a connection.
fn after_refusal(sqlstate: &str) -> (Fault, &'static str) {
    if retry::at_connect(sqlstate) {
        return (Fault::Busy, "the server has no room for another connection now: try later");
    }
    match &sqlstate[..sqlstate.len().min(2)] {
        "28" => (
            Fault::Refused,
            "see that user and password are right, and that pg_hba.conf lets them in",
        ),
        "42" => {
            (Fault::Refused, "see that the user may CONNECT to the database, and act as --role")
        }
        "22" => (Fault::Refused, "see that --role, and the `options` of the address, are right"),
        "3D" => (Fault::Refused, "see that the database's name is right"),
        "53" | "57" | "58" => (Fault::Unreachable, "try again later"),
        _ => (Fault::Refused, "see that the address is right"),
    }
}

/// Whether nobody could be spoken to.
fn is_of_the_network(cause: &(dyn Error + 'static)) -> bool {
    let refused = [io::ErrorKind::InvalidData, io::ErrorKind::PermissionDenied];
    kinds(cause).any(|kind| !refused.contains(&kind))
}

/// Whether somebody was spoken to, who then went away.
fn was_cut_off(cause: &(dyn Error + 'static)) -> bool {
    let ours = cause.downcast_ref::<tokio_postgres::Error>();
    ours.is_some_and(tokio_postgres::Error::is_closed) || kinds(cause).any(retry::cut_off)
}

/// Whether nobody who is trusted vouches for the server's certificate.
fn is_untrusted(cause: &(dyn Error + 'static)) -> bool {
    let within = causes(cause).filter_map(|cause| cause.downcast_ref::<io::Error>()?.get_ref());
    let mut untrusted = within.filter_map(|cause| cause.downcast_ref::<rustls::Error>());
    untrusted.any(|cause| {
        let unknown = rustls::CertificateError::UnknownIssuer;
        matches!(cause, rustls::Error::InvalidCertificate(why) if *why == unknown)
    })
}

fn kinds<'a>(cause: &'a (dyn Error + 'static)) -> impl Iterator<Item = io::ErrorKind> + 'a {
    causes(cause).filter_map(|cause| cause.downcast_ref::<io::Error>()).map(io::Error::kind)
}

/// What the server says, without passwords.
pub(super) fn said(address: &Address, cause: &(dyn Error + 'static)) -> Option<Said> {
    let error = cause.downcast_ref::<tokio_postgres::Error>()?.as_db_error()?;
    let masked = |text: Option<&str>| text.map(|text| address.mask(text));
    let position = match error.position() {
        Some(ErrorPosition::Original(at)) => usize::try_from(*at).ok(),
        _ => None,
    };
    Some(Said {
        severity: error.severity().to_owned(),
        sqlstate: error.code().code().to_owned(),
        message: address.mask(error.message()),
        detail: masked(error.detail()),
        hint: masked(error.hint()),
        context: masked(error.where_()),
        position,
    })
}

/// An error and what led to it.
fn causes<'a>(cause: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    successors(Some(cause), |cause: &&(dyn Error + 'static)| (*cause).source())
}

/// An error with its causes.
pub(super) fn chain(cause: &(dyn Error + 'static)) -> String {
    let mut said: Vec<String> = Vec::new();
    for cause in causes(cause) {
        let text = cause.to_string();
        if !said.last().is_some_and(|last| last.ends_with(&text)) {
            said.push(text);
        }
    }
    said.join(": ")
}
