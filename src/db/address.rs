//! Where a database is, and how it is reached: what is told, filled up from the environment as
//! libpq does it.

use super::DbError;
use super::Environment;
use super::hosts;
use super::hosts::Host;
use super::passfile;
use super::passfile::Wanted;
use super::service;
use super::tls::Tls;
use super::words;
use super::words::Words;
use std::fmt;
use std::time::Duration;
use tokio_postgres::Config;
use tokio_postgres::config::LoadBalanceHosts;
use tokio_postgres::config::SslMode;

/// How long a server may take to answer, where the address does not say.
const CONNECT_MAX: Duration = Duration::from_secs(10);

/// The variables that stand in for words, as in libpq. `PGAPPNAME` is not among them: a session
/// says itself what it is.
const VARIABLES: &[(&str, &str)] = &[
    ("channel_binding", "PGCHANNELBINDING"),
    ("connect_timeout", "PGCONNECT_TIMEOUT"),
    ("dbname", "PGDATABASE"),
    ("host", "PGHOST"),
    ("hostaddr", "PGHOSTADDR"),
    ("load_balance_hosts", "PGLOADBALANCEHOSTS"),
    ("options", "PGOPTIONS"),
    ("passfile", "PGPASSFILE"),
    ("password", "PGPASSWORD"),
    ("port", "PGPORT"),
    ("sslcert", "PGSSLCERT"),
    ("sslkey", "PGSSLKEY"),
    ("sslmode", "PGSSLMODE"),
    ("sslnegotiation", "PGSSLNEGOTIATION"),
    ("sslrootcert", "PGSSLROOTCERT"),
    ("target_session_attrs", "PGTARGETSESSIONATTRS"),
    ("user", "PGUSER"),
];

/// What a server must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Target {
    Any,
    ReadWrite,
    ReadOnly,
    Primary,
    Standby,
    /// A standby if there is one, else any.
    PreferStandby,
}

/// The address of a database.
#[derive(Clone)]
pub struct Address {
    pub(super) hosts: Vec<Host>,
    pub(super) database: String,
    pub(super) options: Option<String>,
    pub(super) target: Target,
    pub(super) tls: Tls,
    /// How long a server may take to answer; `None` for as long as it likes.
    pub(super) patience: Option<Duration>,
    /// The hosts are tried in any order.
    pub(super) shuffled: bool,
    /// What is the same for all hosts.
    base: Config,
    shows_password: bool,
    warnings: Vec<String>,
}

impl Address {
    /// Finds the address: from what is told (a URL or `key=value` words), or else from
    /// `DATABASE_URL`; what that leaves out, from a service, from libpq's variables, from the file
    /// of passwords.
    pub fn resolve(told: Option<&str>, environment: &dyn Environment) -> Result<Address, DbError> {
        let variable = || environment.variable("DATABASE_URL");
        let text = told.map(str::to_owned).or_else(variable).unwrap_or_default();
        let mut words = words::read(&text).map_err(DbError::address)?;
        let shows_password = told.is_some() && words.contains_key("password");
        service::fill(&mut words, environment)?;
        for (word, variable) in VARIABLES {
            if let Some(value) = environment.variable(variable) {
                words.entry((*word).to_owned()).or_insert(value);
            }
        }
        let mut address = Address::of(&words, environment).map_err(DbError::address)?;
        address.shows_password = shows_password;
        Ok(address)
    }

    fn of(words: &Words, environment: &dyn Environment) -> Result<Address, String> {
        let word = |key: &str| words.get(key).map(String::as_str).filter(|value| !value.is_empty());
        let mut hosts = hosts::of(words)?;
        let user = word("user").map(str::to_owned).or_else(|| environment.user());
        let user = user.ok_or("it names no user, and this account has no name")?;
        let database = word("dbname").unwrap_or(&user).to_owned();
        let warning = passwords(words, &user, &database, &mut hosts, environment);
        let away = hosts.iter().any(|host| !host.is_socket());
        let tls = Tls::of(word, away.then_some(environment))?;
        let mut base = Config::new();
        base.user(&user).dbname(&database).channel_binding(tls.binding);
        base.ssl_negotiation(tls.negotiation).load_balance_hosts(LoadBalanceHosts::Disable);
        keep_alive(&mut base, word)?;
        Ok(Address {
            hosts,
            database,
            options: word("options").map(str::to_owned),
            target: target(word("target_session_attrs"))?,
            patience: patience(word("connect_timeout"))?,
            shuffled: shuffled(word("load_balance_hosts"))?,
            base,
            shows_password: false,
            warnings: warning.into_iter().chain(tls.warning.clone()).collect(),
            tls,
        })
    }

