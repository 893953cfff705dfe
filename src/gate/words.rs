//! How the evidence says lengths of time, and where something is.

use crate::ledger::is_name;
use std::time::Duration;

/// A length of time as people say it: `1 d 4 h`, `20 min`, `45 s`. Never more than it is.
pub fn span(length: Duration) -> String {
    let seconds = length.as_secs();
    let units = [("d", 86_400, 3_600), ("h", 3_600, 60), ("min", 60, 1)];
    let smaller = ["h", "min", "s"];
    for ((unit, size, next), small) in units.into_iter().zip(smaller) {
        if seconds >= size {
            let rest = (seconds % size) / next;
            let rest = if rest == 0 { String::new() } else { format!(" {rest} {small}") };
            return format!("{} {unit}{rest}", seconds / size);
        }
    }
    format!("{seconds} s")
}

/// A service, with its region where it has a name: `checkout` in eu.
pub(super) fn place(service: &str, region: &str) -> String {
    match region {
        "" => format!("`{service}`"),
        region => format!("`{service}` in {region}"),
    }
}

/// A version of a service, with its region where it has a name: `checkout` v42 in eu.
pub(super) fn release(service: &str, version: &str, region: &str) -> String {
    let version = match version {
        "" => "of an unknown version".to_owned(),
        version if is_name(version) => version.to_owned(),
        // What comes from outside does not reach a terminal as it is.
        version => format!("{version:?}"),
    };
    match region {
        "" => format!("`{service}` {version}"),
        region => format!("`{service}` {version} in {region}"),
    }
}
