//! Where a database is, and how it is reached: a URL or `key=value` words, as libpq takes them.

use super::LiveError;
use std::error::Error;
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;
use tokio_postgres::Config;
use tokio_postgres::config::Host;
use tokio_postgres::config::SslMode;

/// How long a server may take to answer, where the address does not say.
const CONNECT_MAX: Duration = Duration::from_secs(10);

/// What is asked of a server's certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Trust {
    /// Nothing.
    Any,
    /// Somebody trusted has signed it.
    Signed,
    /// It is for this host as well.
    Named,
}

/// The address of a database.
#[derive(Clone)]
pub struct Address {
    pub(super) config: Config,
    pub(super) trust: Trust,
    /// The certificates that are trusted; `None` for those of this machine.
    pub(super) roots: Option<PathBuf>,
}

impl Address {
    /// Reads an address.
    pub fn parse(text: &str) -> Result<Address, LiveError> {
        let mut found = Found::default();
        let text = text.trim();
        let rest = if text.contains("://") { found.of_url(text) } else { found.of_words(text) };
        // What stands behind an unescaped `?` may be the rest of a password.
        let torn = rest.split_once('?').is_some_and(|(_, parameters)| parameters.contains('@'));
        if torn {
            return Err(LiveError::Address("a `?` stands before the `@`".to_owned()));
        }
        let mut config = Config::from_str(&rest).map_err(|cause| {
            let inner = cause.source().map(ToString::to_string);
            LiveError::Address(inner.unwrap_or_else(|| cause.to_string()))
        })?;
        if config.get_hosts().is_empty() && config.get_hostaddrs().is_empty() {
            return Err(LiveError::Address("it names no host".to_owned()));
        }
        let (mode, trust) = found.mode()?;
        config.ssl_mode(mode).application_name("migrate");
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(CONNECT_MAX);
        }
        let system = found.roots.as_deref() == Some("system");
        let roots = found.roots.filter(|_| !system).map(PathBuf::from);
        // As libpq has it: who names certificates wants them to be looked at.
        let trust = if roots.is_some() { trust.max(Trust::Signed) } else { trust };
        let trust = if system { Trust::Named } else { trust };
        Ok(Address { config, trust, roots })
    }

    /// A text without the password in it.
    pub(super) fn mask(&self, text: &str) -> String {
        let password = self.config.get_password().and_then(|word| std::str::from_utf8(word).ok());
        match password.filter(|password| !password.is_empty()) {
            Some(password) => text.replace(password, "***"),
            None => text.to_owned(),
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let host = match self.config.get_hosts().first() {
            Some(Host::Tcp(host)) => host.clone(),
            #[cfg(unix)]
            Some(Host::Unix(folder)) => folder.display().to_string(),
            None => {
                self.config.get_hostaddrs().first().map(ToString::to_string).unwrap_or_default()
            }
        };
        let user = self.config.get_user();
        let database = self.config.get_dbname().or(user).unwrap_or("?");
        write!(f, "database `{database}` on {host}")?;
        if let Some(port) = self.config.get_ports().first() {
            write!(f, ":{port}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// The words about TLS, which are looked at here.
#[derive(Default)]
struct Found {
    mode: Option<String>,
    roots: Option<String>,
}

impl Found {
    /// Takes a word, if it is one of them.
    fn take(&mut self, word: &str) -> bool {
        match word.split_once('=') {
            Some(("sslmode", value)) => self.mode = Some(value.to_owned()),
            Some(("sslrootcert", value)) => self.roots = Some(decoded(value)),
            _ => return false,
        }
        true
    }

    fn of_url(&mut self, text: &str) -> String {
        let Some((before, parameters)) = text.split_once('?') else { return text.to_owned() };
        let left: Vec<&str> = parameters.split('&').filter(|word| !self.take(word)).collect();
        if left.is_empty() { before.to_owned() } else { format!("{before}?{}", left.join("&")) }
    }

    fn of_words(&mut self, text: &str) -> String {
        let left: Vec<&str> = text.split(' ').filter(|word| !self.take(word)).collect();
        left.join(" ")
    }

    fn mode(&self) -> Result<(SslMode, Trust), LiveError> {
        Ok(match self.mode.as_deref() {
            Some("disable") => (SslMode::Disable, Trust::Any),
            None | Some("allow" | "prefer") => (SslMode::Prefer, Trust::Any),
            Some("require") => (SslMode::Require, Trust::Any),
            Some("verify-ca") => (SslMode::Require, Trust::Signed),
            Some("verify-full") => (SslMode::Require, Trust::Named),
            Some(other) => {
                let why = format!(
                    "there is no sslmode `{other}`: they are disable, allow, prefer, require, \
                     verify-ca and verify-full"
                );
                return Err(LiveError::Address(why));
            }
        })
    }
}

/// A parameter of a URL, `%2F` and the like replaced.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        let code = after.get(..2).and_then(|pair| std::str::from_utf8(pair).ok());
        let code = code.and_then(|pair| u8::from_str_radix(pair, 16).ok());
        if let Some(byte) = code.filter(|_| *first == b'%') {
            bytes.push(byte);
            rest = &after[2..];
        } else {
            bytes.push(*first);
            rest = after;
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