    /// Whether a password stands in what was told, and not in a file or a variable: where that is
    /// an argument, whoever lists the processes of the machine sees it.
    pub fn shows_password(&self) -> bool {
        self.shows_password
    }

    /// What should be said of how the address was found.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// How one of the hosts is reached.
    pub(super) fn config(&self, host: &Host) -> Config {
        let mut config = self.base.clone();
        config.host(&host.name).port(host.port);
        if let Some(ip) = host.ip {
            config.hostaddr(ip);
        }
        // As in libpq: what stays on this machine is not encrypted.
        config.ssl_mode(if host.is_socket() { SslMode::Disable } else { self.tls.mode });
        if let Some(password) = &host.password {
            config.password(password);
        }
        if let Some(patience) = self.patience {
            config.connect_timeout(patience);
        }
        config
    }

    /// The same database on one host, which was reached already.
    pub(super) fn only(&self, host: &Host) -> Address {
        Address { hosts: vec![host.clone()], target: Target::Any, ..self.clone() }
    }

    /// A text without the passwords in it.
    pub(super) fn mask(&self, text: &str) -> String {
        let passwords = self.hosts.iter().filter_map(|host| host.password.as_deref());
        let mut text = text.to_owned();
        for password in passwords.filter(|password| !password.is_empty()) {
            text = text.replace(password, "***");
        }
        text
    }

    /// The database, as messages name it.
    pub(super) fn place(&self, host: &Host) -> String {
        format!("database `{}` on {host}", self.database)
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let hosts = self.hosts.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        write!(f, "database `{}` on {hosts}", self.database)
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// Gives each host its password; says why a file of passwords is left alone.
fn passwords(
    words: &Words,
    user: &str,
    database: &str,
    hosts: &mut [Host],
    environment: &dyn Environment,
) -> Option<String> {
    if let Some(password) = words.get("password").filter(|password| !password.is_empty()) {
        for host in hosts {
            host.password = Some(password.clone());
        }
        return None;
    }
    let file = passfile::read(words, environment);
    for host in hosts {
        let wanted = Wanted { host: host.in_passfile(), port: host.port, database, user };
        host.password = file.password(&wanted);
    }
    file.warning
}

/// A whole number that a word gives.
fn number(key: &str, told: Option<&str>) -> Result<Option<i64>, String> {
    let Some(text) = told else { return Ok(None) };
    text.trim().parse().map(Some).map_err(|_| format!("`{key}` is no number"))
}

/// How soon a connection whose other end is gone is noticed.
fn keep_alive<'a>(
    config: &mut Config,
    word: impl Fn(&str) -> Option<&'a str>,
) -> Result<(), String> {
    let told = |key: &str| number(key, word(key));
    let positive = |key: &str, untold: u64| -> Result<u64, String> {
        let told = told(key)?.and_then(|number| u64::try_from(number).ok());
        Ok(told.filter(|number| *number > 0).unwrap_or(untold))
    };
    let count =
        if word("keepalives_count").is_some() { "keepalives_count" } else { "keepalives_retries" };
    let count =
        u32::try_from(positive(count, 3)?).map_err(|_| format!("`{count}` is too large"))?;
    config
        .keepalives(told("keepalives")? != Some(0))
        .keepalives_idle(Duration::from_secs(positive("keepalives_idle", 10)?))
        .keepalives_interval(Duration::from_secs(positive("keepalives_interval", 5)?))
        .keepalives_retries(count)
        .tcp_user_timeout(Duration::from_millis(positive("tcp_user_timeout", 30_000)?));
    Ok(())
}

fn patience(told: Option<&str>) -> Result<Option<Duration>, String> {
    Ok(match number("connect_timeout", told)? {
        None => Some(CONNECT_MAX),
        Some(seconds) => {
            u64::try_from(seconds).ok().filter(|seconds| *seconds > 0).map(Duration::from_secs)
        }
    })
}

fn target(told: Option<&str>) -> Result<Target, String> {
    Ok(match told {
        None | Some("any") => Target::Any,
        Some("read-write") => Target::ReadWrite,
        Some("read-only") => Target::ReadOnly,
        Some("primary") => Target::Primary,
        Some("standby") => Target::Standby,
        Some("prefer-standby") => Target::PreferStandby,
        Some(_) => {
            let known = "any, read-write, read-only, primary, standby and prefer-standby";
            return Err(format!("`target_session_attrs` is none of {known}"));
        }
    })
}

fn shuffled(told: Option<&str>) -> Result<bool, String> {
    match told {
        None | Some("disable") => Ok(false),
        Some("random") => Ok(true),
        Some(_) => Err("`load_balance_hosts` is neither disable nor random".to_owned()),
    }
}
