//! The servers that an address names, in the order in which they are tried.

use super::words::Words;
use std::fmt;
use std::net::IpAddr;

/// The port where a server listens by default.
const PORT: u16 = 5432;

/// Where a server is looked for if nobody says where it is.
const UNTOLD: &[&str] = if cfg!(unix) { &["/var/run/postgresql", "/tmp"] } else { &["localhost"] };

/// A server's host, or the folder of its socket.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Host {
    /// The name, or the folder.
    pub(super) name: String,
    /// Where it is, if nobody need look that up.
    pub(super) ip: Option<IpAddr>,
    pub(super) port: u16,
    pub(super) password: Option<String>,
}

impl Host {
    pub(super) fn is_socket(&self) -> bool {
        self.name.starts_with('/')
    }

    /// The name by which the file of passwords knows it.
    pub(super) fn in_passfile(&self) -> &str {
        if UNTOLD.contains(&self.name.as_str()) { "localhost" } else { &self.name }
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        if self.name.contains(':') {
            return write!(f, "[{}]:{}", self.name, self.port);
        }
        write!(f, "{}:{}", self.name, self.port)
    }
}

/// The hosts that words name.
pub(super) fn of(words: &Words) -> Result<Vec<Host>, String> {
    let list = |key: &str| -> Vec<&str> {
        let told = words.get(key).filter(|value| !value.is_empty());
        told.map(|value| value.split(',').map(str::trim).collect()).unwrap_or_default()
    };
    let (names, ips, ports) = (list("host"), list("hostaddr"), list("port"));
    let untold = names.is_empty() && ips.is_empty();
    let names = if untold { UNTOLD.to_vec() } else { names };
    let count = names.len().max(ips.len());
    if !ips.is_empty() && !names.is_empty() && names.len() != ips.len() {
        return Err(format!("there are {} hosts and {} hostaddrs", names.len(), ips.len()));
    }
    if ports.len() > 1 && (ports.len() != count || untold) {
        return Err(format!("there are {count} hosts and {} ports", ports.len()));
    }
    let mut hosts = Vec::new();
    for at in 0..count {
        let ip: Option<IpAddr> = match ips.get(at).filter(|ip| !ip.is_empty()) {
            Some(ip) => Some(ip.parse().map_err(|_| "`hostaddr` is no address")?),
            None => None,
        };
        let port = match ports.get(at).or(ports.first()).filter(|port| !port.is_empty()) {
            Some(port) => port.parse().ok().filter(|port| *port > 0).ok_or("`port` is no port")?,
            None => PORT,
        };
        let name = names.get(at).copied().filter(|name| !name.is_empty());
        let name = match (name, ip) {
            (Some(name), _) => name.to_owned(),
            (None, Some(ip)) => ip.to_string(),
            (None, None) => UNTOLD[0].to_owned(),
        };
        hosts.push(Host { name, ip, port, password: None });
    }
    Ok(hosts)
}
